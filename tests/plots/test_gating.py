"""Panels of a gating strategy: outlines, labels, axes, few events, and hostile names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lxml import etree
from report.synthetic import LOGICLE, palette_png

from cytogate.plots.axes import Scale, tick_label
from cytogate.plots.gate_labels import crosses, labels
from cytogate.plots.gating import BOX, HEIGHT, outline_points, plot_svg
from cytogate.plots.raster import palette_levels

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def plot(gates: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    axis = {"channel": "PE-A", "title": "IgD PE-A", "low": 0.0, "high": 1.0, "transform": LOGICLE}
    return {
        "gate": "g",
        "parent": "/Live/B",
        "parent_count": 1234,
        "x": axis,
        "y": axis,
        "gates": gates,
    } | changes


def gate(
    name: str, outline: list[list[Any]], kind: str = "polygon", percent: float | None = 12.34
) -> dict[str, Any]:
    return {"population": f"/B/{name}", "name": name, "kind": kind, "outline": outline, "count": 12,
            "percent_of_parent": percent}  # fmt: skip


def drawn(entry: dict[str, Any]) -> etree._Element:
    text = plot_svg(entry, identifier="p").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return etree.fromstring(text)


def texts(svg: etree._Element) -> list[str]:
    return ["".join(str(part) for part in element.itertext()) for element in svg.iter(f"{SVG}text")]


def test_panel_names_parent_count_gate_and_percent() -> None:
    found = texts(drawn(plot([gate("DN", [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]])])))

    assert {"B", "1,234 events", "DN", "12.3 %"} <= set(found)


def test_root_plot_says_all_events() -> None:
    assert "All events" in texts(drawn(plot([], parent="")))


def test_percent_that_is_not_known_is_a_dash() -> None:
    assert "– %" in texts(drawn(plot([gate("DN", [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]], percent=None)])))


def test_infinite_corners_lie_just_outside_the_frame() -> None:
    scale = Scale.from_dict(plot([])["x"])
    points = outline_points([["-inf", "-inf"], ["inf", "-inf"], ["inf", "inf"]], scale, scale)

    assert all(math.isfinite(value) for point in points for value in point)
    assert points[0][0] < BOX.left
    assert points[1][0] > BOX.right
    assert points[2][1] < BOX.top


def test_range_is_a_strip_over_the_whole_height() -> None:
    scale = Scale.from_dict(plot([])["x"])
    points = outline_points([[0.25, "inf"]], scale, scale)

    assert points[0] == (BOX.left + 0.25 * BOX.width, pytest.approx(BOX.bottom + 0.02 * BOX.height))
    assert min(y for _, y in points) < BOX.top


def test_quadrant_labels_stand_in_their_corners() -> None:
    inf, cut = math.inf, 0.5
    quads = [
        gate("Q1", [[-inf, cut], [cut, cut], [cut, inf], [-inf, inf]], "quadrant"),
        gate("Q2", [[cut, cut], [inf, cut], [inf, inf], [cut, inf]], "quadrant"),
        gate("Q3", [[cut, -inf], [inf, -inf], [inf, cut], [cut, cut]], "quadrant"),
        gate("Q4", [[-inf, -inf], [cut, -inf], [cut, cut], [-inf, cut]], "quadrant"),
    ]
    scale = Scale.from_dict(plot([])["x"])

    placed = labels(quads, [outline_points(q["outline"], scale, scale) for q in quads], BOX)

    assert [label.anchor for label in placed] == ["start", "end", "end", "start"]
    assert [label.y < BOX.top + BOX.height / 2 for label in placed] == [True, True, False, False]


def test_labels_of_gates_at_one_place_do_not_cover_each_other() -> None:
    gates = [gate(name, [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]) for name in ("T1", "T2", "T3")]
    scale = Scale.from_dict(plot([])["x"])

    placed = labels(gates, [outline_points(g["outline"], scale, scale) for g in gates], BOX)

    extents = [label.extent for label in placed]
    assert not any(touch(a, b) for i, a in enumerate(extents) for b in extents[:i])


def touch(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_label_stands_where_it_covers_no_events() -> None:
    levels = np.zeros((128, 128), np.uint8)
    levels[:64] = 63  # the upper half is full of events
    scale = Scale.from_dict(plot([])["x"])
    whole = gate("B", [["-inf", "-inf"], ["inf", "-inf"], ["inf", "inf"], ["-inf", "inf"]], "rectangle")

    (label,) = labels([whole], [outline_points(whole["outline"], scale, scale)], BOX, levels)

    assert label.extent[1] > BOX.top + BOX.height / 2


@pytest.mark.parametrize(
    "corners",
    [
        [[0.05, 0.02], [0.3, 0.02], [0.4, 0.1], [0.3, 0.2], [0.05, 0.15]],  # small, low
        [[0.02, 0.02], [0.9, 1.2], [1.2, 0.8]],  # a diagonal, as of single cells
        [[0.6, 0.4], [0.9, 0.4], [0.75, 0.9]],
    ],
)
def test_label_is_not_written_over_the_edge_of_its_gate(corners: list[list[float]]) -> None:
    scale = Scale.from_dict(plot([])["x"])
    slanted = gate("Lymphocytes", corners)
    points = outline_points(slanted["outline"], scale, scale)

    (label,) = labels([slanted], [points], BOX)

    assert not crosses(points, label.extent)


def test_long_axis_title_takes_two_lines_and_is_whole() -> None:
    long = "Viability LIVE/DEAD Blue UV450-A"
    axis = {"channel": "UV450-A", "title": long, "low": 0.0, "high": 1.0, "transform": LOGICLE}

    svg = drawn(plot([], x=axis, y=axis))

    titles = [e for e in svg.iter(f"{SVG}text") if str(e.get("class")).startswith("title")]
    assert [e.text for e in titles] == ["Viability LIVE/DEAD", "Blue UV450-A"] * 2
    assert max(float(str(e.get("y"))) for e in titles[:2]) < HEIGHT


@pytest.mark.parametrize("corner", [(-1.0, -1.0), (0.97, 0.97), (0.0, 0.98), (0.98, 0.0), (2.0, 2.0)])
def test_labels_stay_in_the_frame(corner: tuple[float, float]) -> None:
    a, b = corner
    scale = Scale.from_dict(plot([])["x"])
    small = gate("a population with a long name", [[a, b], [a + 0.02, b], [a + 0.02, b + 0.02]])

    (label,) = labels([small], [outline_points(small["outline"], scale, scale)], BOX)

    left, top, right, bottom = label.extent
    assert BOX.left <= left
    assert BOX.top <= top
    assert right <= BOX.right
    assert bottom <= BOX.bottom


def test_decades_are_written_as_superscripts() -> None:
    svg = drawn(plot([]))

    powers = [element.text for element in svg.iter(f"{SVG}tspan")]
    assert {"3", "4", "5"} <= set(powers)
    assert tick_label("-10^3").startswith("−10<tspan")


def test_linear_scatter_axis_is_in_thousands() -> None:
    axis = {"channel": "FSC-A", "title": "FSC-A", "low": 0.0, "high": 262144.0, "transform": None}

    assert {"50K", "250K"} <= set(texts(drawn(plot([], x=axis))))


def test_few_events_are_dots_and_many_are_a_picture(tmp_path: Path) -> None:
    levels = np.zeros((128, 128), np.uint8)
    levels[3, 7] = levels[100, 100] = 63
    file = tmp_path / "a.png"
    file.write_bytes(palette_png(levels))

    few = drawn(plot([], parent_count=2, file=str(file)))
    many = drawn(plot([], parent_count=50_000, file=str(file)))

    (dots,) = [path for path in few.iter(f"{SVG}path") if path.get("class") == "dots"]
    assert str(dots.get("d")).count("M") == 2
    assert not list(few.iter(f"{SVG}image"))
    assert str(next(many.iter(f"{SVG}image")).get("href")).startswith("data:image/png;base64,")


def test_missing_picture_leaves_the_frame(tmp_path: Path) -> None:
    svg = drawn(plot([], file=str(tmp_path / "none.png")))

    assert not list(svg.iter(f"{SVG}image"))
    assert any(element.get("class") == "frame" for element in svg.iter(f"{SVG}rect"))


def test_file_that_is_no_picture_is_not_put_into_the_page(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_text("root:x:0:0", encoding="utf-8")

    assert not list(drawn(plot([], file=str(file))).iter(f"{SVG}image"))


def test_hostile_names_stay_text() -> None:
    name = '"><script>alert(1)</script>'
    axis = {"channel": name, "title": name, "low": 0.0, "high": 1.0, "transform": None}

    svg = drawn(plot([gate(name, [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]])], parent=f"/{name}", x=axis, y=axis))

    assert {element.tag.removeprefix(SVG) for element in svg.iter() if isinstance(element.tag, str)} <= {
        "svg", "clipPath", "rect", "text", "tspan", "g", "polygon", "title", "path",
    }  # fmt: skip


def test_levels_are_read_back_from_a_palette_png() -> None:
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8)

    np.testing.assert_array_equal(palette_levels(palette_png(levels)), levels)


@pytest.mark.parametrize("damage", [b"", b"not a picture", palette_png(np.zeros((4, 4), np.uint8))[:60]])
def test_other_bytes_are_no_levels(damage: bytes) -> None:
    assert palette_levels(damage) is None
