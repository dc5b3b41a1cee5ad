"""Compositions: how a denominator divides into its subsets, bar by bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.plots.composition import PARTS
from cytogate.report import facts
from cytogate.report.plain import plain, text

if TYPE_CHECKING:
    from cytogate.report.section import RunLike

OVERLAP = 100.05  # percent: shares that add up to more have events in common


@dataclass(frozen=True, slots=True)
class Composition:
    """How one denominator divides.

    Attributes
    ----------
    denominator, of : str
        As the figures name it, and as their files do.
    parts : tuple of Subset
        From the bottom of a bar upward; none is an ancestor of another.
    left_out : tuple of str
        Titles of subsets that hold others of the same denominator, or are too many to draw.
    bars : mapping of patient to bars
        Visit and shares in percent, or None where the visit has no value.
    overlapping : int
        Samples in which the parts add up to more than 100 %.
    """

    denominator: str
    of: str
    parts: tuple[facts.Subset, ...]
    left_out: tuple[str, ...]
    bars: dict[str, tuple[tuple[str, tuple[float, ...] | None], ...]]
    overlapping: int


def compositions(run: RunLike) -> tuple[Composition, ...]:
    """Return the denominators of which at least two subsets are shares, none of them part of another."""
    groups: dict[tuple[str, str], list[tuple[facts.Subset, str]]] = {}
    for subset in facts.subsets(run):
        first = facts.rows_of(run, subset.name).iloc[0]
        key = (text(first.get("panel")), text(first.get("denominator")))
        groups.setdefault(key, []).append((subset, text(first.get("population"))))
    found = []
    for members in groups.values():
        paths = [path for _, path in members]
        leaves = [
            subset for subset, path in members if not any(other.startswith(f"{path}/") for other in paths)
        ]
        if len(leaves) >= 2:
            found.append(_composition(run, leaves, [subset.title for subset, _ in members]))
    return tuple(found)


def _composition(run: RunLike, leaves: list[facts.Subset], titles: list[str]) -> Composition:
    parts = tuple(leaves[: len(PARTS)])
    shares: dict[tuple[str, str], dict[str, list[float]]] = {}
    for part in parts:
        for row in facts.rows_of(run, part.name).to_dict("records"):
            percent = plain(row.get("percent"))
            if percent is not None:
                of_visit = shares.setdefault((str(row["subject"]), text(row.get("visit"))), {})
                of_visit.setdefault(part.name, []).append(float(percent))
    visits = [visit.name for visit in facts.visits(run)]
    bars: dict[str, tuple[tuple[str, tuple[float, ...] | None], ...]] = {}
    overlapping = 0
    for subject in facts.subjects(run):
        stacks: list[tuple[str, tuple[float, ...] | None]] = []
        for visit in visits:
            values = shares.get((subject, visit), {})
            whole = all(part.name in values for part in parts)
            stack = tuple(sum(values[p.name]) / len(values[p.name]) for p in parts) if whole else None
            overlapping += stack is not None and sum(stack) > OVERLAP
            stacks.append((visit, stack))
        if any(found is not None for _, found in stacks):
            bars[subject] = tuple(stacks)
    drawn = {part.title for part in parts}
    left_out = tuple(title for title in titles if title not in drawn)
    return Composition(parts[0].denominator, parts[0].of, parts, left_out, bars, overlapping)
