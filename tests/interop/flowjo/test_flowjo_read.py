from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import InteropError
from cytogate.gates.dimension import UNCOMPENSATED
from cytogate.interop.parity.reach import reaches


def gated(path, events, name="a.fcs"):
    strategy = cg.read_flowjo(path).strategy(name)
    return cg.gate(events, strategy)


def biex():
    return cg.transforms.Biex(maximum=262144, positive=4.418539922, width=-100)


def compensated(events):
    return np.linalg.solve(np.array([[1, 0.25], [0.5, 1]]).T, events.values[:, 2:4].T).T


def test_a_workspace_tells_version_samples_groups_and_counts(wsp, saved):
    cells = wsp.population("Cells", wsp.box(FSC__A=(10, 20)), count=5)
    path = saved(
        wsp.workspace(
            wsp.sample(cells, keywords={"$TOT": 90, "$FIL": "x.fcs"}, count=90, uri="file:/D:/s%201/a.fcs"),
            wsp.sample("", identity="2", name="b.fcs", count=-1),
            groups=wsp.group("All Samples", "1", "2") + wsp.group("B only", "2") + wsp.group("None"),
        )
    )
    workspace = cg.read_flowjo(path)
    assert workspace.version == "10.8.1"
    assert workspace.sample_names == ("a.fcs", "b.fcs")
    assert dict(workspace.groups) == {"All Samples": ("a.fcs", "b.fcs"), "B only": ("b.fcs",), "None": ()}
    assert workspace.stored_counts("a.fcs") == {"/Cells": 5}
    assert workspace.stored_counts("b.fcs") == {}
    sample = workspace.sample("a.fcs")
    assert (sample.count, sample.tot, sample.fil, sample.uri) == (90, 90, "x.fcs", "file:/D:/s%201/a.fcs")
    assert sample.channels == wsp.channels
    assert workspace.sample("b.fcs").count is None
    assert workspace.warnings == ()


def test_trees_belong_to_their_samples(wsp, saved, events):
    first = wsp.sample(wsp.population("Cells", wsp.box(FSC__A=(0, 1e5))))
    second = wsp.sample(
        wsp.population(
            "Cells", wsp.box(FSC__A=(0, 2e5)), wsp.population("High", wsp.box(SSC__A=(5e4, None)))
        ),
        identity="2",
        name="b.fcs",
    )
    workspace = cg.read_flowjo(saved(wsp.workspace(first, second)))
    fsc, ssc = events.values[:, 0], events.values[:, 1]
    assert workspace.strategy("a.fcs").paths == ("/Cells",)
    assert workspace.strategy("b.fcs").paths == ("/Cells", "/Cells/High")
    result = cg.gate(events, workspace.strategy("b.fcs"))
    assert result.count("High") == np.sum((fsc >= 0) & (fsc < 2e5) & (ssc >= 5e4))


def test_a_count_never_calculated_is_none(wsp, saved):
    cells = [
        wsp.population(name, wsp.box(FSC__A=(1, 2)), count=count)
        for name, count in zip("ABC", (-1, "", 0), strict=True)
    ]
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample("".join(cells)))))
    assert workspace.stored_counts("a.fcs") == {"/A": None, "/B": None, "/C": 0}


def test_rectangles_compare_compensated_data_values(wsp, saved, events):
    bounds = {"Comp__FITC__A": (-100.5, 3000.25), "SSC__A": (None, 1e5)}
    result = gated(saved(wsp.workspace(wsp.sample(wsp.population("R", wsp.box(**bounds))))), events)
    fitc, ssc = compensated(events)[:, 0], events.values[:, 1]
    assert result.count("R") == np.sum((fitc >= -100.5) & (fitc < 3000.25) & (ssc < 1e5)) > 500


def test_bare_names_are_not_compensated(wsp, saved, events):
    path = saved(wsp.workspace(wsp.sample(wsp.population("R", wsp.box(FITC__A=(-100.5, 3000.25))))))
    fitc = events.values[:, 2]
    assert gated(path, events).count("R") == np.sum((fitc >= -100.5) & (fitc < 3000.25)) > 500


def test_polygons_lie_on_the_scales_of_their_parameters(wsp, saved, events):
    points = [(-500, -200), (20_000, -200), (20_000, 40_000), (-500, 9000)]
    path = saved(
        wsp.workspace(wsp.sample(wsp.population("P", wsp.polygon("Comp-FITC-A", "Comp-PE-A", points))))
    )
    strategy = cg.read_flowjo(path).strategy("a.fcs")
    gate = strategy.find("P").gate
    np.testing.assert_allclose(gate.vertices, biex().forward(np.array(points, dtype=float)), rtol=1e-12)
    assert [dim.compensation for dim in gate.dims] == ["Acquisition-defined"] * 2
    values = np.clip(biex().forward(compensated(events)), 0, 4096)
    assert cg.gate(events, strategy).count("P") == gate.contains(values).sum() > 500


def test_polygons_on_the_end_of_a_scale_hold_what_lies_beyond_it(wsp, saved, events):
    least = biex().inverse(0.0)
    points = [(least - 5000, least - 5000), (1000, least - 5000), (1000, 1e6), (least - 5000, 1e6)]
    path = saved(wsp.workspace(wsp.sample(wsp.population("P", wsp.polygon("FITC-A", "PE-A", points)))))
    fitc, pe = events.values[:, 2], events.values[:, 3]
    # the left and bottom edges of a polygon are inside it, the others are not
    expected = (biex().forward(fitc) < biex().forward(1000.0)) & (biex().forward(pe) < 4096)
    assert np.sum(fitc < least) > 50
    assert gated(path, events).count("P") == np.sum(expected)


def test_linear_polygons_are_in_data_values_with_or_without_a_minimum(wsp, saved, events):
    points = [(10_000, 20_000), (150_000, 20_000), (90_000, 200_000)]
    counts = set()
    for scales in (
        wsp.linear("FSC-A") + wsp.linear("SSC-A"),
        wsp.linear("FSC-A", 5e4, 15e4) + wsp.linear("SSC-A"),
    ):
        sample = wsp.sample(wsp.population("P", wsp.polygon("FSC-A", "SSC-A", points)), scales=scales)
        counts.add(gated(saved(wsp.workspace(sample)), events).count("P"))
    assert len(counts) == 1
    assert counts.pop() > 100


@pytest.mark.parametrize(
    ("resolution", "cells"), [('gateResolution="1024"', 1024), ('gateResolution="256"', 256), ("", 256)]
)
def test_outlines_carry_the_grid_of_their_plot(wsp, saved, resolution, cells):
    points = [(0, 0), (1e5, 0), (0, 1e5)]
    gate = wsp.polygon("FSC-A", "Comp-PE-A", points, resolution)
    path = saved(wsp.workspace(wsp.sample(wsp.population("P", gate))))
    grid = cg.read_flowjo(path).strategy("a.fcs").find("P").gate.grid
    assert (grid.x.low, grid.x.high, grid.x.cells) == (0.0, 262144.0, cells)
    assert (grid.y.low, grid.y.high, grid.y.cells) == (0.0, 4096.0, cells)


def test_a_resolution_that_is_none_leaves_the_gate_without_a_grid(wsp, saved):
    gate = wsp.polygon("FSC-A", "SSC-A", [(0, 0), (1e5, 0), (0, 1e5)], 'gateResolution="-1"')
    path = saved(wsp.workspace(wsp.sample(wsp.population("P", gate))))
    assert cg.read_flowjo(path).strategy("a.fcs").find("P").gate.grid is None


def test_ellipses_follow_their_foci_and_long_axis_on_a_plot_of_256_units(wsp, saved, events):
    # centre (100, 120), half axes 50 along x and 30 along y
    oval = wsp.ellipse(
        "FSC-A", "Comp-PE-A", [(60, 120), (140, 120)], [(150, 120), (50, 120), (100, 90), (100, 150)]
    )
    path = saved(wsp.workspace(wsp.sample(wsp.population("E", oval))))
    x = events.values[:, 0] / 262144 * 256
    y = np.clip(biex().forward(compensated(events)[:, 1]), 0, 4096) / 4096 * 256
    expected = ((x - 100) / 50) ** 2 + ((y - 120) / 30) ** 2 <= 1
    assert gated(path, events).count("E") == expected.sum() > 100


def test_the_short_pair_of_an_ellipse_may_be_off_as_flowjo_stores_it(wsp, saved):
    along = np.array([math.cos(1.1), math.sin(1.1)])
    across = np.array([-along[1], along[0]])
    centre, foci = np.array([90, 110]), [90 + 0 * along, 110 + 0 * along]
    foci = [tuple(centre - 24 * along), tuple(centre + 24 * along)]
    edge = [
        tuple(centre + 3 * across),
        tuple(centre - 9 * across),
        tuple(centre - 26 * along),
        tuple(centre + 26 * along),
    ]
    path = saved(wsp.workspace(wsp.sample(wsp.population("E", wsp.ellipse("FSC-A", "SSC-A", foci, edge)))))
    gate = cg.read_flowjo(path).strategy("a.fcs").find("E").gate
    unit = 262144 / 256
    np.testing.assert_allclose(gate.mean, centre * unit)
    axes = np.sqrt(np.linalg.eigvalsh(gate.covariance)) / unit
    np.testing.assert_allclose(axes, [10.0, 26.0])
    np.testing.assert_allclose(gate.covariance @ along, (26 * unit) ** 2 * along)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("logicle", {"length": 256, "T": 262144, "A": 0, "W": 1, "M": 4.4}),
        ("fasinh", {"length": 256, "maxRange": 262144, "T": 262144, "A": 1, "M": 4, "W": -10}),
        ("log", {"offset": 10, "decades": 4}),
    ],
)
def test_every_scale_keeps_the_data_values_of_rectangles(wsp, saved, events, kind, parameters):
    spelled = " ".join(f'transforms:{name}="{value}"' for name, value in parameters.items())
    scale = f"<transforms:{kind} {spelled}>"
    sample = wsp.sample(
        wsp.population("R", wsp.box(FITC__A=(500.0, 20_000.0))), scales=wsp.scale("FITC-A", scale, kind)
    )
    fitc = events.values[:, 2]
    assert (
        gated(saved(wsp.workspace(sample)), events).count("R")
        == np.sum((fitc >= 500) & (fitc < 20_000))
        > 500
    )


@pytest.mark.parametrize(("bound", "opens"), [(-50.0, True), (10.0, True), (10.5, False)])
def test_ranges_from_the_low_end_of_a_log_axis_hold_what_is_below(wsp, saved, events, bound, opens):
    scale = wsp.scale("FITC-A", '<transforms:log transforms:offset="10" transforms:decades="4">', "log")
    sample = wsp.sample(wsp.population("R", wsp.box(FITC__A=(bound, 20_000.0))), scales=scale)
    fitc = events.values[:, 2]
    expected = (fitc < 20_000) & (opens | (fitc >= bound))
    assert np.sum(fitc < -50) > 100
    assert gated(saved(wsp.workspace(sample)), events).count("R") == expected.sum()


@pytest.mark.parametrize(("above", "opens"), [(-100.0, True), (0.0, True), (1.0, False)])
def test_ranges_from_the_low_end_of_a_biexponential_axis_hold_what_is_below(wsp, saved, events, above, opens):
    bound = float(f"{biex().inverse(0.0) + above:.10g}")
    path = saved(wsp.workspace(wsp.sample(wsp.population("R", wsp.box(FITC__A=(bound, 20_000.0))))))
    fitc = events.values[:, 2]
    expected = (fitc < 20_000) & (opens | (fitc >= bound))
    assert np.sum(fitc < bound) > 50
    assert gated(path, events).count("R") == expected.sum()


def test_ranges_to_the_end_of_a_linear_axis_are_open_on_the_plot_only(wsp, saved, events):
    tree = wsp.population("End", wsp.box(FITC__A=(1000, 262144), FSC__A=(0, 262144)))
    tree += wsp.population("Short", wsp.box(FSC__A=(1, 262143)))
    tree += wsp.population("Range", wsp.box(FSC__A=(100_000, 262144)))
    strategy = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree)))).strategy("a.fcs")
    fsc, fitc = events.values[:, 0], events.values[:, 2]
    bright = (fitc >= 1000) & (fitc < 262144)  # a biexponential axis ends where the range says
    assert np.sum(fitc >= 262144) > 50
    exact, on_plot = cg.gate(events, strategy), cg.gate(events, strategy, grid="flowjo")
    assert exact.count("End") == np.sum(bright & (fsc >= 0) & (fsc < 262144)) < on_plot.count("End")
    assert on_plot.count("End") == bright.sum()
    assert exact.count("Short") == on_plot.count("Short") == np.sum((fsc >= 1) & (fsc < 262143))
    assert exact.count("Range") == np.sum((fsc >= 1e5) & (fsc < 262144))
    assert on_plot.count("Range") == np.sum(fsc >= 1e5)
    found = reaches(exact)
    assert (found["/Short"].near, found["/Range"].near) == (None, np.sum(fsc >= 262144))
    assert (found["/Range"].low, found["/Range"].high) == (exact.count("Range"), on_plot.count("Range"))
    again = type(strategy).from_dict(strategy.to_dict())
    assert cg.gate(events, again, grid="flowjo").count("End") == bright.sum()


@pytest.mark.parametrize(
    ("version", "corner"), [("10.6.1", 0.0), ("10.8.1", 0.0), ("10.2", -75.25), ("", -75.25)]
)
def test_corners_on_a_log_axis_are_not_moved_to_its_ends(wsp, saved, version, corner):
    scale = wsp.scale("FITC-A", '<transforms:log transforms:offset="10" transforms:decades="4">', "log")
    points = [(-5, 0), (1, 0), (1e6, 0), (100, 1e5)]
    sample = wsp.sample(
        wsp.population("P", wsp.polygon("FITC-A", "FSC-A", points)), scales=scale + wsp.linear("FSC-A")
    )
    text = wsp.workspace(sample).replace('flowJoVersion="10.8.1"', f'flowJoVersion="{version}"')
    gate = cg.read_flowjo(saved(text)).strategy("a.fcs").find("P").gate
    np.testing.assert_allclose(gate.vertices[:, 0], [corner, -0.25, 1.25, 0.25])


@pytest.mark.parametrize("length", [256, 1024, 4096])
def test_biexponential_scales_of_any_length_are_read_alike(wsp, saved, length):
    sample = wsp.sample(
        wsp.population("R", wsp.box(FITC__A=(100.0, 5000.0))), scales=wsp.biex("FITC-A", length)
    )
    gate = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs").find("R").gate
    assert gate.minimum == (pytest.approx(biex().forward(100.0)),)


def test_samples_of_one_name_are_told_apart_by_their_ids(wsp, saved):
    samples = [wsp.sample("", identity=identity) for identity in ("7", "12")]
    workspace = cg.read_flowjo(saved(wsp.workspace(*samples, groups=wsp.group("All", "12"))))
    assert workspace.sample_names == ("a.fcs (7)", "a.fcs (12)")
    assert workspace.groups["All"] == ("a.fcs (12)",)
    with pytest.raises(
        InteropError, match=r"no sample 'a\.fcs'. Several have that name: a\.fcs \(7\), a\.fcs \(12\)"
    ):
        workspace.strategy("a.fcs")


def test_an_unknown_sample_names_the_nearest(wsp, saved):
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(""))))
    with pytest.raises(InteropError, match=r"no sample 'b\.fcs'. Did you mean a\.fcs\?"):
        workspace.stored_counts("b.fcs")


def test_groups_that_name_absent_samples_are_warned_of(wsp, saved):
    groups = wsp.group("All", "1", "99") + wsp.group("All", "1")
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(""), groups=groups)))
    assert dict(workspace.groups) == {"All": ("a.fcs",)}
    assert [one.code for one in workspace.warnings] == ["group-sample-unknown", "group-twice"]


def test_a_workspace_can_be_sent_to_a_worker(wsp, saved):
    path = saved(wsp.workspace(wsp.sample(wsp.population("R", wsp.box(Comp__FITC__A=(1, 50))))))
    workspace = cg.read_flowjo(path)
    again = pickle.loads(pickle.dumps(workspace))
    assert again.sample_names == workspace.sample_names
    assert again.strategy("a.fcs").to_dict() == workspace.strategy("a.fcs").to_dict()


def test_statistics_beside_populations_make_none(wsp, saved):
    statistic = '<Statistic name="Median" id="Comp-PE-A" value="NaN" />'
    tree = statistic + wsp.population("A", wsp.box(FSC__A=(1, 2)), statistic)
    assert cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree)))).strategy("a.fcs").paths == ("/A",)


def test_a_parameter_without_a_scale_is_linear_with_a_warning(wsp, saved, events):
    sample = wsp.sample(wsp.population("R", wsp.box(FITC__A=(0, 500))), scales="")
    workspace = cg.read_flowjo(saved(wsp.workspace(sample)))
    fitc = events.values[:, 2]
    assert cg.gate(events, workspace.strategy("a.fcs")).count("R") == np.sum((fitc >= 0) & (fitc < 500))
    assert [one.code for one in workspace.warnings] == ["scale-missing"]
    assert workspace.strategy("a.fcs").find("R").gate.dims[0].compensation == UNCOMPENSATED


def test_the_stated_length_of_an_ellipse_is_taken_where_its_rounded_ends_agree(wsp, saved):
    """FlowJo rounds the ends to whole units of the plot; the length is that of another ellipse once moved."""
    foci, edge = [(60, 120), (140, 120)], [(150, 120), (50, 120), (100, 90), (100, 150)]
    for stated, half in ((101.2, 50.6), (112.0, 50.0), ("NaN", 50.0)):
        oval = wsp.ellipse("FSC-A", "SSC-A", foci, edge).replace('distance="9"', f'distance="{stated}"')
        path = saved(wsp.workspace(wsp.sample(wsp.population("E", oval))))
        gate = cg.read_flowjo(path).strategy("a.fcs").find("E").gate
        assert gate.covariance[0, 0] == pytest.approx((half * 1024) ** 2)


def test_a_range_below_the_biexponential_table_holds_nothing(wsp, saved, events):
    """What is below lies on the low end, which such a range does not reach; one that reaches it holds all."""
    bottom = float(biex().inverse(0.0))
    gates = [wsp.box(Comp__PE__A=(low, high)) for low, high in ((-9000, bottom - 1), (-9000, bottom + 1))]
    path = saved(wsp.workspace(wsp.sample("".join(map(wsp.population, "AB", gates)))))
    values = compensated(events)[:, 1]
    for grid in (None, "flowjo"):
        result = cg.gate(events, cg.read_flowjo(path).strategy("a.fcs"), grid=grid)
        assert result.count("A") == 0 < np.sum((values > -9000) & (values < bottom - 1))
        assert result.count("B") == np.sum(values < bottom + 1)


def test_a_rectangle_beyond_a_linear_axis_holds_nothing_in_flowjo(wsp, saved, events):
    boxes = {"A": (270_000, 280_000), "B": (-900, -1), "C": (270_000, None), "D": (200_000, 280_000)}
    gates = "".join(wsp.population(name, wsp.box(FSC__A=bounds)) for name, bounds in boxes.items())
    strategy = cg.read_flowjo(saved(wsp.workspace(wsp.sample(gates)))).strategy("a.fcs")
    values = events.values[:, 0]
    exact, drawn = cg.gate(events, strategy), cg.gate(events, strategy, grid="flowjo")
    assert exact.count("A") == np.sum((values >= 270_000) & (values < 280_000)) > 0
    assert exact.count("C") == np.sum(values >= 270_000)
    assert [drawn.count(name) for name in "ABC"] == [0, 0, 0]
    assert drawn.count("D") == np.sum(values >= 200_000)


def test_a_polygon_beyond_the_biexponential_table_holds_the_events_on_its_end(wsp, saved):
    """On FlowJo's cells it is a line; one such gate must not keep a sample from being gated."""
    top = float(biex().inverse(4096.0))
    corners = [(top * 1.1, 100_000), (top * 1.5, 100_000), (top * 1.5, 200_000), (top * 1.1, 200_000)]
    gate = wsp.population("P", wsp.polygon("PE-A", "FSC-A", corners))
    strategy = cg.read_flowjo(saved(wsp.workspace(wsp.sample(gate)))).strategy("a.fcs")
    values = np.zeros((4, 5))
    values[:, 0], values[:, 3] = 150_000, [top * 1.2, top * 2, top * 0.9, 100]
    events = cg.Events(values, ("FSC-A", "SSC-A", "FITC-A", "PE-A", "Time"))
    assert cg.gate(events, strategy).mask("P").tolist() == [True, False, False, False]
    assert cg.gate(events, strategy, grid="flowjo").mask("P").tolist() == [True, True, False, False]


def test_a_polygon_without_area_can_be_left_out(wsp, saved, events):
    flat = wsp.population("P", wsp.polygon("FSC-A", "SSC-A", [(1, 1), (2, 2), (3, 3)]))
    path = saved(wsp.workspace(wsp.sample(flat + wsp.population("R", wsp.box(FSC__A=(0, 9e4))))))
    with pytest.raises(InteropError, match="on one line"):
        cg.read_flowjo(path).strategy("a.fcs")
    strategy = cg.read_flowjo(path, on_unsupported="skip").strategy("a.fcs")
    assert strategy.paths == ("/R",)
    assert "left out" in str(strategy.warnings[0])
