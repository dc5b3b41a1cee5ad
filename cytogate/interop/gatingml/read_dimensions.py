"""Read one axis of a gate: its channel or ratio, its compensation and its transform."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.interop.elements import DATATYPES, GATING, Fault
from cytogate.interop.gatingml.schema import (
    attribute,
    channel_name,
    children,
    known_ids,
    only_child,
    required,
)
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cytogate.interop.gatingml.read_scales import BoundedRatio, Scales
    from cytogate.transforms.base import Transform

_AS_IT_IS = Linear(T=1.0, A=0.0)  # x / 1: carries the bounds of a ratio that no transform follows


def read_dimension(element: _Element, scales: Scales) -> Dimension:
    """Return the axis that a <dimension> or <divider> describes.

    A transform that no axis had before, because the file bounds a ratio, is added to `scales`.
    """
    compensation = _read_compensation(element, scales)
    transform = _read_transform(element, scales)
    if not children(element, DATATYPES, "new-dimension"):
        channel = channel_name(only_child(element, DATATYPES, "fcs-dimension"))
        _refuse_detector(element, compensation, (channel,), scales)
        return Dimension(channel, compensation, transform)
    if children(element, DATATYPES, "fcs-dimension"):
        message = "a <new-dimension> stands beside an <fcs-dimension>; expected one of them."
        raise Fault(element, "element-twice", message)
    name = _read_ratio(only_child(element, DATATYPES, "new-dimension"), scales)
    found = scales.ratios.get(name)
    if found is None:  # broken, and reported already
        return Dimension(name, compensation, transform)
    _refuse_detector(element, compensation, (found.ratio.numerator, found.ratio.denominator), scales)
    return Dimension(name, compensation, _within_bounds(element, name, found, transform, scales), found.ratio)


def _read_compensation(element: _Element, scales: Scales) -> str:
    reference = required(element, GATING, "compensation-ref")
    if reference in (UNCOMPENSATED, FROM_FILE):
        return reference
    if reference not in scales.matrix_names:
        known = known_ids((UNCOMPENSATED, FROM_FILE, *scales.matrix_names))
        message = f"compensation-ref {reference!r} is unknown; this file has {known}."
        raise Fault(element, "compensation-unknown", message)
    return scales.matrix_names[reference]


def _read_transform(element: _Element, scales: Scales) -> str | None:
    reference = attribute(element, GATING, "transformation-ref")
    if reference is None:
        return None
    if reference in scales.ratio_names:
        message = f"transformation-ref {reference!r} is a ratio of channels; expected a transform of one."
        raise Fault(element, "transform-is-ratio", message, "Refer to it by <new-dimension>.")
    if reference not in scales.transform_names:
        known = known_ids(scales.transform_names)
        message = f"transformation-ref {reference!r} is unknown; this file has {known}."
        raise Fault(element, "transform-unknown", message)
    return scales.transform_names[reference]


def _read_ratio(element: _Element, scales: Scales) -> str:
    reference = required(element, DATATYPES, "transformation-ref")
    if reference in scales.transform_names:
        message = f"<new-dimension> refers to {reference!r}, a transform of one channel; expected a ratio."
        raise Fault(element, "ratio-unknown", message)
    if reference not in scales.ratio_names:
        known = known_ids(scales.ratio_names)
        message = f"<new-dimension>: the ratio {reference!r} is unknown; this file has {known}."
        raise Fault(element, "ratio-unknown", message)
    return scales.ratio_names[reference]


def _refuse_detector(element: _Element, compensation: str, channels: tuple[str, ...], scales: Scales) -> None:
    matrix = scales.matrices.get(compensation)
    if matrix is None or matrix.square:
        return
    for channel in channels:
        if channel in matrix.detectors and channel not in matrix.fluorochromes:
            message = (
                f"{channel!r} is a detector of the matrix {compensation!r}, which unmixes "
                f"{len(matrix.detectors)} detectors into {len(matrix.fluorochromes)} fluorochromes: "
                "only these have compensated values."
            )
            fix = f"Name a fluorochrome ({', '.join(matrix.fluorochromes[:8])}) or say 'uncompensated'."
            raise Fault(element, "detector-unmixed", message, fix)


def _within_bounds(
    element: _Element, name: str, found: BoundedRatio, transform: str | None, scales: Scales
) -> str | None:
    """Return the transform that also does what the bounds of a ratio do.

    The standard clamps the ratio, then transforms it. Transforms never decrease, so that clamping after the
    transform, to the transformed bounds, is the same.
    """
    if (found.low, found.high) == (-math.inf, math.inf):
        return transform
    scale = _AS_IT_IS if transform is None else scales.transforms.get(transform)
    if scale is None:  # broken, and reported already
        return transform
    if found.low > -math.inf and isinstance(_unbounded(scale), Log):
        message = (
            f"the ratio {name!r} has a boundMin and a logarithm follows, which has no value below 0 to clamp."
        )
        raise Fault(element, "ratio-bound", message, "Give the boundMin to the logarithm instead.")
    low = scale.forward(found.low) if math.isfinite(found.low) else None
    high = scale.forward(found.high) if math.isfinite(found.high) else None
    bounded = Bounded(scale, low, high)
    wanted = f"{transform or 'bounds'} of {name}"
    names = (wanted, *(f"{wanted} {number}" for number in range(2, len(scales.transforms) + 3)))
    chosen = next(other for other in names if scales.transforms.get(other, bounded) == bounded)
    scales.transforms[chosen] = bounded
    return chosen


def _unbounded(transform: Transform) -> Transform:
    return _unbounded(transform.transform) if isinstance(transform, Bounded) else transform
