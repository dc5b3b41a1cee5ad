from __future__ import annotations

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import InteropError

CURLY = '<gating:CurlyQuad eventsInside="1"></gating:CurlyQuad>'


@pytest.fixture
def ranges(wsp):
    """Two overlapping ranges below Cells, beside whatever is given."""

    def spell(*beside):
        inner = wsp.population("A", wsp.box(SSC__A=(0, 2e5))) + wsp.population(
            "B", wsp.box(SSC__A=(1e5, 3e5))
        )
        return wsp.population("Cells", wsp.box(FSC__A=(0, 1e5)), inner + "".join(beside))

    return spell


@pytest.mark.parametrize(
    ("tag", "needs", "expected"),
    [
        ("AndNode", ("Cells/A", "Cells/B"), lambda a, b: a & b),
        ("OrNode", ("Cells/A", "Cells/B"), lambda a, b: a | b),
        ("NotNode", ("Cells/A",), lambda a, _: ~a),
    ],
)
def test_boolean_populations_lie_within_their_parent(wsp, saved, events, ranges, tag, needs, expected):
    node = wsp.boolean(tag, "Joined", *needs, count=17)
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(ranges(node)))))
    fsc, ssc = events.values[:, 0], events.values[:, 1]
    cells = (fsc >= 0) & (fsc < 1e5)
    inside = cells & expected((ssc >= 0) & (ssc < 2e5), (ssc >= 1e5) & (ssc < 3e5))
    result = cg.gate(events, workspace.strategy("a.fcs"))
    np.testing.assert_array_equal(result.mask("/Cells/Joined"), inside)
    assert workspace.stored_counts("a.fcs")["/Cells/Joined"] == 17


def test_a_boolean_population_may_come_before_those_it_needs_and_have_its_own_children(wsp, saved, events):
    child = wsp.population("Child", wsp.box(SSC__A=(0, 1e5)))
    first = wsp.boolean("NotNode", "First", "Last").replace(
        "</NotNode>", f"<Subpopulations>{child}</Subpopulations></NotNode>"
    )
    tree = first + wsp.population("Last", wsp.box(FSC__A=(0, 1e5)))
    strategy = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree)))).strategy("a.fcs")
    assert strategy.paths == ("/First", "/First/Child", "/Last")
    fsc, ssc = events.values[:, 0], events.values[:, 1]
    expected = ~((fsc >= 0) & (fsc < 1e5)) & (ssc >= 0) & (ssc < 1e5)
    assert cg.gate(events, strategy).count("Child") == expected.sum()


def test_the_copy_of_a_gate_in_a_boolean_population_is_left_alone(wsp, saved, ranges):
    copy = f"<Gate>{wsp.box(FSC__A=(7, 8))}</Gate><Dependents>"
    node = wsp.boolean("NotNode", "Rest", "Cells/A").replace("<Dependents>", copy)
    strategy = cg.read_flowjo(saved(wsp.workspace(wsp.sample(ranges(node))))).strategy("a.fcs")
    assert strategy.find("Rest").gate.kind == "boolean"


def test_events_outside_a_shape_are_the_rest_of_its_parent(wsp, saved, events):
    outside = wsp.population(
        "Far", wsp.box("0", SSC__A=(0, 2e5)), wsp.population("Deep", wsp.box(FITC__A=(0, None)))
    )
    path = saved(wsp.workspace(wsp.sample(wsp.population("Cells", wsp.box(FSC__A=(0, 1e5)), outside))))
    workspace = cg.read_flowjo(path)
    strategy = workspace.strategy("a.fcs")
    assert strategy.paths == ("/Cells", "/Cells/Far (inside)", "/Cells/Far", "/Cells/Far/Deep")
    fsc, ssc, fitc = events.values[:, :3].T
    far = (fsc >= 0) & (fsc < 1e5) & ~((ssc >= 0) & (ssc < 2e5))
    result = cg.gate(events, strategy)
    assert result.count("/Cells/Far") == far.sum() > 100
    assert result.count("Deep") == np.sum(far & (fitc >= 0))
    assert [one.code for one in strategy.warnings] == ["gate-outside"]
    assert set(workspace.stored_counts("a.fcs")) == {"/Cells", "/Cells/Far", "/Cells/Far/Deep"}


def test_siblings_of_one_name_get_numbers(wsp, saved):
    tree = "".join(wsp.population("Cells", wsp.box(FSC__A=(0, high)), count=high) for high in (1, 2, 3))
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree))))
    assert workspace.stored_counts("a.fcs") == {"/Cells": 1, "/Cells (2)": 2, "/Cells (3)": 3}
    assert [one.code for one in workspace.warnings] == ["population-renamed"] * 2


def test_a_slash_in_a_name_is_escaped_and_boolean_populations_find_it(wsp, saved, events):
    tree = wsp.population("CD4/CD8", wsp.box(FSC__A=(0, 1e5)), wsp.population("B", wsp.box(SSC__A=(0, 1e5))))
    path = saved(wsp.workspace(wsp.sample(tree + wsp.boolean("NotNode", "Rest", "CD4/CD8/B"))))
    result = cg.gate(events, cg.read_flowjo(path).strategy("a.fcs"))
    assert result.populations == (r"/CD4\/CD8", r"/CD4\/CD8/B", "/Rest")
    assert result.count("Rest") == len(events.values) - result.count("B")


def test_a_boolean_population_that_may_mean_two_is_refused(wsp, saved):
    tree = "".join(wsp.population("Cells", wsp.box(FSC__A=(0, high))) for high in (1, 2))
    path = saved(wsp.workspace(wsp.sample(tree + wsp.boolean("NotNode", "Rest", "Cells"))))
    with pytest.raises(
        InteropError, match=r"'/Rest': it depends on 'Cells', which may be /Cells or /Cells \(2\)"
    ):
        cg.read_flowjo(path)


def test_boolean_populations_that_need_each_other_are_refused(wsp, saved):
    tree = wsp.boolean("NotNode", "A", "B") + wsp.boolean("NotNode", "B", "A")
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree))))
    with pytest.raises(InteropError, match="refers to itself by way of other populations"):
        workspace.strategy("a.fcs")


def test_gates_that_are_not_read_are_refused_with_what_can_be_done(wsp, saved, ranges):
    path = saved(wsp.workspace(wsp.sample(ranges(wsp.population("Q1", CURLY)))))
    with pytest.raises(InteropError) as caught:
        cg.read_flowjo(path)
    (problem,) = caught.value.problems
    assert problem.code == "gate-unsupported"
    assert problem.location.startswith(f"{path}:")
    assert "population '/Cells/Q1'" in problem.location
    assert "'CurlyQuad'" in problem.message
    assert "on_unsupported='skip'" in problem.fix


def test_gates_that_flowjo_may_move_are_warned_of(wsp, saved):
    gate = wsp.box(FSC__A=(1, 2)).replace("eventsInside", 'percentX="0" percentY="15" eventsInside')
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(wsp.population("A", gate)))))
    (problem,) = workspace.strategy("a.fcs").warnings
    assert (problem.code, "percentY 15" in problem.message) == ("gate-may-move", True)


def test_a_population_without_a_gate_is_not_read(wsp, saved):
    text = wsp.workspace(wsp.sample('<Population name="Cluster 3" count="5"></Population>'))
    with pytest.raises(InteropError, match="'/Cluster 3': it has no gate"):
        cg.read_flowjo(saved(text))
    workspace = cg.read_flowjo(saved(text), on_unsupported="skip")
    assert workspace.stored_counts("a.fcs") == {"/Cluster 3": 5}
    assert workspace.strategy("a.fcs").paths == ()


def test_gates_that_are_not_read_can_be_left_out_with_all_that_needs_them(wsp, saved, events, ranges):
    curly = wsp.population("Q1", CURLY, wsp.population("Child", wsp.box(FSC__A=(0, 1))), count=12)
    others = wsp.boolean("OrNode", "Either", "Cells/A", "Cells/Q1") + wsp.boolean(
        "NotNode", "Rest", "Cells/A"
    )
    path = saved(wsp.workspace(wsp.sample(ranges(others, curly))))
    workspace = cg.read_flowjo(path, on_unsupported="skip")
    strategy = workspace.strategy("a.fcs")
    assert strategy.paths == ("/Cells", "/Cells/A", "/Cells/B", "/Cells/Rest")
    left_out = {one.location.rpartition("population ")[2]: one.message for one in strategy.warnings}
    assert set(left_out) == {"'/Cells/Q1'", "'/Cells/Q1/Child'", "'/Cells/Either'"}
    assert all(message.startswith("left out: ") for message in left_out.values())
    assert workspace.stored_counts("a.fcs")["/Cells/Q1"] == 12


def test_one_broken_sample_does_not_keep_others_from_being_read(wsp, saved, events):
    good = wsp.sample(wsp.population("A", wsp.box(FSC__A=(0, 1e5))))
    bad = wsp.sample(
        wsp.population("N", wsp.box(FSC__A=("NaN", 1))) + wsp.population("C", wsp.box(FSC__A=("1,5", 7))),
        identity="2",
        name="b.fcs",
    )
    path = saved(wsp.workspace(good, bad))
    workspace = cg.read_flowjo(path)
    assert cg.gate(events, workspace.strategy("a.fcs")).count("A") > 0
    with pytest.raises(InteropError, match=r"Sample 'b\.fcs' of .* cannot be gated") as caught:
        workspace.strategy("b.fcs")
    assert [one.code for one in caught.value.problems] == ["number", "number"]
    assert [one.message for one in workspace.warnings] == [one.message for one in caught.value.problems]
    assert "found 'NaN'" in str(caught.value)
    assert "found '1,5'" in str(caught.value)
    assert str(caught.value).count(f"{path}:") == 2


def test_a_not_node_without_dependents_negates_the_gate_in_it(wsp, saved, events):
    node = wsp.population("Out", wsp.box(FSC__A=(0, 9e4))).replace("Population", "NotNode")
    result = cg.gate(events, cg.read_flowjo(saved(wsp.workspace(wsp.sample(node)))).strategy("a.fcs"))
    values = events.values[:, 0]
    assert result.count("Out") == np.sum(~((values >= 0) & (values < 9e4)))


def test_a_boolean_population_of_one_can_be_left_out(wsp, saved):
    pops = wsp.population("A", wsp.box(FSC__A=(0, 9e4))) + wsp.boolean("OrNode", "only A", "A")
    path = saved(wsp.workspace(wsp.sample(pops)))
    with pytest.raises(InteropError, match="depends on 1 populations"):
        cg.read_flowjo(path)
    assert cg.read_flowjo(path, on_unsupported="skip").strategy("a.fcs").paths == ("/A",)
