"""What tubes measured of each patient at each visit, as series that tests of trends take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.stats.limits import STANDINGS, kept
from cytogate.stats.series import Series
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cytogate.stats.series import Kind, Scale

Row = dict[str, Any]
Place = tuple[str, str]  # subject, visit
NAN = math.nan
_MOST_PLACES = 6  # named in a note


@dataclass(frozen=True, slots=True)
class Value:
    """A figure of one subject at one visit; NaN where there is none, and why in `remark`."""

    value: float = NAN
    count: float = NAN
    total: float = NAN
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of all subjects, before a group of them is looked at.

    Attributes
    ----------
    name, kind, unit, scale, floor
        As in `Series`.
    subjects : tuple of str
        In natural order.
    weeks : mapping of visit to week
        In order of the weeks.
    values : mapping of (subject, visit) to Value
    absent : str
        What is said of a subject and visit that have no entry.
    refused : str
        Why no trend of the subjects in `refused_for` may be looked at; empty where all may.
    """

    name: str
    kind: Kind
    unit: str
    scale: Scale
    subjects: tuple[str, ...]
    weeks: Mapping[str, float]
    values: Mapping[Place, Value]
    absent: str
    floor: float | None = None
    remarks: tuple[str, ...] = ()
    refused: str = ""
    refused_for: frozenset[str] = frozenset()
    counted: bool = field(default=False)

    def series(self, subjects: Sequence[str] | None = None) -> Series:
        """Return the series of some subjects (all, if not given); its note is of these only."""
        chosen = tuple(subject for subject in self.subjects if subjects is None or subject in set(subjects))
        gap = Value(remark=self.absent)
        cells = [[self.values.get((subject, visit), gap) for visit in self.weeks] for subject in chosen]

        def matrix(part: Callable[[Value], float]) -> np.ndarray:
            flat = [part(cell) for row in cells for cell in row]
            return np.array(flat, dtype=np.float64).reshape(len(chosen), len(self.weeks))

        return Series(
            name=self.name,
            kind=self.kind,
            unit=self.unit,
            scale=self.scale,
            subjects=chosen,
            visits=tuple(self.weeks),
            weeks=tuple(self.weeks.values()),
            values=matrix(lambda cell: cell.value),
            counts=matrix(lambda cell: cell.count) if self.counted else None,
            totals=matrix(lambda cell: cell.total) if self.counted else None,
            floor=self.floor,
            note="; ".join([*self.remarks, *self._places(chosen, cells)]),
        )

    def _places(self, subjects: Sequence[str], cells: Sequence[Sequence[Value]]) -> list[str]:
        """Return each remark with where it holds, such as "no tube: P3 W8"."""
        found: dict[str, list[str]] = {}
        for subject, row in zip(subjects, cells, strict=True):
            for visit, cell in zip(self.weeks, row, strict=True):
                if cell.remark:
                    found.setdefault(cell.remark, []).append(f"{subject} {visit}")
        return [f"{remark}: {some(places)}" for remark, places in sorted(found.items())]


def some(places: Sequence[str]) -> str:
    """Return the first few of many, and how many more there are."""
    shown = ", ".join(places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    return f"{shown} and {more} more" if more > 0 else shown


def visit_weeks(found: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """Return the visits by week (the median of those recorded); a visit without any week is left out.

    Examples
    --------
    >>> visit_weeks([("W4", 4.0), ("W0", 0.0), ("W4", 5.0), ("extra", None)])
    {'W0': 0.0, 'W4': 4.5}
    """
    weeks: dict[str, list[float]] = {}
    for visit, week in found:
        if visit and week is not None:
            weeks.setdefault(visit, []).append(week)
    middle = {visit: median(seen) for visit, seen in weeks.items()}
    return dict(sorted(middle.items(), key=lambda pair: (pair[1], natural(pair[0]))))


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, in natural order."""
    return tuple(sorted(dict.fromkeys(names), key=natural))


def subset_measures(rows: Iterable[Row], name: str, *, scale: Scale = "logit") -> tuple[Measure, ...]:
    """Return the percentage of a subset, and its absolute count where rows have one.

    A subject with several tubes at a visit (repeats in other batches) has their events together.

    Parameters
    ----------
    rows : iterable of dict
        Of ``subsets.parquet``.
    name : str
        Of the subset.
    scale : str
        ``logit`` or ``log``, for percentages; on the latter half an event stands for none.
    """
    mine = [row for row in rows if row["subset"] == name and row["subject"] and row["visit"]]
    groups: dict[Place, list[Row]] = {}
    for row in mine:
        groups.setdefault((row["subject"], row["visit"]), []).append(row)
    shares = {place: _share(tubes) for place, tubes in groups.items()}
    totals = [share.total for share in shares.values() if share.total > 0]
    percent = Measure(
        name=name,
        kind="percent",
        unit="%",
        scale=scale,
        subjects=in_order(row["subject"] for row in mine),
        weeks=visit_weeks((row["visit"], row["week"]) for row in mine),
        values=shares,
        absent="no tube",
        floor=100 * 0.5 / median(totals) if scale == "log" and totals else None,
        counted=True,
    )
    measures = [percent]
    if any(row["absolute_per_ul"] is not None for row in mine):
        per_ul = {place: _mean(tubes, "absolute_per_ul") for place, tubes in groups.items()}
        measures.append(
            replace(
                percent,
                kind="absolute",
                unit="cells/µL",
                scale="log",
                values=per_ul,
                floor=half_least(value.value for value in per_ul.values()),
                counted=False,
            )
        )
    return tuple(measures)


def _usable(tubes: Sequence[Row]) -> list[Row]:
    return [row for row in tubes if kept(row["flag"]) and row["denominator_count"]]


def pooled(tubes: Sequence[object]) -> str:
    """Say that several tubes have their events together; empty of one."""
    return f"{len(tubes)} tubes taken together" if len(tubes) > 1 else ""


def _share(tubes: Sequence[Row]) -> Value:
    """Return the share of all usable tubes of a place together; few events in one say nothing of the rest."""
    usable = _usable(tubes)
    if not usable:
        return Value(remark=_left_out(tubes))
    count = float(sum(row["count"] for row in usable))
    total = float(sum(row["denominator_count"] for row in usable))
    return Value(100 * count / total, count, total, _doubts(usable))


def _left_out(tubes: Sequence[Row]) -> str:
    return STANDINGS[tubes[0]["flag"]].words or STANDINGS["few_parent"].words


def _doubts(usable: Sequence[Row]) -> str:
    """Return what is said of the figure of some tubes: their flag where it is one, or how many there are."""
    return pooled(usable) or STANDINGS[usable[0]["flag"]].words


def _mean(tubes: Sequence[Row], column: str) -> Value:
    if not _usable(tubes):
        return Value(remark=_left_out(tubes))
    usable = [row for row in _usable(tubes) if row[column] is not None]
    if not usable:
        return Value(remark="no absolute count")
    return Value(math.fsum(row[column] for row in usable) / len(usable), remark=_doubts(usable))


def half_least(values: Iterable[float]) -> float | None:
    """Return half the least positive value: what stands for nothing on a log scale; None without one."""
    positive = [value for value in values if value > 0]
    return min(positive) / 2 if positive else None


def intensity_measure(
    name: str, intensities: Iterable[Row], samples: Iterable[Row], *, population: str, marker: str
) -> Measure:
    """Return the median of a marker in a population; that of too few events is null in the table already.

    Parameters
    ----------
    intensities, samples : iterable of dict
        Of the tables of these names; `population` is a full path.
    """
    tubes = {row["sample"]: row for row in samples if row["role"] == "sample" and row["subject"]}
    found = [
        row
        for row in intensities
        if row["population"] == population and row["marker"] == marker and row["sample"] in tubes
        if row["statistic"] == "median"
    ]
    groups: dict[Place, list[Row]] = {}
    for row in found:
        tube = tubes[row["sample"]]
        groups.setdefault((tube["subject"], tube["visit"]), []).append(row)
    mine = [tubes[row["sample"]] for row in found]
    return Measure(
        name=name,
        kind="intensity",
        unit="channel units",
        scale="log",
        subjects=in_order(row["subject"] for row in mine),
        weeks=visit_weeks((row["visit"], row["week"]) for row in mine),
        values={place: _median_of(rows) for place, rows in groups.items()},
        absent="no tube",
        remarks=(f"median {marker} of {population}",),
    )


def _median_of(rows: Sequence[Row]) -> Value:
    usable = [row for row in rows if row["value"] is not None]
    if not usable:
        return Value(remark="too few events for an intensity")
    value = math.fsum(row["value"] for row in usable) / len(usable)
    if value <= 0:
        return Value(remark="median not above 0, which has no logarithm")
    return Value(value, remark=pooled(usable))
