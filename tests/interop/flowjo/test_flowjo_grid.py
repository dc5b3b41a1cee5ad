"""FlowJo's own counts, exactly, by gating in the cells of its plots."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

import cytogate as cg
from cytogate.gates.base import Gridded, gate_from_dict
from cytogate.gates.dimension import Dimension
from cytogate.gates.grid import Grid, GridAxis
from cytogate.interop.flowjo.axis import Axis
from cytogate.interop.flowjo.grid import grid_of
from cytogate.interop.flowjo.scales import Scale
from cytogate.transforms.biex import Biex
from cytogate.transforms.flowjo_log import FlowJoLog

X = Dimension("x")
LINEAR = Axis(X, X, Scale("linear", low=50_000.0, high=150_000.0))
BIEX = Axis(X, X, Scale("biex", Biex()))
LOG = Axis(X, X, Scale("log", FlowJoLog(1.0, 4.0)))


def test_linear_and_logarithmic_axes_round_and_a_biexponential_one_is_a_table():
    assert grid_of((LINEAR, BIEX), 256) == Grid(
        GridAxis(50_000.0, 150_000.0, 256, 0.5), GridAxis(0.0, 4096.0, 256, 0.0, table=True)
    )
    assert grid_of((LOG, LOG), 1024) == Grid(GridAxis(0.0, 1.0, 1024, 0.5), GridAxis(0.0, 1.0, 1024, 0.5))


@pytest.mark.parametrize("cells", [None, 0, 99_999])
def test_no_cells_no_grid(cells):
    assert grid_of((LINEAR, LINEAR), cells) is None


def test_an_axis_without_length_has_no_grid():
    flat = Axis(X, X, Scale("linear", low=5.0, high=5.0))
    assert grid_of((LINEAR, flat), 256) is None


# --- real workspaces


@pytest.fixture(scope="module")
def splenocytes(reference_data):
    folder = reference_data / "flowjo_flowsom_68983"
    workspace = cg.read_flowjo(folder / "gating.wsp")
    file = cg.read_fcs(folder / "68983.fcs")
    return file, workspace.strategy("68983.fcs", file), workspace.stored_counts("68983.fcs")


def equal(result, stored):
    return sum(result.count(path) == count for path, count in stored.items())


@pytest.mark.reference
def test_all_15_counts_of_mouse_splenocytes_come_out(splenocytes):
    file, strategy, stored = splenocytes
    result = cg.gate(file, strategy, grid="flowjo")
    assert {path: result.count(path) for path in stored} == stored
    assert len(stored) == 15


@pytest.mark.reference
def test_exact_geometry_gives_six_of_them(splenocytes):
    file, strategy, stored = splenocytes
    assert equal(cg.gate(file, strategy), stored) == 6


def with_offsets(strategy, linear, biex):
    """Return the strategy with other roundings on its grids."""

    def axis(old):
        return replace(old, offset=biex if old.table else linear)

    def population(old):
        if not (isinstance(old.gate, Gridded) and old.gate.grid is not None):
            return old
        grid = Grid(axis(old.gate.grid.x), axis(old.gate.grid.y))
        return replace(old, gate=gate_from_dict({**old.gate.to_dict(), "grid": grid.to_dict()}))

    return replace(strategy, populations=tuple(map(population, strategy.populations)))


@pytest.mark.reference
@pytest.mark.parametrize(("linear", "biex", "equals"), [(0.0, 0.0, 9), (0.5, 0.5, 11), (0.0, 0.5, 8)])
def test_no_other_rounding_gives_as_many(splenocytes, linear, biex, equals):
    file, strategy, stored = splenocytes
    result = cg.gate(file, with_offsets(strategy, linear, biex), grid="flowjo")
    assert equal(result, stored) == equals


def small_counts(folder):
    with (folder / "flowjo_vs_flowkit_counts.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.reference
def test_all_10_counts_of_the_small_workspaces_come_out(reference_data):
    folder = reference_data / "flowjo_small_flowkit"
    found, expected = [], []
    for row in small_counts(folder):
        workspace = cg.read_flowjo(folder / row["workspace"])
        file = cg.read_fcs(folder / row["sample"])
        strategy = workspace.strategy(row["sample"], file)
        result = cg.gate(file, strategy, grid="flowjo")
        found.append((row["workspace"], row["pop"], result.count(row["pop"])))
        expected.append((row["workspace"], row["pop"], int(row["flowjo"])))
    assert found == expected
    assert len(found) == 10


@pytest.mark.reference
def test_an_edge_through_the_events_is_moved_past_them_by_the_cells(reference_data):
    folder = reference_data / "flowjo_small_flowkit"
    name = "data_set_simple_line_100.fcs"
    file = cg.read_fcs(folder / name)
    strategy = cg.read_flowjo(folder / "simple_poly_and_rect_v2_poly50.wsp").strategy(name, file)
    assert cg.gate(file, strategy).count("poly1") == 50
    assert cg.gate(file, strategy, grid="flowjo").count("poly1") == 0


@pytest.mark.reference
def test_events_that_were_cut_off_would_give_one_too_few_in_the_ellipse(reference_data):
    folder = reference_data / "flowjo_small_flowkit"
    name = "data_set_simple_line_100.fcs"
    file = cg.read_fcs(folder / name)
    strategy = cg.read_flowjo(folder / "single_ellipse_51_events.wsp").strategy(name, file)
    assert cg.gate(file, strategy, grid="flowjo").count("ellipse1") == 51
    assert cg.gate(file, with_offsets(strategy, 0.0, 0.0), grid="flowjo").count("ellipse1") == 50
