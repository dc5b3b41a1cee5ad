"""A cluster that gates many files, simulated event by event: scheduler, workers, store and the run's parent.

A task passes four stations: the scheduler, which takes some seconds of its own for each (one at a time); a
worker that is free; the store, whose bandwidth all readers share evenly, each with a bandwidth of its own at
most; and the parent, which keeps one result at a time. The parent has no more tasks underway than a few for
each worker. A task whose worker dies is tried again alone at the end, as `cytogate run` does. Before the
tasks come seconds for each file that only the parent can spend (hashing, fits), after them those of the
tables.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

SUBMITTED, DISPATCHED, ASKED, FETCHED, WORKED, KEPT = range(6)


@dataclass(frozen=True, slots=True)
class Farm:
    """What a cluster is, and what a file costs on it.

    Attributes
    ----------
    workers : int
        One task at a time each.
    work : float
        Seconds of a worker for one file, without waiting for its bytes.
    spread : float
        Coefficient of variation of `work` (lognormal).
    file_bytes, requests, latency : float
        Bytes that a task fetches, in how many requests one after the other, and seconds of waiting for each.
    store_bandwidth, worker_bandwidth : float
        Bytes a second, of all readers together and of one.
    schedule, keep : float
        Seconds of the scheduler and of the parent for one task.
    before, after : float
        Seconds of the parent for each file before the first task and after the last.
    loss, restart : float
        Part of the tasks whose worker dies, half way through, and seconds until another one stands in.
    ahead : int
        Tasks underway for each worker.
    """

    workers: int
    work: float
    schedule: float = 0.0
    keep: float = 0.0
    spread: float = 0.0
    file_bytes: float = 0.0
    requests: float = 0.0
    latency: float = 0.0
    store_bandwidth: float = math.inf
    worker_bandwidth: float = math.inf
    before: float = 0.0
    after: float = 0.0
    loss: float = 0.0
    restart: float = 0.0
    ahead: int = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds of the parts of a run, tasks that were tried again, and how busy each station was in gating."""

    before: float
    gating: float
    after: float
    retried: int
    busy: dict[str, float]

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return self.before + self.gating + self.after

    @property
    def limit(self) -> str:
        """The station that was busiest."""
        return max(self.busy, key=lambda name: self.busy[name])


def simulate(farm: Farm, n_files: int, *, seed: int = 1) -> Outcome:
    """Return what a run of so many files takes."""
    rng = np.random.default_rng(seed)
    lost = rng.random(n_files) < farm.loss
    first = _Run(farm, _works(farm, n_files, rng), lost)
    gating, busy = first.play(), first.busy
    retried = int(lost.sum())
    if retried:  # alone: one after the other, on a cluster that is idle else
        calm = replace(farm, loss=0.0)
        one = _Run(calm, np.array([farm.work]), np.zeros(1, dtype=bool)).play()
        gating += retried * one
    shares = {name: seconds / gating if gating else 0.0 for name, seconds in busy.items()}
    return Outcome(farm.before * n_files, gating, farm.after * n_files, retried, shares)


def _works(farm: Farm, n: int, rng: np.random.Generator) -> np.ndarray:
    if not farm.spread:
        return np.full(n, farm.work)
    sigma = math.sqrt(math.log1p(farm.spread**2))
    return farm.work * np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2)


class _Store:
    """A bandwidth that all who read share evenly."""

    def __init__(self, farm: Farm) -> None:
        self._total, self._each = farm.store_bandwidth, farm.worker_bandwidth
        self._readers: list[tuple[float, int]] = []  # where each will have read enough, and its task
        self._read = 0.0  # bytes that somebody who was there all the time would have read
        self._at = 0.0
        self.turn = 0  # of readers that came or went: what was foreseen before no longer holds

    def _rate(self) -> float:
        return min(self._each, self._total / len(self._readers)) if self._readers else 0.0

    def _go_on(self, now: float) -> None:
        if self._readers:
            self._read += self._rate() * (now - self._at)
        self._at = now

    def begin(self, task: int, size: float, now: float) -> None:
        """Take one more reader."""
        self._go_on(now)
        heapq.heappush(self._readers, (self._read + size, task))
        self.turn += 1

    def end(self, now: float) -> int:
        """Let the first reader go that has all; return its task."""
        self._go_on(now)
        self._read, task = heapq.heappop(self._readers)
        self.turn += 1
        return task

    def foreseen(self) -> float | None:
        """Return when the next reader has all, if nobody comes before."""
        if not self._readers:
            return None
        return self._at + max(0.0, self._readers[0][0] - self._read) / self._rate()


class _Run:
    """One pass over all files."""

    def __init__(self, farm: Farm, works: np.ndarray, lost: np.ndarray) -> None:
        self.farm = farm
        self.works, self.lost = works.tolist(), lost.tolist()
        self.busy = dict.fromkeys(("scheduler", "workers", "latency", "store", "parent"), 0.0)
        self._events: list[tuple[float, int, int, int]] = []
        self._count = 0
        self._store = _Store(farm)
        bandwidth = min(farm.store_bandwidth, farm.worker_bandwidth)
        self._is_read = bool(farm.file_bytes) and math.isfinite(bandwidth)
        self._ready: deque[int] = deque()
        self._idle = farm.workers
        self._scheduler = self._parent = 0.0  # when each is free
        self._sent = 0

    def play(self) -> float:
        """Return the seconds from the first task to the last result kept."""
        for _ in range(min(len(self.works), self.farm.ahead * self.farm.workers)):
            self._submit(0.0)
        now = 0.0
        while self._events:
            now, _, kind, task = heapq.heappop(self._events)
            self._step(now, kind, task)
        return now

    def _step(self, now: float, kind: int, task: int) -> None:
        if kind == DISPATCHED:
            self._ready.append(task)
            self._hand_out(now)
        elif kind == ASKED:
            self._fetch(task, now)
        elif kind == FETCHED:
            if task == self._store.turn:  # else somebody came or went since it was foreseen
                done = self._store.end(now)
                self._foresee()
                self._work(done, now)
        elif kind == WORKED:
            self._worked(task, now)
        elif kind == KEPT and self._sent < len(self.works):
            self._submit(now)

    def _push(self, when: float, kind: int, task: int) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, kind, task))

    def _submit(self, now: float) -> None:
        self._scheduler = max(now, self._scheduler) + self.farm.schedule
        self.busy["scheduler"] += self.farm.schedule
        self._push(self._scheduler, DISPATCHED, self._sent)
        self._sent += 1

    def _hand_out(self, now: float) -> None:
        while self._idle and self._ready:
            self._idle -= 1
            self.busy["latency"] += self.farm.requests * self.farm.latency / self.farm.workers
            self._push(now + self.farm.requests * self.farm.latency, ASKED, self._ready.popleft())

    def _fetch(self, task: int, now: float) -> None:
        if not self._is_read:
            self._work(task, now)
            return
        self.busy["store"] += self.farm.file_bytes / self.farm.store_bandwidth
        self._store.begin(task, self.farm.file_bytes, now)
        self._foresee()

    def _foresee(self) -> None:
        when = self._store.foreseen()
        if when is not None:
            self._push(when, FETCHED, self._store.turn)

    def _work(self, task: int, now: float) -> None:
        seconds = self.works[task] / 2 if self.lost[task] else self.works[task]
        self.busy["workers"] += seconds / self.farm.workers
        self._push(now + seconds + (self.farm.restart if self.lost[task] else 0.0), WORKED, task)

    def _worked(self, task: int, now: float) -> None:
        self._idle += 1
        self._hand_out(now)
        self._parent = max(now, self._parent) + (0.0 if self.lost[task] else self.farm.keep)
        self.busy["parent"] += 0.0 if self.lost[task] else self.farm.keep
        self._push(self._parent, KEPT, task)
