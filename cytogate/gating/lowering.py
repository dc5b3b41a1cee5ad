"""Lowering: the primitives of all gates of a strategy, and which populations each is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import GatingError, Problem
from cytogate.gates.base import Gridded
from cytogate.gates.primitive import Boolean, Polygon, Primitive, Quadric

if TYPE_CHECKING:
    from cytogate.gating.strategy import GatingStrategy, Population

FLOWJO = "flowjo"


def lower_all(strategy: GatingStrategy, grid: str | None) -> dict[str, tuple[Primitive, ...] | None]:
    """Return the primitives of every population, by path; None where the gate is asked directly."""
    if grid is not None and grid != FLOWJO:
        message = f"grid={grid!r}: there is no such display grid. Known: {FLOWJO!r}; None is exact geometry."
        raise GatingError(message)
    lowered: dict[str, tuple[Primitive, ...] | None] = {}
    without: list[Problem] = []
    for population in strategy.populations:
        gate = population.gate
        if grid is not None and isinstance(gate, Gridded) and gate.grid is not None:
            lowered[population.path] = gate.lower_on_grid(population.part)
            continue
        primitives = lowered[population.path] = gate.lower(population.part)
        if grid is not None and any(isinstance(entry, Polygon | Quadric) for entry in primitives or ()):
            text = f"the {gate.kind} gate carries no display grid."
            without.append(Problem("grid-missing", population.path, text))
    if without:
        title = (
            f"grid={grid!r}: {len(without)} gates cannot be evaluated in cells. "
            "Leave grid out for exact geometry, or take the gates from a FlowJo workspace."
        )
        raise GatingError(title, without)
    return lowered


def needs_of(
    strategy: GatingStrategy, population: Population, primitives: tuple[Primitive, ...] | None
) -> list[str]:
    """Return the populations whose marks one reads: its parent, and those a boolean gate refers to."""
    needed = [population.parent] if population.parent else []
    for primitive in primitives or ():
        if isinstance(primitive, Boolean):
            needed += [strategy.find(reference.population).path for reference in primitive.references]
    return needed


def in_order_of_need(
    strategy: GatingStrategy, lowered: dict[str, tuple[Primitive, ...] | None]
) -> list[Population]:
    """Return populations so that each comes after its parent and after those a boolean gate refers to."""
    needs = {entry.path: needs_of(strategy, entry, lowered[entry.path]) for entry in strategy.populations}
    ordered: list[Population] = []
    done: set[str] = set()
    waiting = list(strategy.populations)
    while waiting:  # a strategy has no circles: every round places at least one
        later = []
        for population in waiting:
            if done.issuperset(needs[population.path]):
                ordered.append(population)
                done.add(population.path)
            else:
                later.append(population)
        waiting = later
    return ordered
