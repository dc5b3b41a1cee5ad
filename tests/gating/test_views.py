"""Views: the right events on the right axes, every drawable gate once."""

from __future__ import annotations

import numpy as np
import pytest
from gating_cases import events, full_tree

import cytogate as cg
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.views import lineage, views, way_to


@pytest.fixture(scope="module")
def result():
    return cg.gate(events(6000), full_tree())


@pytest.fixture(scope="module")
def drawn(result):
    return views(result.source, result.strategy, result)


def test_every_gate_of_one_or_two_dimensions_is_drawn_once(drawn):
    names = [gate.population for view in drawn for gate in view.gates]
    assert len(names) == len(set(names))
    assert set(names) == {
        "/Cells", "/Cells/Bright", "/Cells/Box", "/Cells/Blob", "/Cells/Bow", "/Cells/Half", "/Cells/Egg",
        "/Cells/Box/Q00", "/Cells/Box/Q01", "/Cells/Box/Q10", "/Cells/Box/Q11", "/Cells/Bright/Any/Deep",
    }  # fmt: skip


def test_gates_on_the_same_axes_share_a_view(drawn):
    (shared,) = [view for view in drawn if "Bow" in view.gate_name]
    assert [gate.name for gate in shared.gates] == ["Bow", "Half"]


def test_view_counts_the_events_of_the_parent(drawn, result):
    for view in drawn:
        expected = result.n_events if view.parent is None else result.count(view.parent)
        assert view.parent_count == expected
        mask = result.root_mask() if view.parent is None else result.mask(view.parent)
        assert expected - 3 <= view.counts.sum() <= mask.sum()  # events that are NaN on an axis are not drawn


def test_row_is_the_bin_of_y_and_column_the_bin_of_x(result):
    cells = views(
        result.source, result.strategy, result, ranges={"FSC-A": (0, 128_000), "SSC-A": (0, 128_000)}
    )[0]
    fsc, ssc = result.source.values[:, 0].astype(float), result.source.values[:, 1].astype(float)
    inside = (fsc >= 90_000) & (fsc < 91_000) & (ssc >= 50_000) & (ssc < 51_000)
    assert cells.counts[50, 90] == inside.sum() > 0


def test_final_population_is_traced_on_its_way_and_nowhere_else(result):
    final = "/Cells/Box/Q00"
    traced = views(result.source, result.strategy, result, traced=[final])
    on_way = [view for view in traced if view.traces]
    assert [[gate.name for gate in view.gates] for view in on_way] == [
        ["Cells"], ["Box"], ["Q00", "Q01", "Q10", "Q11"],
    ]  # fmt: skip
    for view in on_way:
        (trace,) = view.traces
        assert trace.count == trace.counts.sum() == result.count(final) > 0
        assert (trace.counts <= view.counts).all()
    assert lineage(final, result.strategy) == ("/Cells", "/Cells/Box", final)


def test_union_is_traced_through_the_gates_it_is_made_of(result):
    union = "/Cells/Bright/Any"  # of Q11 or Egg, within Bright
    assert way_to(union, result.strategy) == {
        "/Cells", "/Cells/Bright", union, "/Cells/Box", "/Cells/Box/Q11", "/Cells/Egg",
    }  # fmt: skip
    traced = views(result.source, result.strategy, result, traced=[union])
    assert {view.gate_name for view in traced if any(trace.population == union for trace in view.traces)} >= {
        "Box", "Egg",
    }  # fmt: skip


def test_nothing_is_traced_unasked(drawn):
    assert not any(view.traces for view in drawn)


def test_given_ranges_are_data_values_put_on_the_scale(result):
    drawn = views(result.source, result.strategy, result, ranges={"A": (-500, 262144)})
    (box,) = [view for view in drawn if view.gate_name == "Box"]
    logicle = result.strategy.transforms["logicle"]
    assert (box.x.low, box.x.high) == (logicle.forward(-500.0), pytest.approx(1.0))


def test_one_dimensional_gate_is_drawn_against_side_scatter(drawn):
    (bright,) = [view for view in drawn if view.gate_name == "Bright"]
    assert bright.y.dim.channel == "SSC-A"
    assert bright.gates[0].outline.shape == (1, 2)


def test_empty_source_has_views_without_events():
    empty = cg.gate(events(0), full_tree())
    drawn = views(empty.source, empty.strategy, empty)
    assert drawn
    assert all(view.counts.sum() == 0 for view in drawn)
    assert all(np.isfinite([view.x.low, view.x.high]).all() for view in drawn)


@pytest.mark.parametrize("limits", [(0.0, 0.0), (-np.inf, 100.0), (0.0, np.inf), (np.nan, 1.0), (5.0, 1.0)])
def test_range_that_no_axis_can_have_gives_way_to_the_events(result, limits):
    drawn = views(result.source, result.strategy, result, ranges={"FSC-A": limits})
    assert -np.inf < drawn[0].x.low < drawn[0].x.high < np.inf
    assert drawn[0].counts.sum() > 5900


def test_ellipsoid_without_an_outline_is_counted_but_not_drawn():
    form = EllipsoidGate((Dimension("FSC-A"), Dimension("SSC-A")), [9e4, 5e4], [[1e8, 2e8], [2e8, 1e8]], 1.0)
    strategy = GatingStrategy.build([GateNode("Odd", form)])
    source = events(2000)
    result = cg.gate(source, strategy)
    assert result.count("Odd") > 0
    assert [view.gates for view in views(source, strategy, result)] == [()]
