"""Section: the gates that most need to be looked at, with the reasons."""

from __future__ import annotations

from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

MOST = 40  # rows shown; the table in the run folder has all
WORTH = 0.3  # score from which on a gate is shown


def build(run: RunLike) -> Section | None:
    """List the gates with the highest scores; None where no gate was judged."""
    table = run.triage
    if not len(table):
        return None
    worth = table[table["score"] >= WORTH]
    rows = [
        {key: text(row[key]) for key in ("subject", "visit", "sample")}
        | gate_words(text(row["gate"]), text(row["reasons"]))
        | {key: plain(row[key]) for key in ("rank", "score", "parent_count")}
        for row in worth.head(MOST).to_dict("records")
    ]
    body = render("triage.html", rows=rows, n_gates=len(table), n_worth=len(worth))
    return Section("Gates to look at", body)


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
