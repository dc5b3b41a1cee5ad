"""Write transforms, ratios and spectrum matrices as the elements of Gating-ML 2.0."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lxml import etree

from cytogate.interop.elements import DATATYPES, TRANSFORMS
from cytogate.interop.gatingml.schema import CUSTOM_INFO, CYTOGATE, RATIO, TRANSFORM_PARAMETERS, spell
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.logicle import TO_ONE, Logicle

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.gates.dimension import Ratio
    from cytogate.transforms.base import Transform


@dataclass(frozen=True, slots=True)
class StandardScale:
    """A scale as Gating-ML has it; `reach` of the strategy's units are one of its own."""

    transform: Transform
    low: float
    high: float
    reach: float


def standard_scale(transform: Transform) -> StandardScale | None:
    """Return the scale of Gating-ML for a transform, with boundMin and boundMax; None where it has none.

    Gating-ML has the top of a logicle at 1. One that has it at M, as in flowCore, is the same scale in
    other units, and positions on it are divided by M.
    """
    low, high = -math.inf, math.inf
    while isinstance(transform, Bounded):  # clamped from the inside outwards
        least = -math.inf if transform.minimum is None else transform.minimum
        most = math.inf if transform.maximum is None else transform.maximum
        low, high = (min(max(bound, least), most) for bound in (low, high))
        transform = transform.transform
    reach = 1.0
    if isinstance(transform, Logicle):
        reach, transform = transform.top, replace(transform, scale=TO_ONE)
    if transform.kind not in TRANSFORM_PARAMETERS:
        return None
    return StandardScale(transform, low / reach, high / reach, reach)


def write_matrix(root: _Element, name: str, identity: str, matrix: CompensationMatrix) -> None:
    """Append a spectrum matrix; one that came inverted is written as it came."""
    element = etree.SubElement(root, f"{{{TRANSFORMS}}}spectrumMatrix")
    element.set(f"{{{TRANSFORMS}}}id", identity)
    if matrix.inverted:
        element.set(f"{{{TRANSFORMS}}}matrix-inverted-already", "true")
    keep_name(element, name, identity)
    for tag, labels in (("fluorochromes", matrix.fluorochromes), ("detectors", matrix.detectors)):
        holder = etree.SubElement(element, f"{{{TRANSFORMS}}}{tag}")
        for label in labels:
            _write_channel(holder, label)
    for row in matrix.inverse if matrix.inverted else matrix.values:
        spectrum = etree.SubElement(element, f"{{{TRANSFORMS}}}spectrum")
        for value in row:
            coefficient = etree.SubElement(spectrum, f"{{{TRANSFORMS}}}coefficient")
            coefficient.set(f"{{{TRANSFORMS}}}value", spell(value))


def write_transform(root: _Element, name: str, identity: str, scale: StandardScale) -> None:
    """Append a scale and its bounds; infinite ones are left out."""
    element = etree.SubElement(root, f"{{{TRANSFORMS}}}transformation")
    element.set(f"{{{TRANSFORMS}}}id", identity)
    for bound, value in (("boundMin", scale.low), ("boundMax", scale.high)):
        if math.isfinite(value):
            element.set(f"{{{TRANSFORMS}}}{bound}", spell(value))
    tag, parameters = TRANSFORM_PARAMETERS[scale.transform.kind]
    inner = etree.SubElement(element, f"{{{TRANSFORMS}}}{tag}")
    values = scale.transform.to_dict()
    for parameter in parameters:
        inner.set(f"{{{TRANSFORMS}}}{parameter}", spell(values[parameter]))
    keep_name(inner, name, identity)


def write_ratio(root: _Element, name: str, identity: str, ratio: Ratio) -> None:
    """Append a ratio of two channels, to which a <new-dimension> refers."""
    element = etree.SubElement(root, f"{{{TRANSFORMS}}}transformation")
    element.set(f"{{{TRANSFORMS}}}id", identity)
    inner = etree.SubElement(element, f"{{{TRANSFORMS}}}{RATIO}")
    for parameter in ("A", "B", "C"):
        inner.set(f"{{{TRANSFORMS}}}{parameter}", spell(getattr(ratio, parameter)))
    keep_name(inner, name, identity)
    for channel in (ratio.numerator, ratio.denominator):
        _write_channel(inner, channel)


def keep_name(element: _Element, name: str, identity: str) -> _Element | None:
    """Note the name where it is not the id; return the <custom_info> that holds it."""
    if name == identity:
        return None
    info = etree.SubElement(element, f"{{{DATATYPES}}}{CUSTOM_INFO}")
    etree.SubElement(info, f"{{{CYTOGATE}}}name").set(f"{{{CYTOGATE}}}value", name)
    return info


def _write_channel(element: _Element, name: str) -> None:
    etree.SubElement(element, f"{{{DATATYPES}}}fcs-dimension").set(f"{{{DATATYPES}}}name", name)
