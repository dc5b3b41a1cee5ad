"""Spillover keywords of files, through gating: applied, or refused by name where a gate asks for them."""

from __future__ import annotations

import pytest
from fcs.build import plain

import cytogate as cg
from cytogate.compensation.causes import CAUSES
from cytogate.errors import CompensationError
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

ROWS = [[1.0, 100.0, 50.0], [2.0, 10.0, 5.0], [3.0, 10.0, 40.0]]  # FSC-A, SSC-A, FL1-A
GOOD = "2,SSC-A,FL1-A,1,0.5,0,1"  # row 1 has no FL1 of its own
BROKEN = [
    ("spillover-count", {"$SPILLOVER": "two,SSC-A,FL1-A,1,0.5,0,1"}),
    ("spillover-count", {"$SPILLOVER": "4,SSC-A,FL1-A,FSC-A,X,1,0.5,0,1"}),
    ("spillover-length", {"SPILL": "2,SSC-A,FL1-A,1,0.5,0"}),
    ("spillover-length", {"SPILL": "2,SSC-A,FL1-A,1,0,5,0,1"}),
    ("spillover-decimal-commas", {"$SPILLOVER": "2,SSC-A,FL1-A,1,000,0,500,0,000,1,000"}),
    ("spillover-name-commas", {"$SPILLOVER": "2,SSC-A,FL1,A,1,0.5,0,1", "$P3N": "FL1,A"}),
    ("spillover-coefficient", {"COMP": "2,SSC-A,FL1-A,1,half,0,1"}),
    ("spillover-not-finite", {"$SPILL": "2,SSC-A,FL1-A,1,nan,0,1"}),
    ("spillover-not-finite", {"$SPILL": "2,SSC-A,FL1-A,1,1e400,0,1"}),
    ("spillover-numbered", {"SPILLOVER": "2,2,3,1,0.5,0,1"}),
    ("spillover-labels", {"$SPILLOVER": "2,CD3,CD4,1,0.5,0,1", "$P2S": "CD3", "$P3S": "CD4"}),
    ("spillover-unknown-detector", {"$SPILLOVER": "2,SSC-A,FL2-A,1,0.5,0,1"}),
    ("spillover-unknown-detector", {"$SPILLOVER": "2,SSC,FL1,1,0.5,0,1"}),
    ("spillover-duplicate-detector", {"$SPILLOVER": "2,FL1-A,FL1-A,1,0.5,0,1"}),
    ("spillover-zero", {"$SPILLOVER": "2,SSC-A,FL1-A,0,0,0,0"}),
    ("spillover-unusable", {"$SPILLOVER": "2,SSC-A,FL1-A,1,0.5,2,1"}),
    ("spillover-unusable", {"$SPILLOVER": "2,SSC-A,FL1-A,1,0.999999999999,1,1"}),
    ("spillover-unusable", {"$SPILLOVER": "2,SSC-A,FL1-A,1e300,0,0,1e300"}),
    ("spillover-percent", {"$COMP": "3,0,50,0,0,0,0,0,0,0"}),
    ("spillover-percent", {"$DFC1TO2": "50"}),
    ("spillover-zero", {"$SPILLOVER": "2,SSC-A,FL1-A,0,0,0,0", "SPILL": GOOD}),
]
USED = [
    (set(), {"$SPILLOVER": GOOD}),
    (set(), {"SPILL": "2,FL1-A,SSC-A,1,0,0.5,1"}),
    (set(), {"$SPILLOVER": GOOD, "SPILL": "2,FL1-A,SSC-A,1.0,0,0.50,1"}),
    (set(), {"$SPILLOVER": GOOD, "$COMP": "3,0,50,0,0,0,0,0,0,0"}),
    (set(), {"$SPILLOVER": " 2 , SSC-A , FL1-A , 1 , 0.5 , 0 , 1 , "}),
    ({"spillover-conflict"}, {"$SPILLOVER": GOOD, "SPILL": "2,SSC-A,FL1-A,1,0,0,1"}),
    ({"spillover-conflict"}, {"$SPILLOVER": GOOD, "SPILL": "2,SSC-A,FL1-A,1,0"}),
    ({"spillover-name-spelling"}, {"$SPILLOVER": "2,ssc-a,FL1 -A,1,0.5,0,1"}),
]
IDENTITY = {"$SPILLOVER": "2,SSC-A,FL1-A,1,0,0,1"}


def strategy(compensation):
    dim = Dimension("FL1-A" if compensation == FROM_FILE else "SSC-A", compensation)
    return GatingStrategy.build([GateNode("low", RectangleGate((dim,), (-1.0,), (20.0,)))])


def read(tmp_path, more):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(ROWS, more=more))
    return cg.read_fcs(path)


@pytest.mark.parametrize(("code", "more"), BROKEN)
def test_matrix_that_cannot_be_used_is_refused_by_name_and_only_where_it_is_asked_for(tmp_path, code, more):
    f = read(tmp_path, more)
    assert f.spillover is None
    assert code in {problem.code for problem in f.warnings}
    assert not CAUSES[code].used
    assert f.events().tolist() == ROWS
    assert cg.gate(f, strategy(UNCOMPENSATED)).count("low") == 2
    asking = strategy(FROM_FILE)
    if "$P3N" in more:
        dim = Dimension("FL1,A", FROM_FILE)
        asking = GatingStrategy.build([GateNode("low", RectangleGate((dim,), (-1.0,), (20.0,)))])
    with pytest.raises(CompensationError) as caught:
        cg.gate(f, asking)
    keyword = next(key for key in more if not key.startswith("$P"))
    assert str(caught.value).startswith(f"{f.path}: {keyword} is there but cannot be used (")
    assert "Give the strategy a matrix that fits, or let the gates take" in str(caught.value)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(("codes", "more"), USED)
def test_matrix_with_one_reading_is_applied(tmp_path, codes, more):
    f = read(tmp_path, more)
    assert {problem.code for problem in f.warnings} == codes
    assert all(CAUSES[code].used for code in codes)
    result = cg.gate(f, strategy(FROM_FILE))
    assert result.values("/", ["FL1-A"]).tolist() == [[0.0, 0.0, 35.0]]
    assert result.count("low") == 2


def test_identity_changes_nothing_and_is_no_refusal(tmp_path):
    f = read(tmp_path, IDENTITY)
    assert f.warnings == ()
    assert cg.gate(f, strategy(FROM_FILE)).values("/", ["FL1-A"]).tolist() == [[50.0, 5.0, 40.0]]


def test_warnings_can_be_refused_by_their_code(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(ROWS, more={"$SPILLOVER": GOOD, "SPILL": "2,SSC-A,FL1-A,1,0,0,1"}))
    with pytest.raises(cg.FcsError, match="spillover-conflict"):
        cg.read_fcs(path, refuse=["spillover-conflict"])
