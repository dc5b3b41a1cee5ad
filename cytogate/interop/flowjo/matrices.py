"""The compensation of a sample: the matrix, and which parameter of a gate is which of its channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.keyword import spillover_from_keywords
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CytogateError
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.interop.flowjo.names import Fault, children, finite, only, place, required, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element

    from cytogate.errors import Problem

MATRIX_TAGS = ("spilloverMatrix", "spectrumMatrix")
PREFIX = "Comp-"  # of compensated parameters, where nobody chose another


@dataclass(frozen=True, slots=True)
class SampleMatrix:
    """A matrix as the workspace has it.

    Attributes
    ----------
    name : str
        Its name in FlowJo; ``"Acquisition-defined"`` came with the FCS file.
    parameters : dict of str to str
        Compensated parameter, as gates name it (``"Comp-FITC-A"``) -> row of the matrix (``"FITC-A"``).
    place : str
        File and line.
    matrix : CompensationMatrix or None
        None where this version cannot use it.
    identity : bool
        It changes nothing: the events were compensated before, or need not be.
    unsupported : str
        Why the matrix cannot be used; empty where it can.
    """

    name: str
    parameters: dict[str, str] = field(repr=False)
    place: str
    matrix: CompensationMatrix | None = None
    identity: bool = False
    unsupported: str = ""


def read_matrices(sample: _Element, path: str) -> tuple[tuple[SampleMatrix, ...], list[Problem]]:
    """Return the matrices of a <Sample>, and what is wrong with them; names are made unique."""
    found: list[SampleMatrix] = []
    problems: list[Problem] = []
    for element in children(sample, *MATRIX_TAGS):
        try:
            taken = {FROM_FILE, UNCOMPENSATED, *(one.name for one in found)}
            found.append(_read_matrix(element, path, taken))
        except Fault as fault:
            problems.append(fault.problem(path, f"matrix {value_of(element, 'name')!r}"))
    return tuple(found), problems


def _read_matrix(element: _Element, path: str, taken: set[str]) -> SampleMatrix:
    name = (value_of(element, "name") or "").strip() or "matrix"
    while name in taken:
        name += "'"
    prefix, suffix = value_of(element, "prefix") or "", value_of(element, "suffix") or ""
    rows = children(element, "spillover", "spectrum")
    fluorochromes = [required(row, "parameter") for row in rows]
    parameters: dict[str, str] = {}
    for row, fluorochrome in zip(rows, fluorochromes, strict=True):
        own = value_of(row, "userProvidedCompInfix")
        for spelled in (own, f"{prefix}{fluorochrome}{suffix}"):
            if spelled:
                parameters.setdefault(spelled, fluorochrome)
    for listed in children(element, "parameters"):
        for parameter in children(listed, "parameter"):
            row_name, own = required(parameter, "name"), value_of(parameter, "userProvidedCompInfix")
            if own and row_name in fluorochromes:
                parameters.setdefault(own, row_name)
    where = place(path, element, f"matrix {name!r}")
    spectral = value_of(element, "spectral") == "1"
    algorithm = value_of(element, "weightOptAlgorithmType") or "OLS"
    if spectral and algorithm != "OLS":
        reason = f"it unmixes by {algorithm}, which this version does not know"
        return SampleMatrix(name, parameters, where, unsupported=reason)
    if not rows:
        only(element, "spillover")  # says what is missing
    detectors, values = _table(element, rows)
    try:
        matrix = CompensationMatrix(detectors, fluorochromes, values)
    except CytogateError as error:
        return SampleMatrix(name, parameters, where, unsupported=str(error))
    return SampleMatrix(name, parameters, where, matrix, _is_identity(matrix))


def matrix_from_keywords(
    keywords: Mapping[str, str], channels: Sequence[str], where: str
) -> tuple[SampleMatrix, ...]:
    """Return the matrix that came with an FCS file, named as FlowJo names it; none where none can be used."""
    matrix, _ = spillover_from_keywords(keywords, channels)
    if matrix is None:
        return ()
    parameters = {f"{PREFIX}{target}": target for target in matrix.targets}
    return (SampleMatrix("Acquisition-defined", parameters, where, matrix, _is_identity(matrix)),)


def compensated_names(parameter: str, row: str) -> tuple[str, ...]:
    """Return what files of compensated events call a parameter: as FlowJo 10 does, or FlowJo 9."""
    return tuple(dict.fromkeys((parameter, f"{PREFIX}{row}", f"<{row}>")))


def _is_identity(matrix: CompensationMatrix) -> bool:
    if not matrix.square:
        return False
    order = [matrix.detectors.index(target) for target in matrix.targets]
    return bool(np.array_equal(np.array(matrix.values)[:, order], np.eye(len(order))))


def _table(element: _Element, rows: list[_Element]) -> tuple[list[str], list[list[float]]]:
    """Return the detectors, in the order of the first row, and one row of coefficients a fluorochrome."""
    detectors: list[str] = []
    values: list[list[float]] = []
    for row in rows:
        entries: dict[str, float] = {}
        for coefficient in children(row, "coefficient"):
            name = required(coefficient, "parameter")
            if name in entries:
                message = f"two coefficients of the detector {name!r}."
                raise Fault(coefficient, "matrix-shape", message)
            entries[name] = finite(coefficient, "value")
        detectors = detectors or list(entries)
        if set(entries) != set(detectors):
            odd = sorted(set(entries) ^ set(detectors))
            message = f"rows name different detectors: {', '.join(odd[:5])} not in all of them."
            raise Fault(row, "matrix-shape", message)
        values.append([entries[name] for name in detectors])
    if not detectors:
        raise Fault(element, "matrix-shape", "the matrix has no coefficients.")
    return detectors, values
