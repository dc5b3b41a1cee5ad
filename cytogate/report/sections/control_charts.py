"""Section: Levey-Jennings charts of bridging samples and of cut positions, with Westgard's rules."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.levey_jennings import levey_jennings_svg
from cytogate.report import facts
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.stats.westgard import MEANINGS, Chart, levey_jennings

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 18  # charts drawn, those that break rules first

Tube = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Charted:
    """One chart, with what it is of and the tubes of its values."""

    title: str
    chart: Chart
    names: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return the rules that are broken, each once, with the first tube that does."""
        first = {entry.rule: self.names[entry.last] for entry in reversed(self.chart.broken)}
        told = [f"{rule} ({first[rule]})" for rule in MEANINGS if rule in first]
        return ", ".join(told) or "no rule broken"


def build(run: RunLike) -> Section | None:
    """Chart bridging samples and cuts in the order of batches and weeks; None where there are too few."""
    tubes = sorted(run.samples.to_dict("records"), key=_when)
    bridging, cuts = list(_bridging(run, tubes)), list(_cuts(run, tubes))
    if not bridging and not cuts:
        return None
    shown = sorted([*bridging, *cuts], key=lambda one: one.chart.is_fine)[:MOST]
    groups = []
    for name, members in (("Bridging samples", bridging), ("Cut positions", cuts)):
        drawn = [
            (
                one.title,
                one.words,
                Markup(levey_jennings_svg(one.chart, one.names, label=f"{one.title}: {one.words}")),
            )
            for one in members
            if one in shown
        ]
        if drawn:
            groups.append((name, drawn))
    n_all, n_broken = len(bridging) + len(cuts), sum(not one.chart.is_fine for one in (*bridging, *cuts))
    body = render(
        "control_charts.html", groups=groups, n_all=n_all, n_broken=n_broken, rules=MEANINGS.items()
    )
    return Section("Control charts", body)


def _when(tube: Tube) -> tuple[str, str, float, str]:
    week = plain(tube.get("week"))
    return (
        text(tube.get("panel")),
        text(tube.get("batch")),
        math.inf if week is None else float(week),
        text(tube["sample"]),
    )


def _bridging(run: RunLike, tubes: list[Tube]) -> Iterator[Charted]:
    """Yield a chart for each endpoint of the bridging samples of a panel and donor."""
    series: dict[tuple[str, str], list[str]] = {}
    for tube in tubes:
        if text(tube.get("role")) == "bridge":
            series.setdefault((text(tube["panel"]), text(tube["subject"])), []).append(text(tube["sample"]))
    if not series:
        return
    counts = {
        (text(row["sample"]), text(row["population"])): plain(row["count"])
        for row in run.populations.to_dict("records")
    }
    for (panel, donor), samples in series.items():
        for subset in facts.subsets(run):
            rows = facts.rows_of(run, subset.name)
            paths = {
                (text(row["population"]), text(row["denominator"]))
                for row in rows.to_dict("records")
                if text(row["panel"]) == panel
            }
            for population, of in sorted(paths):
                pairs = [
                    (sample, counts.get((sample, population)), counts.get((sample, of))) for sample in samples
                ]
                told = [
                    (sample, 100 * float(n) / float(all_))
                    for sample, n, all_ in pairs
                    if n is not None and all_
                ]
                chart = levey_jennings([value for _, value in told])
                if chart is not None:
                    yield Charted(
                        f"{subset.name}, % ({donor}, {panel})", chart, tuple(name for name, _ in told)
                    )


def _cuts(run: RunLike, tubes: list[Tube]) -> Iterator[Charted]:
    """Yield a chart for each cut that is found in each tube: its position on the scale."""
    try:
        panels = json.loads((run.path / "fits.json").read_text(encoding="utf-8")).get("panels") or {}
    except (OSError, ValueError):
        return
    for panel, fits in panels.items():
        placements = fits.get("placements") or {}
        found: dict[str, list[tuple[str, float]]] = {}
        for tube in tubes:
            for name, placement in (placements.get(text(tube.get("file"))) or {}).items():
                position = list(placement.get("position") or [])
                if len(position) == 1 and placement.get("scope") == "sample" and text(tube["panel"]) == panel:
                    found.setdefault(name, []).append((text(tube["sample"]), float(position[0])))
        for name, values in found.items():
            chart = levey_jennings([value for _, value in values])
            if chart is not None:
                yield Charted(f"{name} ({panel})", chart, tuple(sample for sample, _ in values))


section_kinds.register("control_charts")(SectionKind(order=57, build=build))
