"""Gate node: a gate as it is entered in a tree, before it has a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension


@dataclass(frozen=True, slots=True)
class GateNode:
    """A gate as it is entered in a tree.

    Attributes
    ----------
    name : str
        Name of the gate, and of its population when the gate has no parts.
    gate : Gate
        Geometry on the scale of its dimensions.
    parent : str or None
        Full path or unique ending of the parent population; None is the root (all events).
    display : Dimension or None
        Second axis to draw a one-dimensional gate on.
    """

    name: str
    gate: Gate
    parent: str | None = None
    display: Dimension | None = None
