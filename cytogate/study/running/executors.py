"""Who calls the work: this process, threads, processes or Dask; the results are the same."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cytogate.errors import CytogateError, nearest
from cytogate.platform import usable_cpus
from cytogate.study.running.outcomes import Done, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

J = TypeVar("J")
R = TypeVar("R")

EXECUTORS = ("serial", "thread", "process", "dask")


class Executor(Protocol):
    """Runs one task over many jobs."""

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield every outcome as it is there, in any order; closing the iterator stops the workers."""

    def held(self) -> AbstractContextManager[Executor]:
        """Return an executor whose workers stay from one run to the next, until the block ends."""


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

    def held(self) -> AbstractContextManager[SerialExecutor]:
        """Return this executor: nothing is to be held."""
        return nullcontext(self)


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

    def held(self) -> AbstractContextManager[ThreadExecutor]:
        """Return this executor: threads are made in no time."""
        return nullcontext(self)


@dataclass(frozen=True, slots=True)
class DaskExecutor:
    """A Dask cluster: a local one, or a running one by the address of its scheduler."""

    workers: int
    address: str | None = None
    hold: _Hold | None = field(default=None, repr=False, compare=False)

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come; a job whose worker dies is tried once more, as everywhere."""
        if not jobs:
            return
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        with nullcontext(self.hold.client(self)) if self.hold is not None else self.connected() as client:
            futures = {client.submit(task, job, pure=False): index for index, job in enumerate(jobs)}
            finished: Any = as_completed
            for future in finished(futures):
                try:
                    yield Done(futures[future], future.result())
                except KilledWorker as error:
                    yield Done(futures[future], Lost("worker-died", str(error)))

    @contextmanager
    def held(self) -> Iterator[DaskExecutor]:
        """Keep the connection, and with it a local cluster, from its first run on until the block ends."""
        with ExitStack() as stack:
            yield replace(self, hold=_Hold(stack))

    @contextmanager
    def connected(self) -> Iterator[Any]:  # Dask has no types
        """Connect to the scheduler, or start a local cluster."""
        import dask
        from distributed import Client

        local = {
            "n_workers": self.workers,
            "threads_per_worker": 1,
            "processes": True,
            "host": "127.0.0.1",  # a scheduler has no authentication
            "dashboard_address": None,
        }
        start: Any = Client
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 1}),
            start(self.address) if self.address else start(**local) as client,
        ):
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
