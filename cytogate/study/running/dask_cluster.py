"""Dask: tasks on a cluster, a few for each worker at a time, however many files a study has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import dask
from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from cytogate.study.running.outcomes import Done, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

J = TypeVar("J")
R = TypeVar("R")

AHEAD = 4  # tasks with the scheduler for each thread of its workers, so that none of them waits
FEWEST_AHEAD = 64
FETCHED = 32  # results at a time: a turn for each takes twice as long


@dataclass(frozen=True, slots=True)
class DaskExecutor:
    """A Dask cluster: a local one, or a running one by the address of its scheduler."""

    workers: int
    address: str | None = None

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come.

        What the scheduler and this process hold of a study does not grow with its files: jobs are handed in
        as others are done. A scheduler blames the death of a worker on all jobs that were with it; each of
        them is tried once more when all others are done, alone.
        """
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
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 0}),
            start(self.address) if self.address else start(**local) as client,
        ):
            lost = []
            for done in _outcomes(client, task, jobs):
                if isinstance(done.outcome, Lost):
                    lost.append(done.index)
                else:
                    yield done
            for index in sorted(lost):
                yield from (Done(index, again.outcome) for again in _outcomes(client, task, [jobs[index]]))


def _outcomes(client: Any, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
    following: Any = as_completed
    finished = following(loop=client.loop)
    waiting = iter(enumerate(jobs))
    at: dict[Any, int] = {}  # a future to the position of its job; without one its result is freed
    few = 0
    while True:
        if len(at) <= few:
            most = max(FEWEST_AHEAD, AHEAD * sum(client.nthreads().values()))  # workers come and go
            part = list(islice(waiting, most - len(at)))
            few = most // 2 if part else 0  # without more there is nothing to hand in
            if part:
                futures = client.map(task, [job for _, job in part], pure=False)
                at.update(zip(futures, (index for index, _ in part), strict=True))
                finished.update(futures)
                del futures
            elif not at:
                return
        ready = finished.next_batch()
        while ready:
            some, ready = ready[:FETCHED], ready[FETCHED:]
            outcomes = _fetched(client, some)
            yield from (Done(at.pop(future), outcome) for future, outcome in zip(some, outcomes, strict=True))
        del some, outcomes


def _fetched(client: Any, futures: list[Any]) -> list[Any]:
    """Return the outcomes of tasks that have ended: fetched together, or one by one where a worker died."""
    try:
        found: list[Any] = client.gather(futures)
    except KilledWorker:
        found = [_outcome(future) for future in futures]
    return found


def _outcome(future: Any) -> Any:
    try:
        return future.result()
    except KilledWorker as error:
        return Lost("worker-died", str(error))
