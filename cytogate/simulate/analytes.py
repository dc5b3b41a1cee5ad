"""Serum GARP by ELISA: near nothing before, a peak in week 4, in some a second one in week 24."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.clinical import CLINIC_WEEKS
from cytogate.simulate.patients import bump, is_responder, kind_of
from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

_REBOUND = ("P1", "P3", "P6")
_ASSAY_CV = 0.08


def serum_garp(seed: int, subject: str, week: int, *, change: bool = True) -> float:
    """Return the concentration of soluble GARP in ng/mL that the assay reads; `change` is the biology's."""
    of_patient = stream(seed, "garp", subject)
    floor, height = of_patient.uniform(0.1, 0.4), of_patient.uniform(6.0, 14.0)
    if not change:
        level = floor
    elif is_responder(subject):
        rebound = 0.6 if kind_of(subject) in _REBOUND else 0.1
        level = floor + height * (bump(week, 4, 1.5) + rebound * bump(week, 24, 4))
    else:
        level = floor + 0.4 * bump(week, 4, 1.5)
    noise = stream(seed, "garp", subject, week).standard_normal()
    return float(level * np.exp(_ASSAY_CV * noise))


def analyte_rows(
    seed: int, subjects: Iterable[str], weeks: Iterable[int], *, change: bool = True
) -> list[dict[str, str]]:
    """Return the rows of analytes.csv, by patient and week."""
    return [
        {
            "subject": subject,
            "visit": f"W{week}",
            "analyte": "GARP",
            "value": f"{serum_garp(seed, subject, week, change=change):.3f}",
            "unit": "ng/mL",
            "method": "sandwich ELISA",
        }
        for subject in subjects
        for week in sorted({*CLINIC_WEEKS, *weeks})
    ]
