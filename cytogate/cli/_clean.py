"""Cleaning of a file that is gated without a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.strategy import GatingStrategy


def cleaned(
    file: FcsFile, strategy: GatingStrategy, tell: Callable[[str], None], *, threads: int | None
) -> GatingStrategy:
    """Return the strategy of a file with gates in front that take out what the checks find; say how much."""
    from cytogate.gating.cleaning import with_cleaning
    from cytogate.qc.check import removing_checks
    from cytogate.qc.inspection import cleaning_gates, inspect_events, would_lose

    names = removing_checks()
    inspection = inspect_events(file, strategy, names=names, threads=threads)
    parts = ", ".join(
        f"{finding.check} not checked"
        if finding.percent is None
        else f"{finding.check} {finding.percent:.2g} %"
        for finding in inspection.findings
    )
    lost = would_lose(inspection, names)
    tell(f"{file.path}: about {lost:.2g} % of events taken out ({parts}).")
    return with_cleaning(strategy, cleaning_gates(inspection, names))
