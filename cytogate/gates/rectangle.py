"""Rectangle gate: events between a minimum and a maximum on every dimension; on one dimension a range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.gates._cells import grid_from_dict
from cytogate.gates._checks import Faults, event_table, number_tuple, plain, refuse_part
from cytogate.gates.base import gate_kinds
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytogate.gates.grid import Grid


@gate_kinds.register("rectangle")
@dataclass(frozen=True, slots=True)
class RectangleGate:
    """Events with ``minimum <= x < maximum`` on every dimension.

    An infinite bound is an open one: nothing is asked on that side, so an event at +inf is inside a range
    without maximum. NaN is outside, on whichever dimension.

    Parameters
    ----------
    dims : tuple of Dimension
        One or more axes.
    minimum, maximum : tuple of float
        One bound per dimension, minimum < maximum, on the scale of its transform.
    grid : Grid, optional
        The plot on which a rectangle of one or two dimensions was drawn; see `lower_on_grid`.

    Raises
    ------
    GatingError
        Bounds that do not fit the dimensions, are NaN, or leave no room; lists all of them.

    Examples
    --------
    >>> live = RectangleGate((Dimension("Live/Dead"),), (-math.inf,), (0.4,))
    >>> live.contains(np.array([[0.1], [0.4], [math.nan]])).tolist()
    [True, False, False]
    """

    kind: ClassVar[str] = "rectangle"

    dims: tuple[Dimension, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    grid: Grid | None = None

    def __post_init__(self) -> None:
        faults = Faults(self.kind, self.dims)
        low = number_tuple(self.minimum, faults, "minimum")
        high = number_tuple(self.maximum, faults, "maximum")
        if not self.dims:
            faults.add("dimensions", "found none; expected at least one.")
        for name, bounds in (("minimum", low), ("maximum", high)):
            if len(bounds) != len(self.dims):
                faults.add(
                    name, f"found {len(bounds)} values; expected {len(self.dims)}, one for each dimension."
                )
        for dim, least, most in zip(self.dims, low, high, strict=False):
            if not least < most:
                faults.add(dim.channel, f"found {least:g} to {most:g}; expected minimum < maximum.")
        faults.stop()
        object.__setattr__(self, "dims", tuple(self.dims))
        object.__setattr__(self, "minimum", low)
        object.__setattr__(self, "maximum", high)

    @property
    def parts(self) -> tuple[str, ...]:
        """None: the gate is one population."""
        return ()

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NDArray[np.bool_]:
        """Return which events are inside; `values` is (n_events, n_dims), result (n_events,) bool."""
        refuse_part(part, self.kind)
        table = event_table(values, len(self.dims), self.kind)
        inside = np.ones(len(table), dtype=np.bool_)
        for column, low, high in zip(table.T, self.minimum, self.maximum, strict=True):
            inside &= in_interval(column, low, high)
        return inside

    def outline(self, part: str | None = None) -> NDArray[np.float64]:
        """Return low and high (1, 2) of a range, else the corners (4, 2) in the first two dimensions."""
        refuse_part(part, self.kind)
        return box_outline(self.minimum, self.maximum)

    def lower(self, part: str | None = None) -> tuple[Interval, ...]:
        """Return one interval for each dimension."""
        refuse_part(part, self.kind)
        return tuple(
            Interval(dim, low, high)
            for dim, low, high in zip(self.dims, self.minimum, self.maximum, strict=True)
        )

    def lower_on_grid(self, part: str | None = None) -> tuple[Interval, ...]:
        """Return the intervals of `lower`, open where they reach the end of a linear axis of the plot.

        There a program with plots shows all that lies beyond as well; it compares values, not cells. A
        rectangle beyond such an axis holds nothing, for nothing is shown there.
        """
        axes = () if self.grid is None else (self.grid.x, self.grid.y)
        lowered = list(self.lower(part))
        for at, (interval, axis) in enumerate(zip(lowered, axes, strict=False)):
            if interval.dim.transform is None:
                low = -math.inf if interval.low <= axis.low else interval.low
                high = math.inf if interval.high >= axis.high else interval.high
                if interval.high < axis.low or interval.low > axis.high:
                    low = high = 0.0
                lowered[at] = Interval(interval.dim, low, high)
        return tuple(lowered)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        values = {
            "kind": self.kind,
            "dims": [dim.to_dict() for dim in self.dims],
            "minimum": [plain(bound) for bound in self.minimum],
            "maximum": [plain(bound) for bound in self.maximum],
        }
        return values if self.grid is None else {**values, "grid": self.grid.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RectangleGate:
        """Return the gate that `to_dict` described."""
        dims = tuple(Dimension.from_dict(dim) for dim in data["dims"])
        return cls(dims, tuple(data["minimum"]), tuple(data["maximum"]), grid_from_dict(data))


def in_interval(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    """Return ``low <= x < high`` for `x` (n_events,); an infinite bound is open, NaN is outside."""
    above: NDArray[np.bool_] = x >= low
    return above if high == math.inf else above & (x < high)


def box_outline(minimum: tuple[float, ...], maximum: tuple[float, ...]) -> NDArray[np.float64]:
    """Return (1, 2) low and high of one dimension, else the corners (4, 2) in the first two."""
    if len(minimum) == 1:
        return np.array([[minimum[0], maximum[0]]])
    (left, bottom), (right, top) = minimum[:2], maximum[:2]
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
