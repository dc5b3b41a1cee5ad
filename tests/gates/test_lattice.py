"""The integer lattice on which peers were counted: 13 gates whose edges run through events."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

import cytogate as cg
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

pytestmark = pytest.mark.reference

X, Y, Z = (Dimension(name) for name in "XYZ")
COVARIANCE = ((400, 150), (150, 225))
POLYGONS = {
    "tri": [(10, 10), (90, 10), (50, 90)],
    "sq": [(20, 20), (80, 20), (80, 80), (20, 80)],
    "diamond": [(50, 10), (90, 50), (50, 90), (10, 50)],
    "concave": [(10, 10), (90, 10), (90, 90), (50, 40), (10, 90)],
    "star": [(50, 95), (61, 61), (97, 61), (68, 40), (79, 5), (50, 26), (21, 5), (32, 40), (3, 61), (39, 61)],
    "bowtie": [(20, 20), (80, 80), (80, 20), (20, 80)],
}
GATES = {
    "rect": RectangleGate((X, Y), (20, 30), (60, 70)),
    "range_lo": RectangleGate((X,), (50,), (math.inf,)),
    "range_hi": RectangleGate((X,), (-math.inf,), (50,)),
    "rect3": RectangleGate((X, Y, Z), (20, 30, 10), (60, 70, 50)),
    "ell": EllipsoidGate((X, Y), (50, 50), COVARIANCE, 1.0),
    "ell2": EllipsoidGate((X, Y), (47.3, 55.1), COVARIANCE, 1.7**2),
    **{name: PolygonGate((X, Y), vertices) for name, vertices in POLYGONS.items()},
}


def lattice():
    y, x = np.mgrid[0:101, 0:101].reshape(2, -1).astype(float)
    return {"X": x, "Y": y, "Z": (7 * x + 13 * y) % 101}


def inside(gate):
    columns = lattice()
    return gate.contains(np.stack([columns[dim.channel] for dim in gate.dims], axis=1))


@pytest.fixture
def counts(reference_data):
    with (reference_data / "peer_values" / "lattice_counts_3way.csv").open() as file:
        return {row["gate"]: int(row["flowkit"]) for row in csv.DictReader(file)}


@pytest.fixture
def big200(reference_data):
    text = (reference_data / "peer_values" / "lattice_big200_vertices.txt").read_text()
    return PolygonGate(
        (X, Y), np.array([float(word) for word in text.replace(",", " ").split()]).reshape(-1, 2)
    )


def test_every_gate_of_the_lattice_is_tested(counts):
    assert {*GATES, "big200"} == set(counts)


@pytest.mark.parametrize("name", sorted(GATES))
def test_counts_are_those_of_gating_ml(name, counts):
    assert inside(GATES[name]).sum() == counts[name]


def test_polygon_of_200_vertices(big200, counts):
    assert len(big200.vertices) == 200
    assert inside(big200).sum() == counts["big200"]


def test_the_engine_gates_the_file_of_the_lattice_alike(reference_data, big200, counts):
    gates = {**GATES, "big200": big200}
    file = cg.read_fcs(reference_data / "peer_values" / "lattice.fcs")
    result = cg.gate(file, GatingStrategy.build([GateNode(name, gate) for name, gate in gates.items()]))
    assert {name: result.count(name) for name in gates} == counts
    for name, gate in gates.items():
        np.testing.assert_array_equal(result.mask(name), inside(gate), err_msg=name)


@pytest.mark.parametrize("name", ["ell", "ell2", "range_lo"])
def test_gates_on_whose_borders_peers_agree_hold_the_same_events(name, reference_data):
    with (reference_data / "peer_values" / "lattice_members_flowCore.csv").open() as file:
        members = np.array([row[name] == "1" for row in csv.DictReader(file)])
    np.testing.assert_array_equal(inside(GATES[name]), members)


@pytest.mark.parametrize("name", sorted(POLYGONS))
def test_polygons_differ_from_flowcore_on_right_and_top_edges_only(name, reference_data):
    with (reference_data / "peer_values" / "lattice_members_flowCore.csv").open() as file:
        members = np.array([row[name] == "1" for row in csv.DictReader(file)])
    assert not (inside(GATES[name]) & ~members).any()
    nudged = GATES[name].vertices + 1e-9  # moves right and top edges past the events on them
    outside = inside(GATES[name]) ^ inside(PolygonGate((X, Y), nudged))
    assert (inside(GATES[name]) ^ members).sum() > 0
    assert outside.any()
