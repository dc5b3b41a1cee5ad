"""Several files at once: processes that each gate one file after the other on one thread."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cytogate.bench.clock import Job, in_turns
from cytogate.bench.work import count_tubes
from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Barrier

    from cytogate.bench.clock import Times
    from cytogate.bench.inputs import Tube

FILES_A_WORKER = 4  # at least, so that the last one to end weighs little
_START_SECONDS = 300.0  # a first use compiles


def with_workers(
    tubes: Sequence[Tube], workers: Sequence[int], repeat: int, step: Callable[[str], None]
) -> tuple[dict[int, Times], list[Tube]]:
    """Time how long numbers of processes take for the same files, in turns, once they have started.

    Parameters
    ----------
    tubes : sequence of Tube
        They are gated again and again until there are four for each worker.
    workers : sequence of int
        Numbers of processes.

    Returns
    -------
    times by number of workers, and the files that each round gated

    Raises
    ------
    CytogateError
        A process died.
    """
    rounds = -(-FILES_A_WORKER * max(workers) // len(tubes))
    files = list(tubes) * rounds
    with ExitStack() as stack:
        try:
            jobs = [_job(stack.enter_context(_started(tubes, count)), count, files) for count in workers]
            times = in_turns(jobs, repeat, step)
        except BrokenProcessPool as error:
            message = "A worker process of the benchmark died. Ask for fewer --workers, or free memory."
            raise CytogateError(message) from error
    return {count: times[worker_name(count)] for count in workers}, files


def _job(pool: ProcessPoolExecutor, count: int, files: Sequence[Tube]) -> Job:
    def run(_: None) -> int:
        return sum(pool.map(_gate_one, files))

    return Job(worker_name(count), run)


def worker_name(count: int) -> str:
    """Return what a number of workers is called."""
    return f"{count} worker{'s' if count > 1 else ''}"


def _started(tubes: Sequence[Tube], count: int) -> ProcessPoolExecutor:
    """Return a pool whose processes have imported, loaded the kernels and gated the first file."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count)
    pool = ProcessPoolExecutor(count, context, _make_ready, (barrier, tubes[0]))
    list(pool.map(_gate_one, [tubes[0]] * count))
    return pool


def _make_ready(barrier: Barrier, tube: Tube) -> None:
    count_tubes([tube], 1)
    barrier.wait(_START_SECONDS)


def _gate_one(tube: Tube) -> int:
    return sum(count_tubes([tube], 1)[tube.path].values())


def totals(times: Times) -> set[Any]:
    """Return what the rounds answered: one number where all counted the same."""
    return set(times.answers)
