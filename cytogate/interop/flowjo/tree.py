"""The populations of a sample as FlowJo nests them, each with its path, stored count and shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.gating.hang import MAX_DEPTH
from cytogate.gating.tree import join
from cytogate.interop.flowjo.gates import BOOLEAN_TAGS, Shape, percent_of, read_boolean, read_gate
from cytogate.interop.flowjo.names import Fault, Unread, children, count_of, local_name, place, required

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_POPULATIONS = 10_000  # of one sample; more are mistakes or attacks

_POPULATIONS = ("Population", *BOOLEAN_TAGS)


@dataclass(frozen=True, slots=True)
class FlowJoPopulation:
    """One population of a sample.

    Attributes
    ----------
    path : str
        As in the strategy: ``"/Singlets/B cells"``.
    names : tuple of str
        The names of the path, from the root.
    parent : str or None
        Path of the parent; None is the root.
    spelled : str
        The path as FlowJo writes it in boolean gates: ``"Singlets/B cells"``.
    count : int or None
        The count that FlowJo stored; None where it calculated none.
    shape : Shape or None
        None where the gate is of a kind that is not read, or wrong.
    inside : bool
        Whether the events inside the shape are the population; else those outside.
    place : str
        File and line.
    unsupported : Problem or None
        Why the gate is not read.
    """

    path: str
    names: tuple[str, ...]
    parent: str | None
    spelled: str
    count: int | None
    shape: Shape | None
    inside: bool
    place: str
    unsupported: Problem | None = None

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.names[-1]


class TreeReader:
    """Walks the populations below a <SampleNode>, parents first.

    `problems` is what is wrong with their gates, `warnings` what was done about their names.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.populations: list[FlowJoPopulation] = []
        self._taken: dict[tuple[str, ...], set[str]] = {}

    def read(self, node: _Element) -> None:
        """Read everything below `node`."""
        waiting: list[tuple[_Element, tuple[str, ...], str]]
        waiting = [(child, (), "") for child in reversed(_below(node))]
        while waiting:
            element, above, spelled = waiting.pop()
            if len(self.populations) >= MAX_POPULATIONS:
                message = f"more than {MAX_POPULATIONS:,} populations."
                self.problems.append(Problem("too-many-gates", place(self.path, element), message))
                return
            if len(above) >= MAX_DEPTH:
                message = f"the gate has more than {MAX_DEPTH} gates above it."
                self.problems.append(Problem("tree-too-deep", place(self.path, element), message))
                continue
            population = self._read(element, above, spelled)
            if population is not None:
                self.populations.append(population)
                waiting += [
                    (child, population.names, f"{population.spelled}/") for child in reversed(_below(element))
                ]

    def _read(self, element: _Element, above: tuple[str, ...], spelled: str) -> FlowJoPopulation | None:
        try:
            name = required(element, "name")
        except Fault as fault:
            self.problems.append(fault.problem(self.path, f"population below {join(above) or 'the root'!r}"))
            return None
        names = (*above, self._free(element, above, name))
        path, unsupported, shape, inside, count = join(names), None, None, True, None
        owner = f"population {path!r}"
        try:
            count = count_of(element)
            if local_name(element) == "Population":
                shape, inside = read_gate(element)
                self._note_percent(element, owner)
            elif local_name(element) == "NotNode" and not children(element, "Dependents"):
                shape, inside = read_gate(element)  # the copy of the gate that it negates is all there is
                inside = not inside
            else:
                shape = read_boolean(element)
        except Fault as fault:
            problem = fault.problem(self.path, owner)
            if isinstance(fault, Unread):
                unsupported = problem
            else:
                self.problems.append(problem)
        parent = join(above) if above else None
        where = place(self.path, element, owner)
        return FlowJoPopulation(path, names, parent, spelled + name, count, shape, inside, where, unsupported)

    def _note_percent(self, element: _Element, owner: str) -> None:
        share = percent_of(element)
        if share:
            message = f"FlowJo may move this gate ({share}); it is taken where it is written."
            self.warnings.append(Problem("gate-may-move", place(self.path, element, owner), message))

    def _free(self, element: _Element, above: tuple[str, ...], name: str) -> str:
        taken = self._taken.setdefault(above, set())
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name} ({number})"
        if free != name:
            message = f"a second population of this name beside the first; it is called {free!r} here."
            where = place(self.path, element, f"population {join((*above, name))!r}")
            self.warnings.append(Problem("population-renamed", where, message))
        taken.add(free)
        return free


def _below(node: _Element) -> list[_Element]:
    # Statistics stand beside populations and make none.
    return [child for holder in children(node, "Subpopulations") for child in children(holder, *_POPULATIONS)]
