"""Populations that hold what lies outside a shape: ``not`` of what lies inside, which gets a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.primitive import Reference
from cytogate.gating.node import GateNode
from cytogate.gating.tree import join

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cytogate.gates.base import Gate


def outside(
    name: str, shape: Gate, above: Sequence[str], taken: Collection[str], place: str
) -> tuple[tuple[GateNode, GateNode], Problem]:
    """Return two nodes, the events inside a shape and those outside it, and a warning that says so.

    Parameters
    ----------
    name : str
        Of the population that holds the events outside.
    shape : Gate
        What they are outside of.
    above : sequence of str
        Names from the root down to the parent.
    taken : collection of str
        Paths that the events inside must not get.
    place : str
        Where the population stands, for the warning.
    """
    inside = f"{name} (inside)"
    while join((*above, inside)) in taken:
        inside += "'"
    parent = join(above) if above else None
    nodes = (
        GateNode(inside, shape, parent),
        GateNode(name, BooleanGate("not", (Reference(join((*above, inside))),)), parent),
    )
    message = f"it holds the events outside its shape; those inside are called {inside!r} here."
    return nodes, Problem("gate-outside", place, message)
