"""Patients over 24 weeks: where each subset starts, and where treatment takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from cytogate.simulate.seeds import stream

SUBJECTS = ("P1", "P2", "P3", "P4", "P5", "P6")
NON_RESPONDERS = ("P4",)
HELIOS_GAINERS = ("P2", "P5")
_HELIOS_CAP = 92.0
_NAMED = re.compile(r"P[1-9][0-9]{0,3}")

# Value at the start of P1 to P6; factor reached in the long run by responders and by the non-responder;
# time constant in weeks; SD of ln value between visits. Percentages say of what in their name.
_TRAJECTORIES = """
quantity             P1   P2   P3   P4   P5   P6   responder  other  weeks  sd
DN%B                 18   26   11   15   21   9.5  0.50       1.05   6      0.10
SWM%B                22   15   27   19   17   24   0.65       0.97   8      0.10
aNAV%B                9   14    5    8   11    4   0.40       1.10   4      0.16
transitional%B      3.0  1.8  4.5  3.5  2.2  5.0   2.2        0.95   5      0.16
DN2%DN               45   60   30   40   52   25   0.65       1.05   6      0.10
PB%B                  4    9    2    5    7  1.5   0.5        1.10   3      0.20
UM%B                  5    3    7    4    4    8   1.1        1.0    10     0.10
activated%SWM        24   32   16   22   28   14   0.70       1.0    6      0.10
Treg%CD4            6.1  4.8  7.0  5.5  5.0  6.4   1.0        1.0    6      0.08
Helios%Treg          70   62   74   68   58   72   1.0        1.0    6      0.015
GARP%Treg           1.5  1.0  2.0  1.2  0.9  1.8   1.0        1.0    6      0.15
lymphocytes         0.9  0.7  1.3  1.0  0.8  1.4   1.15       1.0    12     0.08
B%lymphocytes         7    4   10    8    5   11   1.0        1.0    6      0.15
"""
_HELIOS_FACTOR = {"P2": 1.20, "P5": 1.25}
_JITTER = 0.15  # of the logarithm of a responder's factor


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One quantity: starts, long-run factors, time constant and noise."""

    start: tuple[float, ...]
    responder: float
    other: float
    weeks: float
    sd: float


@cache
def trajectories() -> dict[str, Trajectory]:
    """Return the table by quantity."""
    found = {}
    for line in _TRAJECTORIES.strip().splitlines()[1:]:
        name, *words = line.split()
        numbers = [float(word) for word in words]
        found[name] = Trajectory(tuple(numbers[:6]), *numbers[6:])
    return found


def is_patient(subject: str) -> bool:
    """Return whether a name is that of a patient, P1 to P9999."""
    return _NAMED.fullmatch(subject) is not None


def number_of(subject: str) -> int:
    """Return the place of a patient in order of recruitment: 0 for P1."""
    return int(subject[1:]) - 1


def kind_of(subject: str) -> str:
    """Return which of the six described patients this one is like in response and in the clinic.

    Patients beyond the sixth repeat the six courses, so that the share of responders stays; where their
    subsets start is their own.

    Examples
    --------
    >>> kind_of("P3"), kind_of("P10")
    ('P3', 'P4')
    """
    return SUBJECTS[number_of(subject) % len(SUBJECTS)]


def is_responder(subject: str) -> bool:
    """Return whether treatment works in this patient."""
    return kind_of(subject) not in NON_RESPONDERS


def start_of(seed: int, subject: str, quantity: str) -> float:
    """Return where a quantity of a patient starts: tabulated for six, for others drawn.

    Drawn from a log-normal distribution with the mean and the SD of the six, and kept within half their
    lowest and one and a half times their highest.
    """
    way = trajectories()[quantity]
    if subject in SUBJECTS:
        return way.start[SUBJECTS.index(subject)]
    logs = np.log(way.start)
    drawn = stream(seed, "start", subject, quantity).normal(logs.mean(), logs.std(ddof=1))
    return float(np.clip(np.exp(drawn), 0.5 * min(way.start), 1.5 * max(way.start)))


def bump(week: float, centre: float, width: float) -> float:
    """Return a Gaussian bump of height 1 in time."""
    return float(np.exp(-0.5 * ((week - centre) / width) ** 2))


def visit_values(
    seed: int, subject: str, week: int, *, change: bool = True, noise: bool = True
) -> dict[str, float]:
    """Return the true quantities of a patient at a visit.

    Parameters
    ----------
    seed : int
        Seed of the trial.
    subject : str
        Patient, ``"P1"``.
    week : int
        Weeks since the infusion; 0 is before it.
    change : bool
        Whether treatment and disease move anything.
    noise : bool
        Whether a patient varies from visit to visit.

    Returns
    -------
    dict
        Quantity of the table to its value: percentages, and lymphocytes in 10^9/L. A visit's values do not
        depend on which other visits are made.
    """
    values = {}
    of_patient, of_visit = stream(seed, "patient", subject), stream(seed, "visit", subject, week)
    for name, way in trajectories().items():
        spread, chance = of_patient.uniform(1 - _JITTER, 1 + _JITTER), of_visit.standard_normal()
        factor = way.other
        if is_responder(subject):
            goal = _HELIOS_FACTOR.get(kind_of(subject), 1.0) if name == "Helios%Treg" else way.responder
            factor = float(goal**spread)
        course = factor + (1.0 - factor) * np.exp(-week / way.weeks) if change else 1.0
        varied = np.exp(way.sd * chance) if noise else 1.0
        values[name] = float(start_of(seed, subject, name) * course * varied)
    values["Helios%Treg"] = min(values["Helios%Treg"], _HELIOS_CAP)
    if is_responder(subject) and change:
        pulse = of_patient.uniform(3.0, 6.0)
        values["GARP%Treg"] += pulse * (bump(week, 4, 1.5) + 0.6 * bump(week, 24, 4))
    return values
