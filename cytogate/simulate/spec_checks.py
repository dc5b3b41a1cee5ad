"""What a specification of a trial may not say: sizes out of range, and names of nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cytogate.errors import Problem, nearest
from cytogate.simulate.panels import panels
from cytogate.simulate.patients import SUBJECTS, is_patient
from cytogate.simulate.populations import stain_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cytogate.simulate.spec import TrialSpec

# least and most of each number; sections with a point
_RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("debris", "dead", "doublets", "margin"), (0.0, 0.5)),
    "drift_probability": (0.0, 1.0),
    **dict.fromkeys(("events_cv", "instrument_sd", "lot_sd", "glow_sd", "sample_sd"), (0.0, 1.0)),
    **dict.fromkeys(("bcell_events", "treg_events"), (100, 50_000_000)),
    "rate": (1, 1e6),
    "replicates": (1, 100),
    **dict.fromkeys(
        ("flow.clog_probability", "flow.bad_drift_probability", "flow.bubble_probability"), (0.0, 1.0)
    ),
    "flow.carry_over": (0.0, 0.5),
    "batches.patients": (1, 10_000),
    "batches.offset_sd": (0.0, 1000.0),
    "batches.tandem_leak": (0.0, 0.5),
    "controls.fmo_events": (100, 50_000_000),
    "controls.single_events": (100, 50_000_000),
    **dict.fromkeys(
        (
            "accidents.missing_tubes",
            "accidents.missing_visits",
            "accidents.clogged_tubes",
            "accidents.few_b_cells",
            "accidents.swapped_fmos",
        ),
        (0, 10_000),
    ),
    "populations.spread": (0.0, 5.0),
    "populations.medians_sd": (0.0, 1.0),
}
_MOST_LN = 3.0
_VISIT = re.compile(r"W[0-9]{1,4}")


def wrong_in(spec: TrialSpec) -> list[Problem]:
    """Return every problem of a specification, in the order of its attributes."""
    return [*_numbers(spec), *_subjects(spec), *_choices(spec), *_drift(spec), *_medians(spec)]


def _numbers(spec: TrialSpec) -> Iterator[Problem]:
    for name, (low, high) in _RANGES.items():
        value: Any = spec
        for part in name.split("."):
            value = getattr(value, part)
        if not low <= value <= high:
            expected = f"at least {low:g}" if value < low and high > 100 else f"{low:g} to {high:g}"
            yield Problem("out-of-range", name, f"found {value}, expected {expected}.")


def _subjects(spec: TrialSpec) -> Iterator[Problem]:
    for name in spec.subjects:
        if not is_patient(name):
            text = f"no patient can be called {name!r}: they are P1, P2 and so on."
            yield Problem("unknown-subject", "subjects", text, nearest(name, list(SUBJECTS)))
    if not spec.subjects or len(set(spec.subjects)) != len(spec.subjects):
        found = ", ".join(spec.subjects) or "none"
        yield Problem("subjects", "subjects", f"found {found}, expected each patient once.")
    for name in spec.cytek:
        if name not in spec.subjects:
            fix = nearest(name, list(spec.subjects))
            yield Problem("unknown-subject", "cytek", f"{name!r} is no patient of this trial.", fix)


def _choices(spec: TrialSpec) -> Iterator[Problem]:
    if spec.batches.by not in ("patient", "visit"):
        found = spec.batches.by
        yield Problem("choice", "batches.by", f"found {found!r}, expected patient or visit.")
    yield from _markers("controls.fmo", spec.controls.fmo)


def _markers(place: str, names: Iterable[str]) -> Iterator[Problem]:
    known = list(dict.fromkeys(marker for panel in panels().values() for marker in panel.markers))
    for name in names:
        if name not in known:
            yield Problem("unknown-marker", place, f"no panel has {name!r}.", nearest(str(name), known))


def _drift(spec: TrialSpec) -> Iterator[Problem]:
    for visit, shifts in spec.staining_drift.items():
        place = f"staining_drift.{visit}"
        if _VISIT.fullmatch(str(visit)) is None:
            yield Problem("visit", place, f"found {visit!r}, expected a visit such as W12.")
        yield from _markers(place, list(shifts))
        yield from _sizes(place, shifts, -_MOST_LN, _MOST_LN)


def _medians(spec: TrialSpec) -> Iterator[Problem]:
    tables = [stain_table(panel) for panel in panels()]
    known = list(dict.fromkeys(name for table in tables for name in table.populations))
    for population, factors in spec.populations.medians.items():
        place = f"populations.medians.{population}"
        if population not in known:
            fix = nearest(str(population), known)
            yield Problem("unknown-population", place, f"no population is called {population!r}.", fix)
        yield from _markers(place, list(factors))
        yield from _sizes(place, factors, 0.01, 100.0)


def _sizes(place: str, values: Mapping[str, float], low: float, high: float) -> Iterator[Problem]:
    for name, value in values.items():
        if not low <= value <= high:
            text = f"found {value}, expected {low:g} to {high:g}."
            yield Problem("out-of-range", f"{place}.{name}", text)
