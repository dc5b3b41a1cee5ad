"""Cleaning gates: ordinary gates in front of the tree that take events out, whatever the populations are.

They stand before the root: an event that they take out is in no population and not in the root, and the
path of every population stays. For programs that know one tree only, `in_front` hangs them in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.gating.strategy import GatingStrategy

CLEAN = "Clean"  # the population of events that are left, in programs that see the gates in the tree


@dataclass(frozen=True, slots=True)
class CleaningGate:
    """A rectangle or range in front of the tree.

    Attributes
    ----------
    name : str
        What it is called where it is drawn or exported: ``"Time 12.5 to 14"``.
    gate : RectangleGate
        On channels as they are, compensated or not, as any gate.
    keeps : bool
        Whether events inside stay (a range of values), or leave (an interval of time, one dimension).
    check : str
        The check that asked for it.
    """

    name: str
    gate: RectangleGate
    keeps: bool
    check: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"name": self.name, "keeps": self.keeps, "check": self.check, "gate": self.gate.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CleaningGate:
        """Return the gate that `to_dict` described."""
        gate = RectangleGate.from_dict(data["gate"])
        return cls(str(data["name"]), gate, bool(data["keeps"]), str(data.get("check", "")))


def wrong_cleaning(gates: Iterable[CleaningGate]) -> list[Problem]:
    """Return a problem for each gate that cannot stand before the root."""
    problems = []
    for entry in gates:
        where = f"cleaning gate {entry.name!r}"
        if entry.gate.kind != RectangleGate.kind:
            text = f"found a {entry.gate.kind} gate; a rectangle or range is expected."
            problems.append(Problem("cleaning-kind", where, text))
        elif not entry.keeps and len(entry.gate.dims) != 1:
            text = f"found {len(entry.gate.dims)} dimensions; what takes events out has one."
            problems.append(Problem("cleaning-kind", where, text, "Write one gate for each dimension."))
    return problems


def with_cleaning(strategy: GatingStrategy, gates: Iterable[CleaningGate]) -> GatingStrategy:
    """Return a strategy with these gates in front of its tree, in place of any before.

    Raises
    ------
    GatingError
        A gate cannot stand there; lists all.
    """
    entered = tuple(gates)
    problems = wrong_cleaning(entered)
    if problems:
        title = f"{strategy.source or 'The strategy'} cannot be cleaned:"
        raise GatingError(title, problems)
    return replace(strategy, cleaning=entered)


def stays(
    gates: Iterable[CleaningGate], values: NDArray[np.float64], channels: Sequence[str]
) -> NDArray[np.bool_]:
    """Return (n,) which events some gates leave.

    Parameters
    ----------
    gates : iterable of CleaningGate
        On channels as they are, not compensated.
    values : (n, n_channels) float64
        Scale values.
    channels : sequence of str
        Names of the columns.

    Examples
    --------
    >>> from cytogate.gates.dimension import Dimension
    >>> clog = CleaningGate("Time", RectangleGate((Dimension("Time"),), (1.0,), (2.0,)), keeps=False)
    >>> stays([clog], np.array([[0.5], [1.5], [2.0]]), ["Time"]).tolist()
    [True, False, True]
    """
    left = np.ones(len(values), dtype=np.bool_)
    for entry in gates:
        columns = [channels.index(dim.channel) for dim in entry.gate.dims]
        left &= entry.gate.contains(values[:, columns]) == entry.keeps
    return left


def in_front(strategy: GatingStrategy) -> tuple[GatingStrategy, dict[str, CleaningGate], str | None]:
    """Return the strategy with its cleaning as gates of the tree, for programs that know nothing else.

    Returns
    -------
    strategy : GatingStrategy
        Without `cleaning`; every path begins with those of the gates in front.
    gates : mapping of path to CleaningGate
        Which populations are cleaning gates.
    clean : str or None
        Path of the population below which the tree hangs; None where nothing is cleaned.
    """
    if not strategy.cleaning:
        return strategy, {}, None
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.tree import join, split

    taken = {split(path)[0][0] for path in strategy.paths}
    nodes: list[GateNode] = []
    made: dict[str, CleaningGate] = {}
    above: tuple[str, ...] = ()
    for entry in (entry for entry in strategy.cleaning if entry.keeps):
        name = _free(entry.name, taken)
        nodes.append(GateNode(name, entry.gate, join(above) if above else None))
        above = (*above, name)
        made[join(above)] = entry
    leaving = []
    for entry in (entry for entry in strategy.cleaning if not entry.keeps):
        name = _free(entry.name, taken)
        nodes.append(GateNode(name, entry.gate, join(above) if above else None))
        leaving.append(join((*above, name)))
        made[leaving[-1]] = entry
    if leaving:
        name = _free(CLEAN, taken)
        references = tuple(Reference(path, complement=True) for path in leaving)
        rest = (
            BooleanGate("and", references)
            if len(leaving) > 1
            else BooleanGate("not", (Reference(leaving[0]),))
        )
        nodes.append(GateNode(name, rest, join(above) if above else None))
        above = (*above, name)

    def moved(path: str) -> str:
        return join((*above, *split(path)[0]))

    for node, _ in strategy.gates:
        gate = node.gate
        if isinstance(gate, BooleanGate):
            gate = replace(
                gate,
                references=tuple(
                    Reference(moved(reference.population), reference.complement)
                    for reference in gate.references
                ),
            )
        nodes.append(
            replace(node, gate=gate, parent=join(above) if node.parent is None else moved(node.parent))
        )
    built = GatingStrategy.build(
        nodes,
        compensations=strategy.compensations,
        transforms=strategy.transforms,
        definitions={moved(path): text for path, text in strategy.definitions.items()},
        source=strategy.source,
        warnings=strategy.warnings,
        compensation=strategy.compensation,
        compensated_channels=strategy.compensated_channels,
    )
    return built, made, join(above)


def _free(name: str, taken: set[str]) -> str:
    """Return the name, or with a number where it is taken; it is taken then."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name} {number}", number + 1
    taken.add(found)
    return found
