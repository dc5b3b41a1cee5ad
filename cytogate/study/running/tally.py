"""Counting what a run tells, for the summary at its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cytogate.platform import peak_memory
from cytogate.study.running.events import RunStarted, RunSummary, SampleDone, StageBegan

if TYPE_CHECKING:
    from cytogate.study.run_folder.run import Run
    from cytogate.study.running.events import Event, Observer

_GATING = "gate"
_APART = ("process", "dask")  # executors whose workers are other processes


class Tally:
    """Passes events on, and keeps their sums: a run of many samples keeps none of the events.

    Parameters
    ----------
    observer : callable, optional
        Who is told.
    """

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer
        self._began = time.perf_counter()
        self._gating: float | None = None  # when samples were first handed out
        self._last = 0.0  # when the last one came back
        self._counts = {"done": 0, "reused": 0, "failed": 0}
        self._reasons: dict[tuple[str, str], tuple[int, str]] = {}
        self._events = 0
        self._gate_events = 0
        self._apart = False
        self._worker_peak: int | None = None

    def __call__(self, event: Event) -> None:
        """Count an event, then tell it."""
        if isinstance(event, RunStarted):
            self._apart = event.executor in _APART
        elif isinstance(event, StageBegan) and event.stage == _GATING and self._gating is None:
            self._gating = time.perf_counter()
        elif isinstance(event, SampleDone):
            self._count(event)
        if self._observer is not None:
            self._observer(event)

    def _count(self, event: SampleDone) -> None:
        if self._apart and event.peak_memory is not None:
            self._worker_peak = max(self._worker_peak or 0, event.peak_memory)
        if event.reused and event.failure is None:
            self._counts["reused"] += 1
            return
        self._last = time.perf_counter()
        if event.failure is not None:
            self._counts["failed"] += 1
            self._count_reason(event.failure.stage, event.failure.code, event.failure.message)
            return
        self._counts["done"] += 1
        self._events += event.n_events or 0
        self._gate_events += (event.n_events or 0) * event.n_gates

    def of_finished(self, run: Run) -> RunSummary:
        """Return the figures of a call that found a finished run: its samples, taken from it."""
        samples = run.manifest["samples"].values()
        self._counts["reused"] = sum(sample["ok"] for sample in samples)
        self._counts["failed"] = len(samples) - self._counts["reused"]
        if self._counts["failed"]:
            told = run.failures
            for stage, code, message in zip(told["stage"], told["code"], told["message"], strict=True):
                self._count_reason(stage, code, message)
        return self.summary(up_to_date=True)

    def _count_reason(self, stage: str, code: str, message: str) -> None:
        count, first = self._reasons.get((stage, code), (0, message))
        self._reasons[stage, code] = (count + 1, first)

    def summary(self, *, up_to_date: bool = False) -> RunSummary:
        """Return the figures up to now."""
        began = self._began if self._gating is None else self._gating
        gating = max(self._last - began, 0.0)
        rated = gating > 0 and self._counts["done"] > 0
        reasons = [(stage, code, count, first) for (stage, code), (count, first) in self._reasons.items()]
        return RunSummary(
            n_done=self._counts["done"],
            n_reused=self._counts["reused"],
            n_failed=self._counts["failed"],
            reasons=tuple(sorted(reasons, key=lambda reason: (-reason[2], reason[:2]))),
            n_events=self._events,
            seconds=time.perf_counter() - self._began,
            gating_seconds=gating,
            events_per_second=self._events / gating if rated else None,
            gate_events_per_second=self._gate_events / gating if rated else None,
            peak_memory=peak_memory(),
            worker_peak_memory=self._worker_peak,
            up_to_date=up_to_date,
        )
