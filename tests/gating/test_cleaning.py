from __future__ import annotations

import json
import math

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import GatingError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate, in_front, with_cleaning
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

N = 10_000
RNG = np.random.default_rng(3)
VALUES = np.column_stack([np.sort(RNG.uniform(0, 100, N)), RNG.normal(0, 1, N), RNG.normal(0, 1, N)])
VALUES[::97, 0] = np.nan  # an event without a time is at no bad time


def time(low: float, high: float) -> CleaningGate:
    gate = RectangleGate((Dimension("Time"),), (low,), (high,))
    return CleaningGate(f"Time {low:g} to {high:g}", gate, keeps=False, check="signal")


ON_SCALE = CleaningGate(
    "On scale",
    RectangleGate((Dimension("A"), Dimension("B")), (-math.inf, -math.inf), (2.0, 2.5)),
    keeps=True,
)
GATES = (ON_SCALE, time(10, 20), time(60.5, 61), time(99, 200))


def plain_keep() -> np.ndarray:
    t, a, b = VALUES.T
    bad = ((t >= 10) & (t < 20)) | ((t >= 60.5) & (t < 61)) | (t >= 99)
    return ~bad & (a < 2.0) & (b < 2.5)


@pytest.fixture
def strategy() -> GatingStrategy:
    square = PolygonGate(
        (Dimension("A"), Dimension("B")), np.array([[-1.5, -1], [1.2, -1], [1, 1], [-1, 1.5]])
    )
    return GatingStrategy.build(
        [
            GateNode("few", RectangleGate((Dimension("A"),), (1.0,), (math.inf,))),
            GateNode("square", square),
            GateNode("low", RectangleGate((Dimension("B"),), (-math.inf,), (0.0,)), parent="/square"),
            GateNode("rest", BooleanGate("not", (Reference("/square/low"),))),
        ],
        definitions={"/square/low": "test.low"},
    )


@pytest.fixture
def events() -> cg.Events:
    return cg.Events(VALUES, ["Time", "A", "B"])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("masks", [True, False])
def test_cleaned_gating_equals_gating_of_the_events_that_are_kept(events, strategy, threads, masks):
    plain = cg.gate(events, strategy, keep=plain_keep())
    cleaned = cg.gate(events, with_cleaning(strategy, GATES), threads=threads, masks=masks)
    assert cleaned.n_events == plain.n_events == plain_keep().sum()
    assert cleaned.populations == plain.populations
    np.testing.assert_array_equal(cleaned.counts, plain.counts)
    np.testing.assert_array_equal(cleaned.bits, plain.bits)
    assert cleaned.intensity("square/low", "B") == plain.intensity("square/low", "B")


def test_keep_and_cleaning_hold_together(events, strategy):
    keep = np.arange(N) % 3 == 0
    found = cg.gate(events, with_cleaning(strategy, GATES), keep=keep)
    np.testing.assert_array_equal(found.root_mask(), keep & plain_keep())


def test_a_loaded_sample_gates_all_anew_where_the_cleaning_changes(events, strategy):
    loaded = LoadedSample(events, strategy)
    for gates in (GATES, GATES[1:], ()):
        wanted = with_cleaning(strategy, gates)
        np.testing.assert_array_equal(loaded.regate(wanted).bits, cg.gate(events, wanted).bits)


def test_cleaning_gates_survive_json_under_a_version_of_their_own(strategy):
    cleaned = with_cleaning(strategy, GATES)
    data = json.loads(json.dumps(cleaned.to_dict()))
    assert data["version"] == 2
    assert strategy.to_dict()["version"] == 1
    assert GatingStrategy.from_dict(data).cleaning == GATES


@pytest.mark.parametrize("gates", [GATES, GATES[:1], GATES[1:2], GATES[1:], ()])
def test_as_gates_of_the_tree_they_keep_the_same_events(events, strategy, gates):
    cleaned = with_cleaning(strategy, gates)
    plain, made, clean = in_front(cleaned)
    assert plain.cleaning == ()
    assert list(made.values()) == list(gates)
    found, expected = cg.gate(events, plain), cg.gate(events, cleaned)
    for path in expected.populations:
        np.testing.assert_array_equal(found.mask(f"{clean or ''}{path}"), expected.mask(path))


@pytest.mark.parametrize("gates", [GATES, GATES[:1], GATES[1:2], GATES[1:], ()])
def test_gatingml_brings_them_back_and_leaves_the_paths(events, strategy, gates, tmp_path):
    cleaned = with_cleaning(strategy, gates)
    cg.write_gatingml(cleaned, tmp_path / "gates.xml")
    again = cg.read_gatingml(tmp_path / "gates.xml")
    assert again.cleaning == tuple(gates)
    assert again.paths == cleaned.paths
    assert dict(again.definitions) == dict(cleaned.definitions)
    np.testing.assert_array_equal(cg.gate(events, again).bits, cg.gate(events, cleaned).bits)


def test_gates_that_someone_changed_are_gates_like_all_others(events, strategy, tmp_path):
    place = tmp_path / "gates.xml"
    cg.write_gatingml(with_cleaning(strategy, GATES), place)
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("gating:and>", "gating:or>"), encoding="utf-8")
    changed = cg.read_gatingml(place)
    assert changed.cleaning == ()
    assert "/On scale/Clean/square/low" in changed.paths


def test_what_cannot_stand_before_the_root_is_refused(strategy):
    square = strategy.find("square").gate
    plane = RectangleGate((Dimension("A"), Dimension("B")), (0.0, 0.0), (1.0, 1.0))
    wrong = [CleaningGate("shape", square, keeps=True), CleaningGate("plane", plane, keeps=False)]
    with pytest.raises(GatingError, match="cannot be cleaned") as caught:
        with_cleaning(strategy, wrong)
    assert len(caught.value.problems) == 2
