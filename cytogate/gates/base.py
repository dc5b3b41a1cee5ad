"""What every gate kind provides, and the registry that finds the kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.gates.grid import Grid
    from cytogate.gates.primitive import Primitive


@runtime_checkable
class Gate(Protocol):
    """Geometry on the scale of its dimensions' transforms; frozen.

    A gate with several `parts` (a quadrant gate) makes one population per part, all children of the gate's
    parent; any other gate makes one population of its own name, and `part` is None throughout.
    """

    kind: ClassVar[str]

    @property
    def dims(self) -> tuple[Dimension, ...]:
        """The axes, in the order of the columns that `contains` takes; empty for a boolean gate."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the populations that the gate makes beyond its own; empty for most kinds."""

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NDArray[np.bool_]:
        """Return which events are inside; `values` is (n_events, n_dims) on the transformed scale."""

    def outline(self, part: str | None = None) -> NDArray[np.float64]:
        """Return what to draw: (n_points, 2) closed outline, or (1, 2) low and high of a range.

        Entries may be infinite; whoever draws clips to the plot.
        """

    def lower(self, part: str | None = None) -> tuple[Primitive, ...] | None:
        """Return the primitives whose conjunction is the gate, or None to be run through `contains`."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML, with ``kind``; infinities as ``"inf"`` and ``"-inf"``."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Gate:
        """Return the gate that `to_dict` described."""


@runtime_checkable
class Gridded(Protocol):
    """A gate that a program with a display grid evaluates in cells; `grid` is None where it has none."""

    @property
    def grid(self) -> Grid | None:
        """The cells of the plot on which the gate was drawn."""

    def lower_on_grid(self, part: str | None = None) -> tuple[Primitive, ...]:
        """Return the primitives of the gate as its grid has it; only where there is a grid."""


gate_kinds: Registry[type[Gate]] = Registry("gate", "cytogate.gates")


def gate_from_dict(data: Mapping[str, Any]) -> Gate:
    """Return the gate that a `to_dict` of any kind described."""
    return gate_kinds.get(str(data["kind"])).from_dict(data)
