"""Strategies: trees in any order of definition, and every fault of one named at once."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from gating_cases import full_tree

from cytogate.errors import GatingError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.logicle import Logicle

X, Y = Dimension("X"), Dimension("Y")
ABOVE = RectangleGate((X,), (0.0,), (np.inf,))


def quadrants(*names: str) -> QuadrantGate:
    places = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return QuadrantGate(
        (X, Y),
        ((0.0,), (0.0,)),
        tuple(Quadrant(n, ((0, x), (1, y))) for n, (x, y) in zip(names, places, strict=False)),
    )


def test_parent_may_be_defined_after_its_child():
    strategy = GatingStrategy.build([GateNode("B", ABOVE, "Live"), GateNode("Live", ABOVE)])
    assert strategy.paths == ("/Live", "/Live/B")


def test_parents_come_before_children_and_branches_stay_together():
    nodes = [
        GateNode("Live", ABOVE),
        GateNode("B", ABOVE, "Live"),
        GateNode("T", ABOVE, "Live"),
        GateNode("DN", ABOVE, "B"),
    ]
    assert GatingStrategy.build(nodes).paths == ("/Live", "/Live/B", "/Live/B/DN", "/Live/T")


def test_parts_of_a_quadrant_gate_are_children_of_its_parent():
    nodes = [
        GateNode("B", ABOVE),
        GateNode("IgD x CD27", quadrants("DN", "SWM", "N+T", "UM"), "B"),
        GateNode("aNAV", ABOVE, "B/N+T"),
    ]
    strategy = GatingStrategy.build(nodes)
    assert strategy.paths == ("/B", "/B/DN", "/B/SWM", "/B/N+T", "/B/N+T/aNAV", "/B/UM")
    assert strategy.find("B/DN").gate_name == "IgD x CD27"


def test_one_name_below_two_parents_is_fine_when_parents_are_told_apart():
    nodes = [
        GateNode("B", ABOVE),
        GateNode("T", ABOVE),
        GateNode("CD69+", ABOVE, "B"),
        GateNode("CD69+", ABOVE, "T"),
        GateNode("bright", ABOVE, "T/CD69+"),
    ]
    assert GatingStrategy.build(nodes).paths[-1] == "/T/CD69+/bright"


def test_gate_may_have_the_name_of_an_ancestor():
    nodes = [GateNode("Live", ABOVE), GateNode("B", ABOVE, "Live"), GateNode("Live", ABOVE, "B")]
    assert GatingStrategy.build(nodes).paths == ("/Live", "/Live/B", "/Live/B/Live")


def test_every_problem_of_a_tree_is_listed_at_once():
    nodes = [
        GateNode("B", ABOVE, "Lvie"),
        GateNode("Live", ABOVE),
        GateNode("T", RectangleGate((Dimension("X", "panel 9", "lgcl"),), (0.0,), (1.0,))),
        GateNode("A", ABOVE, "C"),
        GateNode("C", ABOVE, "A"),
    ]
    with pytest.raises(GatingError) as caught:
        GatingStrategy.build(nodes, source="study 7")
    text = str(caught.value)
    assert "study 7 cannot be used" in text
    assert "gate 'B': unknown parent 'Lvie'. Did you mean Live?" in text
    assert "unknown compensation 'panel 9'; known: FCS, uncompensated" in text
    assert "unknown transform 'lgcl'; known: none" in text
    assert "gate 'A': parent 'C' is reached from the gate itself" in text
    assert "gate 'C': parent 'A' has a problem of its own" in text


def test_ambiguous_parent_lists_what_it_may_be():
    nodes = [
        GateNode("B", ABOVE),
        GateNode("T", ABOVE),
        GateNode("+", ABOVE, "B"),
        GateNode("+", ABOVE, "T"),
        GateNode("x", ABOVE, "+"),
    ]
    with pytest.raises(GatingError, match=r"gate 'x': parent '\+' is ambiguous: it may be /B/\+ or /T/\+"):
        GatingStrategy.build(nodes)


def test_siblings_of_one_name_are_refused():
    with pytest.raises(GatingError, match="a second population 'B' below the root"):
        GatingStrategy.build([GateNode("B", ABOVE), GateNode("B", ABOVE)])


@pytest.mark.parametrize("parent", [None, "B"])
def test_a_population_without_a_name_is_refused(parent):
    """Its path would be the root's, or end like it."""
    with pytest.raises(GatingError, match="gate 2: the population has no name"):
        GatingStrategy.build([GateNode("B", ABOVE), GateNode("", ABOVE, parent)])


def test_a_quadrant_without_a_name_is_refused():
    halves = (Quadrant("low", ((0, 0),)), Quadrant("", ((0, 1),)))
    gate = QuadrantGate((Dimension("X", "uncompensated"),), ((1.0,),), halves)
    with pytest.raises(GatingError, match="gate 1: the population has no name"):
        GatingStrategy.build([GateNode("two", gate)])


def test_boolean_references_become_full_paths():
    gate = BooleanGate("and", (Reference("Dead", complement=True), Reference("S")))
    strategy = GatingStrategy.build(
        [GateNode("S", ABOVE), GateNode("Live", gate, "S"), GateNode("Dead", ABOVE, "S")]
    )
    assert strategy.find("Live").gate.references == (Reference("/S/Dead", complement=True), Reference("/S"))


def test_boolean_gate_that_needs_itself_is_refused():
    nodes = [GateNode("A", BooleanGate("not", (Reference("B"),))), GateNode("B", ABOVE, "A")]
    with pytest.raises(GatingError, match="population '/A': refers to itself"):
        GatingStrategy.build(nodes)


def test_unknown_boolean_reference_is_named():
    with pytest.raises(GatingError, match=r"gate 'A': There is no population 'Bee'"):
        GatingStrategy.build([GateNode("A", BooleanGate("not", (Reference("Bee"),)))])


def test_very_deep_trees_are_refused_not_a_crash():
    nodes = [GateNode("0", ABOVE), *(GateNode(str(k), ABOVE, str(k - 1)) for k in range(1, 5000))]
    with pytest.raises(GatingError):
        GatingStrategy.build(list(reversed(nodes)))


def full_strategy() -> GatingStrategy:
    scaled = Dimension("X", "FCS", "logicle X")
    nodes = [
        GateNode("B", RectangleGate((scaled,), (0.3,), (np.inf,)), display=Y),
        GateNode("IgD x CD27", quadrants("DN", "SWM", "N+T", "UM"), "B"),
        GateNode("aNAV", ABOVE, "B/N+T"),
        GateNode("rest", BooleanGate("not", (Reference("aNAV"),)), "N+T"),
    ]
    transforms = {"logicle X": Logicle(T=262144, W=0.5, M=4.5)}
    return GatingStrategy.build(nodes, transforms=transforms, definitions={"DN": "lab.DN"}, source="test")


def test_strategy_survives_a_round_trip_through_plain_values():
    strategy = full_strategy()
    again = GatingStrategy.from_dict(strategy.to_dict())
    assert again.populations == strategy.populations
    assert again.to_dict() == strategy.to_dict()


def test_one_gate_object_may_stand_in_two_places():
    strategy = GatingStrategy.build([GateNode("A", ABOVE), GateNode("B", ABOVE), GateNode("A", ABOVE, "B")])
    assert GatingStrategy.from_dict(strategy.to_dict()).paths == strategy.paths == ("/A", "/B", "/B/A")


def test_strategy_survives_pickling():
    strategy = full_strategy()
    again = pickle.loads(pickle.dumps(strategy))
    assert again.populations == strategy.populations
    assert again.definitions == {"/B/DN": "lab.DN"}


def test_strategy_of_a_later_version_is_refused():
    with pytest.raises(GatingError, match=r"version 3; expected 'cytogate\.strategy', version 1"):
        GatingStrategy.from_dict(full_strategy().to_dict() | {"version": 3})


def test_gates_are_the_nodes_that_were_entered_each_with_its_populations():
    strategy = full_tree()
    nodes = [node for node, _ in strategy.gates]
    assert GatingStrategy.build(nodes, transforms=strategy.transforms).populations == strategy.populations
    made = {
        node.name: [population.path for population in populations] for node, populations in strategy.gates
    }
    assert made["Cells"] == ["/Cells"]
    assert made["Cross"] == [f"/Cells/Box/Q{x}{y}" for x in (0, 1) for y in (0, 1)]
    assert sum(map(len, made.values())) == len(strategy.populations)
