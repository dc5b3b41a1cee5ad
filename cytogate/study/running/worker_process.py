"""One worker process: the pipes to it, what it does at the other end, and where it waits without work."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from cytogate.platform import cap_address_space, end_with_parent, widened
from cytogate.study.running.outcomes import Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READY = "ready"
# Workers do not import the calling script again (as multiprocessing does): a script, a notebook and the
# command line may all call run_study without a guard.
_BOOT = """
import pickle, sys
try:
    sys.path[:] = pickle.load(sys.stdin.buffer)
except EOFError:  # the parent is gone
    sys.exit(1)
from cytogate.study.running.worker_process import serve
serve()
"""
_LARGE = ("cytogate.gating.warm_up", "cytogate.study.sample.sample_job")  # import most of what a job needs
_ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GONE = (EOFError, pickle.UnpicklingError, OSError)  # what reading from a dead process raises


class Worker:
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
        self._room = 0 if self.process.stdin is None else widened(self.process.stdin.fileno())
        self._sent = 0  # jobs without an answer
        if self.process.stdout is not None:
            widened(self.process.stdout.fileno())  # it need not wait until an answer is read

    def is_ready(self, memory: int | None, deadline: float | None) -> bool:
        """Return whether the process came up, with so many bytes of address space for each job."""
        try:
            with self._within(deadline):
                self._send(pickled(sys.path))
                self._send(pickled(memory))
                return bool(self._receive() == _READY)
        except _GONE:
            return False

    def ask(self, jobs: Sequence[bytes], deadline: float | None) -> Any:
        """Return the answer to the first of some jobs, or `Lost` when the process died or was too slow.

        The jobs, each a pickled task with its argument, are answered one after the other. Those behind the
        first are sent ahead if the pipe holds them, so that the process goes on while the answer is dealt
        with; the next call begins with them.
        """
        try:
            with self._within(deadline):
                for number in range(self._sent, len(jobs)):
                    if number and sum(map(len, jobs[: number + 1])) > self._room:
                        break  # it would wait for a process that may wait for its answer to be read
                    self._send(jobs[number])
                    self._sent += 1
                answer = self._receive()
        except _GONE:
            status = self.process.wait()
        else:
            self._sent -= 1
            return answer
        if self.was_too_slow:
            return Lost("worker-hung", f"no answer in {deadline:g} s, twice")
        return Lost("worker-died", f"the worker process was {ending(status)}, twice")

    @property
    def was_too_slow(self) -> bool:
        """Whether the process was ended because a deadline had passed."""
        return self._timed_out.is_set()

    @contextmanager
    def _within(self, deadline: float | None) -> Iterator[None]:
        """End the process if the block takes longer."""
        timer = None if deadline is None else threading.Timer(deadline, self._give_up)
        if timer is not None:
            timer.start()
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()

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

    def _send(self, parcel: bytes) -> None:
        pipe = self.process.stdin
        if pipe is not None:
            pipe.write(parcel)
            pipe.flush()

    def _receive(self) -> Any:  # whatever the task returns
        pipe = self.process.stdout
        return pickle.load(pipe) if pipe is not None else None


def pickled(value: object) -> bytes:
    """Return a value as it goes to a process."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def ending(status: int) -> str:
    """Return in words how a process with this status came to its end."""
    if status < 0:
        names = {number.value: number.name for number in signal.Signals}
        return f"killed by {names.get(-status, f'signal {-status}')}"
    return f"ended with status {status}"


def serve() -> None:
    """Answer jobs from standard input until it ends: the other side of `Worker`."""
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
        answers.write(pickled(value))
        answers.flush()
    except BrokenPipeError:  # the parent is gone
        os._exit(1)


class Bench:
    """Processes without work."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    def put(self, worker: Worker) -> None:
        """Keep a process until it is taken again."""
        with self._lock:
            self._idle.append(worker)

    def take(self) -> Worker | None:
        """Return a process that is there; None without one."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.end()
        return None

    def clear(self) -> None:
        """End all processes."""
        while (worker := self.take()) is not None:
            worker.end()
