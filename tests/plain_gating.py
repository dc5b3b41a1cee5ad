"""Gating without the engine: one NumPy line for each rule of Gating-ML 2.0, to compare with."""

from __future__ import annotations

import numpy as np
from plain_gates import inside as inside_gate

from cytogate.gates.boolean import BooleanGate


def axis_values(values, names, dim, strategy, spillover=None):
    """Return what a dimension measures, (n_events,): compensated, divided, transformed."""
    matrix = spillover if dim.compensation == "FCS" else strategy.compensations.get(dim.compensation)
    columns = dict(zip(names, np.asarray(values, dtype=np.float64).T, strict=True))
    if matrix is not None:
        compensated = np.zeros((len(values), len(matrix.fluorochromes)))
        with np.errstate(all="ignore"):
            for k, weights in enumerate(matrix.inverse.T):
                for detector, weight in zip(matrix.detectors, weights, strict=True):
                    if weight != 0.0:  # a detector that adds nothing cannot add NaN
                        compensated[:, k] += columns[detector] * weight
        columns.update(zip(matrix.targets, compensated.T, strict=True))
        columns.update(zip(matrix.fluorochromes, compensated.T, strict=True))
    if dim.ratio is None:
        found = columns[dim.channel]
    else:
        ratio = dim.ratio
        with np.errstate(all="ignore"):
            found = ratio.A * (columns[ratio.numerator] - ratio.B) / (columns[ratio.denominator] - ratio.C)
    return found if dim.transform is None else strategy.transforms[dim.transform].forward(found)


def plain_gating(values, names, strategy, spillover=None, *, keep=None, in_cells=False):
    """Return the events of every population, path -> (n_events,) bool; `in_cells` is ``grid="flowjo"``."""
    root = np.ones(len(values), bool) if keep is None else np.asarray(keep)
    inside: dict[str, np.ndarray] = {}
    measured: dict[object, np.ndarray] = {}

    def mask(path):
        if path not in inside:
            population = strategy.find(path)
            above = root if population.parent is None else mask(population.parent)
            inside[path] = above & own(population)
        return inside[path]

    def own(population):
        gate = population.gate
        if isinstance(gate, BooleanGate):
            marks = [mask(strategy.find(r.population).path) ^ r.complement for r in gate.references]
            if gate.operation == "not":
                return ~marks[0]
            return np.logical_and.reduce(marks) if gate.operation == "and" else np.logical_or.reduce(marks)
        for dim in gate.dims:
            if dim not in measured:
                measured[dim] = axis_values(values, names, dim, strategy, spillover)
        columns = np.column_stack([measured[dim] for dim in gate.dims])
        return inside_gate(gate, columns, population.part, in_cells=in_cells)

    return {path: mask(path) for path in strategy.paths}
