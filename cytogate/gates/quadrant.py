"""Quadrant gate: dividers that cut one or more dimensions into intervals, and the parts they make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.errors import GatingError, nearest
from cytogate.gates._checks import Faults, event_table, number_tuple
from cytogate.gates.base import gate_kinds
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Interval
from cytogate.gates.rectangle import box_outline, in_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One part: its name, and for each divider it uses which interval, counted from 0 at the low end."""

    name: str
    intervals: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        pairs = tuple((int(divider), int(interval)) for divider, interval in self.intervals)
        object.__setattr__(self, "intervals", pairs)


@gate_kinds.register("quadrant")
@dataclass(frozen=True, slots=True)
class QuadrantGate:
    """Parts made by dividers; each part is a population beside the others, the gate itself is none.

    A divider cuts its dimension at one or more values into half-open intervals; an event on a cut belongs
    to the upper interval. A part may leave dividers out, and two dividers may cut the same dimension
    (offset quadrants). NaN on a dimension that a part uses is outside that part.

    Parameters
    ----------
    dims : tuple of Dimension
        One for each divider.
    cuts : tuple of tuple of float
        For each divider its cuts, ascending, finite.
    quadrants : tuple of Quadrant
        The parts.

    Raises
    ------
    GatingError
        Cuts or parts that do not fit; lists all of them.

    Examples
    --------
    >>> axes = (Dimension("IgD"), Dimension("CD27"))
    >>> gate = QuadrantGate(axes, ((0.4,), (0.5,)), (Quadrant("DN", ((0, 0), (1, 0))),))
    >>> gate.contains(np.array([[0.1, 0.1], [0.4, 0.1]]), "DN").tolist()
    [True, False]
    """

    kind: ClassVar[str] = "quadrant"

    dims: tuple[Dimension, ...]
    cuts: tuple[tuple[float, ...], ...]
    quadrants: tuple[Quadrant, ...]

    def __post_init__(self) -> None:
        faults = Faults(self.kind, self.dims)
        cuts = tuple(number_tuple(values, faults, f"divider {i}") for i, values in enumerate(self.cuts))
        if not self.dims:
            faults.add("dividers", "found none; expected at least one.")
        if len(cuts) != len(self.dims):
            faults.add("cuts", f"found {len(cuts)} lists; expected {len(self.dims)}, one for each divider.")
        for i, values in enumerate(cuts):
            if not values or not all(map(math.isfinite, values)):
                faults.add(f"divider {i}", f"found cuts {values}; expected one or more finite numbers.")
            elif any(not a < b for a, b in pairwise(values)):
                faults.add(f"divider {i}", f"found cuts {values}; expected them ascending.")
        if not self.quadrants:
            faults.add("quadrants", "found none; expected at least one.")
        names = [quadrant.name for quadrant in self.quadrants]
        for name in sorted({name for name in names if names.count(name) > 1}):
            faults.add(f"quadrant {name!r}", "the name is used twice.")
        for quadrant in self.quadrants:
            _check_quadrant(quadrant, cuts, faults)
        faults.stop()
        object.__setattr__(self, "dims", tuple(self.dims))
        object.__setattr__(self, "cuts", cuts)
        object.__setattr__(self, "quadrants", tuple(self.quadrants))

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the quadrants."""
        return tuple(quadrant.name for quadrant in self.quadrants)

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NDArray[np.bool_]:
        """Return which events are in `part`; `values` is (n_events, n_dividers), result (n_events,) bool."""
        quadrant = self._quadrant(part)
        table = event_table(values, len(self.dims), self.kind)
        inside = np.ones(len(table), dtype=np.bool_)
        for divider, interval in quadrant.intervals:
            inside &= in_interval(table[:, divider], *self._bounds(divider, interval))
        return inside

    def outline(self, part: str | None = None) -> NDArray[np.float64]:
        """Return `part` as corners (4, 2) in the first two dimensions, or (1, 2) if there is only one.

        Dividers on the same dimension count as one axis; sides that nothing cuts are infinite.
        """
        quadrant = self._quadrant(part)
        axes = list(dict.fromkeys(self.dims))
        low = [-math.inf] * len(axes)
        high = [math.inf] * len(axes)
        for divider, interval in quadrant.intervals:
            axis = axes.index(self.dims[divider])
            least, most = self._bounds(divider, interval)
            low[axis] = max(low[axis], least)
            high[axis] = min(high[axis], most)
        return box_outline(tuple(low), tuple(high))

    def lower(self, part: str | None = None) -> tuple[Interval, ...]:
        """Return one interval for each divider that `part` uses."""
        quadrant = self._quadrant(part)
        return tuple(
            Interval(self.dims[divider], *self._bounds(divider, interval))
            for divider, interval in quadrant.intervals
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {
            "kind": self.kind,
            "dims": [dim.to_dict() for dim in self.dims],
            "cuts": [list(values) for values in self.cuts],
            "quadrants": [
                {"name": quadrant.name, "intervals": [list(pair) for pair in quadrant.intervals]}
                for quadrant in self.quadrants
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> QuadrantGate:
        """Return the gate that `to_dict` described."""
        dims = tuple(Dimension.from_dict(dim) for dim in data["dims"])
        quadrants = tuple(
            Quadrant(str(entry["name"]), tuple((pair[0], pair[1]) for pair in entry["intervals"]))
            for entry in data["quadrants"]
        )
        return cls(dims, tuple(tuple(values) for values in data["cuts"]), quadrants)

    def _bounds(self, divider: int, interval: int) -> tuple[float, float]:
        borders = (-math.inf, *self.cuts[divider], math.inf)
        return borders[interval], borders[interval + 1]

    def _quadrant(self, part: str | None) -> Quadrant:
        for quadrant in self.quadrants:
            if quadrant.name == part:
                return quadrant
        if part is None:
            message = f"A quadrant gate is no population of its own; ask for a part: {', '.join(self.parts)}."
        else:
            message = f"This quadrant gate has no part {part!r}. {nearest(part, self.parts)}"
        raise GatingError(message)


def _check_quadrant(quadrant: Quadrant, cuts: tuple[tuple[float, ...], ...], faults: Faults) -> None:
    where = f"quadrant {quadrant.name!r}"
    if not quadrant.intervals:
        faults.add(where, "it uses no divider; expected at least one.")
    used = [divider for divider, _ in quadrant.intervals]
    if len(set(used)) != len(used):
        faults.add(where, "it uses a divider twice; expected one interval of each.")
    for divider, interval in quadrant.intervals:
        if not 0 <= divider < len(cuts):
            faults.add(where, f"found divider {divider}; expected 0 to {len(cuts) - 1}.")
        elif not 0 <= interval <= len(cuts[divider]):
            most = len(cuts[divider])
            faults.add(where, f"found interval {interval} of divider {divider}; expected 0 to {most}.")
