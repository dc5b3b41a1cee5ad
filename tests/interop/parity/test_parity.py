"""Parity: what each population's count is held to be explained by."""

from __future__ import annotations

import numpy as np
import parity_case
import pytest

import cytogate as cg
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.interop.parity.comparison import compare, compare_sample
from cytogate.interop.parity.reach import Reach, look_up, reaches
from cytogate.interop.parity.verdict import PopulationParity, Verdict, judge

FAR = Reach(None, 90, 110)
FIXED = Reach(None, 100, 100)


def row(stored, exact, reach=FAR, verdict=Verdict.UNEXPLAINED, name="/Above"):
    return PopulationParity(
        name, None, "rectangle", stored, exact, None, None, reach.low, reach.high, verdict
    )


# --- the verdict


@pytest.mark.parametrize(
    ("stored", "on_grid", "reach", "above", "has_cells", "verdict"),
    [
        (None, 100, FIXED, [], False, Verdict.NO_COUNT),
        (100, 93, FAR, [], True, Verdict.EQUAL),  # whatever the cells say
        (93, 93, FAR, [], True, Verdict.GRID),
        (95, 93, FAR, [], True, Verdict.GRID),  # within what the border allows
        (89, 93, FAR, [], True, Verdict.UNEXPLAINED),
        (111, 93, FAR, [], True, Verdict.UNEXPLAINED),
        (93, 93, FAR, [row(990, 1000, Reach(5, 985, 1010), Verdict.GRID)], False, Verdict.INHERITED),
        (95, 93, FAR, [row(990, 1000, Reach(5, 985, 1010), Verdict.GRID)], False, Verdict.INHERITED),
        # the parent is explained, so it cannot account for more than its border does
        (80, 93, FAR, [row(970, 1000, Reach(50, 950, 1050), Verdict.GRID)], False, Verdict.UNEXPLAINED),
        # the parent is not: up to as many events come with it
        (80, 100, FIXED, [row(980, 1000, Reach(None, 1000, 1000))], False, Verdict.INHERITED),
        (79, 100, FIXED, [row(980, 1000, Reach(None, 1000, 1000))], False, Verdict.UNEXPLAINED),
        (130, 100, FIXED, [row(20, 10, Reach(None, 10, 10))] * 3, False, Verdict.INHERITED),
        (93, None, FAR, [], True, Verdict.GRID),  # the sample has gates without cells
    ],
)
def test_the_verdict(stored, on_grid, reach, above, has_cells, verdict):
    assert judge(stored, 100, on_grid, reach, above, has_cells=has_cells)[0] is verdict


def test_a_range_that_opens_at_the_end_of_an_axis_explains_itself():
    verdict, why = judge(105, 100, 105, FIXED, [], has_cells=False)
    assert (verdict, why.split(",")[0]) == (
        Verdict.GRID,
        "at an end of an axis FlowJo takes what lies beyond",
    )


def test_the_reason_names_where_a_difference_comes_from():
    above = [row(980, 1000, Reach(None, 1000, 1000), name="/B cells")]
    assert judge(95, 100, 100, FIXED, above, has_cells=False)[1] == "from “B cells”, which differs as much"
    assert judge(50, 100, 100, FAR, above, has_cells=False)[1] == "FlowJo's cells allow 90 to 110 events"


def test_a_path_is_taken_apart_at_slashes_that_are_not_escaped():
    entry = PopulationParity(r"/A/CD4\/CD8", "/A", "polygon", 1, 1)
    assert (entry.name, entry.depth) == ("CD4/CD8", 1)


# --- the reach

X, Y = Dimension("X"), Dimension("Y")
AXIS = GridAxis(0, 100, 20, 0.5)
OUTLINE = [(22, 13), (81, 34), (47, 90)]


def strategy():
    return GatingStrategy.build(
        [
            GateNode("P", PolygonGate((X, Y), OUTLINE, Grid(AXIS, AXIS))),
            GateNode("R", RectangleGate((X,), (40,), (60,)), "P"),
            GateNode("Q", PolygonGate((X, Y), [(30, 20), (70, 20), (70, 70)], Grid(AXIS, AXIS)), "P"),
            GateNode("not P", BooleanGate("not", (Reference("P"),))),
            GateNode("R or Q", BooleanGate("or", (Reference("R"), Reference("Q")))),
            GateNode(
                "R and not Q", BooleanGate("and", (Reference("R"), Reference("Q", complement=True))), "P"
            ),
            GateNode("free", RectangleGate((Y,), (10,), (30,))),
        ]
    )


@pytest.fixture(scope="module")
def cloud():
    values = np.random.default_rng(5).uniform(-5, 105, (4000, 2))
    values[::97] = np.nan
    return cg.Events(values, ["X", "Y"])


def test_exact_and_grid_counts_lie_within_the_reach(cloud):
    exact = cg.gate(cloud, strategy())
    on_grid = cg.gate(cloud, strategy(), grid="flowjo")
    for path, reach in reaches(exact).items():
        for count in (exact.count(path), on_grid.count(path)):
            assert reach.low <= count <= reach.high, path
    assert any(exact.count(path) != on_grid.count(path) for path in exact.populations)


def test_moving_every_event_within_its_cell_stays_within_the_reach(cloud):
    found = reaches(cg.gate(cloud, strategy()))
    plain = GatingStrategy.build([GateNode("P", PolygonGate((X, Y), OUTLINE))])
    rng = np.random.default_rng(1)
    for _ in range(20):
        cells = AXIS.cell(cloud.values)
        moved = (cells + rng.uniform(-0.499, 0.499, cells.shape)) / AXIS.per_unit
        count = cg.gate(cg.Events(moved, ["X", "Y"]), plain).count("P")
        assert found["/P"].low <= count <= found["/P"].high


def test_gates_with_no_cells_above_or_beside_them_have_no_leeway(cloud):
    exact = cg.gate(cloud, strategy())
    found = reaches(exact)
    assert found["/free"] == Reach(None, exact.count("free"), exact.count("free"))
    assert found["/P/R"].near is None
    assert found["/P/R"].low < found["/P/R"].high


def test_the_border_counts_events_of_the_parent_only(cloud):
    found = reaches(cg.gate(cloud, strategy()))
    alone = GatingStrategy.build([GateNode("Q", strategy().populations[2].gate)])
    assert 0 < found["/P/Q"].near < reaches(cg.gate(cloud, alone))["/Q"].near


def test_events_far_from_the_gate_are_not_at_its_border():
    gate = PolygonGate((X, Y), [(40, 40), (60, 40), (50, 60)], Grid(AXIS, AXIS))
    (cells,) = gate.lower_on_grid()
    x = np.array([50.0, 50.0, 50.0, -400.0, np.nan])
    inside, beside = look_up(cells, x, np.array([41.0, 35.0, 25.0, 50.0, 50.0]))
    assert inside.tolist() == [True, False, False, False, False]
    assert beside.tolist() == [True, True, False, False, False]


# --- workspaces


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return parity_case.make(tmp_path_factory.mktemp("parity"))


def test_every_kind_of_difference_is_told_apart(case):
    workspace, tube = case
    found = compare(cg.read_flowjo(workspace, on_unsupported="skip"), [cg.read_fcs(tube)])
    (sample,) = found.samples
    assert {row.population: row.verdict.name.lower() for row in sample.rows} == parity_case.EXPECTED
    assert [row.population for row in sample.rows] == list(parity_case.EXPECTED)
    assert found.unmatched_samples == ("other.fcs",)
    exact, on_cells = parity_case.memberships()
    drawn, outside = sample.rows[0], sample.rows[-1]
    assert (drawn.exact, drawn.on_grid, drawn.stored) == (exact.sum(), on_cells.sum(), on_cells.sum())
    assert (outside.gate, outside.near_border) == ("polygon", drawn.near_border)


def test_a_sample_that_cannot_be_gated_is_a_problem(case, tmp_path):
    workspace, tube = case
    text = workspace.read_text(encoding="utf-8")
    broken = tmp_path / "broken.wsp"
    broken.write_text(text.replace('fcs-dimension data-type:name="X"', 'fcs-dimension data-type:name="Z"'))
    found = compare(cg.read_flowjo(broken, on_unsupported="skip"), [cg.read_fcs(tube)])
    assert found.samples == ()
    (problem,) = found.problems
    assert problem.code == "parity-failed"
    assert "'Z'" in problem.message


def test_gates_without_cells_leave_the_column_empty_and_a_note(case):
    _, tube = case
    file = cg.read_fcs(tube)
    plain = GatingStrategy.build([GateNode("P", PolygonGate((X, Y), parity_case.TRIANGLE))])
    count = cg.gate(file, plain).count("P")
    (row,), notes = compare_sample(file, plain, {"/P": count + 1})
    assert (row.on_grid, row.near_border, row.verdict) == (None, None, Verdict.UNEXPLAINED)
    assert [note.code for note in notes] == ["no-grid"]


@pytest.mark.reference
def test_a_real_workspace_has_nothing_unexplained(reference_data):
    folder = reference_data / "flowjo_flowsom_68983"
    found = compare(cg.read_flowjo(folder / "gating.wsp"), [cg.read_fcs(folder / "68983.fcs")])
    counts = {verdict: found.count(verdict) for verdict in Verdict if found.count(verdict)}
    assert counts == {Verdict.EQUAL: 6, Verdict.GRID: 2, Verdict.INHERITED: 7}
    assert all(row.on_grid == row.stored for sample in found.samples for row in sample.rows)


@pytest.mark.reference
def test_counts_that_flowjo_never_made_are_no_counts(reference_data):
    folder = reference_data / "flowjo_small_flowkit"
    workspace = cg.read_flowjo(folder / "simple_poly_and_rect.wsp")
    found = compare(workspace, [cg.read_fcs(folder / "data_set_simple_line_100.fcs")])
    assert {row.verdict for row in found.samples[0].rows} == {Verdict.NO_COUNT}
