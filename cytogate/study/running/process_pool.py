"""Worker processes that may die: each works on one job at a time, so a death is put down to the right job.

A second job is sent to each beforehand, for it to go on with while the answer to the first is kept.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from cytogate.errors import CytogateError
from cytogate.study.running.outcomes import Done, Lost
from cytogate.study.running.worker_process import Bench, Worker, ending, pickled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

J = TypeVar("J")
R = TypeVar("R")
STARTS = 3  # of a process that is killed before it is ready, one after the other


@dataclass(frozen=True, slots=True)
class ProcessExecutor:
    """Processes that start fresh and work on one job at a time each.

    Attributes
    ----------
    workers : int
        How many processes at most.
    deadline : float or None
        Seconds after which a process is killed that still works on one job, or is not ready for the first.
    memory : int or None
        Bytes of address space that a process may have beyond what it has when it is ready (Linux); more is
        a `MemoryError` in the task.
    """

    workers: int
    deadline: float | None = None
    memory: int | None = None
    bench: Bench | None = field(default=None, repr=False, compare=False)

    def run(self, task: Callable[[J], R], jobs: Sequence[J]) -> Iterator[Done[R]]:
        """Yield the outcomes as they come.

        A job whose process dies or passes the deadline is tried once more when all others are done, alone;
        if that fails too, its outcome is `Lost`.

        Raises
        ------
        CytogateError
            Processes cannot start.
        """
        lost = []
        for done in self._round(task, jobs, range(len(jobs)), min(self.workers, len(jobs))):
            if isinstance(done.outcome, Lost):
                lost.append(done.index)
            else:
                yield done
        for index in sorted(lost):
            if self.bench is not None:
                self.bench.clear()  # alone
            yield from self._round(task, jobs, [index], 1)

    @contextmanager
    def held(self) -> Iterator[ProcessExecutor]:
        """Keep processes that have no work from one run to the next, until the block ends.

        With a cap of memory each run has its own: what an earlier one left is not counted.
        """
        if self.memory is not None:
            yield self
            return
        bench = Bench()
        try:
            yield replace(self, bench=bench)
        finally:
            bench.clear()

    def _round(
        self, task: Callable[[J], R], jobs: Sequence[J], indices: Sequence[int], size: int
    ) -> Iterator[Done[R]]:
        """Yield one outcome for each index; closing ends all processes."""
        crew = _Crew(task, jobs, indices, self, size)
        with ThreadPoolExecutor(max(1, size), thread_name_prefix="cytogate-worker") as threads:
            running = [threads.submit(crew.work) for _ in range(size)]
            try:
                left = size
                while left:
                    done = crew.outcomes.get()
                    if done is None:
                        left -= 1
                    else:
                        yield done
            finally:
                crew.stop()
        for thread in running:
            thread.result()  # an error of the parent's own side


class _Crew:
    """Threads of this process that each keep one worker process busy."""

    def __init__(
        self,
        task: Callable[[Any], Any],
        jobs: Sequence[Any],
        indices: Sequence[int],
        terms: ProcessExecutor,
        size: int,
    ) -> None:
        self.outcomes: queue.SimpleQueue[Done[Any] | None] = queue.SimpleQueue()
        self._task = task
        self._jobs = jobs
        self._waiting = deque(indices)
        self._terms = terms
        self._bench = terms.bench
        self._size = size
        self._lock = threading.Lock()
        self._alive: set[Worker] = set()
        self._stopped = False

    def work(self) -> None:
        """Lend jobs to one process after the other, as long as there are any."""
        worker: Worker | None = None
        lent: dict[int, bytes] = {}  # the first is worked on
        try:
            while self._lend(lent):
                worker = worker or self._start()
                if worker is None:
                    return
                outcome = worker.ask(list(lent.values()), self._terms.deadline)
                index = next(iter(lent))
                del lent[index]
                self.outcomes.put(Done(index, outcome))
                if isinstance(outcome, Lost):
                    self._give_back(lent)
                    self._end(worker)
                    worker = None
            worker = self._rest(worker)
        finally:
            if worker is not None:
                self._end(worker)
            self.outcomes.put(None)

    def stop(self) -> None:
        """End all processes, those that work included."""
        with self._lock:
            self._stopped = True
            for worker in self._alive:
                worker.process.kill()

    def _lend(self, lent: dict[int, bytes]) -> bool:
        """Add a job to work on and one to wait; return whether there is any.

        None waits towards the end: another worker may be ready for it first.
        """
        while len(lent) < 2:
            with self._lock:
                if self._stopped:
                    return False
                if len(self._waiting) < (2 * self._size if lent else 1):
                    break
                index = self._waiting.popleft()
            lent[index] = pickled((self._task, self._jobs[index]))
        return bool(lent)

    def _give_back(self, lent: dict[int, bytes]) -> None:
        """Let others do what a process that ended had not begun."""
        with self._lock:
            self._waiting.extendleft(reversed(lent))
        lent.clear()

    def _rest(self, worker: Worker | None) -> Worker | None:
        """Put a process that has no work on the bench; return it where there is none."""
        with self._lock:
            if worker is None or self._bench is None or self._stopped:
                return worker
            self._alive.discard(worker)
            self._bench.put(worker)
            return None

    def _start(self) -> Worker | None:
        """Return a process that is ready; None when all is to stop."""
        status = 0
        for _ in range(STARTS):
            with self._lock:
                if self._stopped:
                    return None
                idle = None if self._bench is None else self._bench.take()
                worker = idle or Worker()
                self._alive.add(worker)
            if idle is not None or worker.is_ready(self._terms.memory, self._terms.deadline):
                return worker
            status = worker.process.wait()
            self._end(worker)
            if status >= 0:  # it cannot load; one that was killed says nothing of the next
                break
        if self._stopped:
            return None
        raise CytogateError(_never_ready(worker, status, self._terms.deadline))

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.end()


def _never_ready(worker: Worker, status: int, deadline: float | None) -> str:
    """Return why the last of some processes did not come up."""
    if worker.was_too_slow:
        return (
            f"Worker processes are not ready in {deadline:g} s, {STARTS} in a row. {sys.executable} may lie "
            "on a slow file system: use a longer deadline, or executor='thread'."
        )
    how = f"Worker processes end as soon as they start ({ending(status)}): "
    if status >= 0:
        return f"{how}{sys.executable} cannot load cytogate in a fresh process. Use executor='thread'."
    return f"{how}{STARTS} in a row. The machine may be short of memory: run again with fewer workers."
