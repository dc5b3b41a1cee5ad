"""Percentiles: ``p5``, ``p97.5`` and all others between 0 and 100."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures, percentile_of, percentile_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gating.measures.base import Measure

_NAME = re.compile(r"p([0-9]{1,3}(?:\.[0-9]{1,12})?)")


@measures.register("p<percent>")
class Percentiles:
    """The family of percentiles, by linear interpolation between the two nearest values.

    This is numpy's method "linear" (R's type 7): percentile P of n ordered values is at place
    (n - 1) P / 100, counted from 0. ``p0`` is the least value and ``p100`` the greatest.
    """

    @staticmethod
    def named(name: str) -> Measure | None:
        """Return the percentile of a name such as ``"p97.5"``; None for other names."""
        match = _NAME.fullmatch(name)
        if match is None or float(match[1]) > 100:
            return None
        return Percentile(name, float(match[1]))


class Percentile:
    """One percentile."""

    unit: ClassVar[str] = "channel"

    def __init__(self, name: str, percent: float) -> None:
        self.name = name
        self.percent = percent

    def compute(self, values: NDArray[np.float64]) -> float:
        """Return the percentile of (n,) values by selection; NaN for none."""
        return float(np.percentile(values, self.percent)) if len(values) else float("nan")

    def ranks(self, n: int) -> tuple[int, int]:
        """Return the two places between which the percentile lies."""
        return percentile_place(self.percent, n)[:2]

    def of_ranks(self, values: tuple[float, ...], n: int) -> float:
        """Return the value between the two."""
        return percentile_of(values, percentile_place(self.percent, n)[2])
