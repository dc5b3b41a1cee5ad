"""The page of a comparison with a FlowJo workspace: one HTML file that needs no network and no script."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from markupsafe import Markup

from cytogate.interop.parity import Verdict
from cytogate.plots.pages import write_page
from cytogate.report.section import asset, render
from cytogate.versions import installed

if TYPE_CHECKING:
    from cytogate.interop.parity import Parity

SHOWN_OPEN = 4  # of more samples, only those that need a look are unfolded
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

# Class of the badge, and the heading over a count of such populations.
BADGES = {
    Verdict.EQUAL: ("same", "Equal"),
    Verdict.GRID: ("cells", "Explained by the grid"),
    Verdict.INHERITED: ("above", "Inherited"),
    Verdict.UNEXPLAINED: ("look", "Need a look"),
    Verdict.NO_COUNT: ("none", "No stored count"),
    Verdict.LEFT_OUT: ("none", "Not gated"),
}


def write_parity_page(parity: Parity, path: str | Path) -> Path:
    """Write a comparison as one HTML file, in one step, and return its path.

    Raises
    ------
    OSError
        When the file cannot be written; an old page then stays as it was.
    """
    return write_page(parity_html(parity), path)


def parity_html(parity: Parity) -> str:
    """Return the page as text; all that comes from files is escaped."""
    tally = {verdict: parity.count(verdict) for verdict in Verdict}
    return render(
        "parity.html",
        parity=parity,
        name=PurePath(parity.workspace).name,
        tally=tally,
        total=sum(tally.values()),
        badges=BADGES,
        verdicts=Verdict,
        look=[
            (sample, row)
            for sample in parity.samples
            for row in sample.rows
            if row.verdict is Verdict.UNEXPLAINED
        ],
        shown_open=SHOWN_OPEN,
        policy=POLICY,
        style=Markup(asset("page.css") + asset("parity.css")),
        version=installed("cytogate"),
    )
