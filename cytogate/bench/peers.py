"""The same work through other programs: what they count, from the same files and the same gates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cytogate.errors import InteropError
from cytogate.gating.tree import join
from cytogate.interop.flowkit import to_flowkit
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.bench.inputs import Tube
    from cytogate.bench.work import Counts

_REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
)


class Peer(Protocol):
    """Another program, ready to do the work of `count_tubes`."""

    def count(self) -> Counts:
        """Read, compensate, gate and count all files."""


@dataclass(frozen=True, slots=True)
class PeerKind:
    """How a program is called, and how it is made ready (gates are read before the clock starts)."""

    title: str
    distribution: str
    prepare: Callable[[Sequence[Tube]], Peer]

    @property
    def name(self) -> str:
        """Title and version."""
        return f"{self.title} {installed(self.distribution)}"


class FlowKitPeer:
    """FlowKit: a Sample and one ``gate_sample`` a file.

    Parameters
    ----------
    tubes : sequence of Tube
        Their strategies are handed over by `to_flowkit`.
    """

    def __init__(self, tubes: Sequence[Tube]) -> None:
        _flowkit()
        self._work: list[tuple[str, Any, Mapping[tuple[str, ...], str]]] = []
        made: dict[int, tuple[Any, Mapping[tuple[str, ...], str]]] = {}  # files may share their gates
        for tube in tubes:
            if id(tube.strategy) not in made:
                theirs = to_flowkit(tube.strategy)
                made[id(tube.strategy)] = (theirs, populations_of(theirs))
            self._work.append((tube.path, *made[id(tube.strategy)]))

    def count(self) -> Counts:
        """Read, compensate, gate and count all files."""
        flowkit = _flowkit()
        counts: Counts = {}
        for path, strategy, populations in self._work:
            with _Refusals("FlowKit", path), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = strategy.gate_sample(flowkit.Sample(path)).report
            counts[path] = {
                populations[(*row.gate_path, *_quadrant_gate(row), row.gate_name)]: int(row.n)
                for row in report.rename(columns={"count": "n"}).itertuples()
            }
        return counts


PEERS = {"flowkit": PeerKind("FlowKit", "flowkit", FlowKitPeer)}


def populations_of(strategy: Any) -> dict[tuple[str, ...], str]:
    """Return our path of every population of a FlowKit strategy, by its place there.

    A quadrant gate is a step of the place there, and no population with us.
    """
    places = {(*above, name) for name, above in strategy.get_gate_ids()}
    quadrant_gates = {place for place in places if _is_quadrant_gate(strategy, place)}
    return {place: join(_without(quadrant_gates, place)[1:]) for place in places - quadrant_gates}


def _quadrant_gate(row: Any) -> tuple[str, ...]:
    """Return the step of a place that FlowKit's report keeps in a column of its own."""
    return (row.quadrant_parent,) if isinstance(row.quadrant_parent, str) else ()


def _without(quadrant_gates: set[tuple[str, ...]], place: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for k, name in enumerate(place) if place[: k + 1] not in quadrant_gates)


def _is_quadrant_gate(strategy: Any, place: tuple[str, ...]) -> bool:
    from flowkit.exceptions import QuadrantReferenceError

    try:
        return hasattr(strategy.get_gate(place[-1], place[:-1]), "quadrants")
    except QuadrantReferenceError:  # one of its quadrants
        return False


def differing(ours: Sequence[Counts], others: Sequence[Counts]) -> list[dict[str, Any]]:
    """Return every population that was not counted alike in all runs: file, population, what was found.

    Parameters
    ----------
    ours, others : sequence of counts
        One entry a run; a population that a run does not know counts as None.
    """
    rows = []
    runs = [*ours, *others]
    for file in dict.fromkeys(file for run in runs for file in run):
        for population in dict.fromkeys(name for run in runs for name in run.get(file, {})):
            found = [[run.get(file, {}).get(population) for run in side] for side in (ours, others)]
            if len({count for side in found for count in side}) > 1:
                row = {"file": file, "population": population}
                rows.append(row | {"cytogate": _once(found[0]), "peer": _once(found[1])})
    return rows


def _once(counts: Sequence[int | None]) -> list[int | None]:
    return list(dict.fromkeys(counts))


def _flowkit() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports warn
        import flowkit
    return flowkit


class _Refusals:
    """Say which program refused what, in place of a traceback of its own."""

    def __init__(self, program: str, what: str) -> None:
        self._program = program
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, _REFUSALS):
            message = (
                f"{self._program} does not do this work: {self._what}: {type(error).__name__}: {error}. "
                "Leave out --against, or choose files and gates that it reads."
            )
            raise InteropError(message) from error
