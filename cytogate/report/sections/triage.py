"""Section: the gates that most need to be looked at, with the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    import pandas as pd

MOST = 40  # rows shown; the table in the run folder has all
WORTH = 0.3  # score from which on a gate is shown


def build(run: RunLike) -> Section | None:
    """List the gates with the highest scores; None where no gate was judged."""
    table = run.triage
    if not len(table):
        return None
    is_shared = table["sample"] == ""  # a line about a gate in all samples of its panel
    shared, table = _of_all(table[is_shared]), table[~is_shared]
    worth = table[table["score"] >= WORTH]
    rows = [
        {key: text(row[key]) for key in ("subject", "visit", "sample")}
        | gate_words(text(row["gate"]), text(row["reasons"]))
        | {key: plain(row[key]) for key in ("rank", "score", "parent_count")}
        for row in worth.head(MOST).to_dict("records")
    ]
    body = render("triage.html", rows=rows, n_gates=len(table), n_worth=len(worth), shared=shared)
    return Section("Gates to look at", body)


def _of_all(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return each reason that all samples of a panel share, once, with the gates that it is about."""
    gates: dict[tuple[str, str], list[str]] = {}
    for row in table.to_dict("records"):
        gates.setdefault((text(row["panel"]), text(row["reasons"])), []).append(text(row["gate"]))
    return [
        {"panel": panel, "reasons": reasons, "gates": ", ".join(path.rsplit("/", 1)[-1] for path in paths)}
        for (panel, reasons), paths in gates.items()
    ]


def gate_words(path: str, reasons: str) -> dict[str, str | list[str]]:
    """Return a gate by its short name, and each reason by itself.

    Examples
    --------
    >>> gate_words("/Singlets/Live/B/DN", "24 events in its parent; it moved")
    {'path': '/Singlets/Live/B/DN', 'gate': 'B/DN', 'reasons': ['24 events in its parent', 'it moved']}
    """
    short = "/".join(path.strip("/").split("/")[-2:])
    return {"path": path, "gate": short, "reasons": reasons.split("; ")}


section_kinds.register("triage")(SectionKind(order=44, build=build))
