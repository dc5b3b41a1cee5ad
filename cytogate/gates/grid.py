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

MOST_CELLS = 4096  # FlowJo's grids have 256 or 1024; a map of both axes must fit into memory


@dataclass(frozen=True, slots=True)
class GridAxis:
    """How positions on a gate's scale fall into the cells of one axis.

    ``cell = floor((position - low) * (cells / (high - low)) + offset)``, held to the axis: what lies beyond
    an end is in the cell at that end. Corners of a gate are not held, unless the axis is a table.

    Attributes
    ----------
    low, high : float
        Positions, on the scale of the gate's dimension, of the two ends of the axis.
    cells : int
        Cells between them, 1 to 4096.
    offset : float
        0 rounds down, 0.5 to the nearest.
    table : bool
        Positions are looked up in a table from `low` to `high`, as FlowJo does on biexponential axes: the
        table's last entry is a cell of its own, and it has no entries beyond its ends, for corners either.
    """

    low: float
    high: float
    cells: int
    offset: float = 0.0
    table: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            message = f"grid axis: it reaches from {self.low:g} to {self.high:g}; expected low < high."
            raise GatingError(message)
        if not 1 <= self.cells <= MOST_CELLS:
            message = f"grid axis: {self.cells} cells; expected 1 to {MOST_CELLS}."
            raise GatingError(message)
        if not math.isfinite(self.per_unit):
            message = f"grid axis: from {self.low:g} to {self.high:g} is too short for {self.cells} cells."
            raise GatingError(message)

    @property
    def per_unit(self) -> float:
        """Cells per unit of the scale."""
        return self.cells / (self.high - self.low)

    @property
    def last(self) -> int:
        """The highest cell that an event can be in; the lowest is 0."""
        return self.cells if self.table else self.cells - 1

    def cell(self, positions: ArrayLike) -> NDArray[np.float64]:
        """Return the cells of events at `positions`, as whole float64 numbers 0 to `last`.

        NaN and infinities are in no cell: NaN.
        """
        cells = self._unlimited(positions)
        return np.where(np.isfinite(positions), np.clip(cells, 0.0, float(self.last)), np.nan)

    def corner(self, positions: ArrayLike) -> NDArray[np.float64]:
        """Return the cells of corners of a gate, as whole float64 numbers, infinite where the position is."""
        cells = self._unlimited(positions)
        return np.where(np.isfinite(cells), self.cell(positions), cells) if self.table else cells

    def centre(self, cells: ArrayLike) -> NDArray[np.float64]:
        """Return the position in the middle of each of some cells."""
        found: NDArray[np.float64] = np.asarray(cells, dtype=np.float64) + (0.5 - self.offset)
        return self.low + found / self.per_unit

    def _unlimited(self, positions: ArrayLike) -> NDArray[np.float64]:
        from_low = np.asarray(positions, dtype=np.float64) - self.low
        with np.errstate(over="ignore"):
            return np.floor(from_low * self.per_unit + self.offset)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        plain: dict[str, Any] = {
            "low": self.low,
            "high": self.high,
            "cells": self.cells,
            "offset": self.offset,
        }
        return {**plain, "table": True} if self.table else plain


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
