"""Resolve: a template meets a file and becomes concrete, or says why it cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError, PanelError, TemplateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.engine import gate
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.fits import Fits
from cytogate.gating.template.file import read_template, template_from_dict
from cytogate.gating.template.meeting import scale_ids

CHANNELS = [
    Channel("FSC-A"),
    Channel("B1-A", "CD19 FITC"),
    Channel("Y1-A", "CD27 PE"),
    Channel("R1-A", "IgD APC"),
]
DETECTORS = ("B1-A", "Y1-A", "R1-A")
MATRIX = CompensationMatrix(DETECTORS, DETECTORS, [[1, 0.2, 0], [0.1, 1, 0.05], [0, 0, 1]])


def events(n: int = 4000, spillover: CompensationMatrix | None = MATRIX, seed: int = 0) -> Events:
    rng = np.random.default_rng(seed)
    true = np.exp(rng.normal(6, 1.5, (n, 3))) + rng.normal(0, 60, (n, 3))
    fsc = rng.uniform(20_000, 200_000, (n, 1))
    return Events(np.hstack([fsc, true @ MATRIX.values]), CHANNELS, spillover)


def template(gates: list[dict] | None = None, **more: object):
    data = {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "panel": {"CD19": [], "CD27": [], "IgD": []},
        "scales": {
            "default": {"kind": "logicle", "T": 262144.0, "W": "auto", "M": 4.5},
            "scatter": {"kind": "linear", "T": 262144.0},
        },
        "gates": gates
        or [
            {"name": "Big", "threshold": {"x": "FSC-A", "above": 60000.0}, "display": "CD19"},
            {
                "name": "B",
                "parent": "Big",
                "rectangle": {"x": "CD19", "y": "CD27", "x_min": 300.0, "y_max": 900.0},
            },
        ],
    }
    return template_from_dict({**data, **more})


def compensated(source: Events) -> np.ndarray:
    return MATRIX.apply(source.events(), source.channels.names)


def test_channels_compensation_and_scales_are_concrete():
    strategy = template().resolve(events())
    big, b = strategy.populations
    assert (big.gate.dims[0].channel, big.gate.dims[0].compensation) == ("FSC-A", "uncompensated")
    assert [dim.channel for dim in b.gate.dims] == ["B1-A", "Y1-A"]
    assert {dim.compensation for dim in b.gate.dims} == {"FCS"}
    assert big.display.channel == "B1-A"
    cd19 = strategy.transform_of(b.gate.dims[0])
    assert cd19.kind == "logicle"
    assert b.gate.minimum[0] == cd19.forward(300.0)
    assert strategy.transform_of(big.gate.dims[0]).kind == "linear"
    json.dumps(strategy.to_dict())


def test_gates_select_what_the_template_says_in_data_units():
    source = events()
    values = compensated(source)
    result = gate(source, template().resolve(source))
    expected = (values[:, 0] >= 60000) & (values[:, 1] >= 300) & (values[:, 2] < 900)
    np.testing.assert_array_equal(result.mask("B"), expected)


@pytest.mark.parametrize("width", [0.0, 0.4, 1.2])
def test_thresholds_do_not_depend_on_the_width_of_the_scale(width):
    source = events()
    scales = {"default": {"kind": "logicle", "T": 262144.0, "W": width, "M": 4.5}}
    result = gate(source, template(scales=scales).resolve(source))
    assert result.count("B") == gate(source, template().resolve(source)).count("B")


def test_cut_that_differs_by_side_makes_four_parts_of_the_whole():
    quadrants = {
        "x": "IgD",
        "y": "CD27",
        "x_cut": 400.0,
        "y_cut": {"left": 200.0, "right": 700.0},
        "parts": {"upper_left": "UL", "upper_right": "UR", "lower_right": "LR", "lower_left": "LL"},
    }
    source = events()
    values = compensated(source)
    result = gate(source, template([{"name": "Q", "quadrants": quadrants}]).resolve(source))
    igd, cd27 = values[:, 3], values[:, 2]
    assert result.count("UL") == np.sum((igd < 400) & (cd27 >= 200))
    assert result.count("UR") == np.sum((igd >= 400) & (cd27 >= 700))
    assert result.count("LR") == np.sum((igd >= 400) & (cd27 < 700))
    assert sum(result.count(part) for part in ("UL", "UR", "LR", "LL")) == source.n_events


def test_x_cut_may_differ_below_and_above():
    quadrants = {
        "x": "IgD",
        "y": "CD27",
        "x_cut": {"low": 300.0, "high": 800.0},
        "y_cut": 400.0,
        "parts": {"upper_left": "UL", "lower_left": "LL"},
    }
    source = events()
    values = compensated(source)
    result = gate(source, template([{"name": "Q", "quadrants": quadrants}]).resolve(source))
    igd, cd27 = values[:, 3], values[:, 2]
    assert result.count("UL") == np.sum((igd < 800) & (cd27 >= 400))
    assert result.count("LL") == np.sum((igd < 300) & (cd27 < 400))


def test_polygon_edges_are_straight_on_the_scale_and_may_go_to_infinity():
    corners = [[300.0, "-inf"], ["inf", "-inf"], ["inf", 2000.0], [300.0, 2000.0]]
    source = events()
    values = compensated(source)
    strategy = template([{"name": "P", "polygon": {"x": "CD19", "y": "CD27", "vertices": corners}}]).resolve(
        source
    )
    expected = np.sum((values[:, 1] >= 300) & (values[:, 2] < 2000))
    assert gate(source, strategy).count("P") == expected


def test_coordinates_may_be_scale_units():
    spec = {"name": "P", "threshold": {"x": "FSC-A", "above": 0.25}, "coordinates": "scale"}
    source = events()
    assert gate(source, template([spec]).resolve(source)).count("P") == np.sum(source.values[:, 0] >= 65536)


def test_ellipse_on_linear_scales_is_in_data_units():
    ellipse = {
        "x": "FSC-A",
        "y": "CD19",
        "center": [90000.0, 400.0],
        "covariance": [[1e8, 0.0], [0.0, 1e4]],
        "distance_square": 4.0,
    }
    scales = {
        "default": {"kind": "linear", "T": 1000.0},
        "scatter": {"kind": "linear", "T": 262144.0, "A": 10.0},
    }
    source = events()
    values = compensated(source)
    distance = (values[:, 0] - 90000) ** 2 / 1e8 + (values[:, 1] - 400) ** 2 / 1e4
    result = gate(source, template([{"name": "E", "ellipse": ellipse}], scales=scales).resolve(source))
    assert result.count("E") == np.sum(distance <= 4)


def test_boolean_takes_complements():
    gates = [
        {"name": "A", "threshold": {"x": "CD19", "above": 300.0}},
        {"name": "C", "threshold": {"x": "CD27", "above": 300.0}},
        {"name": "A only", "boolean": {"and": ["A", {"not": "C"}]}},
        {"name": "not A", "boolean": {"not": "A"}},
    ]
    source = events()
    result = gate(source, template(gates).resolve(source))
    np.testing.assert_array_equal(result.mask("A only"), result.mask("A") & ~result.mask("C"))
    np.testing.assert_array_equal(result.mask("not A"), ~result.mask("A"))


def test_definitions_are_known_by_path():
    definitions = {"B": {"id": "b", "text": "", "citation": ""}}
    assert dict(template(definitions=definitions).resolve(events()).definitions) == {"/Big/B": "b"}


def test_all_missing_markers_come_at_once():
    source = Events(np.ones((3, 2)), [Channel("FSC-A"), Channel("X-A", "CD3")], None)
    with pytest.raises(PanelError) as caught:
        template().resolve(source)
    assert [problem.location for problem in caught.value.problems] == ["CD19", "CD27"]


def test_missing_spillover_is_refused_with_what_to_do():
    with pytest.raises(CompensationError, match=r"holds no spillover matrix.*compensation: none"):
        template().resolve(events(spillover=None))
    strategy = template(compensation="none").resolve(events(spillover=None))
    assert {dim.compensation for dim in strategy.find("B").gate.dims} == {"uncompensated"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("3,B1-A,Y1-A,R1-A,1,1,0,1,1,0,0,0,1", "cannot be inverted reliably"),
        ("2,B1-A,Z-A,1,0,0,1", "names detectors that no channel is called: Z-A"),
        ("2,B1-A,Y1-A,0,0,0,0", "all coefficients are 0"),
        ("2,B1-A,Y1-A,1,0,95,0,1", "Are there decimal commas"),
    ],
)
def test_spillover_that_cannot_be_used_is_refused_with_the_reason(value, why):
    whole = events(spillover=None)
    source = Events(whole.values, CHANNELS, None, {"$SPILLOVER": value}, "a.fcs")
    with pytest.raises(CompensationError) as caught:
        template().resolve(source)
    message = str(caught.value)
    assert message.startswith("a.fcs: $SPILLOVER is there but cannot be used (")
    assert why in message
    assert "holds no spillover" not in message
    assert "(compensation: matrix.csv), or compensation: none to gate the values as they are" in message
    assert caught.value.problems[0].code.startswith("spillover-")
    template(compensation="none").resolve(source)


def test_events_that_are_compensated_already_are_refused():
    source = Events(np.random.default_rng(0).normal(1, 0.5, (500, 4)).astype(np.float32), CHANNELS, MATRIX)
    with pytest.raises(CompensationError, match="looks compensated already"):
        template().resolve(source)
    template(compensation="none").resolve(source)


@pytest.mark.parametrize("name", ["m.csv", "FCS.csv", "uncompensated.csv", "none.csv"])
def test_matrix_beside_the_template_is_used_whatever_its_name(tmp_path, name):
    (tmp_path / name).write_text("B1-A,Y1-A\n1,0.5\n0,1\n", encoding="utf-8")
    (tmp_path / "t.yaml").write_text(
        json.dumps({**template().to_dict(), "compensation": name}), encoding="utf-8"
    )
    read = read_template(tmp_path / "t.yaml")
    source = events(spillover=None)
    strategy = read.resolve(source)
    raw = source.events()
    expected = (raw[:, 0] >= 60000) & (raw[:, 1] >= 300) & (raw[:, 2] - 0.5 * raw[:, 1] < 900)
    np.testing.assert_array_equal(gate(source, strategy).mask("B"), expected)
    (tmp_path / name).write_text("B1-A,Y1-A\n1,0.4\n0,1\n", encoding="utf-8")
    assert read_template(tmp_path / "t.yaml").sha256 != read.sha256


def test_matrix_of_another_panel_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("B1-A,Q9-A\n1,0.5\n0,1\n", encoding="utf-8")
    read = template_from_dict(
        {**template().to_dict(), "compensation": "m.csv"}, path=str(tmp_path / "t.yaml")
    )
    with pytest.raises(CompensationError, match=r"names detectors that .* lacks: Q9-A"):
        read.resolve(events())


def test_without_fits_the_scale_comes_from_the_file_with_a_warning():
    strategy = template().resolve(events())
    assert [problem.code for problem in strategy.warnings] == ["scales-from-one-file"]
    alone = fit_template(template(), [events()])
    assert template().resolve(events(), alone).warnings == ()
    assert alone.scales["CD19"]["W"] == strategy.transforms["scale_CD19"].W


def test_fits_decide_the_scale():
    fits = fit_template(template(), [events(seed=seed) for seed in (1, 2)])
    strategy = template().resolve(events(seed=3), Fits.from_dict(json.loads(json.dumps(fits.to_dict()))))
    assert fits.scales["CD27"]["W"] == strategy.transforms["scale_CD27"].W


def test_fits_that_lack_a_scale_are_refused():
    fits = fit_template(template(panel={"CD19": []}, gates=[template().to_dict()["gates"][0]]), [events()])
    fits = replace(fits, template_sha256=template().sha256)
    with pytest.raises(TemplateError, match=r"fits do not belong to template t:\n.*marker CD27"):
        template().resolve(events(), fits)


def test_no_two_markers_share_a_scale():
    ids = scale_ids(["TCR\u03b1\u03b2", "TCR\u03b3\u03b4", "a/b", "a_b"])
    assert len(set(ids.values())) == 4
    assert all(name.isascii() for name in ids.values())


def test_fits_of_another_template_are_refused():
    fits = fit_template(template(compensation="none"), [events()])
    with pytest.raises(TemplateError, match="fits do not belong to template"):
        template().resolve(events(), fits)


def test_gated_marker_that_the_matrix_lacks_is_told():
    small = CompensationMatrix(("B1-A",), ("B1-A",), [[1.0]])
    strategy = template().resolve(events(spillover=small))
    told = [problem.location for problem in strategy.warnings if problem.code == "marker-not-compensated"]
    assert told
    assert all("marker CD" in place for place in told)


def test_intensities_are_compensated_where_gates_use_scatter_alone():
    source = events()
    scatter_alone = template([{"name": "Big", "threshold": {"x": "FSC-A", "above": 60000.0}}])
    result = gate(source, scatter_alone.resolve(source))
    expected = np.median(compensated(source)[result.mask("Big"), 2])
    assert result.intensity("Big", "Y1-A") == pytest.approx(expected)
