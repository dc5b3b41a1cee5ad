from __future__ import annotations

import numpy as np
import pytest

from cytogate.bench.generic import generic_tree
from cytogate.bench.sample import DETECTORS, write_sample
from cytogate.errors import GatingError
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.gating.engine import gate


def counts(source) -> dict[str, float]:
    strategy = generic_tree(source)
    result = gate(source, strategy)
    return {path: result.percent_of_parent(path) for path in result.populations}


def test_every_gate_holds_some_events_and_not_all(tmp_path):
    write_sample(tmp_path / "a.fcs", 3000)
    found = counts(read_fcs(tmp_path / "a.fcs"))
    assert len(found) == 1 + 13 + 6  # cells, a range on each detector, a polygon on each pair
    assert all(2 < share < 99 for share in found.values())


def test_channels_of_the_matrix_are_compensated_and_no_others(tmp_path):
    write_sample(tmp_path / "a.fcs", 3000)
    strategy = generic_tree(read_fcs(tmp_path / "a.fcs"))
    used = {dim.channel: dim.compensation for entry in strategy.populations for dim in entry.gate.dims}
    assert {name for name, how in used.items() if how == FROM_FILE} == set(DETECTORS)
    assert used["FSC-A"] == UNCOMPENSATED


@pytest.mark.parametrize(
    "names",
    [
        ("FSC-A", "SSC-A"),
        ("FSC-A", "FITC-A"),
        ("FL1", "FL2", "FL3"),
        ("Time", "FSC-A"),
        ("Time",),
        ("a/b", "c"),
    ],
)
def test_any_panel_gets_a_tree(names):
    values = np.random.default_rng(5).lognormal(5, 1, (400, len(names)))
    found = counts(Events(values, names))
    assert found
    assert all(0 < share < 100 for share in found.values())


@pytest.mark.parametrize("value", [0.0, -5.0, 7.0])
def test_a_channel_without_spread_is_gated(value):
    values = np.column_stack([np.full(50, value), np.full(50, value)])
    assert (
        gate(Events(values, ["FITC-A", "PE-A"]), generic_tree(Events(values, ["FITC-A", "PE-A"]))).n_events
        == 50
    )


def test_a_channel_without_a_finite_value_is_left_out():
    values = np.column_stack([np.full(50, np.nan), np.arange(50.0)])
    strategy = generic_tree(Events(values, ["FITC-A", "PE-A"]))
    assert {dim.channel for entry in strategy.populations for dim in entry.gate.dims} == {"PE-A"}


def test_a_file_without_events_is_refused():
    with pytest.raises(GatingError, match="holds no event"):
        generic_tree(Events(np.empty((0, 2)), ["FITC-A", "PE-A"], path="empty.fcs"))
