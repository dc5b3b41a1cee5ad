"""Hang gates in a tree: find every parent, whatever the order of definition, and name what does not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import GatingError, Problem, nearest
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.primitive import Reference
from cytogate.gating.tree import find, join, matches, split

if TYPE_CHECKING:
    from cytogate.gating.node import GateNode

MAX_DEPTH = 200  # deeper trees are mistakes or attacks

# A population before it has a path: position of its node, and the part of the gate.
_Maker = tuple[int, str | None]
# node, part, name, path of the parent, path
Placed = tuple["GateNode", str | None, str, str | None, str]


def hang(nodes: tuple[GateNode, ...]) -> tuple[list[Placed], list[Problem]]:
    """Return the populations that `nodes` make, parents first, and every problem of the tree.

    Where there are problems the list of populations is empty.
    """
    tree = _Tree(nodes)
    problems = [*_nameless(nodes), *tree.find_parents()]
    if problems:
        return [], problems
    placed = tree.in_order()
    problems = _twins(placed)
    if problems:
        return [], problems
    return _with_full_references(placed)


def _nameless(nodes: tuple[GateNode, ...]) -> list[Problem]:
    """Return a problem for every population of an empty name: its path would be that of the root."""
    fix = "Give the gate, or its quadrant, a name."
    return [
        Problem("name-empty", f"gate {position}", "the population has no name.", fix)
        for position, node in enumerate(nodes, start=1)
        if "" in (node.gate.parts or (node.name,))
    ]


class _Tree:
    def __init__(self, nodes: tuple[GateNode, ...]) -> None:
        self.nodes = nodes
        self.makers: dict[str, list[_Maker]] = {}
        for position, node in enumerate(nodes):
            for part in node.gate.parts or (None,):
                self.makers.setdefault(node.name if part is None else part, []).append((position, part))
        self.parents: dict[int, _Maker | None] = {}
        self.paths: dict[int, tuple[str, ...]] = {}  # path of the parent of a node

    def find_parents(self) -> list[Problem]:
        self._settle_full_paths()
        problems: dict[int, Problem] = {}
        for position in range(len(self.nodes)):
            self._settle(position, problems, (), set())
        return [problems[position] for position in sorted(problems)]

    def _settle_full_paths(self) -> None:
        """Settle, from the root down, the nodes whose parent is a full path: each is looked at once.

        Where two populations have one path, either is taken; that there are two is told later.
        """
        below: dict[tuple[str, ...], list[int]] = {}
        ready: list[tuple[int, _Maker | None, tuple[str, ...]]] = []
        for position, node in enumerate(self.nodes):
            if node.parent is None:
                ready.append((position, None, ()))
                continue
            wanted, absolute = split(node.parent)
            if absolute and len(wanted) < MAX_DEPTH:
                below.setdefault(wanted, []).append(position)
        while ready:
            position, maker, above = ready.pop()
            self.parents[position], self.paths[position] = maker, above
            for part in self.nodes[position].gate.parts or (None,):
                path = (*above, self.nodes[position].name if part is None else part)
                ready += [(child, (position, part), path) for child in below.pop(path, ())]

    def _settle(
        self, position: int, problems: dict[int, Problem], under: tuple[int, ...], looped: set[int]
    ) -> tuple[str, ...] | None:
        """Return the path of the parent of a node, or None where it has none that can be found."""
        if position in self.paths:
            return self.paths[position]
        if position in problems:
            return None
        if position in under or len(under) >= MAX_DEPTH:
            looped.add(position)
            return None
        node = self.nodes[position]
        if node.parent is None:
            self.parents[position] = None
            self.paths[position] = ()
            return ()
        wanted, absolute = split(node.parent)
        candidates: list[tuple[_Maker, tuple[str, ...]]] = []
        loops = False
        broken = False
        for maker in self.makers.get(wanted[-1], []):
            above = self._settle(maker[0], problems, (*under, position), looped)
            if above is None:
                loops |= maker[0] in looped
                broken |= maker[0] in problems
                continue
            path = (*above, wanted[-1])
            if matches(path, wanted, absolute=absolute):
                candidates.append((maker, path))
        if len(candidates) == 1:
            self.parents[position], self.paths[position] = candidates[0]
            return self.paths[position]
        if loops and under:  # the node that began the search reports the loop
            looped.add(position)
            return None
        problems[position] = self._no_parent(
            node, [join(path) for _, path in candidates], loops=loops, broken=broken
        )
        return None

    def _no_parent(self, node: GateNode, candidates: list[str], *, loops: bool, broken: bool) -> Problem:
        where = f"gate {node.name!r}"
        if candidates:
            text = f"parent {node.parent!r} is ambiguous: it may be {' or '.join(candidates)}."
            return Problem("parent-ambiguous", where, text, "Write more of the path.")
        if loops:
            return Problem("parent-cycle", where, f"parent {node.parent!r} is reached from the gate itself.")
        if broken:
            return Problem("parent-broken", where, f"parent {node.parent!r} has a problem of its own.")
        text = f"unknown parent {node.parent!r}. {nearest(str(node.parent), list(self.makers))}"
        return Problem("parent-unknown", where, text)

    def in_order(self) -> list[Placed]:
        """Return every population, depth first, in the order of definition."""
        below: dict[_Maker | None, list[int]] = {}
        for position in range(len(self.nodes)):
            below.setdefault(self.parents[position], []).append(position)
        placed: list[Placed] = []
        waiting: list[_Maker] = self._made_by(below.get(None, []))
        while waiting:
            position, part = maker = waiting.pop()
            node = self.nodes[position]
            name = node.name if part is None else part
            above = self.paths[position]
            placed.append((node, part, name, join(above) if above else None, join((*above, name))))
            waiting += self._made_by(below.get(maker, []))
        return placed

    def _made_by(self, positions: list[int]) -> list[_Maker]:
        made: list[_Maker] = [(at, part) for at in positions for part in self.nodes[at].gate.parts or (None,)]
        return made[::-1]


def _twins(placed: list[Placed]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for node, _, name, parent, path in placed:
        if path in seen:
            text = f"a second population {name!r} below {parent or 'the root'}."
            problems.append(
                Problem("population-twice", f"gate {node.name!r}", text, "Give siblings different names.")
            )
        seen.add(path)
    return problems


def _with_full_references(placed: list[Placed]) -> tuple[list[Placed], list[Problem]]:
    """Write the references of boolean gates as full paths; refuse unknown ones and circles."""
    paths = [path for *_, path in placed]
    known = frozenset(paths)
    problems: list[Problem] = []
    needs: dict[str, set[str]] = {path: {parent} if parent else set() for *_, parent, path in placed}
    full: list[Placed] = []
    for node, part, name, parent, path in placed:
        if isinstance(node.gate, BooleanGate):
            references = []
            for reference in node.gate.references:
                wanted = reference.population
                try:
                    path_of_it = wanted if wanted in known else find(wanted, paths)
                    references.append(Reference(path_of_it, reference.complement))
                except GatingError as error:
                    problems.append(Problem("reference", f"gate {node.name!r}", str(error.title)))
            needs[path] |= {reference.population for reference in references}
            if len(references) == len(node.gate.references):
                node = replace(node, gate=replace(node.gate, references=tuple(references)))
        full.append((node, part, name, parent, path))
    if not problems:
        problems = _circles(needs)
    return ([], problems) if problems else (full, [])


def _circles(needs: dict[str, set[str]]) -> list[Problem]:
    needed_by: dict[str, list[str]] = {}
    for path, needed in needs.items():
        for other in needed:
            needed_by.setdefault(other, []).append(path)
    waiting = {path: len(needed) for path, needed in needs.items()}
    ready = [path for path, count in waiting.items() if count == 0]
    while ready:
        done = ready.pop()
        del waiting[done]
        for path in needed_by.get(done, ()):
            waiting[path] -= 1
            if waiting[path] == 0:
                ready.append(path)
    return [
        Problem("reference-cycle", f"population {path!r}", "refers to itself by way of other populations.")
        for path in waiting
    ]
