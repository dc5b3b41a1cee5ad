from __future__ import annotations

import numpy as np

from cytogate.bench.deep import N_POLYGONS, SHARE, deep_tree, write_deep_sample
from cytogate.bench.sample import DETECTORS, sample_events, spillover, write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.fcs.read import read_fcs
from cytogate.gating.engine import gate


def test_a_longer_tube_begins_with_the_events_of_a_shorter_one():
    matrix = spillover().values
    short, long = sample_events(700, matrix), sample_events(1200, matrix)
    assert np.array_equal(short[:, :-1], long[:700, :-1])


def test_events_of_another_block_are_other_events(monkeypatch):
    monkeypatch.setattr("cytogate.bench.sample.BLOCK", 500)
    events = sample_events(1000, spillover().values)
    assert not np.array_equal(events[:500, 4:17], events[500:, 4:17])


def test_another_seed_gives_other_events():
    matrix = spillover().values
    assert not np.array_equal(sample_events(10, matrix, seed=1), sample_events(10, matrix, seed=2))


def test_the_file_has_eighteen_channels_and_its_spillover(tmp_path):
    write_sample(tmp_path / "a.fcs", 300)
    file = read_fcs(tmp_path / "a.fcs")
    assert (file.n_events, len(file.channels)) == (300, 18)
    assert file.spillover is not None
    assert np.array_equal(file.spillover.values, spillover().values)
    assert file.channels["CD38"].name in DETECTORS


def test_every_population_of_the_tree_holds_cells(tmp_path):
    write_sample(tmp_path / "a.fcs", 20_000)
    result = gate(read_fcs(tmp_path / "a.fcs"), thirteen_populations())
    assert len(result.populations) == 13
    assert min(result.count(path) for path in result.populations) > 20


def test_the_tree_has_every_kind_of_geometry():
    kinds = [population.gate.kind for population in thirteen_populations().populations]
    assert {"polygon", "ellipsoid", "rectangle", "quadrant"} == set(kinds)


def test_the_deep_tree_lies_under_four_percent(tmp_path):
    write_deep_sample(tmp_path / "deep.fcs", 20_000)
    file = read_fcs(tmp_path / "deep.fcs")
    result = gate(file, deep_tree())
    assert len(file.channels) == 28
    assert len(result.populations) == N_POLYGONS + 1
    assert abs(result.count("Rare") / file.n_events - SHARE) < 0.006
    assert all(0 < result.count(path) < result.count("Rare") for path in result.populations[1:])
