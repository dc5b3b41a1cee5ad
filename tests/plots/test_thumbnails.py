"""Thumbnails: fewer bins and shades, the same picture; gates where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lxml import html

from cytogate.plots.thumbnails import (
    BINS,
    SHADES,
    SIDE,
    foot_axis_svg,
    picture_of,
    side_axis_svg,
    thumbnail_png,
    thumbnail_svg,
)
from cytogate.study.sample.previews import density_png

if TYPE_CHECKING:
    from pathlib import Path


def density(seed: int = 0, n: int = 40_000) -> bytes:
    x, y = np.random.default_rng(seed).normal(64, 12, (2, n))
    counts, _, _ = np.histogram2d(y, x, bins=128, range=[(0, 128), (0, 128)])
    return density_png(counts)


def plot(*gates: dict[str, Any]) -> dict[str, Any]:
    axis = {"channel": "A", "title": "A", "low": 0.0, "high": 1.0, "transform": None}
    return {"parent": "/B", "parent_count": 9, "x": axis, "y": axis, "gates": list(gates)}


def gate(name: str, outline: list[list[Any]], percent: float | None, kind: str = "polygon") -> dict[str, Any]:
    return {"population": f"/B/{name}", "name": name, "kind": kind, "outline": outline,
            "percent_of_parent": percent}  # fmt: skip


def drawn(*gates: dict[str, Any]) -> html.HtmlElement:
    return html.fragment_fromstring(thumbnail_svg(plot(*gates), density()))


def test_a_thumbnail_is_smaller_and_still_a_picture():
    image = pytest.importorskip("PIL.Image")
    import io

    small = thumbnail_png(density())
    picture = np.asarray(image.open(io.BytesIO(small)))
    whole = np.asarray(image.open(io.BytesIO(density())))
    assert len(small) < 0.5 * len(density())
    assert picture.shape == (BINS, BINS)
    assert picture.max() == SHADES
    fullest = whole.reshape(BINS, 2, BINS, 2).max(axis=(1, 3))
    assert ((picture > 0) == (fullest > 0)).all()  # no event is lost


def test_what_is_no_picture_of_a_run_stays_as_it_is():
    assert thumbnail_png(b"no picture") == b"no picture"
    odd = density_png(np.eye(50))
    assert thumbnail_png(odd) == odd


def test_a_picture_that_is_gone_is_left_out(tmp_path: Path):
    assert picture_of({"file": str(tmp_path / "gone.png")}) == b""
    assert "<image" not in thumbnail_svg(plot(), b"")


def test_gates_lie_where_their_outlines_say_and_their_percents_below():
    svg = drawn(
        gate("In", [[0.25, 0.0], [0.75, 0.0], [0.75, 0.5], [0.25, 0.5]], 12.3),
        gate("Up", [[0.5, "inf"]], 4.0),
    )
    first, second = (polygon.get("points") for polygon in svg.iter("polygon"))
    corners = [(1 / 4, 1), (3 / 4, 1), (3 / 4, 1 / 2), (1 / 4, 1 / 2)]
    assert first == " ".join(f"{SIDE * x:.1f},{SIDE * y:.1f}" for x, y in corners)
    assert second.startswith(f"{SIDE / 2:.1f},")  # a range is a strip over the whole height
    assert [text.text for text in svg.iter("text")] == ["12.3 · 4.00 %"]


def test_percents_of_quadrants_stand_in_their_corners():
    inf = ["-inf", "inf"]
    corners = {
        name: gate(name, [[x, y], [0.5, y], [0.5, 0.5], [x, 0.5]], percent, "quadrant")
        for name, x, y, percent in (("DN", inf[0], inf[0], 10.0), ("UM", inf[1], inf[1], 20.0))
    }
    places = {
        text.text: (float(text.get("x")) < SIDE / 2, float(text.get("y")) < SIDE / 2)
        for text in drawn(*corners.values()).iter("text")
    }
    assert places == {"10.0": (True, False), "20.0": (False, True)}


def test_names_and_missing_percents_are_inert():
    svg = drawn(gate('"><script>', [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]], None))
    assert not list(svg.iter("script"))
    assert '"><script>' in svg.get("aria-label")


def test_axes_beside_a_sheet_have_markers_and_ticks_in_the_units_of_thumbnails():
    side, foot = (html.fragment_fromstring(draw(plot())) for draw in (side_axis_svg, foot_axis_svg))
    thumb = html.fragment_fromstring(thumbnail_svg(plot(), density()))

    def height(svg):
        return svg.get("viewbox").split()[3]

    assert height(side) == height(thumb)
    assert foot.get("viewbox").split()[2] == thumb.get("viewbox").split()[2]
    for svg, axis in ((side, "y"), (foot, "x")):
        assert svg.xpath('.//*[@class="of"]')[0].text == plot()[axis]["title"]
        assert len(svg.xpath('.//*[@class="ticks"]')) == 2  # minor and major ones
