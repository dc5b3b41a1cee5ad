from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import cytogate as cg
from cytogate.bench import peers
from cytogate.bench.inputs import Tube
from cytogate.bench.peers import PEERS, differing
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import count_tubes
from cytogate.errors import InteropError
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tube(tmp_path) -> Tube:
    write_sample(tmp_path / "a.fcs", 3000)
    return Tube(str(tmp_path / "a.fcs"), thirteen_populations())


def test_flowkit_counts_the_same_by_full_paths(tube):
    ours, theirs = count_tubes([tube], 1), PEERS["flowkit"].prepare([tube]).count()
    assert theirs == ours


def test_populations_of_one_name_are_told_apart(tube):
    def above(cut: float) -> RectangleGate:
        return RectangleGate((Dimension("FSC-A"),), (cut,), (1e6,))

    nodes = [GateNode("A", above(7e4)), GateNode("B", above(8e4)), GateNode("C", above(7.5e4), "A")]
    nodes.append(GateNode("C", above(9e4), "B"))
    twins = Tube(tube.path, GatingStrategy.build(nodes))
    ours, theirs = count_tubes([twins], 1), PEERS["flowkit"].prepare([twins]).count()
    assert theirs == ours
    assert len(set(ours[tube.path].values())) == 4


def test_equal_counts_differ_nowhere():
    assert differing([{"f": {"/A": 1}}, {"f": {"/A": 1}}], [{"f": {"/A": 1}}]) == []


def test_a_count_that_differs_is_named_with_what_each_found():
    rows = differing([{"f": {"/A": 1, "/B": 2}}], [{"f": {"/A": 1, "/B": 3}}])
    assert rows == [{"file": "f", "population": "/B", "cytogate": [2], "peer": [3]}]


def test_runs_of_our_own_that_differ_are_named():
    rows = differing([{"f": {"/A": 1}}, {"f": {"/A": 4}}], [])
    assert rows == [{"file": "f", "population": "/A", "cytogate": [1, 4], "peer": []}]


def test_a_population_or_file_that_the_peer_does_not_know_differs():
    rows = differing([{"f": {"/A": 1}, "g": {"/A": 0}}], [{"f": {}}])
    assert [(row["file"], row["peer"]) for row in rows] == [("f", [None]), ("g", [None])]


def test_a_template_with_quadrants_on_one_channel_and_open_outlines_is_counted_alike():
    for panel, template in (("B", "sle_bcell"), ("T", "treg_helios")):
        file = cg.read_fcs(ROOT / "sample_fcs" / "fcs" / f"P1_W0_{panel}.fcs")
        sample = Tube(file.path, cg.load_template(template).resolve(file))
        assert PEERS["flowkit"].prepare([sample]).count() == count_tubes([sample], 1)


def test_what_the_peer_refuses_is_said_in_one_sentence(tube, monkeypatch):
    def refuse(_: str) -> None:
        message = "no such file"
        raise ValueError(message)

    ready = PEERS["flowkit"].prepare([tube])
    monkeypatch.setattr(peers, "_flowkit", lambda: SimpleNamespace(Sample=refuse))
    with pytest.raises(InteropError, match=r"FlowKit does not do this work: .*: ValueError: no such file"):
        ready.count()
