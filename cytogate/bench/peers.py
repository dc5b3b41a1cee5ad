"""The same work through other programs: what they count, from the same files and the same Gating-ML."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cytogate.errors import InteropError
from cytogate.gating.tree import join
from cytogate.interop.elements import GATING
from cytogate.interop.gatingml import write_gatingml
from cytogate.interop.gatingml.schema import CYTOGATE, noted_name
from cytogate.interop.xml import parse_xml
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

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
    prepare: Callable[[Sequence[Tube], Path], Peer]

    @property
    def name(self) -> str:
        """Title and version."""
        return f"{self.title} {installed(self.distribution)}"


class FlowKitPeer:
    """FlowKit: a Sample and one ``gate_sample`` a file.

    Parameters
    ----------
    tubes : sequence of Tube
    folder : Path
        Where the Gating-ML files are written that it reads.
    """

    def __init__(self, tubes: Sequence[Tube], folder: Path) -> None:
        flowkit = _flowkit()
        self._work: list[tuple[str, Any, Mapping[str, str]]] = []
        written: dict[int, tuple[Any, Mapping[str, str]]] = {}  # files that share gates share the reading
        for number, tube in enumerate(tubes):
            if id(tube.strategy) not in written:
                gates = folder / f"gates-{number}.xml"
                write_gatingml(tube.strategy, gates)
                with _Refusals("FlowKit", "the gates"):
                    written[id(tube.strategy)] = (flowkit.parse_gating_xml(str(gates)), ids_to_names(gates))
            self._work.append((tube.path, *written[id(tube.strategy)]))

    def count(self) -> Counts:
        """Read, compensate, gate and count all files."""
        flowkit = _flowkit()
        counts: Counts = {}
        for path, strategy, names in self._work:
            with _Refusals("FlowKit", path), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = strategy.gate_sample(flowkit.Sample(path)).report
            ids, parents = report["gate_name"].tolist(), report["parent"].tolist()
            above = dict(zip(ids, parents, strict=True))
            counts[path] = {
                _path(identity, above, names): int(count)
                for identity, count in zip(ids, report["count"], strict=True)
            }
        return counts


PEERS = {"flowkit": PeerKind("FlowKit", "flowkit", FlowKitPeer)}


def ids_to_names(gates: Path) -> dict[str, str]:
    """Return what each gate and quadrant of a Gating-ML file is called in cytogate, by its id."""
    names = {}
    tree = parse_xml(gates)
    for element in tree.iter():
        identity = element.get(f"{{{GATING}}}id")
        if identity is not None:
            names[identity] = noted_name(element, identity)
    for own in tree.iter(f"{{{CYTOGATE}}}quadrant"):
        identity, name = own.get(f"{{{CYTOGATE}}}ref"), own.get(f"{{{CYTOGATE}}}value")
        if identity is not None and name is not None:
            names[identity] = name
    return names


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


def _path(identity: str, above: Mapping[str, str], names: Mapping[str, str]) -> str:
    parts = []
    at = identity
    while at in above:  # the root is no gate
        parts.append(names.get(at, at))
        at = above[at]
    return join(tuple(reversed(parts)))


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
