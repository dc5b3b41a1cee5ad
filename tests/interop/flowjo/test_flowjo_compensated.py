"""Files of compensated events, and workspaces that compensate what looks compensated: as FlowJo did."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import CompensationError, InteropError
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.strategy import GatingStrategy

CHANNELS = ("FSC-A", "SSC-A", "FITC-A", "PE-A", "Time")
MATRIX = cg.CompensationMatrix(("FITC-A", "PE-A"), ("FITC-A", "PE-A"), [[1, 0.9], [0.9, 1]])
EXPORTED = {"FITC-A": "Comp-FITC-A", "PE-A": "Comp-PE-A"}


def renamed(events, mapping):
    return cg.Events(events.values, [mapping.get(name, name) for name in events.channels.names])


@pytest.fixture
def one_range(wsp):
    """A sample with one range on Comp-FITC-A."""

    def spell(**sample):
        return wsp.sample(wsp.population("R", wsp.box(Comp__FITC__A=(0, 3000))), **sample)

    return spell


def in_range(values):
    return np.sum((values >= 0) & (values < 3000))


def compensated_fitc(values):
    return values[:, 2:4].astype(float) @ np.linalg.inv([[1, 0.25], [0.5, 1]])[:, 0]


def test_a_strategy_made_without_the_file_takes_compensated_channels_as_they_are(
    wsp, saved, events, one_range
):
    workspace = cg.read_flowjo(saved(wsp.workspace(one_range())))
    fitc = events.values[:, 2]
    expected = in_range(fitc)
    strategy = workspace.strategy("a.fcs")
    stored = GatingStrategy.from_dict(json.loads(json.dumps(strategy.to_dict())))
    for names in (("Comp-FITC-A", "Comp-PE-A"), ("<FITC-A>", "<PE-A>")):
        exported = renamed(events, dict(zip(("FITC-A", "PE-A"), names, strict=True)))
        for one in (
            strategy,
            workspace.strategy("a.fcs", exported),
            pickle.loads(pickle.dumps(strategy)),
            stored,
        ):
            result = cg.gate(exported, one)
            assert result.count("R") == expected
            told = [problem.code for problem in (*result.warnings, *one.warnings)]
            assert "compensated-already" in told
        assert result.intensity("R", names[0]) == pytest.approx(np.median(fitc[(fitc >= 0) & (fitc < 3000)]))
        assert LoadedSample(exported, strategy).result.count("R") == expected


def test_compensated_channels_beside_the_measured_ones_are_taken(wsp, saved, events, one_range):
    strategy = cg.read_flowjo(saved(wsp.workspace(one_range()))).strategy("a.fcs")
    fitc = events.values[:, 3]
    both = cg.Events(np.hstack([events.values, events.values[:, 3:4]]), (*CHANNELS, "Comp-FITC-A"))
    assert cg.gate(both, strategy).count("R") == in_range(fitc)


def test_the_matrix_of_the_workspace_is_applied_though_values_look_compensated(wsp, saved, events, one_range):
    """FlowJo applied it, and its counts are the truth; the same matrix from elsewhere is refused."""
    small = cg.Events(events.values * [1, 1, 1e-5, 1e-5, 1], CHANNELS, spillover=MATRIX)
    strategy = cg.read_flowjo(saved(wsp.workspace(one_range()))).strategy("a.fcs")
    result = cg.gate(small, strategy)
    fitc = compensated_fitc(small.values)
    assert result.count("R") == in_range(fitc)
    assert [one.code for one in result.warnings] == ["compensated-twice"]
    with pytest.raises(CompensationError, match="once more"):
        cg.gate(small, replace(strategy, compensated_channels={}))


def test_a_matrix_on_compensated_channels_is_applied_as_flowjo_did(wsp, saved, events):
    names = ("FSC-A", "SSC-A", "Comp-FITC-A", "Comp-PE-A", "Time")
    matrix = wsp.matrix(names=names[2:4])
    gate = wsp.population("R", wsp.box(Comp__Comp__FITC__A=(0, 3000)))
    sample = wsp.sample(gate, channels=names, matrix=matrix, scales=wsp.biex("Comp-Comp-FITC-A"))
    strategy = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs")
    exported = renamed(events, EXPORTED)
    result = cg.gate(exported, strategy)
    fitc = compensated_fitc(events.values)
    assert result.count("R") == in_range(fitc)
    assert [one.code for one in result.warnings] == ["compensated-twice"]


def test_an_identity_matrix_takes_compensated_channels_of_an_export(wsp, saved, events, one_range):
    workspace = cg.read_flowjo(saved(wsp.workspace(one_range(matrix=wsp.matrix([[1, 0], [0, 1]])))))
    exported = renamed(events, EXPORTED)
    counts = {
        cg.gate(exported, workspace.strategy("a.fcs")).count("R"),
        cg.gate(exported, workspace.strategy("a.fcs", exported)).count("R"),
        cg.gate(events, workspace.strategy("a.fcs")).count("R"),
    }
    assert len(counts) == 1


def test_the_matrix_of_the_workspace_goes_before_that_of_the_file(wsp, saved, events, one_range):
    own = cg.Events(events.values, CHANNELS, spillover=MATRIX)
    strategy = cg.read_flowjo(saved(wsp.workspace(one_range()))).strategy("a.fcs", own)
    fitc = compensated_fitc(events.values)
    assert cg.gate(own, strategy).count("R") == in_range(fitc)


def test_a_workspace_without_a_matrix_takes_the_one_in_the_keywords(wsp, saved, events, one_range):
    spilled = {"$SPILLOVER": "2,FITC-A,PE-A,1,0.25,0.5,1"}
    strategy = cg.read_flowjo(saved(wsp.workspace(one_range(matrix="", keywords=spilled)))).strategy("a.fcs")
    assert [one.code for one in strategy.warnings] == ["matrix-from-keywords"]
    fitc = compensated_fitc(events.values)
    assert cg.gate(events, strategy).count("R") == in_range(fitc)
    with pytest.raises(InteropError, match="no channel of the sample"):
        cg.read_flowjo(saved(wsp.workspace(one_range(matrix=""))))


def test_a_gain_of_a_compensated_channel_needs_the_file(wsp, saved, events, one_range, tmp_path):
    exported = renamed(events, EXPORTED)
    file = cg.read_fcs(cg.write_fcs(tmp_path / "a.fcs", exported, keywords={"$P3G": "4"}))
    workspace = cg.read_flowjo(saved(wsp.workspace(one_range())))
    with pytest.raises(CompensationError, match="strategy\\(name, file\\)"):
        cg.gate(file, workspace.strategy("a.fcs"))
    result = cg.gate(file, workspace.strategy("a.fcs", file))
    stored = events.values[:, 2].astype(np.float32)
    assert result.count("R") == np.sum((stored >= 0) & (stored < 3000))
