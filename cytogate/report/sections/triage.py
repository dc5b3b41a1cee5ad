"""Section: the gates that most need to be looked at, with the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.report import facts
from cytogate.report.changes import compared_visits, series_of
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


def flagged(run: RunLike) -> dict[str, float]:
    """Return the highest score of each sample that has a gate worth a look, the highest first."""
    table = run.triage
    if not len(table):
        return {}
    worth = table[(table["score"] >= WORTH) & (table["sample"] != "")]
    pairs = [(float(row["score"]), text(row["sample"])) for row in worth.to_dict("records")]
    highest = {sample: score for score, sample in sorted(pairs)}  # the last one of a sample counts
    return dict(sorted(highest.items(), key=lambda pair: (-pair[1], pair[0])))


def in_a_line(run: RunLike) -> str:
    """Say for the overview how many gates deserve a look, in which samples; empty where none was judged."""
    table = run.triage
    if not len(table):
        return ""
    table = table[table["sample"] != ""]
    worth = table[table["score"] >= WORTH].to_dict("records")
    if not worth:
        return f"None of {len(table)} gates is odd enough to deserve a look."
    listed = {text(row["sample"]) for row in worth}
    top = max(worth, key=lambda row: row["score"])
    words = gate_words(text(top["gate"]), text(top["reasons"]))
    return (
        f"{len(worth)} of {len(table)} gates deserve a look, in {len(listed)} of "
        f"{table['sample'].nunique()} samples; first {words['gate']} of {text(top['sample'])} "
        f"(score {top['score']:.2f}: {words['reasons'][0]}). {_of_compared(run, listed)}"
    ).rstrip()


def _of_compared(run: RunLike, listed: set[str]) -> str:
    """Say how many of the tubes that the changes of subsets compare are among the samples listed."""
    tubes: dict[str, None] = {}
    visits: dict[str, None] = {}
    for subset in facts.subsets(run):
        pair = compared_visits(run, series_of(run, subset.name))
        if pair is not None:
            rows = facts.rows_of(run, subset.name)
            tubes |= dict.fromkeys(text(sample) for sample in rows["sample"][rows["visit"].isin(pair)])
            visits |= dict.fromkeys(pair)
    if not tubes:
        return ""
    n = sum(tube in listed for tube in tubes)
    of = f"of the {len(tubes)} tubes at {' or '.join(visits)} from which changes of subsets are taken"
    return f"{n or 'None'} {of} {'is' if n < 2 else 'are'} among them."


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
