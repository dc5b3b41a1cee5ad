"""Scales and matrices of FlowKit and their counterparts here, both ways."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate import transforms
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.channels.panel import Channel
from cytogate.interop.counterpart import NoCounterpart

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.transforms.base import Transform

BIEX_CHANNELS = 4096  # FlowKit's biexponential scale runs over these, and ends there
BIEX_DECADES = (0.5, 3.0)  # of the linear region: beyond them FlowKit and FlowJo differ


def transform_from(theirs: Any) -> Transform:
    """Return the scale that a FlowKit transform is.

    FlowKit's biexponential scale gives positions from 0 to 4096, by straight lines between whole channels;
    the counterpart follows the curve itself and differs by some thousandths of a channel.

    Raises
    ------
    NoCounterpart
        A kind that is not known here.
    TransformError
        Parameters outside their domain.
    """
    make = _FROM_THEIRS.get(type(theirs).__name__)
    if make is None:
        message = f"{type(theirs).__name__} has no counterpart here; {', '.join(_FROM_THEIRS)} have."
        raise NoCounterpart(message, "Write the gate on one of these scales.")
    return make(theirs)


def _biex_from(theirs: Any) -> Transform:
    _refuse_other_widths(theirs.width)
    scale = transforms.Biex(
        maximum=float(theirs.max_value),
        positive=float(theirs.positive),
        negative=float(theirs.negative),
        width=float(theirs.width),
        channels=BIEX_CHANNELS,
    )
    return transforms.Bounded(scale, 0.0, float(BIEX_CHANNELS))


def _refuse_other_widths(width: float) -> None:
    low, high = BIEX_DECADES
    if not (width < 0 and low <= math.log10(-width) <= high):
        message = (
            f"FlowKit and FlowJo differ in biexponential scales of the width basis {width:g}; "
            f"they agree from {-(10**high):g} to {-(10**low):.4g}."
        )
        raise NoCounterpart(message)


_FROM_THEIRS: dict[str, Callable[[Any], Transform]] = {
    "LinearTransform": lambda theirs: transforms.Linear(T=theirs.param_t, A=theirs.param_a),
    "LogTransform": lambda theirs: transforms.Log(T=theirs.param_t, M=theirs.param_m),
    "AsinhTransform": lambda theirs: transforms.Asinh(T=theirs.param_t, M=theirs.param_m, A=theirs.param_a),
    "HyperlogTransform": lambda theirs: transforms.Hyperlog(
        T=theirs.param_t, W=theirs.param_w, M=theirs.param_m, A=theirs.param_a
    ),
    "LogicleTransform": lambda theirs: transforms.Logicle(
        T=theirs.param_t, W=theirs.param_w, M=theirs.param_m, A=theirs.param_a
    ),
    "WSPLogTransform": lambda theirs: transforms.FlowJoLog(offset=theirs.offset, decades=theirs.decades),
    "WSPBiexTransform": _biex_from,
}


def transform_to(ours: Transform) -> tuple[Any, float]:
    """Return the FlowKit transform of a scale, and how many units of the scale are one of FlowKit's.

    Raises
    ------
    NoCounterpart
        A scale that FlowKit does not have.
    """
    import flowkit

    kinds = flowkit.transforms
    inner: Any = ours
    if isinstance(inner, transforms.Bounded):
        if not isinstance(inner.transform, transforms.Biex) or (inner.minimum, inner.maximum) != (
            0.0,
            BIEX_CHANNELS,
        ):
            message = "FlowKit has no scale with bounds."
            raise NoCounterpart(message, "Leave the bounds away where no gate reaches beyond them.")
        inner = inner.transform
    match inner:
        case transforms.Linear():
            return kinds.LinearTransform(param_t=inner.T, param_a=inner.A), 1.0
        case transforms.Log():
            return kinds.LogTransform(param_t=inner.T, param_m=inner.M), 1.0
        case transforms.Asinh():
            return kinds.AsinhTransform(param_t=inner.T, param_m=inner.M, param_a=inner.A), 1.0
        case transforms.FlowJoAsinh():
            theirs = kinds.AsinhTransform(param_t=inner.T, param_m=inner.M, param_a=inner.A)
            return theirs, inner.length
        case transforms.Hyperlog():
            return kinds.HyperlogTransform(inner.T, inner.W, inner.M, inner.A), 1.0
        case transforms.Logicle():
            theirs = kinds.LogicleTransform(inner.T, inner.W, inner.M, inner.A)
            return theirs, inner.top
        case transforms.FlowJoLog():
            return kinds.WSPLogTransform(offset=inner.offset, decades=inner.decades), inner.length
        case transforms.Biex() if inner.channels == BIEX_CHANNELS:
            _refuse_other_widths(inner.width)
            theirs = kinds.WSPBiexTransform(inner.negative, inner.width, inner.positive, inner.maximum)
            return theirs, 1.0
    message = f"FlowKit has no scale like {ours.to_dict()}."
    raise NoCounterpart(message, "Write the gate on another scale.")


def matrix_from(theirs: Any) -> CompensationMatrix:
    """Return the matrix that a FlowKit Matrix or SpectralMatrix is.

    Raises
    ------
    CompensationError
        It cannot be inverted, or names a detector twice.
    """
    detectors = [str(name) for name in theirs.detectors]
    if hasattr(theirs, "true_detectors"):
        return CompensationMatrix(detectors, theirs.true_detectors, theirs.matrix)
    fluorochromes = [str(name or "") for name in theirs.fluorochromes]
    # FlowKit puts row k in the column of detector k, whatever the names say
    if "" in fluorochromes or len(set(fluorochromes)) < len(detectors) or set(fluorochromes) & set(detectors):
        fluorochromes = detectors
    return CompensationMatrix(detectors, fluorochromes, theirs.matrix)


def changes(matrix: CompensationMatrix | None, channel: str) -> bool:
    """Return whether FlowKit changes a channel when it compensates by a matrix; None is the file's own."""
    if matrix is None:
        return Channel(channel).kind == "fluorescence"
    return channel in (*matrix.detectors, *matrix.fluorochromes)


def matrix_to(ours: CompensationMatrix) -> Any:
    """Return the FlowKit Matrix, or SpectralMatrix, of a matrix.

    Raises
    ------
    NoCounterpart
        A spectral matrix whose fluorochromes are not named by detectors: FlowKit has no other place for them.
    """
    import flowkit

    if len(ours.detectors) == len(ours.fluorochromes):
        rows = [ours.targets.index(detector) for detector in ours.detectors]
        fluorochromes = [ours.fluorochromes[row] for row in rows]
        return flowkit.Matrix(np.array(ours.values[rows]), list(ours.detectors), fluorochromes)
    strangers = [name for name in ours.fluorochromes if name not in ours.detectors]
    if strangers:
        message = (
            f"FlowKit puts unmixed values in the columns of detectors, and {', '.join(strangers)} are none."
        )
        raise NoCounterpart(message, "Name each fluorochrome by its brightest detector.")
    order = [*ours.fluorochromes, *(name for name in ours.detectors if name not in ours.fluorochromes)]
    columns = [ours.detectors.index(name) for name in order]
    return flowkit.SpectralMatrix(np.array(ours.values[:, columns]), order, list(ours.fluorochromes))
