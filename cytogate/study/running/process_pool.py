"""Worker processes that may die: each works on one job at a time, so a death is put down to the right job."""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from cytogate.errors import CytogateError
from cytogate.platform import cap_address_space, end_with_parent
from cytogate.study.running.outcomes import Done, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

J = TypeVar("J")
R = TypeVar("R")

_READY = "ready"
# Workers do not import the calling script again (as multiprocessing does): a script, a notebook and the
# command line may all call run_study without a guard.
_BOOT = """
import pickle, sys
try:
    sys.path[:] = pickle.load(sys.stdin.buffer)
except EOFError:  # the parent is gone
    sys.exit(1)
from cytogate.study.running.process_pool import serve
serve()
"""
_LARGE = ("cytogate.gating.warm_up", "cytogate.study.sample.sample_job")  # import most of what a job needs
_ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GONE = (EOFError, pickle.UnpicklingError, OSError)  # what reading from a dead process raises


@dataclass(frozen=True, slots=True)
class ProcessExecutor:
    """Processes that start fresh, one job at a time each.

    Attributes
    ----------
    workers : int
        How many processes at most.
    deadline : float or None
        Seconds after which a process is killed that still works on one job.
    memory : int or None
        Bytes of address space that a process may have beyond what it has when it is ready (Linux); more is
        a `MemoryError` in the task.
    """

    workers: int
    deadline: float | None = None
    memory: int | None = None

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
            yield from self._round(task, jobs, [index], 1)

    def _round(
        self, task: Callable[[J], R], jobs: Sequence[J], indices: Sequence[int], size: int
    ) -> Iterator[Done[R]]:
        """Yield one outcome for each index; closing ends all processes."""
        crew = _Crew(task, jobs, indices, self.deadline, self.memory)
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
        deadline: float | None,
        memory: int | None,
    ) -> None:
        self.outcomes: queue.SimpleQueue[Done[Any] | None] = queue.SimpleQueue()
        self._task = task
        self._jobs = jobs
        self._waiting = deque(indices)
        self._deadline = deadline
        self._memory = memory
        self._lock = threading.Lock()
        self._alive: set[_Worker] = set()
        self._stopped = False

    def work(self) -> None:
        """Lend jobs to one process after the other, as long as there are any."""
        worker: _Worker | None = None
        try:
            while (index := self._next()) is not None:
                worker = worker or self._start()
                if worker is None:
                    return
                outcome = worker.ask(self._task, self._jobs[index], self._deadline)
                self.outcomes.put(Done(index, outcome))
                if isinstance(outcome, Lost):
                    self._end(worker)
                    worker = None
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

    def _next(self) -> int | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting and not self._stopped else None

    def _start(self) -> _Worker | None:
        with self._lock:
            if self._stopped:
                return None
            worker = _Worker()
            self._alive.add(worker)
        if not worker.is_ready(self._memory) and not self._stopped:
            status = worker.process.wait()
            self._end(worker)
            message = (
                f"Worker processes end as soon as they start ({_how(status)}): {sys.executable} cannot load "
                "cytogate in a fresh process. Use executor='thread'."
            )
            raise CytogateError(message)
        return worker

    def _end(self, worker: _Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.end()


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self) -> None:
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")  # processes share the machine already
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # an interrupt is for the parent, which ends its workers itself
        )
        self._timed_out = threading.Event()

    def is_ready(self, memory: int | None) -> bool:
        """Return whether the process came up, with so many bytes of address space for each job."""
        try:
            self._send(sys.path)
            self._send(memory)
            return bool(self._receive() == _READY)
        except _GONE:
            return False

    def ask(self, task: Callable[[Any], Any], job: Any, deadline: float | None) -> Any:
        """Return what the task makes of a job, or `Lost` when the process died or was too slow."""
        timer = threading.Timer(deadline, self._give_up) if deadline is not None else None
        if timer is not None:
            timer.start()
        try:
            self._send((task, job))
            return self._receive()
        except _GONE:
            status = self.process.wait()
        finally:
            if timer is not None:
                timer.cancel()
        if self._timed_out.is_set():
            return Lost("worker-hung", f"no answer in {deadline:g} s, twice")
        return Lost("worker-died", f"the worker process was {_how(status)}, twice")

    def end(self) -> None:
        """End the process and close the pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet has no reader any more
                    continue

    def _give_up(self) -> None:
        self._timed_out.set()
        self.process.kill()

    def _send(self, value: object) -> None:
        pipe = self.process.stdin
        if pipe is not None:
            pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            pipe.flush()

    def _receive(self) -> Any:  # whatever the task returns
        pipe = self.process.stdout
        return pickle.load(pipe) if pipe is not None else None


def _how(status: int) -> str:
    if status < 0:
        names = {number.value: number.name for number in signal.Signals}
        return f"killed by {names.get(-status, f'signal {-status}')}"
    return f"ended with status {status}"


def serve() -> None:
    """Answer jobs from standard input until it ends: the other side of `_Worker`."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    try:
        memory = pickle.load(jobs)
    except _GONE:
        return
    end_with_parent()
    if memory is not None:
        for name in _LARGE:  # what a job may take is counted from here
            importlib.import_module(name)
        cap_address_space(memory)
    _answer(answers, _READY)
    while True:
        try:
            task, job = pickle.load(jobs)
        except _GONE:
            return
        _answer(answers, task(job))


def _answer(answers: IO[bytes], value: object) -> None:
    try:
        pickle.dump(value, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()
    except BrokenPipeError:  # the parent is gone
        os._exit(1)
