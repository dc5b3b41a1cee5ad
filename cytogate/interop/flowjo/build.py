"""From a sample of a workspace to a gating strategy: geometry on the scales of its axes, parents first."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError, InteropError, Problem, nearest
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.interop.flowjo.axes import Axes, Refusal
from cytogate.interop.flowjo.gates import USUAL_RESOLUTION, Box, Combination, Outline, Oval
from cytogate.interop.flowjo.grid import grid_of
from cytogate.interop.outside import outside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.base import Gate
    from cytogate.gates.grid import Grid
    from cytogate.interop.flowjo.axis import Axis
    from cytogate.interop.flowjo.gates import Point
    from cytogate.interop.flowjo.samples import FlowJoSample
    from cytogate.interop.flowjo.tree import FlowJoPopulation

END_ROUNDED = 1.0  # so far at most are the ends of an ellipse from where they were, in units of the plot
OVAL_UNITS = 256.0  # ellipses are drawn on axes of so many units, whatever their resolution


def build_strategy(
    sample: FlowJoSample, file: EventSource | None, path: str, *, skip_unsupported: bool
) -> GatingStrategy:
    """Return the strategy of a sample.

    Parameters
    ----------
    sample : FlowJoSample
    file : EventSource or None
        The events that are to be gated; settles which channels there are.
    path : str
        The workspace.
    skip_unsupported : bool
        Leave out gates that this version does not read, and what needs them, each with a warning.

    Raises
    ------
    InteropError
        Lists every problem of the sample with file, line and population.
    """
    title = f"Sample {sample.name!r} of {path} cannot be gated:"
    axes = Axes(sample, file)
    plan = _Plan(sample, axes)
    plan.place_shapes()
    problems = plan.what_prevents(skip_unsupported=skip_unsupported)
    if problems:
        raise InteropError(title, problems)
    nodes = plan.nodes()
    dims = [dim for node in nodes for dim in node.gate.dims]
    transforms = {dim.transform: axes.transforms[dim.transform] for dim in dims if dim.transform is not None}
    used = {dim.compensation for dim in dims}
    try:
        return GatingStrategy.build(
            nodes,
            compensations={name: matrix for name, matrix in axes.compensations.items() if name in used},
            transforms=transforms,
            source=f"{path}, sample {sample.name!r}",
            warnings=[*sample.warnings, *axes.warnings, *plan.warnings],
            compensated_channels={name: axes.compensated[name] for name in used if name in axes.compensated},
        )
    except GatingError as error:
        raise InteropError(title, error.problems) from error


def what_prevents(sample: FlowJoSample, *, skip_unsupported: bool) -> list[Problem]:
    """Return why a sample cannot be gated, as far as this can be told before its shapes meet their scales."""
    return _Plan(sample, Axes(sample, None)).what_prevents(skip_unsupported=skip_unsupported)


class _Plan:
    """Which populations of a sample can be made, of what, and which cannot."""

    def __init__(self, sample: FlowJoSample, axes: Axes) -> None:
        self.sample = sample
        self.warnings: list[Problem] = []
        self._problems: list[Problem] = []
        self._refusals: list[Problem] = []
        self._gates: dict[str, Gate] = {}
        self._shapes: dict[str, tuple[Box | Outline | Oval, list[Axis]]] = {}
        self._spelled: dict[str, list[str]] = {}
        for population in sample.populations:
            self._spelled.setdefault(population.spelled, []).append(population.path)
        for population in sample.populations:
            self._enter(population, axes)

    def _enter(self, population: FlowJoPopulation, axes: Axes) -> None:
        """Note what makes a population, or why nothing does."""
        if population.unsupported is not None:
            self._refusals.append(population.unsupported)
            return
        shape = population.shape
        try:
            if isinstance(shape, Combination):
                references = tuple(Reference(self._meant(name)) for name in shape.populations)
                self._gates[population.path] = BooleanGate(shape.operation, references)
            elif shape is not None:  # else it is one of the sample's problems
                found = [axes.find(parameter) for parameter in shape.parameters]
                self._shapes[population.path] = shape, found
        except Refusal as refusal:
            kept = self._refusals if refusal.unsupported else self._problems
            kept.append(refusal.problem(population.place))

    def place_shapes(self) -> None:
        """Make the gates of the shapes, or note why they are none."""
        for population in self.sample.populations:
            if population.path not in self._shapes:
                continue
            try:
                self._gates[population.path] = place_gate(*self._shapes[population.path])
            except GatingError as error:
                self._refusals += [
                    Problem(one.code, population.place, f"{one.location}: {one.message}", one.fix)
                    for one in error.problems
                ] or [Problem("gate", population.place, str(error))]

    def what_prevents(self, *, skip_unsupported: bool) -> list[Problem]:
        """Return what is wrong; refusals are not where they may be left out."""
        problems = [*self.sample.problems, *self._problems]
        if not skip_unsupported:
            fix = "Read the others with on_unsupported='skip'."
            problems += [replace(refusal, fix=refusal.fix or fix) for refusal in self._refusals]
        return problems

    def _meant(self, spelled: str) -> str:
        """Return the path of the population that a boolean gate names, by its path or a unique ending."""
        wanted = spelled.strip("/")
        found = self._spelled.get(wanted) or [
            path for known, paths in self._spelled.items() if known.endswith(f"/{wanted}") for path in paths
        ]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"it depends on {spelled!r}, which may be {' or '.join(found)}."
            raise Refusal(message, code="reference-ambiguous", unsupported=True)
        message = f"it depends on {spelled!r}, which the sample lacks. {nearest(wanted, list(self._spelled))}"
        raise Refusal(message, code="reference-unknown", unsupported=True)

    def _leave_out(self) -> None:
        """Take out populations below, or made of, populations that are not there."""
        self.warnings += [replace(one, message=f"left out: {one.message}") for one in self._refusals]
        needed_by: dict[str, list[FlowJoPopulation]] = {}
        for population in self.sample.populations:
            gate = self._gates.get(population.path)
            needs = {population.parent} if population.parent is not None else set()
            if isinstance(gate, BooleanGate):
                needs |= {reference.population for reference in gate.references}
            for need in needs:
                needed_by.setdefault(need, []).append(population)
        missing = [one.path for one in self.sample.populations if one.path not in self._gates]
        while missing:
            absent = missing.pop()
            for population in needed_by.get(absent, ()):
                if self._gates.pop(population.path, None) is None:
                    continue
                message = f"left out: it needs {absent!r}, which is left out."
                self.warnings.append(Problem("gate-left-out", population.place, message))
                missing.append(population.path)

    def nodes(self) -> list[GateNode]:
        """Return the nodes of the strategy; events outside a shape are a boolean ``not`` of those inside."""
        self._leave_out()
        taken = {one.path for one in self.sample.populations}
        entered = []
        for population in self.sample.populations:
            gate = self._gates.get(population.path)
            if gate is None:
                continue
            if population.inside:
                entered.append(GateNode(population.name, gate, population.parent))
                continue
            above = population.names[:-1]
            nodes, warning = outside(population.name, gate, above, taken, population.place)
            entered += nodes
            self.warnings.append(warning)
        return entered


def place_gate(shape: Box | Outline | Oval, axes: Sequence[Axis]) -> Gate:
    """Return the gate of a shape, with its numbers on the scales of its axes.

    Raises
    ------
    GatingError
        The shape is none: too few vertices, a range without room, an ellipse without area.
    """
    if isinstance(shape, Box):
        return _rectangle(shape, axes)
    dims = tuple(axis.plot_dim for axis in axes)
    grid = grid_of(axes, shape.resolution)
    if isinstance(shape, Outline):
        return _polygon(shape, axes, grid)
    mean, covariance = ellipse_of(shape.foci, shape.edge, shape.long_axis)
    low = np.array([axis.ends[0] for axis in axes])
    unit = np.array([(axis.ends[1] - axis.ends[0]) / OVAL_UNITS for axis in axes])
    return EllipsoidGate(dims, low + mean * unit, covariance * np.outer(unit, unit), 1.0, grid)


def _polygon(shape: Outline, axes: Sequence[Axis], grid: Grid | None) -> PolygonGate:
    """Return an outline; one wholly beyond the end of a table, where FlowJo has a line, as it was drawn."""
    x, y = axes
    vertices = [(x.plot_position(across), y.plot_position(up)) for across, up in shape.vertices]
    try:
        return PolygonGate((x.plot_dim, y.plot_dim), vertices, grid)
    except GatingError:
        drawn = [(x.position(across), y.position(up)) for across, up in shape.vertices]
        if drawn == vertices:
            raise
        return PolygonGate((x.dim, y.dim), drawn, grid)


def _rectangle(shape: Box, axes: Sequence[Axis]) -> RectangleGate:
    """Return the ranges of a shape; those that begin at the low end of a scale hold what is below it.

    What is below it lies on that end, so that a range which ends there as well holds nothing.
    """
    below = [
        axis.scale.kind == "biex" and axis.is_bottom(most)  # a log axis has no places below its end
        for axis, most in zip(axes, shape.maximum, strict=True)
    ]
    minimum = [
        -math.inf if axis.is_bottom(least) and not ended else axis.position(least)
        for axis, least, ended in zip(axes, shape.minimum, below, strict=True)
    ]
    maximum = [axis.position(most) for axis, most in zip(axes, shape.maximum, strict=True)]
    dims = tuple(axis.plot_dim if ended else axis.dim for axis, ended in zip(axes, below, strict=True))
    reaches = any(axis.reaches_end(low, high) for axis, low, high in zip(axes, minimum, maximum, strict=True))
    grid = grid_of((axes[0], axes[-1]), USUAL_RESOLUTION) if reaches and len(axes) <= 2 else None
    return RectangleGate(dims, tuple(minimum), tuple(maximum), grid)


def ellipse_of(
    foci: Sequence[Point], edge: Sequence[Point], long_axis: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean (2,) and covariance (2, 2) of the ellipse through the ends of its long axis.

    FlowJo keeps whole numbers of the four ends, and those of the short axis are not where the foci put them;
    so the long axis is the longer pair, and the short one follows from the foci. The length that FlowJo
    writes is not rounded, but is that of another ellipse where the gate was moved since: it is taken where
    the ends agree with it.
    """
    points, ends = np.array(foci), np.array(edge)
    mean = points.mean(axis=0)
    between = (points[1] - points[0]) / 2.0
    focal = float(np.hypot(*between))
    half = max(float(np.hypot(*(ends[0] - ends[1]))), float(np.hypot(*(ends[2] - ends[3])))) / 2.0
    if long_axis is not None and abs(long_axis / 2.0 - half) <= END_ROUNDED:
        half = long_axis / 2.0
    if not half > focal:
        title = "This ellipse cannot be used:"
        message = f"half its long axis is {half:g}, its foci are {focal:g} from the centre: no area."
        raise GatingError(title, [Problem("ellipsoid-gate", "edge", message)])
    along = between / focal if focal > 0 else np.array([1.0, 0.0])
    short = half**2 - focal**2
    return mean, short * np.eye(2) + focal**2 * np.outer(along, along)
