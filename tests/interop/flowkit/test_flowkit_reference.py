"""FlowKit strategies of real files: event for event what FlowKit's engine gives."""

from __future__ import annotations

import flowkit
import numpy as np
import pytest
from flowkit_engine import members
from stored_gates import stored, stored_strategy

import cytogate as cg
from cytogate.interop.flowkit import from_flowkit, to_flowkit

pytestmark = pytest.mark.reference

WORKSPACES = {
    "simple_diamond_example_quad_gate.wsp": "test_data_diamond_01.fcs",
    "simple_poly_and_rect.wsp": "data_set_simple_line_100.fcs",
    "simple_poly_and_rect_v2_poly50.wsp": "data_set_simple_line_100.fcs",
    "single_ellipse_51_events.wsp": "data_set_simple_line_100.fcs",
    "test_data_diamond_asinh_rect.wsp": "test_data_diamond_01.fcs",
    "test_data_diamond_asinh_rect2.wsp": "test_data_diamond_01.fcs",
    "test_data_diamond_biex_rect.wsp": "test_data_diamond_01.fcs",
}


def assert_same(ours, theirs, file, sample) -> int:
    result = cg.gate(file, ours)
    expected = members(theirs, sample)
    assert set(result.populations) == set(expected)
    for path, mask in expected.items():
        np.testing.assert_array_equal(result.mask(path), mask, err_msg=path)
    return len(expected)


@pytest.mark.parametrize(
    ("name", "populations"),
    [("gml_all_gates.xml", 49), ("gml_parent_quadrant_rect_gate.xml", 5), ("gml_ellipsoid3d_gate.xml", 1)],
)
def test_gates_of_the_compliance_suite_keep_their_events_both_ways(reference_data, name, populations):
    folder = reference_data / "flowkit_gatingml_ref"
    file, sample = cg.read_fcs(folder / "data1.fcs"), flowkit.Sample(folder / "data1.fcs")
    theirs = flowkit.parse_gating_xml(folder / "gml" / name)
    ours = from_flowkit(theirs)
    assert assert_same(ours, theirs, file, sample) == populations
    back = to_flowkit(ours)
    assert_same(ours, back, file, sample)
    assert from_flowkit(back).to_dict() == from_flowkit(to_flowkit(from_flowkit(back))).to_dict()


@pytest.mark.parametrize("name", WORKSPACES)
def test_workspaces_keep_their_events_both_ways(reference_data, name):
    folder = reference_data / "flowjo_small_flowkit"
    file, sample = cg.read_fcs(folder / WORKSPACES[name]), flowkit.Sample(folder / WORKSPACES[name])
    workspace = flowkit.Workspace(folder / name, fcs_samples=[sample])
    theirs = workspace.get_gating_strategy(sample.id)
    ours = from_flowkit(theirs, sample.id)
    assert assert_same(ours, theirs, file, sample) >= 1
    assert_same(ours, to_flowkit(ours), file, sample)


def test_a_compensated_workspace_keeps_its_events_both_ways(reference_data):
    folder = reference_data / "flowjo_flowsom_68983"
    path = next(folder.glob("*.fcs"))
    file, sample = cg.read_fcs(path), flowkit.Sample(path)
    theirs = flowkit.Workspace(folder / "gating.wsp", fcs_samples=[sample]).get_gating_strategy(sample.id)
    ours = from_flowkit(theirs)
    assert assert_same(ours, theirs, file, sample) == 15
    assert_same(ours, to_flowkit(ours), file, sample)


def test_flowkit_finds_every_event_that_was_stored(reference_data):
    folder = reference_data / "cytoexplorer_activation_open"
    data = stored(folder / "truth" / "Activation_1.fcs.gates.json")
    truth = np.load(folder / "truth" / "Activation_1.fcs.truth.npz", allow_pickle=False)
    sample = flowkit.Sample(folder / "fcs" / "Activation_1.fcs")
    found = members(to_flowkit(stored_strategy(data)), sample)
    assert len(found) == 10
    for path, packed in zip(truth["paths"], truth["members"], strict=True):
        if path != "root":
            mask = np.unpackbits(packed)[: int(truth["n_events"])].astype(bool)
            np.testing.assert_array_equal(found[f"/{path}"], mask, err_msg=str(path))
