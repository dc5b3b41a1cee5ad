"""Section: one gate over all samples, patients by visits, so that the odd one is seen."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.thumbnails import (
    foot_axis_svg,
    has_corners,
    picture_of,
    side_axis_svg,
    thumbnail_svg,
)
from cytogate.report import facts, labels
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.sections.gating import SMALL
from cytogate.report.sections.triage import WORTH
from cytogate.report.strips import Entry, entries
from cytogate.report.ways import ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHEET_BYTES = 280_000  # of all thumbnails, in a study of up to SMALL tubes; larger studies in proportion

Plot = dict[str, Any]
Key = tuple[str, str, str]  # panel, parent, gate


@dataclass(frozen=True, slots=True)
class Sheet:
    """One gate of a panel: its plot in every sample."""

    key: Key
    plots: tuple[tuple[Entry, Plot], ...]
    parent: str  # in words
    made: tuple[str, ...]  # populations in words, as `names`

    @property
    def populations(self) -> tuple[str, ...]:
        """Return the populations that are gated on the plot."""
        return tuple(str(gate["population"]) for gate in self.plots[0][1].get("gates", ()))

    @property
    def judged(self) -> tuple[str, ...]:
        """Return the paths that triage may name: populations, and gates, since quarters are judged as one."""
        _, parent, gates = self.key
        return (*self.populations, *(f"{parent}/{name}" for name in gates.split(", ")))

    @property
    def names(self) -> list[str]:
        """Return their names, in the order in which percents are written."""
        return [str(gate["name"]) for gate in self.plots[0][1].get("gates", ()) if gate.get("outline")]

    @property
    def title(self) -> str:
        """Return what the list shows."""
        return f"{', '.join(self.made)}, of {self.parent} ({self.key[0] or 'panel'})"


@dataclass(frozen=True, slots=True)
class Cell:
    """One tube on a sheet: its thumbnail, or words where there is none; `odd` says why it is marked."""

    sample: str
    svg: Markup
    words: str
    score: float | None
    odd: str


def build(run: RunLike) -> Section | None:
    """Lay out the sheets of reported subsets first, as many as there is room for; None without pictures."""
    tubes = entries(run)
    sheets = ranked(_sheets(run, tubes), run)
    if not sheets:
        return None
    odd = _odd(run)
    room = SHEET_BYTES * max(1.0, len(tubes) / SMALL)
    visits = [visit.name for visit in facts.visits(run)]
    shown: list[tuple[Sheet, Markup]] = []
    for sheet in sheets:
        pictures = [picture_of(plot) for _, plot in sheet.plots]
        room -= sum(map(len, pictures))
        if shown and room < 0:
            break
        shown.append((sheet, _sheet_html(sheet, pictures, odd, tubes, visits)))
    decides = ways(run)
    paths = [sheet.judged for sheet, _ in shown]
    listed = [
        {"title": sheet.title, "subsets": decides.through(own), "nearest": nearest}
        for (sheet, _), own, nearest in zip(shown, paths, decides.nearest(paths), strict=True)
    ]
    body = render(
        "contact_sheet.html",
        sheets=listed,
        first=shown[0][1],
        n_all=len(sheets),
        worth=WORTH,
        judged=bool(len(run.triage)),
    )
    packed = {f"sheet-{i}": html.encode("utf-8") for i, (_, html) in enumerate(shown) if i}
    return Section("Contact sheet", body, packed=packed)


def _sheets(run: RunLike, tubes: Sequence[Entry]) -> list[Sheet]:
    found: dict[Key, list[tuple[Entry, Plot]]] = {}
    for entry in tubes:
        for plot in run.previews(entry.sample):
            if any(gate.get("outline") for gate in plot.get("gates", ())):
                key = (entry.panel, str(plot.get("parent") or ""), str(plot.get("gate") or ""))
                found.setdefault(key, []).append((entry, plot))
    return [
        Sheet(key, tuple(plots), labels.population(run, key[1], key[0]), made_words(run, plots[0][1], key[0]))
        for key, plots in found.items()
    ]


def made_words(run: RunLike, plot: Plot, panel: str) -> tuple[str, ...]:
    """Return the populations that are drawn on a plot, each with the name of its gate."""
    return tuple(
        labels.gate_and_name(run, str(gate["population"]), panel)
        for gate in plot.get("gates", ())
        if gate.get("outline")
    )


def ranked(sheets: Sequence[Sheet], run: RunLike) -> list[Sheet]:
    """Return sheets of reported subsets, then of their denominators, then those above, then all others."""
    rows = run.subsets
    subsets = {str(path) for path in rows["population"].dropna()} if len(rows) else set()
    wholes = {str(path) for path in rows["denominator"].dropna()} if len(rows) else set()

    def rank(sheet: Sheet) -> int:
        made = set(sheet.populations)
        above = any(path.startswith(f"{own}/") for path in subsets for own in made)
        return 0 if made & subsets else 1 if made & wholes else 2 if above else 3

    return sorted(sheets, key=rank)


def _odd(run: RunLike) -> dict[tuple[str, str], tuple[float, str]]:
    """Return score and reasons of the gates that deserve a look, by sample and path."""
    table = run.triage
    if not len(table):
        return {}
    worth = table[(table["score"] >= WORTH) & (table["sample"] != "")]
    return {
        (text(row["sample"]), text(row["gate"])): (float(plain(row["score"]) or 0.0), text(row["reasons"]))
        for row in worth.to_dict("records")
    }


def _sheet_html(
    sheet: Sheet,
    pictures: Sequence[bytes],
    odd: Mapping[tuple[str, str], tuple[float, str]],
    tubes: Sequence[Entry],
    visits: Sequence[str],
) -> Markup:
    cells: dict[tuple[str, str], list[Cell]] = {}
    drawn = {entry.sample: (plot, png) for (entry, plot), png in zip(sheet.plots, pictures, strict=True)}
    panel = sheet.key[0]
    own = [entry for entry in tubes if entry.panel == panel]
    for entry in own:
        plot, png = drawn.get(entry.sample, (None, b""))
        marks = [odd[entry.sample, path] for path in sheet.judged if (entry.sample, path) in odd]
        score, reasons = max(marks, default=(None, ""))
        svg = Markup("") if plot is None else Markup(thumbnail_svg(plot, png))
        words = "no picture" if plot is None else ""
        cells.setdefault((entry.subject, entry.visit), []).append(
            Cell(entry.sample, svg, words, score, reasons)
        )
    subjects = list(dict.fromkeys(entry.subject for entry in own))
    columns = [visit for visit in visits if any(entry.visit == visit for entry in own)]
    columns += list(dict.fromkeys(entry.visit for entry in own if entry.visit not in columns))
    first = sheet.plots[0][1]
    often = Counter(_axes(plot) for _, plot in sheet.plots)
    usual = max((plot for _, plot in sheet.plots), key=lambda plot: often[_axes(plot)])
    return render(
        "contact_sheet_one.html",
        title=sheet.title,
        names=sheet.names,
        corners=corner_words(first) if has_corners(first.get("gates", ())) else "",
        parent=sheet.parent,
        left=Markup(side_axis_svg(usual)),
        foot=Markup(foot_axis_svg(usual)),
        n_other=sum(_axes(plot) != _axes(usual) for _, plot in sheet.plots),
        x=str(first["x"].get("title") or ""),
        y=str(first["y"].get("title") or ""),
        columns=columns,
        rows=[(subject, [cells.get((subject, visit), []) for visit in columns]) for subject in subjects],
        n_odd=sum(cell.score is not None for group in cells.values() for cell in group),
        n=len(own),
    )


def _axes(plot: Plot) -> str:
    """Return what two plots whose axes are the same have in common."""
    return json.dumps(
        [[axis.get(key) for key in ("low", "high", "transform")] for axis in (plot["x"], plot["y"])],
        sort_keys=True,
    )


def corner_words(plot: Plot) -> str:
    """Say which population is in which corner."""
    said = []
    for gate in plot.get("gates", ()):
        xs, ys = zip(*[(float(x), float(y)) for x, y in gate.get("outline") or [(0, 0)]], strict=True)
        across = "left" if min(xs) == float("-inf") else "right"
        said.append(f"{gate['name']} {'lower' if min(ys) == float('-inf') else 'upper'} {across}")
    return ", ".join(said)


section_kinds.register("contact_sheet")(SectionKind(order=42, build=build))
