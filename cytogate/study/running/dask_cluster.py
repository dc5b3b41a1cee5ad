"""Dask: tasks on a cluster, a few for each worker at a time, however many files a study has."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import dask
from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from cytogate.errors import CytogateError
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
    hold: _Hold | None = field(default=None, repr=False, compare=False)

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come.

        What the scheduler and this process hold of a study does not grow with its files: jobs are handed in
        as others are done. A scheduler blames the death of a worker on all jobs that were with it; each of
        them is tried once more when all others are done, alone.

        Raises
        ------
        CytogateError
            The cluster cannot start.
        """
        if not jobs:
            return
        with nullcontext(self.hold.client(self)) if self.hold is not None else self.connected() as client:
            lost = []
            for done in _outcomes(client, task, jobs):
                if isinstance(done.outcome, Lost):
                    lost.append(done.index)
                else:
                    yield done
            for index in sorted(lost):
                yield from (Done(index, again.outcome) for again in _outcomes(client, task, [jobs[index]]))

    @contextmanager
    def held(self) -> Iterator[DaskExecutor]:
        """Keep the connection, and with it a local cluster, from its first run on until the block ends."""
        with ExitStack() as stack:
            yield replace(self, hold=_Hold(stack))

    @contextmanager
    def connected(self) -> Iterator[Any]:  # Dask has no types
        """Connect to the scheduler, or start a local cluster."""
        local = {
            "n_workers": self.workers,
            "threads_per_worker": 1,
            "processes": True,
            "host": "127.0.0.1",  # a scheduler has no authentication
            "dashboard_address": "127.0.0.1:0",  # any port that is free: two runs do not meet
            "scheduler_kwargs": {"dashboard": False},
        }
        start: Any = Client
        with ExitStack() as stack:
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
            try:
                client = stack.enter_context(start(self.address) if self.address else start(**local))
            except RuntimeError as error:
                message = f"The Dask cluster cannot start: {error} Run again, or use executor='process'."
                raise CytogateError(message) from error
            yield client


class _Hold:
    """A connection that is made when it is first asked for, and ends with a stack."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._client: Any = None

    def client(self, executor: DaskExecutor) -> Any:
        """Return the connection of an executor."""
        if self._client is None:
            self._client = self._stack.enter_context(executor.connected())
        return self._client


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
