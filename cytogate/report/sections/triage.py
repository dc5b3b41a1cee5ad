"""Section: the gates that most need to be looked at, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text
from cytogate.report import facts, labels
from cytogate.report.changes import compared_visits, series_of
from cytogate.report.plain import joined, plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.touched import Touched, touched

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MOST = 40  # rows shown; the table in the run folder has all
WORTH = 0.3  # score from which on a gate is shown


def build(run: RunLike) -> Section | None:
    """List the gates with the highest scores; None where no gate was judged."""
    table = run.triage
    if not len(table):
        return None
    is_shared = table["sample"] == ""  # a line about a gate in all samples of its panel
    shared, table = _of_all(run, table[is_shared]), table[~is_shared]
    looks = worth_a_look(run)
    body = render(
        "triage.html",
        rows=[look.row(run) for look in looks[:MOST]],
        n_gates=len(table),
        n_gates_worth=int((table["score"] >= WORTH).sum()),
        n_worth=len(looks),
        shared=shared,
    )
    return Section("Gates to look at", body)


@dataclass(frozen=True, slots=True)
class Look:
    """One cut or gate of one sample that deserves a look, with what the table says of its gates."""

    sample: str
    cut: str
    gates: tuple[Mapping[Any, Any], ...]

    @property
    def first(self) -> Mapping[Any, Any]:
        """Return the line of the gate with the highest score."""
        return self.gates[0]

    @property
    def score(self) -> float:
        """Return the highest score of its gates."""
        return float(self.first["score"])

    def touched(self, run: RunLike) -> Touched:
        """Return the populations and reported subsets that it decides."""
        return touched(run, text(self.first["panel"]), text(self.first["gate"]), self.cut)

    @property
    def reasons(self) -> list[str]:
        """Return the reasons of all of its gates, each once."""
        return list(dict.fromkeys(why for row in self.gates for why in text(row["reasons"]).split("; ")))

    def row(self, run: RunLike) -> dict[str, Any]:
        """Return what the page shows."""
        decided = self.touched(run)
        return {
            **{key: text(self.first[key]) for key in ("subject", "visit", "sample")},
            **{key: plain(self.first[key]) for key in ("score", "parent_count")},
            "paths": "; ".join(text(row["gate"]) for row in self.gates),
            "name": decided.name,
            "populations": decided.populations,
            "subsets": decided.subsets,
            "reasons": self.reasons,
        }


def worth_a_look(run: RunLike) -> list[Look]:
    """Return what deserves a look, the oddest first: gates of a sample that share a doubted cut are one."""
    table = run.triage
    if not len(table):
        return []
    found: dict[tuple[str, str, str], list[Mapping[Any, Any]]] = {}
    for row in table[(table["score"] >= WORTH) & (table["sample"] != "")].to_dict("records"):
        cut = text(row.get("cut"))  # runs of earlier versions do not say
        found.setdefault((text(row["sample"]), cut, "" if cut else text(row["gate"])), []).append(row)
    looks = [
        Look(sample, cut, tuple(sorted(rows, key=lambda row: -row["score"])))
        for (sample, cut, _), rows in found.items()
    ]
    return sorted(looks, key=lambda look: -look.score)


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
    looks = worth_a_look(run)
    if not looks:
        return f"None of {count_text(len(table))} gates is odd enough to deserve a look."
    listed = {look.sample for look in looks}
    n = sum(len(look.gates) for look in looks)
    pairs = [(look, look.touched(run)) for look in looks]
    top, decided = next((pair for pair in pairs if pair[1].subsets), pairs[0])
    name = (
        f"{decided.name[:1].lower()}{decided.name[1:]}" if decided.name.startswith("Gate") else decided.name
    )
    touches = joined([labels.inline(subset.title) for subset in decided.subsets])
    which = "the oddest on which a reported subset rests is" if touches else "the oddest is"
    affects = f"it decides {touches}" if touches else "no reported subset depends on it"
    return (
        f"{n} of {count_text(len(table))} gates deserve a look, in {len(listed)} of "
        f"{table['sample'].nunique()} samples; {which} {name} in {top.sample} "
        f"(score {top.score:.2f}: {top.reasons[0]}; {affects}). {_of_compared(run, listed)}"
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


def _of_all(run: RunLike, table: pd.DataFrame) -> list[dict[str, str]]:
    """Return each reason that all samples of a panel share, once, with the gates that it is about."""
    gates: dict[tuple[str, str], list[str]] = {}
    for row in table.to_dict("records"):
        gates.setdefault((text(row["panel"]), text(row["reasons"])), []).append(text(row["gate"]))
    return [
        {
            "panel": panel,
            "reasons": reasons,
            "gates": ", ".join(labels.gate_and_name(run, path, panel) for path in paths),
        }
        for (panel, reasons), paths in gates.items()
    ]


section_kinds.register("triage")(SectionKind(order=50, build=build))
