"""Turn the stored gates of the reference data (json beside the truth) into strategies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.tree import split
from cytogate.transforms.logicle import Logicle

if TYPE_CHECKING:
    from pathlib import Path


def stored(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def stored_strategy(data: dict[str, Any]) -> GatingStrategy:
    """Coordinates are on a scale whose top is M, so they are divided by M."""
    transforms = {
        channel: Logicle(T=entry["T"], W=entry["W"], M=entry["M"], A=entry["A"])
        for channel, entry in data["transforms"].items()
    }
    compensated = set(data["compensation"]["detectors"]) if transforms else set()
    dims = {
        name: Dimension(
            name, "FCS" if name in compensated else "uncompensated", name if name in transforms else None
        )
        for name in (channel["pnn"] for channel in data["channels"])
    }
    tops = {name: data["transforms"][name]["M"] if name in transforms else 1.0 for name in dims}
    nodes = [
        GateNode(
            split(entry["path"])[0][-1],
            _gate(entry["gate"], dims, tops),
            None if entry["parent"] == "root" else "/" + entry["parent"],
        )
        for entry in data["populations"]
        if entry["gate"] is not None
    ]
    return GatingStrategy.build(nodes, transforms=transforms, source=data["sample"])


def _gate(gate: dict[str, Any], dims: dict[str, Dimension], tops: dict[str, float]):
    if gate["type"] == "boolean":
        (term,) = gate["bool"]
        if not term["not"]:
            message = "a boolean gate that only repeats another population"
            raise NotImplementedError(message)
        return BooleanGate("not", (Reference("/".join(term["path"])),))
    names = gate["params"] if "params" in gate else [gate["param"]]
    axes = tuple(dims[name] for name in names)
    top = np.array([tops[name] for name in names])
    if gate["type"] == "range":
        return RectangleGate(axes, (gate["min"] / top[0],), (gate["max"] / top[0],))
    if gate["type"] == "ellipse":
        covariance = np.array(gate["ell"]["cov"]) / np.outer(top, top)
        return EllipsoidGate(axes, np.array(gate["ell"]["mu"]) / top, covariance, gate["ell"]["dist"] ** 2)
    vertices = np.array(gate["vertices"], dtype=float) / top
    if gate["type"] == "rect":
        return RectangleGate(axes, tuple(vertices[0]), tuple(vertices[1]))
    return PolygonGate(axes, vertices)
