"""Section: which part of each change from baseline is due to gates that moved, and which to the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.report import facts
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    import pandas as pd

LARGE = 0.5  # of the change: a gate part beyond it is marked
SMALL = 1.0  # percentage points: smaller gate parts are not


def build(run: RunLike) -> Section | None:
    """List the change of every subset from each subject's first visit; None where gates could not move."""
    table = run.splits
    if not len(table):
        return None
    titles = {subset.name: subset.title for subset in facts.subsets(run)}
    rows = []
    for row in from_first(table).to_dict("records"):
        entry = {key: plain(row[key]) for key in ("change", "gate", "biology", "at_unmoved_gates", "week_b")}
        entry |= {key: text(row[key]) for key in ("subject", "visit_a", "visit_b")}
        entry["subset"] = titles.get(str(row["subset"]), text(row["subset"]))
        entry["marked"] = abs(row["gate"]) > max(SMALL, LARGE * abs(row["change"]))
        rows.append(entry)
    n_marked = sum(row["marked"] for row in rows)
    body = render("split.html", rows=rows, n_marked=n_marked, large=round(100 * LARGE))
    return Section("Gate or biology", body)


def from_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs that begin with the subject's first tube of the panel."""
    first = table.groupby(["panel", "subject"], sort=False)["sample_a"].transform("first")
    return table[table["sample_a"] == first]


section_kinds.register("split")(SectionKind(order=46, build=build))
