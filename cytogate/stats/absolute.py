"""Cells per microlitre of blood: by beads, by volume, or by the lymphocyte count of the clinic.

Errors of counts, pipettes and the clinic's counter are carried along: their squared coefficients of variation
(CV) add up. Intervals join the exact interval of the count with the other CVs on a log scale, so that a count
of 0 has an upper end and no interval reaches below 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from cytogate.stats.intervals import garwood, wilson

Method = Literal["beads", "volume", "dual"]
SLOWEST, FASTEST = 1.0, 1_500.0  # microlitres a minute: what a cytometer takes in
FEWEST_BEADS = 1_000  # fewer add a CV of more than 3 %
PIPETTING_CV = 0.04  # of a volume of blood pipetted by hand: 3 to 5 %
CBC_CV = 0.03  # of a lymphocyte count of a haematology analyser: 2 to 4 %


@dataclass(frozen=True, slots=True)
class AbsoluteCount:
    """A concentration in blood.

    Attributes
    ----------
    per_ul, low, high : float or None
        Cells per microlitre and their interval; None where there is none, and `note` says why.
    cv : float or None
        Coefficient of variation, a fraction; None for a count of 0.
    note : str
        What stands beside it.
    """

    per_ul: float | None
    low: float | None = None
    high: float | None = None
    cv: float | None = None
    note: str = ""


def by_beads(
    cells: int,
    beads: int,
    *,
    beads_per_tube: float,
    blood_ul: float,
    dilution: float = 1.0,
    pipetting_cv: float = PIPETTING_CV,
    level: float = 0.95,
) -> AbsoluteCount:
    """Return the concentration from counting beads: ``cells / beads * beads_per_tube / blood_ul * dilution``.

    Parameters
    ----------
    cells, beads : int
        Events of both, of the same stream of events: beads counted before cleaning need cells counted before
        it too.
    beads_per_tube : float
        As printed on the lot, or concentration times volume of a bead suspension.
    blood_ul : float
        Blood in the tube, microlitres.
    dilution : float
        Of the blood before it was pipetted.
    pipetting_cv : float
        Of the volume, a fraction.
    level : float
        Of the interval.

    Returns
    -------
    AbsoluteCount
        ``CV^2 = 1/cells + 1/beads + pipetting_cv^2``; with a note below 1,000 beads.

    Raises
    ------
    ValueError
        A count is negative, or an amount not positive.

    Examples
    --------
    >>> found = by_beads(500, 10_000, beads_per_tube=50_000, blood_ul=50)
    >>> found.per_ul, round(found.cv, 4)
    (50.0, 0.0608)
    """
    _check_amounts(beads_per_tube=beads_per_tube, blood_ul=blood_ul, dilution=dilution)
    if beads < 0:
        message = f"Beads are counted: 0 or more, not {beads}."
        raise ValueError(message)
    if beads == 0:
        return AbsoluteCount(None, note="no beads were counted")
    note = ""
    if beads < FEWEST_BEADS:
        note = f"{beads:,} beads, fewer than {FEWEST_BEADS:,}: they alone add a CV of {beads**-0.5:.1%}"
    factor = beads_per_tube / beads / blood_ul * dilution
    return _scaled(cells, factor, math.hypot(beads**-0.5, pipetting_cv), note, level)


def by_volume(
    cells: int,
    *,
    acquired_ul: float,
    dilution: float = 1.0,
    pipetting_cv: float = PIPETTING_CV,
    level: float = 0.95,
) -> AbsoluteCount:
    """Return the concentration from the volume acquired: ``cells * dilution / acquired_ul``.

    Parameters
    ----------
    cells : int
    acquired_ul : float
        Microlitres. ``$VOL`` of a file is in nanolitres by the standard, and in microlitres with some makers:
        confirm the unit before its number is used.
    dilution : float
        Volume of the stained sample over that of the blood in it.
    pipetting_cv : float
        Of the volumes, a fraction.
    level : float
        Of the interval.

    Returns
    -------
    AbsoluteCount
        ``CV^2 = 1/cells + pipetting_cv^2``.

    Raises
    ------
    ValueError
        As `by_beads`.

    Examples
    --------
    >>> by_volume(400, acquired_ul=100, dilution=10).per_ul
    40.0
    """
    _check_amounts(acquired_ul=acquired_ul, dilution=dilution)
    return _scaled(cells, dilution / acquired_ul, pipetting_cv, "", level)


def flow_rate_doubt(acquired_ul: float, seconds: float | None) -> str:
    """Return why a volume cannot be that of an acquisition of so many seconds; "" where it may.

    A wrong unit is wrong by a thousand, which no flow rate is.

    Examples
    --------
    >>> flow_rate_doubt(60, 120), flow_rate_doubt(60, None)
    ('', '')
    >>> flow_rate_doubt(0.06, 120)
    '0.06 µL in 120 s is 0.03 µL a minute, outside of 1 to 1,500'
    """
    if not seconds:
        return ""
    rate = 60 * acquired_ul / seconds
    if SLOWEST <= rate <= FASTEST:
        return ""
    return f"{acquired_ul:g} µL in {seconds:g} s is {rate:.3g} µL a minute, outside of 1 to 1,500"


def dual_platform(
    cells: int, lymphocytes: int, *, lymphocytes_1e9_l: float, cbc_cv: float = CBC_CV, level: float = 0.95
) -> AbsoluteCount:
    """Return the concentration from the share of lymphocytes and their count by a haematology analyser.

    Parameters
    ----------
    cells, lymphocytes : int
        Events of the population, and of the lymphocytes that it is a part of. Those must be the lymphocytes
        that the clinic counts (CD45+, low side scatter) of a tube in which no kind was enriched.
    lymphocytes_1e9_l : float
        Lymphocytes of the blood count, 10^9 per litre.
    cbc_cv : float
        Of that count, a fraction.
    level : float
        Of the interval.

    Returns
    -------
    AbsoluteCount
        ``CV^2 = 1/cells - 1/lymphocytes + cbc_cv^2``: the share has the error of a binomial.

    Raises
    ------
    ValueError
        The counts do not fit each other, or the blood count is negative.

    Examples
    --------
    >>> found = dual_platform(700, 10_000, lymphocytes_1e9_l=0.9)
    >>> round(found.per_ul, 6), round(found.cv, 4)
    (63.0, 0.0472)
    """
    if not 0 <= lymphocytes_1e9_l < math.inf:
        message = f"A lymphocyte count is 0 or more, not {lymphocytes_1e9_l}."
        raise ValueError(message)
    low, high = wilson(cells, lymphocytes, level=level)
    if lymphocytes == 0:
        return AbsoluteCount(None, note="no lymphocytes were counted in the tube")
    factor = lymphocytes_1e9_l * 1000
    share = cells / lymphocytes
    counting = 1 / cells - 1 / lymphocytes if cells else math.nan
    return _joined(share * factor, low * factor, high * factor, counting, cbc_cv, "", level)


def _scaled(cells: int, factor: float, other_cv: float, note: str, level: float) -> AbsoluteCount:
    """Return a Poisson count times a factor with its own CV."""
    low, high = garwood(cells, level=level)
    counting = 1 / cells if cells else math.nan
    return _joined(cells * factor, low * factor, high * factor, counting, other_cv, note, level)


def _joined(
    value: float, low: float, high: float, variance: float, other_cv: float, note: str, level: float
) -> AbsoluteCount:
    """Return a value whose counting interval is widened on a log scale by another, independent CV."""
    reach = NormalDist().inv_cdf(0.5 + level / 2) * other_cv
    if value == 0:  # no log: the other error stretches the upper end
        return AbsoluteCount(value, 0.0, high * math.exp(reach), None, note)
    below = math.hypot(math.log(value / low), reach)
    above = math.hypot(math.log(high / value), reach)
    cv = math.sqrt(variance + other_cv**2)
    return AbsoluteCount(value, value * math.exp(-below), value * math.exp(above), cv, note)


def _check_amounts(**amounts: float) -> None:
    for name, amount in amounts.items():
        if not 0 < amount < math.inf:
            message = f"{name} must be more than 0, not {amount}."
            raise ValueError(message)
