"""Matrices: what each sample was compensated with, each distinct one once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.study.sample.values import SampleResult

FORMAT = "cytogate.matrices"
VERSION = 1


def applied_matrices(source: EventSource, strategy: GatingStrategy) -> tuple[dict[str, Any], ...]:
    """Return the matrices that the gates of a sample apply, as `CompensationMatrix.to_dict` gives them."""
    from cytogate.gating.columns import matrix_of

    dims = dict.fromkeys(dim for population in strategy.populations for dim in population.gate.dims)
    found = {matrix_of(dim, source, strategy) for dim in dims} - {None}
    ordered = sorted((matrix for matrix in found if matrix is not None), key=lambda matrix: matrix.sha256)
    return tuple(matrix.to_dict() for matrix in ordered)


def matrices_entry(results: Sequence[SampleResult], spreading: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what ``matrices.json`` holds: every distinct matrix with its samples, and spreading."""
    from cytogate.compensation.matrix import CompensationMatrix

    users: dict[CompensationMatrix, list[str]] = {}
    without = []
    for result in results:
        if result.failure is not None:
            continue
        if not result.matrices:
            without.append(result.sample)
        for entry in result.matrices:
            users.setdefault(CompensationMatrix.from_dict(entry), []).append(result.sample)
    return {
        "format": FORMAT,
        "version": VERSION,
        "matrices": [_entry(matrix, samples) for matrix, samples in users.items()],
        "not_compensated": without,
        "spreading": list(spreading),
    }


def _entry(matrix: CompensationMatrix, samples: list[str]) -> Mapping[str, Any]:
    return {
        "sha256": matrix.sha256,
        "condition_number": matrix.condition_number,
        "detectors": list(matrix.detectors),
        "fluorochromes": list(matrix.fluorochromes),
        "spillover": matrix.values.tolist(),
        "samples": samples,
    }
