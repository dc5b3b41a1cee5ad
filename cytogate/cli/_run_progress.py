"""What a run tells while it goes on: a bar for a person, lines for a log, events for a machine."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import click

from cytogate.cli._options import session
from cytogate.cli._output import numbered
from cytogate.cli._progress import EVERY

if TYPE_CHECKING:
    from types import TracebackType

    from cytogate.study.running.events import Event, GatedAgain, RunSummary, SampleDone

_DOING = {
    "check": "checking",
    "compile": "compiling",
    "fit": "finding gates",
    "gate": "gating",
    "compare": "comparing tubes",
    "conclude": "concluding",
    "write": "writing",
}


class RunProgress:
    """An observer of a run.

    Parameters
    ----------
    json_lines : bool
        Print every event to stdout as a JSON object; no lines on stderr then.
    """

    def __init__(self, *, json_lines: bool = False) -> None:
        self.summary: RunSummary | None = None
        self._json_lines = json_lines
        self._doing = ""
        self._total: int | None = None
        self._pace = Pace()
        self._said = time.monotonic()
        self._bar: Any = None  # rich is imported for terminals only
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not session().quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[pace]}", markup=False),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=None, pace="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        from cytogate.study.running.events import (
            GatedAgain,
            RunDone,
            RunStarted,
            SampleDone,
            StageBegan,
            plain,
        )

        if self._json_lines:
            click.echo(json.dumps(plain(event)))
        if isinstance(event, RunStarted):
            self._total = event.n_samples
        elif isinstance(event, StageBegan):
            self._doing = _DOING.get(event.stage, event.stage)
            if event.stage == "gate":
                self._pace = Pace()
        elif isinstance(event, SampleDone):
            self._pace.add(event)
        elif isinstance(event, RunDone):
            self.summary = event.summary
        elif isinstance(event, GatedAgain) and not self._json_lines and not session().quiet:
            self._note(why_text(event))
        if self._bar is not None:
            self._draw()
        elif not self._json_lines and not session().quiet:
            self._say()

    def _note(self, text: str) -> None:
        """Say a line that stays, above the bar where there is one."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            click.echo(text, err=True)

    def _draw(self) -> None:
        """Draw the stage and the samples; how fast, and how long, is known of gating alone."""
        pace = self._pace.said() if self._doing == _DOING["gate"] else ""
        self._bar.update(
            self._task, description=self._doing, total=self._total, completed=self._pace.done, pace=pace
        )

    def _say(self) -> None:
        """Say how far it is, at most every few seconds: a log of 500 samples is no page of lines."""
        now = time.monotonic()
        if now - self._said < EVERY:
            return
        self._said = now
        if self._pace.total and self._doing == _DOING["gate"]:
            counted = f"{self._doing}: {self._pace.done} of {numbered(self._pace.total, 'sample')}"
            click.echo(f"{counted}; {self._pace.said()}", err=True)
        else:
            click.echo(self._doing, err=True)


class Pace:
    """How fast samples are gated, and how long it will take; what is reused costs nothing."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self._began = time.monotonic()
        self._gated = 0
        self._failed = 0
        self._reused = 0
        self._events = 0

    def add(self, event: SampleDone) -> None:
        """Count a sample."""
        self.done, self.total = event.done, event.total
        if event.reused:
            self._reused += 1
        else:
            self._gated += 1
            self._events += event.n_events or 0
        self._failed += event.failure is not None

    def said(self) -> str:
        """Return rates, time left, and what did not go the usual way, in words; empty before the first."""
        parts = []
        passed = time.monotonic() - self._began
        if self._gated and passed > 0:
            rate = self._gated / passed
            left = round((self.total - self.done) / rate)
            parts = [
                f"{rate:.1f} files/s",
                f"{counted(self._events / passed)} events/s",
                f"{clock(left)} left",
            ]
        parts += [f"{self._reused} reused"] if self._reused else []
        parts += [f"{self._failed} failed"] if self._failed else []
        return ", ".join(parts)


def counted(number: float) -> str:
    """Return a large number in three digits and a word.

    Examples
    --------
    >>> counted(12_345_678), counted(4_300), counted(1.2e9)
    ('12.3 million', '4,300', '1.2 billion')
    """
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.1f} {word}"
    return f"{number:,.0f}"


def clock(seconds: int) -> str:
    """Return a time as a clock shows it.

    Examples
    --------
    >>> clock(75), clock(3700)
    ('1:15', '1:01:40')
    """
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def why_text(event: GatedAgain) -> str:
    """Return how many tubes are gated again, and why.

    Examples
    --------
    >>> from cytogate.study.running.events import GatedAgain
    >>> why_text(GatedAgain("treg", 1))
    '1 tube of panel treg is gated again: its template, settings or files changed'
    """
    one = event.n == 1
    text = f"{numbered(event.n, 'tube')} of panel {event.panel} {'is' if one else 'are'} gated again"
    if event.why:
        return f"{text}; changed since the last finished run: {', '.join(event.why)}"
    return f"{text}: {'its' if one else 'their'} template, settings or files changed"


def summary_lines(summary: RunSummary) -> list[tuple[str, str]]:
    """Return a run in figures: names and texts of a few lines."""
    if summary.up_to_date:
        return []
    gated = [f"{summary.n_done} gated now"]
    gated += [f"{summary.n_reused} taken from an earlier run"] if summary.n_reused else []
    gated += [f"{summary.n_failed} failed"] if summary.n_failed else []
    lines = [("samples", f"{', '.join(gated)}, in {summary.seconds:.1f} s")]
    if summary.reasons:
        reasons = [f"{count} {stage}: {code}" for stage, code, count, _ in summary.reasons]
        lines.append(("failed", "; ".join(reasons)))
    if summary.events_per_second is not None and summary.gate_events_per_second is not None:
        rates = f"{counted(summary.events_per_second)} events/s, {counted(summary.gate_events_per_second)}"
        lines.append(("speed", f"{rates} gates x events/s, over {summary.gating_seconds:.1f} s of gating"))
    if summary.peak_memory is not None:
        memory = f"at most {summary.peak_memory / 1e6:,.0f} MB"
        if summary.worker_peak_memory is not None:
            memory += f", and {summary.worker_peak_memory / 1e6:,.0f} MB in a worker"
        lines.append(("memory", memory))
    return lines
