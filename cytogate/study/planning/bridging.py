"""Trends across a change of panel: refused, unless a bridging sample was stained with both versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cytogate.errors import Problem
from cytogate.stats.intervals import difference, wilson
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.measuring.measures import Measure
    from cytogate.study.planning.plan import Plan

Row = dict[str, Any]
BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Change:
    """What a change of panel means for one measure.

    Attributes
    ----------
    subjects : frozenset of str
        Those that have tubes of both sides.
    why : str
        Why their trends are refused; empty where a bridge allows them.
    note : str
        What stands beside every answer.
    """

    subjects: frozenset[str] = frozenset()
    why: str = ""
    note: str = ""


def across(measure: Measure, change: Change) -> Measure:
    """Return a measure that refuses trends of subjects on both sides of a change, or says what bridges it."""
    if not change.note and not change.why:
        return measure
    remarks = (*measure.remarks, change.note) if change.note else measure.remarks
    return replace(measure, refused=change.why, refused_for=change.subjects, remarks=remarks)


def change_of(
    plan: Plan, rows: Iterable[Row], samples: Iterable[Row], populations: Iterable[Row], name: str
) -> Change:
    """Return what changes of panel mean for the percentages of a subset.

    Parameters
    ----------
    plan : Plan
    rows, samples, populations : iterable of dict
        Of the tables ``subsets``, ``samples`` and ``populations``; read more than once.
    name : str
        Of the subset.
    """
    endpoints = {entry.panel: entry for entry in plan.endpoints if entry.name == name}
    if len(endpoints) < 2:
        return Change()
    mine = [row for row in rows if row["subset"] == name]
    used = _used(mine)
    if len({panel for panels in used.values() for panel in panels}) < 2:
        return Change()
    cut = cut_subjects(mine, samples)
    crossing = {subject for subject, panels in used.items() if len(panels) > 1}
    bridges = _bridges(samples, endpoints)
    order = [panel for panel in endpoints if any(panel in panels for panels in used.values())]
    named = " to ".join(order)
    if cut:
        why = (
            f"the panel changes from {named} and no bridging sample was gated with both: "
            "not compared. One version alone: name it as the panel of a subset"
        )
        return Change(cut, why)
    if not crossing:
        return Change(note=f"panel versions {named}: each subject has one of them")
    figures = _figures(order, endpoints, bridges, populations)
    who = ", ".join(dict.fromkeys(row["subject"] for row in bridges))
    said = f"the panel changes from {named}; bridged by {who}"
    return Change(note=f"{said} ({'; '.join(figures)})" if figures else said)


def cut_subjects(rows: Iterable[Mapping[str, Any]], samples: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the patients with tubes on both sides of a change of panel that no bridging sample joins.

    Parameters
    ----------
    rows : iterable of mapping
        The rows of one subset.
    samples : iterable of mapping
        Of the table ``samples``, read more than once; a bridge that was not gated bridges nothing.
    """
    used = _used(rows)
    bridges = _bridges(samples, {panel for panels in used.values() for panel in panels})
    return frozenset(subject for subject, panels in used.items() if not _connected(panels, bridges))


def intensity_change(samples: Iterable[Row], panels: Sequence[str]) -> Change:
    """Return what changes of panel mean for an intensity: another stain has another scale, bridge or not."""
    if len(panels) < 2:
        return Change()
    rows = [row for row in samples if row["role"] == "sample" and row.get("status") == "ok"]
    used = _used(row for row in rows if row["panel"] in panels)
    cut = frozenset(subject for subject, found in used.items() if len(found) > 1)
    if not cut:
        return Change()
    why = (
        f"the panel changes from {' to '.join(panels)}: intensities of two stains are on two scales. "
        "One version alone: name it as the panel of the intensity"
    )
    return Change(cut, why)


def unbridged(plan: Plan) -> list[Problem]:
    """Return a warning for each change of panel that trends will be refused across, before a run."""
    warnings = []
    for panel, versions in plan.study.panel_versions.items():
        tubes = [
            {"subject": row.subject, "panel": row.panel, "role": row.role, "status": "ok"}
            for row in plan.rows
            if row.panel in versions
        ]
        cut = list(cut_subjects([tube for tube in tubes if tube["role"] == "sample"], tubes))
        cut.sort(key=natural)
        if cut:
            what = (
                f"{', '.join(cut[:6])}{' ...' if len(cut) > 6 else ''}: tubes of several versions of panel "
                f"{panel}, which no bridging sample joins. Trends across them will be refused."
            )
            fix = (
                "Stain one sample with both versions and give its tubes the role bridge and one subject, "
                "or look at one version alone: name it as the panel of a subset."
            )
            where = f"{plan.study.path.name}, panel_versions.{panel}"
            warnings.append(Problem("panel-unbridged", where, what, fix))
    return warnings


def _used(rows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the panels that each subject has tubes of; a tube without a count is none."""
    used: dict[str, set[str]] = {}
    for row in rows:
        if row["subject"] and row.get("count", 0) is not None:
            used.setdefault(row["subject"], set()).add(row["panel"])
    return used


def _bridges(samples: Iterable[Mapping[str, Any]], panels: Container[str]) -> list[Mapping[str, Any]]:
    """Return the bridging samples that were gated with one of some panels."""
    return [
        row
        for row in samples
        if row["role"] == BRIDGE and row["subject"] and row.get("status") == "ok" and row["panel"] in panels
    ]


def _connected(panels: set[str], bridges: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether bridging samples join all these versions, one by one."""
    joined = {min(panels)}
    grows = True
    while grows:
        people = {row["subject"] for row in bridges if row["panel"] in joined}
        more = {row["panel"] for row in bridges if row["subject"] in people} - joined
        joined |= more
        grows = bool(more)
    return panels <= joined


def _figures(
    order: Sequence[str],
    endpoints: Mapping[str, Endpoint],
    bridges: Sequence[Mapping[str, Any]],
    populations: Iterable[Row],
) -> list[str]:
    """Return what each bridging sample has by both of two versions, and the shift with its interval."""
    counts = {(row["sample"], row["population"]): row["count"] for row in populations}
    said = []
    for subject in dict.fromkeys(row["subject"] for row in bridges):
        shares = []
        for panel in order:
            entry = endpoints[panel]
            tubes = [row["sample"] for row in bridges if (row["subject"], row["panel"]) == (subject, panel)]
            count = sum(counts.get((tube, entry.population)) or 0 for tube in tubes)
            total = sum(counts.get((tube, entry.of)) or 0 for tube in tubes)
            if total:
                low, high = wilson(count, total)
                shares.append((panel, (100 * count / total, 100 * low, 100 * high)))
        for (first, before), (second, after) in pairwise(shares):
            low, high = difference(before, after)
            more = "" if low <= 0 <= high else ", more than chance"
            said.append(
                f"{subject}: {before[0]:.2f} % with {first}, {after[0]:.2f} % with {second}, "
                f"shift {after[0] - before[0]:+.2f} points, 95 % interval {low:+.2f} to {high:+.2f}{more}"
            )
    return said
