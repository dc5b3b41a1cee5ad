"""Read the transforms, ratios and spectrum matrices of a Gating-ML file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CytogateError, Problem
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Ratio
from cytogate.interop.elements import (
    DATATYPES,
    TRANSFORMS,
    Fault,
    elements,
    line_of,
    local_name,
    number,
    place,
)
from cytogate.interop.gatingml.schema import (
    RATIO,
    TRANSFORM_PARAMETERS,
    attribute,
    channel_name,
    children,
    enough,
    noted_name,
    number_attribute,
    only_child,
    required,
    truth,
)
from cytogate.transforms.base import Transform, transform_from_dict
from cytogate.transforms.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from lxml.etree import _Element

    Kind = TypeVar("Kind")

MAX_SCALES = 10_000  # more are mistakes or attacks, as are larger matrices
MAX_DETECTORS = 512

_KIND_OF_TAG = {tag: (kind, parameters) for kind, (tag, parameters) in TRANSFORM_PARAMETERS.items()}


@dataclass(frozen=True, slots=True)
class BoundedRatio:
    """A ratio as a file defines it; its values are clamped to `low` and `high` before any transform."""

    ratio: Ratio
    low: float
    high: float


@dataclass(slots=True)
class Scales:
    """What the dimensions of a file may refer to.

    `transform_names`, `ratio_names` and `matrix_names` map ids of the file to the names they have in the
    strategy, those of broken ones too: to refer to them is no second problem. The others are by name.
    """

    transforms: dict[str, Transform] = field(default_factory=dict)
    ratios: dict[str, BoundedRatio] = field(default_factory=dict)
    matrices: dict[str, CompensationMatrix] = field(default_factory=dict)
    transform_names: dict[str, str] = field(default_factory=dict)
    ratio_names: dict[str, str] = field(default_factory=dict)
    matrix_names: dict[str, str] = field(default_factory=dict)


def read_scales(root: _Element, path: str) -> tuple[Scales, list[Problem]]:
    """Return the transforms, ratios and matrices of a file, and all that is wrong with them."""
    found = root.findall(f"{{{TRANSFORMS}}}transformation")
    matrices = root.findall(f"{{{TRANSFORMS}}}spectrumMatrix")
    for word, several in (("transformations", found), ("spectrum matrices", matrices)):
        if len(several) > MAX_SCALES:
            message = f"the file has {len(several):,} {word}; at most {MAX_SCALES:,} are read."
            return Scales(), [Problem("too-many-scales", place(path, several[MAX_SCALES]), message)]
    scales = Scales()
    lines: dict[str, int] = {}  # transforms and ratios share their ids
    is_ratio = [element.find(f"{{{TRANSFORMS}}}{RATIO}") is not None for element in found]
    ratios = [element for element, yes in zip(found, is_ratio, strict=True) if yes]
    others = [element for element, yes in zip(found, is_ratio, strict=True) if not yes]
    problems = [
        *_read_all(
            others, "transform", _read_transform, path, scales.transforms, scales.transform_names, lines
        ),
        *_read_all(ratios, "ratio", _read_ratio, path, scales.ratios, scales.ratio_names, lines),
        *_read_all(
            matrices,
            "matrix",
            _read_matrix,
            path,
            scales.matrices,
            scales.matrix_names,
            {},
            reserved=(FROM_FILE, UNCOMPENSATED),
        ),
    ]
    return scales, problems


def _read_all(
    found: list[_Element],
    word: str,
    read: Callable[[_Element], Kind],
    path: str,
    values: dict[str, Kind],
    names: dict[str, str],
    lines: dict[str, int],
    *,
    reserved: tuple[str, ...] = (),
) -> list[Problem]:
    taken = set(reserved)
    problems: list[Problem] = []
    for element in found:
        if enough(problems, path):
            break
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
    inner = _only_function(element)
    tag = local_name(inner)
    if tag not in _KIND_OF_TAG:
        known = ", ".join((*_KIND_OF_TAG, RATIO))
        raise Fault(inner, "transform-unknown", f"<{tag}> is no function of Gating-ML 2.0 ({known}).")
    kind, parameters = _KIND_OF_TAG[tag]
    values = {name: number_attribute(inner, TRANSFORMS, name) for name in parameters}
    low, high = _bounds(element)
    try:
        transform = transform_from_dict({"kind": kind, **values})
        return transform if (low, high) == (-math.inf, math.inf) else Bounded(transform, low, high)
    except CytogateError as error:
        raise Fault(inner, "transform-parameters", str(error)) from error


def _read_ratio(element: _Element) -> BoundedRatio:
    inner = _only_function(element)
    channels = _names(inner)
    if len(channels) != 2:
        message = f"<{RATIO}> has {len(channels)} <fcs-dimension> elements; expected numerator, denominator."
        raise Fault(inner, "dimension-count", message)
    numerator, denominator = channels
    a, b, c = (number_attribute(inner, TRANSFORMS, name) for name in ("A", "B", "C"))
    low, high = _bounds(element)
    if not low < high:
        raise Fault(element, "transform-parameters", f"found bounds {low:g} to {high:g}; expected min < max.")
    try:
        return BoundedRatio(Ratio(numerator, denominator, a, b, c), low, high)
    except CytogateError as error:
        raise Fault(inner, "transform-parameters", str(error)) from error


def _only_function(element: _Element) -> _Element:
    inner = [child for child in elements(element) if child.tag.startswith(f"{{{TRANSFORMS}}}")]
    if len(inner) != 1:
        message = f"<transformation> has {len(inner)} functions; expected one."
        raise Fault(element, "transform-count", message)
    return inner[0]


def _bounds(element: _Element) -> tuple[float, float]:
    """Return boundMin and boundMax of a transformation; infinite where there is none."""
    found = []
    for name, otherwise in (("boundMin", -math.inf), ("boundMax", math.inf)):
        text = attribute(element, TRANSFORMS, name)
        value = otherwise if text is None else number(element, text, f"attribute {name!r}", finite=False)
        found.append(value)
    return found[0], found[1]


def _read_matrix(element: _Element) -> CompensationMatrix:
    """Return a spectrum matrix: a row for each fluorochrome, a coefficient for each detector.

    A matrix that is inverted already leads from detectors to fluorochromes: a row for each detector, a
    coefficient for each fluorochrome.
    """
    fluorochromes = _names(only_child(element, TRANSFORMS, "fluorochromes"))
    detectors = _names(only_child(element, TRANSFORMS, "detectors"))
    inverted = truth(element, TRANSFORMS, "matrix-inverted-already")
    if max(len(fluorochromes), len(detectors)) > MAX_DETECTORS:
        message = (
            f"{len(fluorochromes):,} fluorochromes and {len(detectors):,} detectors; "
            f"at most {MAX_DETECTORS} of each are read."
        )
        raise Fault(element, "matrix-too-large", message)
    owners, columns = (detectors, fluorochromes) if inverted else (fluorochromes, detectors)
    words = ("detectors", "fluorochromes") if inverted else ("fluorochromes", "detectors")
    rows = children(element, TRANSFORMS, "spectrum")
    if len(rows) != len(owners):
        why = " of a matrix that is inverted already" if inverted else ""
        message = f"{len(owners)} {words[0]}{why}, but {len(rows)} <spectrum> rows; expected one for each."
        raise Fault(element, "matrix-shape", message)
    values = []
    for row, owner in zip(rows, owners, strict=True):
        entries = children(row, TRANSFORMS, "coefficient")
        if len(entries) != len(columns):
            message = f"the row of {owner!r} has {len(entries)} coefficients for {len(columns)} {words[1]}."
            raise Fault(row, "matrix-shape", message)
        values.append([number_attribute(entry, TRANSFORMS, "value") for entry in entries])
    try:
        return CompensationMatrix(detectors, fluorochromes, values, inverted=inverted)
    except CytogateError as error:
        raise Fault(element, "matrix", str(error)) from error


def _names(element: _Element) -> tuple[str, ...]:
    return tuple(channel_name(child) for child in children(element, DATATYPES, "fcs-dimension"))
