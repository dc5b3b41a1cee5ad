"""A geometry of a template: what all of them answer, and what most of them answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.gates.base import Gate
    from cytogate.gating.template.scaled_axis import ScaledAxis


class Shape(Protocol):
    """One geometry of a template; frozen."""

    @property
    def markers(self) -> tuple[str, ...]:
        """The axes, by marker; empty for a boolean."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the populations made beyond the gate's own."""

    @property
    def fitted(self) -> tuple[str, ...]:
        """Names of what must be found in the data before the gate can be built."""

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return the gate on the scales that `axes` gives for each marker."""


class OnePopulation:
    """A geometry that makes its gate's own population alone, with nothing to be found unless it says so."""

    __slots__ = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def fitted(self) -> tuple[str, ...]:
        """None."""
        return ()


class OnTwoAxes:
    """A geometry on the axes of markers `x` and `y`."""

    __slots__ = ()

    x: str
    y: str

    @property
    def markers(self) -> tuple[str, ...]:
        """Both axes, x first."""
        return (self.x, self.y)


class Outlined(OnePopulation, OnTwoAxes):
    """A closed outline with straight edges on the scale, of `vertices` as the template writes them."""

    __slots__ = ()

    vertices: tuple[tuple[float, float], ...]

    def outline(self, axes: Callable[[str], ScaledAxis]) -> NDArray[np.float64]:
        """Return the outline on the scale: (n, 2)."""
        x, y = axes(self.x), axes(self.y)
        return np.array([(x.place(a), y.place(b)) for a, b in self.vertices], dtype=np.float64)
