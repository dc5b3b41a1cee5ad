"""Ratios of two subsets, and compositions of several: whether these fit each other, and what they measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import Problem
from cytogate.stats.composition import clr, ratio
from cytogate.stats.limits import STANDINGS, kept
from cytogate.study.measuring.measures import Measure, Value, in_order, pooled, visit_weeks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cytogate.stats.series import Kind
    from cytogate.study.definition.study import Study
    from cytogate.study.definition.study_parts import Composition, Endpoint, RatioOf
    from cytogate.study.measuring.measures import Place

Row = dict[str, Any]
NONE_AT_ALL = "no event of any of them"


def relative_problems(study: Study, endpoints: Sequence[Endpoint]) -> list[Problem]:
    """Return ratios and compositions of subsets that no tube has together, or of which one holds another.

    Parameters
    ----------
    study : Study
    endpoints : sequence of Endpoint
        With panel and full paths; subsets that were not found are a problem already.
    """
    known = {endpoint.name: endpoint for endpoint in endpoints}
    problems = []
    lists = {f"ratios.{entry.name}": entry.subsets for entry in study.ratios}
    for key, names in (
        lists | {f"compositions.{entry.name}": entry.parts for entry in study.compositions}
    ).items():
        parts = [known[name] for name in names if name in known]
        where = f"{study.path.name}, {key}"
        if len({part.panel for part in parts}) > 1:
            what = f"its subsets are of several panels ({', '.join(in_order(part.panel for part in parts))})."
            fix = "Only events of one tube can be set against each other."
            problems.append(Problem("subsets-apart", where, what, fix))
        for part in parts:
            inner = [one.name for one in parts if one.population.startswith(f"{part.population}/")]
            same = [one.name for one in parts if one is not part and one.population == part.population]
            for other in inner + [name for name in same if name > part.name]:
                what = f"{part.name} and {other} share events."
                problems.append(Problem("subsets-overlap", where, what, "Name subsets beside each other."))
        if key.startswith("compositions.") and len(wholes := {part.of for part in parts}) > 1:
            what = f"its subsets are shares of {' and '.join(sorted(wholes))}."
            problems.append(Problem("subsets-apart", where, what, "Name subsets with one 'of'."))
    return problems


def ratio_measure(rows: Iterable[Row], asked: RatioOf) -> Measure:
    """Return the ratio of two subsets at each visit, ``(a + 1/2) / (b + 1/2)`` of their events.

    Parameters
    ----------
    rows : iterable of dict
        Of ``subsets.parquet``.
    asked : RatioOf
    """
    said = f"{asked.numerator} to {asked.denominator}, half an event added to each"
    return _measure(rows, asked.subsets, asked.name, "ratio", lambda counts: ratio(*counts).value, said)


def composition_measures(rows: Iterable[Row], asked: Composition) -> tuple[Measure, ...]:
    """Return each part over the geometric mean of all, half an event added to each; named "whole: part"."""
    said = f"over the geometric mean of {', '.join(asked.parts)}, half an event added to each"

    def share(place: int) -> Callable[[Sequence[int]], float]:
        return lambda counts: float(np.exp(clr(np.array(counts, dtype=np.float64))[place]))

    return tuple(
        _measure(rows, asked.parts, name, "composition", share(place), said)
        for place, name in enumerate(asked.names)
    )


def _measure(
    rows: Iterable[Row],
    subsets: Sequence[str],
    name: str,
    kind: Kind,
    figure: Callable[[Sequence[int]], float],
    said: str,
) -> Measure:
    tubes = list(_tubes(rows, subsets))
    groups: dict[Place, list[tuple[Row, ...]]] = {}
    for tube in tubes:
        groups.setdefault((tube[0]["subject"], tube[0]["visit"]), []).append(tube)
    return Measure(
        name=name,
        kind=kind,
        unit="ratio",
        scale="log",
        subjects=in_order(tube[0]["subject"] for tube in tubes),
        weeks=visit_weeks((tube[0]["visit"], tube[0]["week"]) for tube in tubes),
        values={place: _value(found, figure) for place, found in groups.items()},
        absent="no tube",
        remarks=(said,),
    )


def _tubes(rows: Iterable[Row], subsets: Sequence[str]) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of the subsets of each tube that has all of them, in the order of the subsets."""
    samples: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["subject"] and row["visit"] and row["subset"] in subsets:
            samples.setdefault(row["sample"], {})[row["subset"]] = row
    for found in samples.values():
        if len(found) == len(subsets):
            yield tuple(found[name] for name in subsets)


def _value(tubes: Sequence[tuple[Row, ...]], figure: Callable[[Sequence[int]], float]) -> Value:
    """Return the figure of all usable tubes of a place together; a tube counts with all its parts or not."""
    usable = [tube for tube in tubes if all(kept(row["flag"]) and row["count"] is not None for row in tube)]
    if not usable:
        return Value(remark=next(STANDINGS[row["flag"]].words for row in tubes[0] if not kept(row["flag"])))
    counts = [sum(int(row["count"]) for row in parts) for parts in zip(*usable, strict=True)]
    if not any(counts):
        return Value(remark=NONE_AT_ALL)
    doubts = [STANDINGS[row["flag"]].words for row in usable[0]] if len(usable) == 1 else []
    said = dict.fromkeys(filter(None, [*doubts, pooled(usable)]))
    return Value(figure(counts), remark=", ".join(said))
