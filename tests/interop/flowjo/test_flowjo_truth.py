"""Real workspaces: FlowJo's own counts, and FlowKit as a second reader."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

import cytogate as cg


def listed(path):
    """Return workspace, sample, path, and FlowJo's and FlowKit's count, as they are published."""
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            counts = int(row["flowjo"]), int(row["flowkit"])
            yield row.get("workspace", "gating.wsp"), row["sample"], f"/{row['pop']}", *counts


def own_counts(folder):
    found = {}
    for workspace, sample, path, flowjo, flowkit in listed(folder / "flowjo_vs_flowkit_counts.csv"):
        opened = cg.read_flowjo(folder / workspace)
        (pair,) = opened.match([folder / sample]).pairs
        file = cg.read_fcs(pair.path)
        if (workspace, sample) not in found:
            found[workspace, sample] = cg.gate(file, opened.strategy(pair.sample, file))
        assert opened.stored_counts(pair.sample)[path] == flowjo
        yield workspace, path, flowjo, flowkit, found[workspace, sample].count(path)


def test_the_small_workspaces_count_as_flowjo_but_for_the_polygon_through_points(reference_data):
    rows = list(own_counts(reference_data / "flowjo_small_flowkit"))
    assert len(rows) == 10
    assert [own for *_, own in rows] == [flowkit for *_, flowkit, _ in rows]
    different = [(workspace, path, flowjo, own) for workspace, path, flowjo, _, own in rows if flowjo != own]
    assert different == [("simple_poly_and_rect_v2_poly50.wsp", "/poly1", 0, 50)]


def test_a_real_workspace_counts_as_flowkit_by_exact_geometry(reference_data):
    rows = list(own_counts(reference_data / "flowjo_flowsom_68983"))
    assert len(rows) == 15
    assert [own for *_, own in rows] == [flowkit for *_, flowkit, _ in rows]
    assert sum(flowjo == own for _, _, flowjo, _, own in rows) == 6
    assert sum(abs(flowjo - own) for _, _, flowjo, _, own in rows) == 59


def test_a_real_workspace_matches_its_file_by_name_and_has_a_grid_on_every_polygon(reference_data):
    folder = reference_data / "flowjo_flowsom_68983"
    workspace = cg.read_flowjo(folder / "gating.wsp")
    assert (workspace.version, workspace.sample_names) == ("10.5.3", ("68983.fcs",))
    (pair,) = workspace.match([folder / "68983.fcs"]).pairs
    assert (pair.sample, pair.by) == ("68983.fcs", "file name")  # FlowJo had it as lymphocytes.fcs
    assert workspace.sample("68983.fcs").count == 19225
    strategy = workspace.strategy("68983.fcs")
    grids = {one.name: one.gate.grid for one in strategy.populations if one.gate.kind == "polygon"}
    assert {name: grid.x.cells for name, grid in grids.items()} == {
        "Lymphocytes": 1024,
        "ab T cells": 256,
        "gd T cells": 256,
    }
    assert workspace.warnings == ()


def test_counts_that_flowjo_never_calculated_are_none(reference_data):
    workspace = cg.read_flowjo(reference_data / "flowjo_small_flowkit" / "simple_poly_and_rect.wsp")
    assert workspace.stored_counts("data_set_simple_line_100.fcs") == {"/poly1": None, "/rect1": None}
    assert workspace.groups["my_group"] == ("data_set_simple_line_100.fcs",)


@pytest.mark.filterwarnings("ignore")
def test_flowkit_puts_the_same_events_into_the_same_populations(wsp, saved, events, tmp_path):
    """Ellipses aside, which FlowKit turns into polygons, and bare names, which it compensates."""
    flowkit = pytest.importorskip("flowkit")
    angles = np.linspace(0, 2 * math.pi, 9)[:-1]
    star = [(2000 + 60_000 * math.cos(2 * a) * math.cos(a), 8000 + 15_000 * math.sin(a)) for a in angles]
    below = wsp.population("Star", wsp.polygon("Comp-FITC-A", "Comp-PE-A", star)) + wsp.population(
        "Box", wsp.box(Comp__FITC__A=(-90.5, 7000), SSC__A=(1e4, None))
    )
    cells = [(5e4, 1e4), (2.5e5, 2e4), (2.4e5, 2.6e5), (1e5, 2e5)]
    tree = wsp.population("Cells", wsp.polygon("FSC-A", "SSC-A", cells), below)
    tree += wsp.population("Far", wsp.box("0", FSC__A=(1e4, 2e5), SSC__A=(1e4, 2e5)))
    path = saved(wsp.workspace(wsp.sample(tree, count=len(events.values)), groups=wsp.group("All", "1")))
    file = cg.read_fcs(cg.write_fcs(tmp_path / "a.fcs", events))
    result = cg.gate(file, cg.read_flowjo(path).strategy("a.fcs", file))

    other = flowkit.Workspace(str(path), fcs_samples=[flowkit.Sample(file.path, sample_id="a.fcs")])
    other.analyze_samples(sample_id="a.fcs", use_mp=False)
    for names in (("Cells",), ("Cells", "Star"), ("Cells", "Box"), ("Far",)):
        theirs = other.get_gate_membership("a.fcs", names[-1], ("root", *names[:-1]))
        ours = result.mask("/" + "/".join(names))
        assert 50 < ours.sum() < len(ours)
        np.testing.assert_array_equal(ours, theirs, err_msg=names[-1])
