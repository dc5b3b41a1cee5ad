"""Gates of a published panel, quadrants with infinite vertices among them, event for event."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def stored(reference_data):
    folder = reference_data / "hipc_dc_open"
    description = json.loads(next(folder.glob("*.gates.json")).read_text())
    with np.load(next(folder.glob("*.truth.npz"))) as truth:
        n_events = int(truth["n_events"])
        members = np.unpackbits(truth["members"], axis=1)[:, :n_events].astype(bool)
        values = truth["values"].astype(np.float64)
        columns = dict(zip(truth["channels"].tolist(), values.T, strict=True))
        return description["populations"], columns, dict(zip(truth["paths"].tolist(), members, strict=True))


def stored_gate(gate):
    if gate["type"] == "range":
        return RectangleGate((Dimension(gate["param"]),), (gate["min"],), (gate["max"],))
    dims = tuple(Dimension(name) for name in gate["params"])
    if gate["type"] == "rect":
        low, high = gate["vertices"]
        return RectangleGate(dims, tuple(low), tuple(high))
    return PolygonGate(dims, gate["vertices"])


def clipped(gate, beyond=1e9):
    return PolygonGate(gate.dims, np.clip(gate.vertices, -beyond, beyond))


def test_all_23_populations_hold_the_stored_events(stored):
    populations, columns, members = stored
    checked = 0
    for population in populations:
        if population["gate"] is None:
            continue
        gate = stored_gate(population["gate"])
        values = np.stack([columns[dim.channel] for dim in gate.dims], axis=1)
        inside = gate.contains(values) & members[population["parent"]]
        np.testing.assert_array_equal(inside, members[population["path"]], err_msg=population["path"])
        assert inside.sum() == population["count"]
        checked += 1
    assert checked == 23


def test_infinite_vertices_do_as_vertices_at_1e9(stored):
    populations, columns, _ = stored
    polygons = [p["gate"] for p in populations if p["gate"] and p["gate"]["type"] == "polygon"]
    assert len(polygons) == 4
    covered = 0
    for described in polygons:
        gate = stored_gate(described)
        assert np.isinf(gate.vertices).any()
        values = np.stack([columns[dim.channel] for dim in gate.dims], axis=1)
        inside = gate.contains(values)
        np.testing.assert_array_equal(inside, clipped(gate).contains(values))
        covered = covered + inside.astype(int)
    assert covered.max() == 1  # the four quadrants share no event
