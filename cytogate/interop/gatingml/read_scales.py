"""Read the transforms and spectrum matrices of a Gating-ML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CytogateError
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.interop.gatingml.schema import (
    DATATYPES,
    LATER_TRANSFORMS,
    TRANSFORM_PARAMETERS,
    TRANSFORMS,
    Fault,
    attribute,
    channel_name,
    children,
    elements,
    line_of,
    local_name,
    noted_name,
    number_attribute,
    only_child,
    required,
    truth,
)
from cytogate.transforms.base import Transform, transform_from_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from lxml.etree import _Element

    from cytogate.errors import Problem

    Kind = TypeVar("Kind", Transform, CompensationMatrix)

_KIND_OF_TAG = {tag: (kind, parameters) for kind, (tag, parameters) in TRANSFORM_PARAMETERS.items()}


@dataclass(slots=True)
class Scales:
    """What the dimensions of a file may refer to.

    `names` maps ids of the file to the names they have in the strategy; `unsupported` maps ids to a phrase
    that says what this version cannot read.
    """

    transforms: dict[str, Transform] = field(default_factory=dict)
    matrices: dict[str, CompensationMatrix] = field(default_factory=dict)
    transform_names: dict[str, str] = field(default_factory=dict)
    matrix_names: dict[str, str] = field(default_factory=dict)
    unsupported_transforms: dict[str, str] = field(default_factory=dict)
    unsupported_matrices: dict[str, str] = field(default_factory=dict)


def read_scales(root: _Element, path: str) -> tuple[Scales, list[Problem]]:
    """Return the transforms and matrices of a file, and all that is wrong with them."""
    scales = Scales()
    problems = [
        *_read_all(
            children(root, TRANSFORMS, "transformation"),
            "transform",
            _read_transform,
            path,
            values=scales.transforms,
            names=scales.transform_names,
            unsupported=scales.unsupported_transforms,
        ),
        *_read_all(
            children(root, TRANSFORMS, "spectrumMatrix"),
            "matrix",
            _read_matrix,
            path,
            values=scales.matrices,
            names=scales.matrix_names,
            unsupported=scales.unsupported_matrices,
            reserved=(FROM_FILE, UNCOMPENSATED),
        ),
    ]
    return scales, problems


def _read_all(
    found: Iterable[_Element],
    word: str,
    read: Callable[[_Element], Kind],
    path: str,
    *,
    values: dict[str, Kind],
    names: dict[str, str],
    unsupported: dict[str, str],
    reserved: tuple[str, ...] = (),
) -> list[Problem]:
    lines: dict[str, int] = {}
    taken = set(reserved)
    problems = []
    for element in found:
        identity = ""
        try:
            identity = required(element, TRANSFORMS, "id")
            if identity in lines:
                message = f"the id is used twice; it stands on line {lines[identity]} too."
                raise Fault(element, "id-twice", message)
            lines[identity] = line_of(element)
            names[identity] = _free_name(element, identity, taken)
            taken.add(names[identity])
            values[names[identity]] = read(element)
        except Fault as fault:
            if fault.unsupported:
                unsupported[identity] = fault.message
            else:
                problems.append(fault.problem(path, f"{word} {identity!r}" if identity else ""))
    return problems


def _free_name(element: _Element, identity: str, taken: set[str]) -> str:
    # A transformation has its note one level down, where the schema has a place for it.
    noted = [noted_name(holder, identity) for holder in (element, *elements(element))]
    for name in (*(name for name in noted if name != identity), identity):
        if name not in taken:
            return name
    raise Fault(element, "id-taken", "the id has a meaning of its own, or is the name of another one.")


def _read_transform(element: _Element) -> Transform:
    inner = [child for child in elements(element) if child.tag.startswith(f"{{{TRANSFORMS}}}")]
    if len(inner) != 1:
        message = f"<transformation> has {len(inner)} functions; expected one."
        raise Fault(element, "transform-count", message)
    tag = local_name(inner[0])
    for bound in ("boundMin", "boundMax"):
        if attribute(element, TRANSFORMS, bound) is not None:
            number_attribute(element, TRANSFORMS, bound, finite=False)
            raise Fault(
                element, "unsupported-bound", f"{bound}, which this version does not apply", unsupported=True
            )
    if tag in LATER_TRANSFORMS:
        message = f"{tag}, which this version does not read"
        raise Fault(inner[0], "unsupported-transform", message, unsupported=True)
    if tag not in _KIND_OF_TAG:
        known = ", ".join((*_KIND_OF_TAG, *LATER_TRANSFORMS))
        raise Fault(inner[0], "transform-unknown", f"<{tag}> is no function of Gating-ML 2.0 ({known}).")
    kind, parameters = _KIND_OF_TAG[tag]
    values = {name: number_attribute(inner[0], TRANSFORMS, name) for name in parameters}
    try:
        return transform_from_dict({"kind": kind, **values})
    except CytogateError as error:
        raise Fault(inner[0], "transform-parameters", str(error)) from error


def _read_matrix(element: _Element) -> CompensationMatrix:
    fluorochromes = _names(only_child(element, TRANSFORMS, "fluorochromes"))
    detectors = _names(only_child(element, TRANSFORMS, "detectors"))
    rows = children(element, TRANSFORMS, "spectrum")
    if len(rows) != len(fluorochromes):
        message = (
            f"{len(fluorochromes)} fluorochromes, but {len(rows)} <spectrum> rows; expected one for each."
        )
        raise Fault(element, "matrix-shape", message)
    values = []
    for row, fluorochrome in zip(rows, fluorochromes, strict=True):
        entries = children(row, TRANSFORMS, "coefficient")
        if len(entries) != len(detectors):
            message = (
                f"the row of {fluorochrome!r} has {len(entries)} coefficients for {len(detectors)} detectors."
            )
            raise Fault(row, "matrix-shape", message)
        values.append([number_attribute(entry, TRANSFORMS, "value") for entry in entries])
    if truth(element, TRANSFORMS, "matrix-inverted-already"):
        message = "matrix-inverted-already, which this version does not read"
        raise Fault(element, "unsupported-matrix", message, unsupported=True)
    if len(fluorochromes) != len(detectors):
        message = (
            f"{len(fluorochromes)} fluorochromes for {len(detectors)} detectors: only square ones are read"
        )
        raise Fault(element, "unsupported-matrix", message, unsupported=True)
    try:
        return CompensationMatrix(detectors=detectors, fluorochromes=fluorochromes, values=values)
    except CytogateError as error:
        raise Fault(element, "matrix", str(error)) from error


def _names(element: _Element) -> tuple[str, ...]:
    return tuple(channel_name(child) for child in children(element, DATATYPES, "fcs-dimension"))
