"""Units of a channel: FlowJo gates values as stored, where a reader divides by gains and counts seconds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cytogate.compensation.matrix import CompensationMatrix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.transforms.base import Transform

_DIVIDED, _MULTIPLIED = 1, 3  # scale kinds of a record layout
_TOP = {"biex": "maximum", "logicle": "T", "asinh": "T", "flowjo_asinh": "T", "flowjo_log": "offset"}


def unit_of(
    channel: str, channels: Sequence[str], keywords: Mapping[str, str], file: EventSource | None
) -> float:
    """Return what stored values of a channel are multiplied with to become ours; 1 for unknown channels.

    Log scales count as 1: both programs make them linear.
    """
    if channel not in channels:
        return 1.0
    at = list(channels).index(channel)
    if file is not None:
        kind, number = int(file.layout.scale_kinds[at]), float(file.layout.scale_a[at])
        return 1.0 / number if kind == _DIVIDED else number if kind == _MULTIPLIED else 1.0
    if is_time(channel):
        return _positive(keywords, "$TIMESTEP")
    is_log = not keywords.get(f"$P{at + 1}E", "0,0").strip().startswith("0")
    newest = keywords.get("FJ_FCS_VERSION", "").strip().startswith("3.2")
    unscaled = is_log or (newest and keywords.get("$DATATYPE", "").strip().upper() in ("F", "D"))
    return 1.0 if unscaled else 1.0 / _positive(keywords, f"$P{at + 1}G")


def is_time(channel: str) -> bool:
    """Return whether a channel is the clock."""
    return channel.casefold() == "time"


def rescaled(transform: Transform, factor: float) -> Transform:
    """Return the transform that gives `factor` times a value the position of the value."""
    if factor == 1.0:
        return transform
    name = _TOP[transform.kind]
    scale: Any = transform
    changed: Transform = replace(scale, **{name: getattr(scale, name) * factor})
    return changed


def rescaled_matrix(matrix: CompensationMatrix, unit: Callable[[str], float]) -> CompensationMatrix:
    """Return the matrix for values in other units, by detector and fluorochrome."""
    rows, columns = ([unit(name) for name in names] for names in (matrix.fluorochromes, matrix.detectors))
    if len(set(rows + columns)) == 1:
        return matrix
    values = [
        [value * column / row for value, column in zip(numbers, columns, strict=True)]
        for numbers, row in zip(matrix.values.tolist(), rows, strict=True)
    ]
    return CompensationMatrix(matrix.detectors, matrix.fluorochromes, values)


def _positive(keywords: Mapping[str, str], key: str) -> float:
    try:
        number = float(keywords.get(key, "1"))
    except ValueError:
        return 1.0
    return number if math.isfinite(number) and number > 0 else 1.0
