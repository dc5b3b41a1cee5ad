"""Where an axis has ticks and what they say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.errors import TransformError
from cytogate.transforms.base import Ticks

if TYPE_CHECKING:
    from cytogate.transforms.base import Transform

LABEL_GAP = 0.05  # least distance of two labels, as a part of the axis
MOST_DECADES = 16  # of either sign
LABELS_ON_LINEAR = 6  # about as many labels on a linear axis
_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "K"))


def linear_ticks(low: float, high: float) -> Ticks:
    """Return ticks at round steps (1, 2, 2.5 or 5 times a power of ten), "0", "50K", "100K", "1.5M".

    Parameters
    ----------
    low, high : float
        Data values at the ends of the axis, finite, low < high.
    """
    _check(low, high)
    step = _round_step((high - low) / LABELS_ON_LINEAR)
    fine = step / 5
    numbers = range(math.floor(low / fine), math.ceil(high / fine) + 1)
    shown = [(k, k * fine) for k in numbers if low <= k * fine <= high]
    majors = tuple((value, _plain_label(value)) for k, value in shown if k % 5 == 0)
    return Ticks(majors, tuple(value for k, value in shown if k % 5))


def decade_ticks(transform: Transform, low: float, high: float) -> Ticks:
    """Return ticks at -10^k, 0 and 10^k, with minor ones at 2-9 times each.

    A decade whose label would stand closer than `LABEL_GAP` to the one before it, counted from zero outwards,
    becomes a minor tick: so the linear region round zero stays free. An axis with fewer than two labels left
    gets those of a linear one.

    Parameters
    ----------
    transform : Transform
        The scale of the axis; decides which labels would overlap.
    low, high : float
        Data values at the ends of the axis, finite, low < high.
    """
    _check(low, high)
    start, end = transform.forward(low), transform.forward(high)
    if not math.isfinite(start):  # a log axis shows nothing at and below zero
        start = 0.0
    gap = LABEL_GAP * (end - start)
    zero = transform.forward(0.0)
    major: list[tuple[float, str]] = []
    minor: list[float] = []
    if math.isfinite(zero) and low <= 0.0 <= high:
        major.append((0.0, "0"))
    for sign in (1.0, -1.0):
        reach = high if sign > 0 else -low
        if reach <= 0.0 or abs(transform.forward(sign * reach) - zero) < 0.5 * gap:
            continue
        nearest = low if sign > 0 else -high
        last = zero
        for k in _decades(transform, nearest, reach, gap):
            for m in range(1, 10):
                value = sign * float(f"{m}e{k}")
                if not low <= value <= high:
                    continue
                position = transform.forward(value)
                if not math.isfinite(position):
                    continue
                if m == 1 and not abs(position - last) < gap:
                    major.append((value, f"{'-' if sign < 0 else ''}10^{k}"))
                    last = position
                else:
                    minor.append(value)
    if len(major) < 2:
        return linear_ticks(low, high)
    return Ticks(tuple(sorted(major)), tuple(sorted(minor)))


def _decades(transform: Transform, nearest: float, reach: float, gap: float) -> range:
    """Return the exponents of the decades between `nearest` and `reach` that are worth a tick."""
    highest = math.floor(math.log10(reach))
    if nearest > 0.0:
        return range(max(math.floor(math.log10(nearest)), highest - MOST_DECADES), highest + 1)
    zero = transform.forward(0.0)
    lowest = highest
    for k in range(
        highest, highest - MOST_DECADES, -1
    ):  # a finite zero swallows small decades; a log axis ends at 0
        position = transform.forward(10.0**k)
        if position < 0.0 and not math.isfinite(zero):
            break
        lowest = k
        if abs(position - zero) < 0.5 * gap:
            break
    return range(lowest, highest + 1)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if factor * power >= least * (1 - 1e-9):
            return factor * power
    return 10.0 * power


def _plain_label(value: float) -> str:
    for unit, suffix in _SUFFIXES:
        if abs(value) >= unit:
            return f"{value / unit:.6g}{suffix}"
    return f"{value:.6g}" if value else "0"


def _check(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        message = f"An axis needs finite ends, low < high: found {low:g} to {high:g}."
        raise TransformError(message)
