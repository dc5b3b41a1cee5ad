"""Section: which part of each change from baseline is due to gates that moved, and which to the cells."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text, points_text
from cytogate.report import facts, labels
from cytogate.report.changes import compared_visits, series_of
from cytogate.report.findings import patients
from cytogate.report.plain import joined, plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

LARGE = 0.5  # of the change: a gate part beyond it is marked
SMALL = 1.0  # percentage points: where neither the change nor its gate part is larger, nothing is judged


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
        entry["name"] = text(row["subset"])
        entry["subset"] = titles.get(entry["name"], entry["name"])
        share = _share(row) if math.isfinite(row["gate"]) else math.nan
        entry["share"] = share if math.isfinite(share) else None
        entry["share_words"] = "–" if math.isnan(share) else _share_text(share)
        entry["judged"] = judged(row)
        entry["few"] = few_words(row)
        entry["marked"] = judged(row) and by_gates(row)
        rows.append(entry)
    n_few, few = sum(bool(row["few"]) for row in rows), facts.limits(run)["min_parent"]
    body = render(
        "split.html",
        rows=rows,
        take=take(run, from_first(table)),
        verdict=verdict(from_first(table)),
        compared=compared(run),
        n_few=n_few,
        few=few,
    )
    return Section("Gate or biology", body)


def take(run: RunLike, table: pd.DataFrame) -> str:
    """Say in a sentence what the split means for the findings: subset by subset, of judged changes."""
    titles = {subset.name: labels.inline(subset.title) for subset in facts.subsets(run)}
    large = [row for row in table.to_dict("records") if math.isfinite(row["gate"]) and judged(row)]
    if not large:
        return "No change is large enough to say whether gates or cells made it."
    doubted = Counter(text(row["subset"]) for row in large if by_gates(row))
    if not doubted:
        return (
            "Take from it: the changes reported here come from the cells. In none of those large enough to "
            "be judged do moving gates make up more than half."
        )
    each = [f"{titles.get(name, name)} ({n})" for name, n in doubted.items()]
    return (
        f"Take from it: most of the change comes from gates in {doubted.total()} of {len(large)} changes "
        f"that are large enough to be judged, of {joined(each)}. Do not read those as biology before "
        "somebody has looked at the gates."
    )


def judged(row: Mapping[Any, Any]) -> bool:
    """Tell whether a change or its gate part is large enough for its share of gates to mean something."""
    return bool(max(abs(row["change"]), abs(row["gate"])) > SMALL)


def by_gates(row: Mapping[Any, Any]) -> bool:
    """Tell whether the gate part is more than half as large as the change, whatever their signs."""
    return bool(abs(row["gate"]) > LARGE * abs(row["change"]))


def verdict(table: pd.DataFrame) -> str:
    """Say which changes are judged, in how many gates make up more than half, and what the others hold."""
    rows = [row for row in table.to_dict("records") if math.isfinite(row["gate"])]
    large = [row for row in rows if judged(row)]
    small = [row for row in rows if not judged(row)]
    n_marked, n_unmarked = sum(map(by_gates, large)), sum(map(by_gates, small))
    share, limit = f"{100 * LARGE:.0f} %", f"{SMALL:g} percentage point"
    said = [f"Judged are changes that, or of which the gate part, are larger than {limit}: {len(large)}."]
    if large:
        marked = f"{n_marked} of them, marked" if n_marked else "none of them"
        said.append(f"The gate part is more than {share} of the change in {marked}.")
    if small:
        said.append(
            f"{len(small)} smaller {'is' if len(small) == 1 else 'are'} not judged, because a share of so "
            f"little says little: "
            f"in {n_unmarked or 'none'} of them the gate part is more than {share} of the change."
        )
    return " ".join(said)


def compared(run: RunLike) -> list[tuple[str, str]]:
    """Return subset and line: the changes between the visits that the tests compare, and what gates give."""
    said = []
    for subset in facts.subsets(run):
        visits = compared_visits(run, series_of(run, subset.name))
        if visits is None:
            continue
        table = run.splits[(run.splits["subset"] == subset.name) & run.splits["gate"].notna()]
        rows = table[(table["visit_a"] == visits[0]) & (table["visit_b"] == visits[1])].to_dict("records")
        if rows:
            said.append((subset.title, f"{visits[0]} to {visits[1]}, {_line(rows)}"))
    return said


def _line(rows: list[dict[Any, Any]]) -> str:
    top = max(rows, key=_share)
    return (
        f"{patients(len({row['subject'] for row in rows}))}: "
        f"median change {points_text(median(row['change'] for row in rows))} points, "
        f"median gate part {points_text(median(row['gate'] for row in rows))}; "
        f"largest share of gates {_share_text(_share(top))}, {text(top['subject'])} "
        f"(change {points_text(top['change'])}, gate {points_text(top['gate'])}"
        f"{'' if judged(top) else ': too small to be judged'})."
    )


def _share(row: Mapping[Any, Any]) -> float:
    """Return the gate part as a share of the change; infinite where only the gate part is there."""
    if not row["change"]:
        return math.inf if row["gate"] else 0.0
    return abs(float(row["gate"]) / float(row["change"]))


def _share_text(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else "all"


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


section_kinds.register("split")(SectionKind(order=52, build=build))
