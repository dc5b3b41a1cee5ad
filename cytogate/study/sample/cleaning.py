"""Cleaning of one tube: what the checks that a study asks for find, and the events that they take out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.gating.cleaning import CleaningGate
    from cytogate.gating.fitting.jobs import Clean
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.qc.check import Finding
    from cytogate.qc.inspection import Inspection
    from cytogate.study.definition.cleaning import Cleaning

Row = dict[str, Any]
FORMAT = "cytogate.cleaning"


@dataclass(frozen=True, slots=True)
class CleanedTube:
    """What the checks of events say of one tube, and the gates that take out what is to go."""

    cleaning: Cleaning
    inspection: Inspection | None
    gates: tuple[CleaningGate, ...]

    def rows(self, sample: str, result: GatingResult, wholes: Sequence[str]) -> tuple[Row, ...]:
        """Return the rows of ``qc``; the checks of populations look at what gating found.

        `wholes` are the populations that endpoints are percentages of.
        """
        from cytogate.qc.gated import Gated
        from cytogate.qc.inspection import inspect_populations

        names = self.cleaning.reporting()
        events = () if self.inspection is None else self.inspection.findings
        gated = Gated(result, tuple(dict.fromkeys(wholes)) or ("/",))
        populations = inspect_populations(gated, names=names)
        own = [row for finding in (*events, *populations) for row in _rows_of(sample, finding)]
        return (*self._whole(sample, result), *own)

    def _whole(self, sample: str, result: GatingResult) -> Iterator[Row]:
        """Yield what the checks found together, and what was taken out, counted exactly."""
        from cytogate.qc.check import removing_checks, verdict_of
        from cytogate.qc.inspection import removed_times, would_lose

        if self.inspection is None or not result.source.n_events:
            return
        found = would_lose(self.inspection, removing_checks())
        lost = 100 * (1 - result.n_events / result.source.n_events)
        by_time = removed_times(self.inspection, self.cleaning.removing())
        figures = {"found_percent": found, "removed_percent": lost}
        if by_time is not None:
            figures |= {"removed_by_time_percent": by_time[0], "time_removed_percent": by_time[1]}
        for metric, value in figures.items():
            yield _row(sample, "cleaning", metric, value, verdict_of(value), lost)

    def track(self, sample: str) -> dict[str, Any] | None:
        """Return, in plain values, the plot over time of a tube with stretches that a check finds bad."""
        from cytogate.qc.track import track_of

        if self.inspection is None:
            return None
        found = track_of(self.inspection, self.cleaning.removing())
        return None if found is None else {"sample": sample, **found}


def inspected(
    source: EventSource, strategy: GatingStrategy, cleaning: Cleaning, *, threads: int | None
) -> CleanedTube:
    """Return what the checks of events find in a tube, and the cleaning gates that are asked for."""
    names = cleaning.reporting()
    if not names:
        return CleanedTube(cleaning, None, ())
    from cytogate.qc.inspection import cleaning_gates, inspect_events

    inspection = inspect_events(source, strategy, names=names, threads=threads)
    return CleanedTube(cleaning, inspection, cleaning_gates(inspection, cleaning.removing()))


def gates_of(
    source: EventSource, strategy: GatingStrategy, cleaning: Cleaning, *, threads: int | None = 1
) -> tuple[CleaningGate, ...]:
    """Return the gates that take out of a tube what a study's cleaning asks for."""
    return inspected(source, strategy, cleaning, threads=threads).gates


def cleaner(cleaning: Cleaning, *, threads: int | None = 1) -> Clean | None:
    """Return what finds the cleaning gates of any tube, here or elsewhere; None where nothing is taken out.

    Checks that only report are not run; the gates are those that `inspected` finds.
    """
    if not cleaning.removing():
        return None
    return partial(gates_of, cleaning=replace(cleaning, report=()), threads=threads)


def cleaning_entry(cleaning: Cleaning, tracks: Iterable[dict[str, Any] | None]) -> dict[str, Any]:
    """Return the document of ``cleaning.json``: what was asked, and the tubes with bad stretches."""
    return {
        "format": FORMAT,
        "version": 1,
        "report": list(cleaning.report),
        "remove": list(cleaning.remove),
        "tubes": [track for track in tracks if track is not None],
    }


def _rows_of(sample: str, finding: Finding) -> Iterator[Row]:
    for figure in finding.measured:
        yield _row(sample, finding.check, figure.metric, figure.value, figure.verdict, finding.percent)


def _row(
    sample: str, check: str, metric: str, value: float | None, verdict: str, percent: float | None
) -> Row:
    return {
        "sample": sample,
        "check": check,
        "metric": metric,
        "value": value if value is not None and math.isfinite(value) else None,
        "verdict": verdict,
        "removed_percent": percent,
    }
