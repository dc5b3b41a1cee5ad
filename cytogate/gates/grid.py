"""Display grid: the cells in which FlowJo evaluates polygons and ellipses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class GridAxis:
    """How positions on a gate's scale fall into the cells of one axis.

    ``cell = floor((position - low) * (cells / (high - low)) + offset)``; cells are not limited to the axis.

    Attributes
    ----------
    low, high : float
        Positions, on the scale of the gate's dimension, of the two ends of the axis.
    cells : int
        Cells between them.
    offset : float
        0 rounds down, 0.5 to the nearest.
    """

    low: float
    high: float
    cells: int
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            message = f"grid axis: it reaches from {self.low:g} to {self.high:g}; expected low < high."
            raise GatingError(message)
        if self.cells < 1:
            message = f"grid axis: {self.cells} cells; expected at least 1."
            raise GatingError(message)

    @property
    def per_unit(self) -> float:
        """Cells per unit of the scale."""
        return self.cells / (self.high - self.low)

    def cell(self, positions: ArrayLike) -> NDArray[np.float64]:
        """Return the cells of positions on the scale, as whole float64 numbers; NaN stays NaN."""
        found: NDArray[np.float64] = np.floor(
            (np.asarray(positions, dtype=np.float64) - self.low) * self.per_unit + self.offset
        )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {"low": self.low, "high": self.high, "cells": self.cells, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of both axes of a plot."""

    x: GridAxis
    y: GridAxis

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {"x": self.x.to_dict(), "y": self.y.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grid:
        """Return the grid that `to_dict` described."""
        return cls(GridAxis(**data["x"]), GridAxis(**data["y"]))
