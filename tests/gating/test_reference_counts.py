"""Real files and stored gates: every count and every event as the authors' own software stored them."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from stored_gates import stored, stored_strategy

import cytogate as cg
from cytogate.errors import CompensationError
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.passes import read_columns
from cytogate.gating.strategy import GatingStrategy

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("sample", ["Activation_1", "Activation_32"])
def test_raw_lsr_file_gives_every_stored_count_and_event(reference_data, sample):
    folder = reference_data / "cytoexplorer_activation_open"
    data = stored(folder / "truth" / f"{sample}.fcs.gates.json")
    truth = np.load(folder / "truth" / f"{sample}.fcs.truth.npz", allow_pickle=False)
    result = cg.gate(cg.read_fcs(folder / "fcs" / f"{sample}.fcs"), stored_strategy(data))

    expected = {f"/{entry['path']}": entry["count"] for entry in data["populations"] if entry["gate"]}
    assert {path: result.count(path) for path in result.populations} == expected
    assert len(expected) == 10
    for path, members in zip(truth["paths"], truth["members"], strict=True):
        if path != "root":
            stored_mask = np.unpackbits(members)[: int(truth["n_events"])].astype(bool)
            np.testing.assert_array_equal(result.mask(f"/{path}"), stored_mask, err_msg=str(path))


def test_compensated_array_gives_every_stored_membership(reference_data):
    folder = reference_data / "hipc_dc_open"
    data = stored(folder / "DC_MONO_NK_12828001_001.fcs.gates.json")
    truth = np.load(folder / "DC_MONO_NK_12828001_001.fcs.truth.npz", allow_pickle=False)
    events = cg.Events(truth["values"], [str(name) for name in truth["channels"]])
    result = cg.gate(events, stored_strategy(data))

    expected = {f"/{entry['path']}": entry["count"] for entry in data["populations"] if entry["gate"]}
    assert {path: result.count(path) for path in result.populations} == expected
    assert len(expected) == 23
    for path, members in zip(truth["paths"], truth["members"], strict=True):
        if path != "root":
            stored_mask = np.unpackbits(members)[: int(truth["n_events"])].astype(bool)
            np.testing.assert_array_equal(result.mask(f"/{path}"), stored_mask, err_msg=str(path))


def test_columns_compensated_and_on_a_logicle_scale_equal_those_of_flowcore(reference_data):
    """What the engine compares with gates: 500 events of 68983.fcs, every detector of its matrix."""
    with (reference_data / "peer_values" / "comp_68983_comp_logicle500_flowCore.csv").open() as stream:
        names, *rows = csv.reader(stream)
    expected = np.array(rows, dtype=float)
    file = cg.read_fcs(reference_data / "flowjo_flowsom_68983" / "68983.fcs")
    scales = {"logicle": cg.transforms.Logicle(T=262144, W=0.5, M=4.5)}
    dims = [Dimension(name, "FCS", "logicle") for name in names]
    found = read_columns(file, GatingStrategy.build([], transforms=scales), dims)
    assert expected.shape == (500, 11)
    np.testing.assert_allclose(found[:, :500].T, expected, rtol=0, atol=1e-9)


def test_file_that_is_already_compensated_is_refused(reference_data):
    file = cg.read_fcs(reference_data / "bcell_lsrii_open" / "flowDensity_sampleFCS_1.fcs")
    gate = RectangleGate((Dimension("PE-A", "FCS"),), (1.0,), (np.inf,))
    strategy = GatingStrategy.build([GateNode("CD24+", gate)], source="lab gates")
    with pytest.raises(
        CompensationError, match=r"stay below .* gates of lab gates would compensate them once more"
    ):
        cg.gate(file, strategy)
    raw = GatingStrategy.build([GateNode("CD24+", RectangleGate((Dimension("PE-A"),), (1.0,), (np.inf,)))])
    assert 0 < cg.gate(file, raw).count("CD24+") < 23_000
