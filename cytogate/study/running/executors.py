"""Who calls the work: this process, threads, processes or Dask; the results are the same."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cytogate.errors import CytogateError, nearest
from cytogate.platform import usable_cpus
from cytogate.study.running.outcomes import Done, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

J = TypeVar("J")
R = TypeVar("R")

EXECUTORS = ("serial", "thread", "process", "dask")


class Executor(Protocol):
    """Runs one task over many jobs."""

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield every outcome as it is there, in any order; closing the iterator stops the workers."""


def make_executor(
    name: str,
    *,
    workers: int | None = None,
    deadline: float | None = None,
    memory: int | None = None,
    address: str | None = None,
) -> Executor:
    """Return an executor by name.

    Parameters
    ----------
    name : str
        ``"serial"``, ``"thread"``, ``"process"`` or ``"dask"``.
    workers : int, optional
        How many; by default one for each processor that may be used.
    deadline : float, optional
        Seconds after which a process that works on one job is killed (``process`` only).
    memory : int, optional
        Bytes of address space that a process may take for one job (``process`` only).
    address : str, optional
        Scheduler of a running Dask cluster; without one a local cluster is started.

    Raises
    ------
    CytogateError
        Unknown name, fewer than one worker, or Dask is not installed.
    """
    if workers is not None and workers < 1:
        message = f"{workers} workers cannot work; ask for 1 or more."
        raise CytogateError(message)
    count = workers if workers is not None else usable_cpus()
    if name == "serial":
        return SerialExecutor()
    if name == "thread":
        return ThreadExecutor(count)
    if name == "process":
        from cytogate.study.running.process_pool import ProcessExecutor

        return ProcessExecutor(count, deadline=deadline, memory=memory)
    if name == "dask":
        if importlib.util.find_spec("distributed") is None:
            message = "The executor 'dask' needs Dask: pip install 'cytogate[dask]'."
            raise CytogateError(message)
        return DaskExecutor(count, address=address)
    message = f"Unknown executor {name!r}. {nearest(name, EXECUTORS)}"
    raise CytogateError(message)


@dataclass(frozen=True, slots=True)
class SerialExecutor:
    """One job after the other, in this process."""

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes in the order of the jobs."""
        for index, job in enumerate(jobs):
            yield Done(index, task(job))


@dataclass(frozen=True, slots=True)
class ThreadExecutor:
    """Threads of this process; kernels let go of the interpreter's lock."""

    workers: int

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come."""
        from concurrent.futures import ThreadPoolExecutor, as_completed

        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="cytogate-sample")
        try:
            futures = {pool.submit(task, job): index for index, job in enumerate(jobs)}
            for future in as_completed(futures):
                yield Done(futures[future], future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class DaskExecutor:
    """A Dask cluster: a local one, or a running one by the address of its scheduler."""

    workers: int
    address: str | None = None

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come; a job whose worker dies is tried once more, as everywhere.

        Raises
        ------
        CytogateError
            The cluster cannot start.
        """
        import dask
        from distributed import Client, as_completed
        from distributed.scheduler import KilledWorker

        if not jobs:
            return
        local = {
            "n_workers": min(self.workers, len(jobs)),
            "threads_per_worker": 1,
            "processes": True,
            "host": "127.0.0.1",  # a scheduler has no authentication
            "dashboard_address": None,
        }
        start: Any = Client  # Dask has no types
        with ExitStack() as stack:
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 1}))
            try:
                client = stack.enter_context(start(self.address) if self.address else start(**local))
            except RuntimeError as error:
                message = f"The Dask cluster cannot start: {error} Run again, or use executor='process'."
                raise CytogateError(message) from error
            futures = {client.submit(task, job, pure=False): index for index, job in enumerate(jobs)}
            finished: Any = as_completed
            for future in finished(futures):
                try:
                    yield Done(futures[future], future.result())
                except KilledWorker as error:
                    yield Done(futures[future], Lost("worker-died", str(error)))
