"""Gating strategy: concrete channels, compensation, transforms and geometry in a tree of populations."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import GatingError, Problem
from cytogate.gates.base import Gate, gate_from_dict
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gating.cleaning import CleaningGate, wrong_cleaning
from cytogate.gating.hang import hang
from cytogate.gating.node import GateNode
from cytogate.gating.tree import find
from cytogate.transforms.base import Transform, transform_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = "cytogate.strategy"
VERSION = 1
CLEANED_VERSION = 2  # of strategies with cleaning gates: who does not know them must not pass over them


@dataclass(frozen=True, slots=True)
class Population:
    r"""One population of a strategy.

    Attributes
    ----------
    path : str
        ``"/Singlets/Live/B"``; a ``/`` inside a name is written ``\/``.
    name : str
        The last name of the path, not escaped.
    parent : str or None
        Path of the parent; None is the root.
    gate : Gate
        The gate that makes it.
    part : str or None
        Which part of a gate with several (a quadrant).
    gate_name : str
        Name of the gate; differs from `name` for parts.
    display : Dimension or None
        Second axis to draw a one-dimensional gate on.
    """

    path: str
    name: str
    parent: str | None
    gate: Gate
    part: str | None
    gate_name: str
    display: Dimension | None = None


@dataclass(frozen=True)
class GatingStrategy:
    """What the engine runs: populations parents first, and the matrices and transforms their gates name.

    Build one with `GatingStrategy.build`, which checks the tree; the constructor trusts its arguments.
    `compensated_channels` says, by matrix and then fluorochrome, what a file calls the channel that holds the
    compensated values already; a matrix that stands there is applied as the source of the strategy says, even
    where values look compensated. `cleaning` are gates before the root; what they take out is in no
    population.
    """

    populations: tuple[Population, ...]
    compensations: Mapping[str, CompensationMatrix] = field(default_factory=dict)
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    warnings: tuple[Problem, ...] = ()
    compensation: str | None = None
    compensated_channels: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    cleaning: tuple[CleaningGate, ...] = ()

    @classmethod
    def build(
        cls,
        nodes: Iterable[GateNode],
        *,
        compensations: Mapping[str, CompensationMatrix] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        definitions: Mapping[str, str] | None = None,
        source: str = "",
        warnings: Iterable[Problem] = (),
        compensation: str | None = None,
        compensated_channels: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
        cleaning: Iterable[CleaningGate] = (),
    ) -> GatingStrategy:
        """Return a checked strategy; nodes may stand in any order.

        Parameters
        ----------
        nodes : iterable of GateNode
            The gates; a node may name a parent that is defined after it.
        compensations : mapping of id to CompensationMatrix
            Matrices that dimensions name, beside ``"FCS"`` (the file's own) and ``"uncompensated"``.
        transforms : mapping of id to Transform
            Transforms that dimensions name.
        definitions : mapping of reference to str
            Definition id of populations, by path or unique ending.
        source : str
            Where the strategy comes from, for messages.
        warnings : iterable of Problem
            What was noticed when the strategy was made.
        compensation : str, optional
            Matrix of channels that no gate names, for intensities; by default the one the gates use.
        compensated_channels : mapping of id to mapping of fluorochrome to tuple of str, optional
            Channels that hold compensated values already, in files that have them.
        cleaning : iterable of CleaningGate
            Gates before the root.

        Raises
        ------
        GatingError
            Lists every problem: unknown or ambiguous parents and references, cycles, siblings of one name,
            dimensions that name an unknown matrix or transform.
        """
        entered = tuple(nodes)
        compensations = dict(compensations or {})
        transforms = dict(transforms or {})
        cleaning = tuple(cleaning)
        before = tuple(GateNode(entry.name, entry.gate) for entry in cleaning)
        problems = [
            *_unknown_ids((*entered, *before), {FROM_FILE, UNCOMPENSATED, *compensations}, set(transforms)),
            *wrong_cleaning(cleaning),
        ]
        placed, tree_problems = hang(entered)
        problems += tree_problems
        if problems:
            title = f"{source or 'The strategy'} cannot be used:"
            raise GatingError(title, problems)
        populations = tuple(
            Population(path, name, parent, node.gate, part, node.name, node.display)
            for node, part, name, parent, path in placed
        )
        paths = [population.path for population in populations]
        known = frozenset(paths)
        named = {
            reference if reference in known else find(reference, paths): text
            for reference, text in (definitions or {}).items()
        }
        return cls(
            populations=populations,
            compensations=MappingProxyType(compensations),
            transforms=MappingProxyType(transforms),
            definitions=MappingProxyType(named),
            source=source,
            warnings=tuple(warnings),
            compensation=compensation,
            compensated_channels=MappingProxyType(
                {name: dict(channels) for name, channels in (compensated_channels or {}).items()}
            ),
            cleaning=cleaning,
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Paths of all populations, parents first."""
        return tuple(population.path for population in self.populations)

    @cached_property
    def gates(self) -> tuple[tuple[GateNode, tuple[Population, ...]], ...]:
        """The gates as they were entered, each with the populations it makes: one, or one for each part."""
        made: dict[tuple[int, str, str | None], list[Population]] = {}
        for population in self.populations:
            node = (id(population.gate), population.gate_name, population.parent)  # parts share all three
            made.setdefault(node, []).append(population)
        return tuple(
            (GateNode(first.gate_name, first.gate, first.parent, first.display), (first, *others))
            for first, *others in made.values()
        )

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {path: position for position, path in enumerate(self.paths)}

    def position(self, reference: str) -> int:
        """Return the position in `populations` of the one that a full path or unique ending means."""
        found = self._positions.get(reference)
        return found if found is not None else self._positions[find(reference, self.paths)]

    def find(self, reference: str) -> Population:
        """Return the population that a full path or unique ending means."""
        return self.populations[self.position(reference)]

    def children(self, parent: str | None) -> tuple[Population, ...]:
        """Return the populations directly below a path; None is the root."""
        return tuple(population for population in self.populations if population.parent == parent)

    def transform_of(self, dim: Dimension) -> Transform | None:
        """Return the transform of a dimension, None where values stay as they are."""
        return None if dim.transform is None else self.transforms[dim.transform]

    def __getstate__(self) -> dict[str, Any]:
        # A read-only mapping does not pickle; strategies cross process borders.
        state = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {
            key: dict(value) if isinstance(value, MappingProxyType) else value for key, value in state.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, MappingProxyType(value) if isinstance(value, dict) else value)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `from_dict` reads them back."""
        gates: list[dict[str, Any]] = []
        for node, _ in self.gates:
            entry: dict[str, Any] = {"name": node.name, "parent": node.parent, "gate": node.gate.to_dict()}
            if node.display is not None:
                entry["display"] = node.display.to_dict()
            gates.append(entry)
        compensated = {
            name: {channel: list(names) for channel, names in channels.items()}
            for name, channels in self.compensated_channels.items()
        }
        return {
            "format": FORMAT,
            "version": CLEANED_VERSION if self.cleaning else VERSION,
            "source": self.source,
            "compensations": {name: matrix.to_dict() for name, matrix in self.compensations.items()},
            "transforms": {name: transform.to_dict() for name, transform in self.transforms.items()},
            "gates": gates,
            "definitions": dict(self.definitions),
            "compensation": self.compensation,
            **({"compensated_channels": compensated} if compensated else {}),
            **({"cleaning": [entry.to_dict() for entry in self.cleaning]} if self.cleaning else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GatingStrategy:
        """Return the strategy that `to_dict` described."""
        if data.get("format") != FORMAT or data.get("version") not in (VERSION, CLEANED_VERSION):
            message = (
                f"Not a strategy that this version reads: format {data.get('format')!r}, version "
                f"{data.get('version')!r}; expected {FORMAT!r}, version {VERSION} or {CLEANED_VERSION}."
            )
            raise GatingError(message)
        nodes = [
            GateNode(
                name=entry["name"],
                gate=gate_from_dict(entry["gate"]),
                parent=entry["parent"],
                display=Dimension.from_dict(entry["display"]) if "display" in entry else None,
            )
            for entry in data["gates"]
        ]
        return cls.build(
            nodes,
            compensations={
                name: CompensationMatrix.from_dict(entry) for name, entry in data["compensations"].items()
            },
            transforms={name: transform_from_dict(entry) for name, entry in data["transforms"].items()},
            definitions=data["definitions"],
            source=data["source"],
            compensation=data.get("compensation"),
            compensated_channels={
                name: {channel: tuple(names) for channel, names in channels.items()}
                for name, channels in data.get("compensated_channels", {}).items()
            },
            cleaning=[CleaningGate.from_dict(entry) for entry in data.get("cleaning", ())],
        )


def _unknown_ids(nodes: tuple[GateNode, ...], matrices: set[str], transforms: set[str]) -> list[Problem]:
    problems = []
    for node in nodes:
        dims = (*node.gate.dims, node.display) if node.display is not None else node.gate.dims
        for dim in dims:
            where = f"gate {node.name!r}, dimension {dim.channel!r}"
            if dim.compensation not in matrices:
                text = f"unknown compensation {dim.compensation!r}; known: {', '.join(sorted(matrices))}."
                problems.append(Problem("compensation-unknown", where, text))
            if dim.transform is not None and dim.transform not in transforms:
                text = (
                    f"unknown transform {dim.transform!r}; known: {', '.join(sorted(transforms)) or 'none'}."
                )
                problems.append(Problem("transform-unknown", where, text))
    return problems
