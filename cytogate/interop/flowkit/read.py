"""Make a gating strategy of one of FlowKit's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import CytogateError, InteropError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.tree import join
from cytogate.interop.counterpart import NoCounterpart
from cytogate.interop.flowkit.scales import changes, matrix_from, transform_from
from cytogate.interop.outside import outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.gates.base import Gate
    from cytogate.transforms.base import Transform

Path = tuple[str, ...]  # of names, in FlowKit's way: "root", gates, quadrant gates and quadrants


def from_flowkit(strategy: Any, sample_id: str | None = None) -> GatingStrategy:
    """Return the gating strategy whose populations hold the events that FlowKit's engine gives them.

    Parameters
    ----------
    strategy : flowkit.GatingStrategy
        For example ``session.gating_strategy`` or ``workspace.get_gating_strategy(sample_id)``.
    sample_id : str, optional
        The sample whose custom gates are taken; gates that it has none of, and all without a sample, are
        those of the template.

    Returns
    -------
    GatingStrategy
        Quadrants are children of the parent of their gate, which is no population here. FlowKit compensates
        all channels of a gate when one dimension asks for it, and takes ratios of values as they are stored;
        where a gate says otherwise, what FlowKit does counts, and a warning says so.

    Raises
    ------
    InteropError
        Lists everything that has no counterpart, by population.

    Examples
    --------
    >>> import flowkit
    >>> theirs = flowkit.GatingStrategy()
    >>> bright = flowkit.gates.RectangleGate("bright", [flowkit.Dimension("FITC-A", range_min=500)])
    >>> theirs.add_gate(bright, ("root",))
    >>> from_flowkit(theirs).paths
    ('/bright',)
    """
    if not hasattr(strategy, "get_gate_ids") or not hasattr(strategy, "comp_matrices"):
        _refuse_other_things(strategy)
    return _Reader(strategy, sample_id).read()


def _refuse_other_things(strategy: Any) -> None:
    way = {
        "Session": " Take its gating_strategy.",
        "Workspace": " Take its get_gating_strategy(sample_id).",
    }.get(type(strategy).__name__, "")
    message = f"strategy is a {type(strategy).__name__}; a flowkit.GatingStrategy is expected.{way}"
    raise InteropError(message)


class _Reader:
    def __init__(self, strategy: Any, sample_id: str | None) -> None:
        self.strategy = strategy
        self.sample_id = sample_id
        self.paths: dict[Path, tuple[str, ...]] = {("root",): ()}  # FlowKit's path -> names of ours
        self.taken: set[str] = set()  # paths of all populations
        self.matrices: dict[str, CompensationMatrix] = {}
        self.transforms: dict[str, Transform] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self) -> GatingStrategy:
        entered = []
        for name, above in self.strategy.get_gate_ids():
            gate = self._gate(name, tuple(above))
            is_quadrants = gate is not None and hasattr(gate, "quadrants")
            names = self.paths[tuple(above)]
            self.paths[(*above, name)] = names if is_quadrants else (*names, name)
            if gate is not None:
                entered.append((gate, names))
        self.taken = {join(names) for names in self.paths.values()}
        nodes = [node for gate, names in entered for node in self._nodes(gate, names)]
        if not self.problems:
            try:
                return GatingStrategy.build(
                    nodes,
                    compensations=self.matrices,
                    transforms=self.transforms,
                    source="a FlowKit strategy",
                    warnings=self.warnings,
                )
            except CytogateError as error:
                self.problems += error.problems
        title = "The FlowKit strategy cannot be taken over:"
        raise InteropError(title, self.problems)

    def _gate(self, name: str, above: Path) -> Any:
        """Return a gate as the sample has it; None for a quadrant, which comes with its gate."""
        from flowkit.exceptions import QuadrantReferenceError

        try:
            return self.strategy.get_gate(name, above, sample_id=self.sample_id)
        except QuadrantReferenceError:
            return None

    def _nodes(self, gate: Any, above: tuple[str, ...]) -> Iterator[GateNode]:
        where = f"population {join((*above, gate.gate_name))}"
        parent = join(above) if above else None
        kind = next((base.__name__ for base in type(gate).__mro__ if base.__name__ in _KINDS), None)
        try:
            if kind is None:
                message = f"{type(gate).__name__} has no counterpart here; {', '.join(_KINDS)} have."
                raise NoCounterpart(message)
            for name, made in _KINDS[kind](self, gate, where):
                if getattr(gate, "use_complement", False):
                    nodes, warning = outside(name, made, above, self.taken, where)
                    self.warnings.append(warning)
                    yield from nodes
                else:
                    yield GateNode(name, made, parent)
        except NoCounterpart as error:
            self.problems.append(Problem("flowkit-no-counterpart", where, str(error), error.fix))
        except CytogateError as error:
            text = " ".join(map(str, error.problems)) or str(error)
            self.problems.append(Problem("flowkit-gate", where, text))

    # dimensions

    def _dims(self, theirs: list[Any], where: str) -> tuple[Dimension, ...]:
        named = {dim.compensation_ref for dim in theirs if not hasattr(dim, "ratio_ref")}
        named -= {None, UNCOMPENSATED}
        if len(named) > 1:
            names = ", ".join(sorted(named))
            message = f"its dimensions name the matrices {names}, and FlowKit can have one."
            raise NoCounterpart(message, "Let all dimensions of a gate name the same matrix.")
        return tuple(self._dim(dim, next(iter(named), None), where) for dim in theirs)

    def _dim(self, theirs: Any, matrix: str | None, where: str) -> Dimension:
        transform = self._transform(theirs.transformation_ref)
        if hasattr(theirs, "ratio_ref"):
            if theirs.compensation_ref not in (None, UNCOMPENSATED):
                self._warn(where, f"FlowKit takes the ratio {theirs.ratio_ref} of values not compensated.")
            return Dimension(str(theirs.ratio_ref), UNCOMPENSATED, transform, self._ratio(theirs.ratio_ref))
        channel = str(theirs.dimension_ref if hasattr(theirs, "dimension_ref") else theirs.id)
        reference = theirs.compensation_ref or UNCOMPENSATED
        if matrix is not None and reference == UNCOMPENSATED and self._changes(matrix, channel):
            self._warn(where, f"FlowKit compensates {channel}, too, since another dimension asks for it.")
            reference = matrix
        if reference not in (UNCOMPENSATED, FROM_FILE):
            self._matrix(reference)
        return Dimension(channel, reference, transform)

    def _warn(self, where: str, text: str) -> None:
        self.warnings.append(Problem("flowkit-compensation", where, text))

    def _changes(self, matrix: str, channel: str) -> bool:
        return changes(None if matrix == FROM_FILE else self._matrix(matrix), channel)

    def _matrix(self, reference: str) -> CompensationMatrix:
        if reference not in self.matrices:
            if reference not in self.strategy.comp_matrices:
                message = f"the strategy has no matrix {reference!r}."
                raise NoCounterpart(message, "Add it with add_comp_matrix.")
            self.matrices[reference] = matrix_from(self.strategy.comp_matrices[reference])
        return self.matrices[reference]

    def _transform(self, reference: str | None) -> str | None:
        if reference is not None and reference not in self.transforms:
            self.transforms[reference] = transform_from(self._their_transform(reference))
        return reference

    def _their_transform(self, reference: str) -> Any:
        if reference not in self.strategy.transformations:
            message = f"the strategy has no transform {reference!r}."
            raise NoCounterpart(message, "Add it with add_transform.")
        return self.strategy.transformations[reference]

    def _ratio(self, reference: str) -> Ratio:
        theirs = self._their_transform(reference)
        numerator, denominator = map(str, theirs.dimensions)
        return Ratio(numerator, denominator, A=theirs.param_a, B=theirs.param_b, C=theirs.param_c)

    # gates, each as (name, gate) of the nodes that it becomes

    def rectangle(self, gate: Any, where: str) -> Iterator[tuple[str, Gate]]:
        dims = self._dims(gate.dimensions, where)
        low = tuple(_bound(getattr(dim, "min", None), -math.inf) for dim in gate.dimensions)
        high = tuple(_bound(getattr(dim, "max", None), math.inf) for dim in gate.dimensions)
        yield gate.gate_name, RectangleGate(dims, low, high)

    def polygon(self, gate: Any, where: str) -> Iterator[tuple[str, Gate]]:
        dims = self._dims(gate.dimensions, where)
        yield gate.gate_name, PolygonGate(dims, np.asarray(gate.vertices, dtype=np.float64))

    def ellipsoid(self, gate: Any, where: str) -> Iterator[tuple[str, Gate]]:
        dims = self._dims(gate.dimensions, where)
        yield (
            gate.gate_name,
            EllipsoidGate(dims, gate.coordinates, gate.covariance_matrix, float(gate.distance_square)),
        )

    def boolean(self, gate: Any, where: str) -> Iterator[tuple[str, Gate]]:
        references = []
        for entry in gate.gate_refs:
            path = (*entry.get("path", ()), entry["ref"])
            if path not in self.paths:
                message = f"it refers to {'/'.join(path)}, which the strategy does not have."
                raise NoCounterpart(message, "Give the whole path, beginning with 'root'.")
            references.append(Reference(join(self.paths[path]), bool(entry.get("complement", False))))
        if gate.type == "not":
            references = references[:1]  # FlowKit looks at the first alone
        elif len(references) == 1:
            references *= 2
        yield gate.gate_name, BooleanGate(gate.type, tuple(references))

    def quadrants(self, gate: Any, where: str) -> Iterator[tuple[str, Gate]]:
        dims = self._dims(gate.dimensions, where)
        cuts = [tuple(sorted({float(cut) for cut in divider.values})) for divider in gate.dimensions]
        places = {divider.id: at for at, divider in enumerate(gate.dimensions)}
        ranges = {
            name: {
                places[divider]: (_bound(low, -math.inf), _bound(high, math.inf))
                for divider in quadrant.divider_refs
                for low, high in [quadrant.get_divider_range(divider)]
            }
            for name, quadrant in gate.quadrants.items()
        }
        intervals = [
            {borders: at for at, borders in enumerate(zip((-math.inf, *own), (*own, math.inf), strict=True))}
            for own in cuts
        ]
        if all(borders in intervals[at] for part in ranges.values() for at, borders in part.items()):
            parts = tuple(
                Quadrant(name, tuple((at, intervals[at][borders]) for at, borders in part.items()))
                for name, part in ranges.items()
            )
            yield gate.gate_name, QuadrantGate(dims, tuple(cuts), parts)
            return
        for name, part in ranges.items():  # a part that reaches over a cut is a rectangle of its own
            low, high = zip(*part.values(), strict=True)
            yield name, RectangleGate(tuple(dims[at] for at in part), low, high)


_KINDS: dict[str, Callable[[_Reader, Any, str], Iterator[tuple[str, Gate]]]] = {
    "RectangleGate": _Reader.rectangle,
    "PolygonGate": _Reader.polygon,
    "EllipsoidGate": _Reader.ellipsoid,
    "QuadrantGate": _Reader.quadrants,
    "BooleanGate": _Reader.boolean,
}


def _bound(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)
