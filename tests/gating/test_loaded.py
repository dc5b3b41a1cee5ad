"""A loaded sample: what changed is gated again, what did not is kept, as if gated anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL, TRANSFORMS, dim, events, full_tree

import cytogate as cg
from cytogate.errors import GatingError, PanelError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import loaded
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

GATES = list(dict.fromkeys(population.gate_name for population in full_tree().populations))


def moved(gate):
    """The same gate a little elsewhere."""
    match gate:
        case PolygonGate():
            return PolygonGate(gate.dims, gate.vertices * 1.07)
        case RectangleGate():
            return RectangleGate(gate.dims, tuple(0.9 * low for low in gate.minimum), gate.maximum)
        case EllipsoidGate():
            return EllipsoidGate(gate.dims, gate.mean + 0.03, gate.covariance, gate.distance_square)
        case QuadrantGate():
            return QuadrantGate(gate.dims, tuple((cut[0] + 0.05,) for cut in gate.cuts), gate.quadrants)
        case BooleanGate():
            flipped = [replace(ref, complement=not ref.complement) for ref in gate.references]
            return BooleanGate(gate.operation, tuple(flipped))


def changed(name):
    nodes = {}
    for population in full_tree().populations:
        gate = moved(population.gate) if population.gate_name == name else population.gate
        nodes[population.parent, population.gate_name] = GateNode(
            population.gate_name, gate, population.parent
        )
    return GatingStrategy.build(nodes.values(), transforms=TRANSFORMS)


def assert_same(result, expected):
    np.testing.assert_array_equal(result.bits, expected.bits)
    np.testing.assert_array_equal(result.counts, expected.counts)
    assert result.strategy is expected.strategy


@pytest.fixture(scope="module")
def source():
    return events(70_001)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("keep", [None, 0.5])
def test_any_gate_changed_equals_gating_anew(source, name, keep):
    kept = None if keep is None else np.random.default_rng(1).random(source.n_events) < keep
    sample = LoadedSample(source, full_tree(), keep=kept, threads=2)
    assert_same(sample.result, cg.gate(source, sample.result.strategy, keep=kept))
    other = changed(name)
    again = sample.regate(other)
    assert sample.result is again
    assert_same(again, cg.gate(source, other, keep=kept))
    assert (again.counts != cg.gate(source, full_tree(), keep=kept).counts).any()
    back = full_tree()
    assert_same(sample.regate(back), cg.gate(source, back, keep=kept))


def test_only_what_changed_is_gated(source, monkeypatch):
    sample = LoadedSample(source, full_tree())
    run, outputs = loaded.run_program, []

    def seen(*arguments):
        outputs.append(arguments[7].outputs.tolist())
        run(*arguments)

    monkeypatch.setattr(loaded, "run_program", seen)
    sample.regate(full_tree())
    assert outputs == []  # nothing differs
    strategy = changed("Egg")
    sample.regate(strategy)
    gated = {strategy.paths[mask - 1] for mask in outputs[0]}
    assert gated == {"/Cells/Egg", "/Cells/Both", "/Cells/Bright/Any", "/Cells/Bright/Any/Deep"}


def test_a_transform_or_a_matrix_that_changed_changes_its_gates(source):
    gate = RectangleGate((Dimension("A", "m", "s"),), (0.4,), (0.7,))

    def strategy(width, spill):
        matrix = cg.CompensationMatrix("ABC", "ABC", [[1, spill, 0], [0.1, 1, 0.3], [0.02, 0, 1]])
        return GatingStrategy.build(
            [GateNode("x", gate), GateNode("y", RectangleGate((dim("SSC-A"),), (4e4,), (6e4,)), "x")],
            compensations={"m": matrix},
            transforms={"s": cg.transforms.Logicle(262144, width, 4.5)},
        )

    sample = LoadedSample(source, strategy(0.5, 0.2))
    counts = {sample.result.count("y")}
    for one in (strategy(1.0, 0.2), strategy(1.0, 0.4)):
        assert_same(sample.regate(one), cg.gate(source, one))
        counts.add(sample.result.count("y"))
    assert len(counts) == 3


def test_columns_of_new_gates_are_read_and_old_ones_are_not_read_again(source, monkeypatch):
    first = GatingStrategy.build([GateNode("x", RectangleGate((dim("A"),), (300.0,), (np.inf,)))])
    sample = LoadedSample(source, first)
    fill, read = loaded.fill_slots, []

    def seen(source, columns, wanted, out, **options):
        read.append(len(wanted))
        fill(source, columns, wanted, out, **options)

    monkeypatch.setattr(loaded, "fill_slots", seen)
    both = GatingStrategy.build(
        [
            GateNode("x", RectangleGate((dim("A"),), (300.0,), (np.inf,))),
            GateNode("y", RectangleGate((dim("A"), dim("B")), (100.0, 100.0), (np.inf, np.inf)), "x"),
        ]
    )
    assert_same(sample.regate(both), cg.gate(source, both))
    assert_same(sample.regate(first), cg.gate(source, first))
    assert read == [1]


def test_two_matrices_that_agree_have_one_column_which_later_columns_leave_alone(source):
    twins = {"one": SPILL, "two": cg.CompensationMatrix("ABC", "ABC", SPILL.values)}

    def strategy(*dims):
        bounds = (300.0,) * len(dims), (np.inf,) * len(dims)
        return GatingStrategy.build([GateNode("x", RectangleGate(dims, *bounds))], compensations=twins)

    sample = LoadedSample(source, strategy(Dimension("A", "one"), Dimension("A", "two")))
    for other in (strategy(Dimension("B", "one")), strategy(Dimension("A", "two"))):
        assert_same(sample.regate(other), cg.gate(source, other))


def test_a_strategy_that_does_not_fit_is_refused_and_leaves_the_result(source):
    sample = LoadedSample(source, full_tree())
    before = sample.result
    with pytest.raises(PanelError, match="CD99"):
        sample.regate(GatingStrategy.build([GateNode("x", RectangleGate((Dimension("CD99"),), (0,), (1,)))]))
    with pytest.raises(GatingError, match="a GatingStrategy is expected"):
        sample.regate("sle_bcell")
    assert sample.result is before


def test_no_events_give_no_counts():
    empty = cg.Events(np.zeros((0, 6)), CHANNELS, spillover=SPILL)
    sample = LoadedSample(empty, full_tree())
    assert sample.regate(changed("Cells")).counts.sum() == 0


def test_kept_events_are_those_named_at_first(source):
    keep = np.ones(source.n_events, dtype=bool)
    sample = LoadedSample(source, full_tree(), keep=keep)
    keep[:] = False
    gate = RectangleGate((dim("FSC-A"),), (0.0,), (np.inf,))
    strategy = GatingStrategy.build([GateNode("x", gate)])
    assert sample.regate(strategy).count("x") == cg.gate(source, strategy).count("x") > 0
