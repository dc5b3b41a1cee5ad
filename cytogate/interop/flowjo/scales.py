"""The scales of a sample's axes: what FlowJo's <Transformations> say of each parameter."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.interop.flowjo.names import (
    Fault,
    children,
    elements,
    finite,
    line_of,
    local_name,
    numeric,
    only,
    required,
    value_of,
)
from cytogate.transforms.base import Transform, transform_from_dict

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cytogate.errors import Problem

BIEX_CHANNELS = 4096  # steps of FlowJo's table; `length` of the file is the size of the plot
ZERO_ON_AXIS = (10, 6)  # since this FlowJo a corner at 0 or less lies at the low end of a log axis
LOG_OF_NOTHING = -300.0  # and far below it before


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of one parameter.

    Attributes
    ----------
    kind : str
        ``"linear"``, ``"biex"``, ``"logicle"``, ``"log"``, ``"fasinh"``, or what the file calls it.
    transform : Transform or None
        None for a linear axis, whose positions are data values, and for a scale that is not read.
    low, high : float
        Ends of a linear axis, in the values that FlowJo shows.
    gain : float
        What FlowJo multiplies stored values with, on a linear axis (seconds a tick, on the time axis).
    offset, decades : float
        Of a log axis: the value at 0, and decades from there to 1.
    nowhere : float
        Where a log axis puts corners that have no logarithm.
    place : str
        File and line.
    unsupported : str
        Why the scale is not read; empty where it is.
    """

    kind: str
    transform: Transform | None = None
    low: float = 0.0
    high: float = 262144.0
    gain: float = 1.0
    offset: float = 1.0
    decades: float = 1.0
    nowhere: float = 0.0
    place: str = ""
    unsupported: str = ""


def read_scales(sample: _Element, path: str, version: str = "") -> tuple[dict[str, Scale], list[Problem]]:
    """Return the scales of a <Sample> by the parameter's name, and what is wrong with them.

    `version` is the FlowJo that saved the workspace.

    A scale that this version does not know is no problem until a gate needs it.
    """
    scales: dict[str, Scale] = {}
    problems: list[Problem] = []
    for holder in children(sample, "Transformations"):
        for element in elements(holder):
            name = ""
            try:
                name = required(only(element, "parameter"), "name")
                where = f"{path}:{line_of(element)}, scale of {name!r}"
                if name in scales:
                    message = f"a second scale of the parameter; the first is {scales[name].place}."
                    raise Fault(element, "scale-twice", message)
                scales[name] = _read_scale(element, where, version)
            except Fault as fault:
                problems.append(fault.problem(path, f"scale of {name!r}" if name else ""))
    return scales, problems


def _read_scale(element: _Element, where: str, version: str) -> Scale:
    kind = local_name(element)
    if kind == "linear":
        return Scale(
            kind,
            low=numeric(element, "minRange", 0.0),
            high=numeric(element, "maxRange", 262144.0),
            gain=numeric(element, "gain", 1.0),
            place=where,
        )
    described = _describe(element, kind)
    if described is None:
        return Scale(kind, place=where, unsupported=f"a scale of the kind {kind!r}, which is not read")
    try:
        scale = Scale(kind, transform_from_dict(described), place=where)
        if kind != "log":
            return scale
        offset, decades = described["offset"], described["decades"]
        below = 0.0 if _is_since(version, ZERO_ON_AXIS) else (LOG_OF_NOTHING - math.log10(offset)) / decades
        return replace(scale, offset=offset, decades=decades, nowhere=below)
    except CytogateError as error:
        return Scale(kind, place=where, unsupported=f"a {kind} scale that cannot be used: {error}")


def _describe(element: _Element, kind: str) -> dict[str, Any] | None:
    """Return the scale as our own transforms spell theirs; None for a kind that is not read."""
    if kind == "biex":
        described: dict[str, Any] = {
            "kind": "biex",
            "maximum": finite(element, "maxRange"),
            "positive": finite(element, "pos"),
            "negative": finite(element, "neg"),
            "width": finite(element, "width"),
            "channels": BIEX_CHANNELS,
        }
        if value_of(element, "length") is not None:
            described["length"] = int(finite(element, "length"))
        return described
    if kind == "logicle":
        return {"kind": "logicle", **{name: finite(element, name) for name in "TWMA"}}
    if kind == "fasinh":
        return {"kind": "asinh", **{name: finite(element, name) for name in "TMA"}}
    if kind == "log":
        return {
            "kind": "flowjo_log",
            "offset": finite(element, "offset"),
            "decades": finite(element, "decades"),
        }
    return None


def _is_since(version: str, least: tuple[int, int]) -> bool:
    """Return whether a FlowJo is as new as `least`; one that the workspace does not name is not."""
    found = re.search(r"(\d{1,9})\.(\d{1,9})", version, re.ASCII)
    return found is not None and (int(found[1]), int(found[2])) >= least
