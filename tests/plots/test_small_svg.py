"""The small SVG of a plotly figure: points where they belong, texts escaped once."""

from __future__ import annotations

import re

import plotly.graph_objects as go
import pytest
from lxml import etree

from cytogate.plots.relations import label_sides
from cytogate.plots.small_svg import figure_svg


def made(**x) -> go.Figure:
    figure = go.Figure(layout={"margin": {"l": 40, "r": 100}})
    figure.update_xaxes(**({"range": [0, 10]} | x))
    figure.update_yaxes(range=[0, 4], tickvals=[0, 4], ticktext=["none", "all"])
    return figure


def parts(svg: str, tag: str):
    root = etree.fromstring(svg)
    return [node for node in root.iter() if node.tag == tag]


def test_points_lie_at_their_share_of_the_axes():
    figure = made()
    figure.add_scatter(x=[0, 5, 10], y=[0, 4, 2], mode="markers", marker={"color": "#0072B2"})
    marks = parts(figure_svg(figure, label="x"), "circle")
    places = [(float(mark.get("cx")), float(mark.get("cy"))) for mark in marks]
    assert places == [(40, 222), (290, 18), (540, 120)]  # 640 by 268, margins 40, 100, 18 and 46


def test_a_tick_of_two_lines_has_its_place_in_the_middle_of_them():
    figure = made()
    figure.update_yaxes(ticktext=["none", "all &amp;<br>more"])
    ticks = [node for node in parts(figure_svg(figure, label="x"), "text") if node.get("class") == "y"]
    assert [node.text for node in ticks] == ["none", "all &", "more"]
    none, *lines = (float(node.get("y")) for node in ticks)
    assert none == 226
    assert sum(lines) / 2 == 22
    assert lines[1] - lines[0] > 10


def test_a_logarithmic_axis_is_one_in_the_picture():
    figure = made(type="log", range=[-1, 1], tickvals=[0.1, 1, 10])
    figure.add_scatter(x=[1.0], y=[1], mode="markers")
    (mark,) = parts(figure_svg(figure, label="x"), "circle")
    assert float(mark.get("cx")) == 290


def test_a_gap_breaks_the_line_and_dashes_and_open_symbols_stay():
    figure = made()
    figure.add_scatter(
        x=[0, 1, None, 3, 4],
        y=[0, 1, None, 3, 4],
        mode="lines+markers",
        line={"color": "#009E73", "dash": "dash"},
        marker={"symbol": ["circle", "square-open", "circle", "x", "circle"], "color": "#009E73"},
    )
    svg = figure_svg(figure, label="x")
    assert [line.get("stroke-dasharray") for line in parts(svg, "polyline")] == ["5 3", "5 3"]
    filled = [mark.get("fill") for mark in parts(svg, "polygon")]
    assert filled == ["#ffffff", "#009E73"]


def test_an_interval_is_a_line_from_end_to_end():
    figure = made()
    figure.add_scatter(
        x=[5],
        y=[2],
        mode="markers",
        error_x={"type": "data", "symmetric": False, "array": [2.5], "arrayminus": [5]},
    )
    assert re.search(r'd="M40\.0 120\.0H415\.0"', figure_svg(figure, label="x"))


def test_texts_are_escaped_once_and_names_at_the_edge_kept_apart():
    figure = made()
    for name in ("&lt;b&gt;", "a&amp;b"):
        figure.add_annotation(x=1, xref="paper", y=2, text=name, xanchor="left", showarrow=False)
    svg = figure_svg(figure, label='"<x>"')
    names = [text for text in parts(svg, "text") if text.get("class") == "name"]
    assert sorted(name.text for name in names) == ["<b>", "a&b"]
    first, second = sorted(float(name.get("y")) for name in names)
    assert second - first == pytest.approx(13)


def test_names_keep_off_points_that_are_close():
    sides = label_sides([(0.5, 0.50), (0.5, 0.53), (0.5, 0.47)])
    assert len(set(sides)) == 3
    assert label_sides([(0.1, 0.1), (0.9, 0.9)]) == ["top center", "top center"]
