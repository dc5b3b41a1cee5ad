"""What of a template is found in the data: cuts on one axis, and gates on two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.gates.polygon import PolygonGate
from cytogate.gating.template.shape import Outlined
from cytogate.methods.base import Bounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.gates.base import Gate
    from cytogate.gating.template.scaled_axis import ScaledAxis

MIN_EVENTS = 200  # of the population looked at, unless the template says otherwise


@dataclass(frozen=True, slots=True)
class CutRef:
    """A border that the cut of this name decides."""

    name: str


@dataclass(frozen=True, slots=True)
class CutSpec:
    """A cut of a template.

    Attributes
    ----------
    name : str
        As `cuts` names it; ``"<gate>.<border>"`` of one that is written where it is used.
    marker : str
        The axis it lies on.
    kind, method
        Name of the method, and the method with its arguments.
    of : str or None
        Full path of the population looked at; None is the root.
    fallback : float
        Where the cut is when the events do not say; a data value unless `in_scale_units`.
    within : (float, float)
        Bounds, in the units of the fallback.
    scope : str
        Whose events the method looks at together: ``"sample"``, ``"subject"``, ``"batch"``, ``"study"``.
    anchor : str
        Towards whom a sample's own cut is shrunk: ``"none"``, ``"subject"``, ``"batch"``, ``"study"``.
    min_events : int
        With fewer events the method is not asked.
    level : int
        How many rounds of fitting go before, for the population looked at to be defined.
    """

    name: str
    marker: str
    kind: str
    method: Any
    of: str | None
    fallback: float
    within: tuple[float, float] = (-math.inf, math.inf)
    in_scale_units: bool = False
    scope: str = "sample"
    anchor: str = "batch"
    min_events: int = MIN_EVENTS
    level: int = 0

    @property
    def markers(self) -> tuple[str, ...]:
        """The axis, by marker."""
        return (self.marker,)

    def bounds(self, axis: ScaledAxis) -> Bounds:
        """Return fallback and bounds in scale units; the units of `axis` are the caller's.

        Raises
        ------
        TemplateError
            When the scale has no place for one of them.
        """
        low, high = (axis.place(value) for value in self.within)
        return Bounds(axis.place(self.fallback), low, high)

    def start(self, axes: Callable[[str], ScaledAxis]) -> tuple[float, ...]:
        """Return the position of the fallback."""
        return (self.bounds(axes(self.marker)).fallback,)


@dataclass(frozen=True, slots=True)
class FittedShape(Outlined):
    """A gate on two axes that a method finds; the geometry of its gate.

    Attributes
    ----------
    name : str
        Of its gate.
    vertices : tuple of (float, float)
        The template's own outline; data values unless `in_scale_units`.

    The others are those of `CutSpec`.
    """

    name: str
    x: str
    y: str
    kind: str
    method: Any
    of: str | None
    vertices: tuple[tuple[float, float], ...]
    in_scale_units: bool = False
    scope: str = "sample"
    anchor: str = "batch"
    min_events: int = MIN_EVENTS
    level: int = 0

    @property
    def fitted(self) -> tuple[str, ...]:
        """Itself."""
        return (self.name,)

    def start(self, axes: Callable[[str], ScaledAxis]) -> tuple[float, ...]:
        """Return the position of the outline."""
        return tuple(self.method.unmoved(self.outline(axes)))

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return the gate where it was found; the outline itself where it is not yet looked for."""
        x, y = axes(self.x), axes(self.y)
        outline = self.outline(axes)
        position = x.positions.get(self.name)
        if position is None or self.method is None:
            return PolygonGate((x.dim, y.dim), outline)
        gate: Gate = self.method.place((x.dim, y.dim), outline, position)
        return gate


Fitted = CutSpec | FittedShape
