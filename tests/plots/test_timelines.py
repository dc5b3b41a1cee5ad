"""Measures of one patient above each other: one axis of weeks, common axes of values."""

from __future__ import annotations

import pytest
from lxml import etree

from cytogate.plots.course_axes import ValueAxis
from cytogate.plots.palette import SubjectStyle
from cytogate.plots.quantity import Quantity
from cytogate.plots.series import Course, Point
from cytogate.plots.timelines import Row, timeline_svg

STYLE = SubjectStyle("#0072B2", "circle", responder=False)
AXIS = ValueAxis(0.0, 20.0)


def row(name: str, *values: float | None, flag: str = "ok") -> Row:
    points = tuple(Point(4.0 * i, f"W{4 * i}", value, flag=flag) for i, value in enumerate(values))
    return Row(Quantity(f"{name}, mg", "mg"), AXIS, Course("P1", points))


def drawn(*rows: Row) -> etree._Element:
    return etree.fromstring(timeline_svg("<P1>", rows, STYLE, weeks=(0.0, 24.0), marks=[(0.0, "<infusion>")]))


def corners(line: etree._Element) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in str(line.get("points")).split()]  # type: ignore[misc]


def test_weeks_of_all_measures_lie_above_each_other_to_scale() -> None:
    first, second = (corners(line) for line in drawn(row("a", 1, 2, 3), row("b", 9, 8, 7)).iter("polyline"))

    assert [x for x, _ in first] == [x for x, _ in second]
    assert first[1][0] - first[0][0] == pytest.approx(first[2][0] - first[1][0], abs=0.2)
    assert max(y for _, y in first) < min(y for _, y in second)


def test_lines_stop_at_a_missing_value_and_tell_the_response() -> None:
    lines = list(drawn(row("a", 1.0, 2.0, None, 3.0)).iter("polyline"))

    assert [len(corners(line)) for line in lines] == [2, 1]
    assert {line.get("stroke-dasharray") for line in lines} == {STYLE.svg_dash}


def test_values_below_the_limit_are_open_and_say_so() -> None:
    svg = drawn(row("a", 0.2, flag="below_limit"))

    (dot,) = svg.iter("circle")
    assert dot.get("fill") == "#ffffff"
    assert dot[0].text == "W0 (week 0): below 0.200 mg"


def test_a_measure_without_values_says_so() -> None:
    svg = drawn(Row(Quantity("a", ""), AXIS, None), row("b", 1.0))

    assert [text.text for text in svg.xpath('//*[@class="none"]')] == ["no value"]


def test_axes_name_the_unit_and_end_in_round_values() -> None:
    svg = drawn(row("Prednisone", 12.0))

    assert [text.text for text in svg.xpath('//*[@class="name"]')] == ["Prednisone, mg"]
    assert [text.text for text in svg.xpath('//*[@class="y"]')] == ["0", "20"]


def test_words_of_marks_do_not_run_into_each_other() -> None:
    marks = [(0.0, "baseline, infusion"), (8.0, "second infusion")]
    svg = etree.fromstring(timeline_svg("P1", [row("a", 1.0)], STYLE, weeks=(0.0, 24.0), marks=marks))

    first, second = svg.xpath('//*[@class="mark"]')
    assert str(first.text).endswith("…")
    room = float(str(second.get("x"))) - float(str(first.get("x")))
    assert len(str(first.text)) * 4.9 <= room


def test_hostile_names_stay_text() -> None:
    svg = drawn(row("<script>", 1.0))

    assert not list(svg.iter("script", "P1", "infusion"))
    assert {"<P1>", "<infusion>", "<script>, mg"} <= {str(text.text) for text in svg.iter("text")}
