"""From ids to a tree: every parent and reference is found, whatever the order in the file."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.gating.hang import MAX_DEPTH
from cytogate.interop.elements import line_of, place
from cytogate.interop.gatingml.schema import enough, known_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cytogate.interop.gatingml.read_gates import GateElement


def populations_of(gates: Iterable[GateElement]) -> dict[str, GateElement]:
    """Return which gate makes the population of an id: the gate itself, or its quadrants where it has any."""
    made: dict[str, GateElement] = {}
    for gate in gates:
        for identity in [part for part, _ in gate.parts] or [gate.id]:
            made[identity] = gate
    return made


def unknown_references(gates: Sequence[GateElement], broken: Collection[str], path: str) -> list[Problem]:
    """Return a problem for each parent and reference that is no population of the file.

    `broken` are ids of gates that have problems of their own; to refer to them is no second problem.
    """
    made = populations_of(gates)
    dividers = {gate.id: gate for gate in gates if gate.parts}
    problems: list[Problem] = []
    ids = list(made)
    for gate in gates:
        for need in gate.needs:
            if need in made or need in broken:
                continue
            if enough(problems, path):
                return problems
            word = "parent" if need == gate.parent_id else "reference"
            if need in dividers:
                quadrants = known_ids(part for part, _ in dividers[need].parts)
                message = (
                    f"{word} {need!r} is a quadrant gate, no population; its quadrants are: {quadrants}."
                )
            else:
                message = f"{word} {need!r} is not in this file. {nearest(need, ids[:1000])}"
            problems.append(
                Problem(f"{word}-unknown", place(path, gate.element, f"gate {gate.id!r}"), message)
            )
    return problems


def in_order(gates: Sequence[GateElement], path: str) -> tuple[list[GateElement], list[Problem]]:
    """Return the gates so that each follows its parent and references, else in the order of the file.

    Where gates need each other in a circle, one circle is returned as a problem.
    """
    made = populations_of(gates)
    position = {gate.id: at for at, gate in enumerate(gates)}
    open_needs = {gate.id: {made[need].id for need in gate.needs} for gate in gates}
    needed_by: dict[str, list[str]] = {}
    for identity, needs in open_needs.items():
        for need in needs:
            needed_by.setdefault(need, []).append(identity)
    ready = [position[identity] for identity, needs in open_needs.items() if not needs]
    heapq.heapify(ready)
    ordered: list[GateElement] = []
    while ready:
        gate = gates[heapq.heappop(ready)]
        ordered.append(gate)
        del open_needs[gate.id]
        for identity in needed_by.get(gate.id, ()):
            open_needs[identity].discard(gate.id)
            if not open_needs[identity]:
                heapq.heappush(ready, position[identity])
    if not open_needs:
        return ordered, []
    circle = _one_circle(open_needs)
    first = gates[position[circle[0]]]
    chain = " -> ".join(
        repr(identity) for identity in (*circle[:8], *(["..."] if len(circle) > 8 else []), circle[0])
    )
    message = f"gates need each other in a circle: {chain}."
    return [], [Problem("gate-cycle", place(path, first.element, f"gate {first.id!r}"), message)]


def _one_circle(open_needs: Mapping[str, set[str]]) -> list[str]:
    walked: dict[str, int] = {}
    identity = next(iter(open_needs))
    while identity not in walked:
        walked[identity] = len(walked)
        identity = min(need for need in open_needs[identity] if need in open_needs)
    return list(walked)[walked[identity] :]


def names_of(ordered: Iterable[GateElement], path: str) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return the names from the root down to each population, by id.

    A tree that is too deep, and two populations of one name and parent, are problems.
    """
    names: dict[str, tuple[str, ...]] = {}
    lines: dict[tuple[str, ...], int] = {}
    problems: list[Problem] = []
    for gate in ordered:
        above = names[gate.parent_id] if gate.parent_id is not None else ()
        where = place(path, gate.element, f"gate {gate.id!r}")
        if len(above) >= MAX_DEPTH:
            message = f"the gate has more than {MAX_DEPTH} gates above it."
            return {}, [*problems, Problem("tree-too-deep", where, message)]
        for identity, name in gate.parts or ((gate.id, gate.name),):
            names[identity] = (*above, name)
            if names[identity] in lines and not enough(problems, path):
                parent = repr(above[-1]) if above else "the root"
                message = (
                    f"a second population {name!r} below {parent}; "
                    f"the first is on line {lines[names[identity]]}."
                )
                problems.append(Problem("population-twice", where, message, "Give siblings different names."))
            lines.setdefault(names[identity], line_of(gate.element))
    return names, problems
