"""Trend figures for paper: the same marks as on the screen, and every name as text."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from lxml import etree

from cytogate.plots.course_axes import round_values
from cytogate.plots.palette import SYMBOLS, SubjectStyle, subject_styles
from cytogate.plots.quantity import Quantity, percent_of
from cytogate.plots.series import Course, Point
from cytogate.plots.trend_svg import HEIGHT, WIDTH, trend_svg


def drawn(
    courses: list[Course], styles: dict[str, SubjectStyle] | None = None, **more: Any
) -> etree._Element:
    known = styles or subject_styles([course.subject for course in courses], {"P1": True, "P2": False})
    return etree.fromstring(
        trend_svg(courses, known, percent_of("<B>"), marks=[(0.0, "<base>")], label='"DN" & more', **more)
    )


def course(subject: str, *percents: float | None, flag: str = "ok") -> Course:
    points = (Point(4.0 * i, f"W{4 * i}", value, flag=flag) for i, value in enumerate(percents))
    return Course(subject, tuple(points))


def marks(svg: etree._Element) -> list[etree._Element]:
    return svg.xpath('//*[@class="mark"]')


def test_line_breaks_at_a_gap_and_every_value_has_a_symbol() -> None:
    svg = drawn([course("P1", 1.0, 2.0, None, 4.0)])

    assert [len(str(line.get("points")).split()) for line in svg.iter("polyline")] == [2, 1]
    assert len(marks(svg)) == 3


@pytest.mark.parametrize("flag", ["below_lod", "below_lloq", "few_parent"])
def test_values_that_are_not_quantitative_are_open(flag: str) -> None:
    svg = drawn([course("P1", 1.0, flag=flag), course("P2", 1.0)])

    assert [mark.get("fill") == "#ffffff" for mark in marks(svg)] == [True, False]


def test_a_whisker_spans_the_interval_of_fitted_gates_and_stays_on_the_axis() -> None:
    def whiskers(**interval: float) -> list[tuple[float, float]]:
        svg = drawn([Course("P1", (Point(0.0, "W0", 10.0, 9.0, 10.5, **interval), Point(4.0, "W4", 11.0)))])
        found = "".join(str(path.get("d")) for path in svg.xpath('//*[@class="whisker"]')).split("M")[1:]
        return [tuple(map(float, path.split(" ")[1].split("V"))) for path in found]

    ((low, high),) = whiskers()
    ((lower, higher),) = whiskers(gate_ci_low=5.0, gate_ci_high=10.5)
    ((_, highest),) = whiskers(gate_ci_low=5.0, gate_ci_high=99.0)

    assert low > high
    assert (lower - low, higher) == (pytest.approx((low - high) * 4 / 1.5, abs=0.2), high)
    assert highest == 16.0  # the top of the axis


def test_the_top_whisker_has_room() -> None:
    svg = drawn([Course("P1", (Point(0.0, "W0", 10.0, 8.0, 12.0), Point(4.0, "W4", 5.0, 4.0, 6.0)))])

    (path,) = svg.xpath('//*[@class="whisker"]')
    tops = [float(step.split("V")[1]) for step in str(path.get("d")).split("M")[1:]]
    assert min(tops) > 16.0 + 8


def test_of_many_patients_closed_symbols_are_one_path_and_open_ones_stay_apart() -> None:
    many = [course(f"P{i}", 1.0, 2.0, 3.0) for i in range(20)]
    svg = drawn([*many, course("last", 1.0, 2.0, flag="below_lod")])

    dots = svg.xpath('//*[@class="dots"]')
    assert [str(path.get("d")).count("M") for path in dots] == [3] * 20
    assert [mark.get("fill") for mark in marks(svg)] == ["#ffffff"] * 2


def test_a_level_line_is_drawn_where_it_stands_apart_from_the_border() -> None:
    def levels(value: float) -> int:
        return len(drawn([course("P1", 1.0, 10.0)], level=(value, "LLOQ"))
                   .xpath('//*[@class="level"]'))  # fmt: skip

    assert (levels(3.0), levels(0.01), levels(50.0)) == (1, 0, 0)


def test_a_log_axis_has_equal_distances_for_equal_factors() -> None:
    quantity = Quantity("GARP, ng/mL", "ng/mL", log=True)
    svg = etree.fromstring(trend_svg([course("P1", 0.1, 1.0, 10.0)], subject_styles(["P1"]), quantity))

    (line,) = svg.iter("polyline")
    first, second, third = (float(pair.split(",")[1]) for pair in str(line.get("points")).split())
    assert first - second == pytest.approx(second - third, abs=0.2)
    assert "0.5" in [text.text for text in svg.iter("text")]


def test_non_responders_are_dashed() -> None:
    svg = drawn([course("P1", 1.0, 2.0), course("P2", 1.0, 2.0)])

    assert [line.get("stroke-dasharray") for line in svg.iter("polyline")] == [None, "5 3"]


def test_names_at_line_ends_stand_apart_in_their_colours() -> None:
    svg = drawn([course(f"P{i}", 5.0, 5.0) for i in range(6)])

    names = svg.xpath('//*[@class="name"]')
    heights = sorted(float(str(name.get("y"))) for name in names)
    assert {name.text for name in names} == {f"P{i}" for i in range(6)}
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 12.9
    assert len({name.get("fill") for name in names}) == 6


def test_symbols_differ_as_on_the_screen_and_stay_in_the_picture() -> None:
    styles = {symbol: SubjectStyle("#0072B2", symbol, responder=True) for symbol in SYMBOLS}
    svg = drawn([course(symbol, 0.0, 30.0) for symbol in SYMBOLS], styles)

    assert len({mark.tag + str(mark.get("points", "")) for mark in marks(svg)[::2]}) == len(SYMBOLS)
    places = [pair.split(",") for line in svg.iter("polyline") for pair in str(line.get("points")).split()]
    assert all(0 < float(x) < WIDTH and 0 < float(y) < HEIGHT for x, y in places)


def test_hostile_names_stay_text() -> None:
    svg = drawn([course("<script>", 1.0, 2.0)])

    assert not list(svg.iter("script"))
    assert "<script>" in "".join(str(text) for text in svg.itertext())


def test_single_value_is_drawn() -> None:
    assert len(marks(drawn([course("P1", 0.0)]))) == 1


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 0.013), (52.0, 81.0), (-1.2, 25.0)])
def test_axis_has_some_round_values_inside(low: float, high: float) -> None:
    found = round_values(low, high)

    assert 3 <= len(found) <= 8
    assert all(low <= value <= high for value in found)
