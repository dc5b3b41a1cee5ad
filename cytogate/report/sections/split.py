"""Section: which part of each change from baseline is due to gates that moved, and which to the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text
from cytogate.report import facts
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        entry["few"] = few_words(row)
        entry["marked"] = abs(row["gate"]) > max(SMALL, LARGE * abs(row["change"]))
        rows.append(entry)
    n_marked = sum(row["marked"] for row in rows)
    n_few, few = sum(bool(row["few"]) for row in rows), facts.limits(run)["min_parent"]
    large = round(100 * LARGE)
    body = render("split.html", rows=rows, n_marked=n_marked, large=large, n_few=n_few, few=few)
    return Section("Gate or biology", body)


def from_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs that begin with the subject's first tube of the panel."""
    first = table.groupby(["panel", "subject"], sort=False)["sample_a"].transform("first")
    return table[table["sample_a"] == first]


def few_words(row: Mapping[Any, Any]) -> str:
    """Say which tube of a change has few events in the denominator; empty where none has, or none is known.

    Examples
    --------
    >>> few_words({"few_parent": True, "parent_count_a": 5120, "parent_count_b": 38})
    'few in the denominator: 5,120 and 38 events'
    """
    if plain(row.get("few_parent")) is not True:  # runs of earlier versions do not say
        return ""
    counts = [count_text(row[f"parent_count_{tube}"]) for tube in "ab"]
    return f"few in the denominator: {' and '.join(counts)} events"


section_kinds.register("split")(SectionKind(order=46, build=build))
