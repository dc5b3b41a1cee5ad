"""Small multiples: lines break at gaps, and empty panels say so."""

from __future__ import annotations

from lxml import etree

from cytogate.plots.palette import SubjectStyle
from cytogate.plots.panels import course_svg
from cytogate.plots.series import Course, Point

STYLE = SubjectStyle("#0072B2", "circle", responder=False)


def drawn(course: Course | None) -> etree._Element:
    return etree.fromstring(
        course_svg(course, STYLE, weeks=(0, 24), values=(0, 30), baseline_week=0, label="<P>")
    )


def test_line_breaks_at_a_gap() -> None:
    points = (Point(0, "W0", 10.0), Point(4, "W4", 12.0), Point(8, "W8", None), Point(24, "W24", 20.0))

    svg = drawn(Course("P1", points))

    assert [len(str(line.get("points")).split()) for line in svg.iter("polyline")] == [2, 1]
    assert len(list(svg.iter("circle"))) == 3


def test_non_responder_is_dashed_and_values_below_the_limit_are_open() -> None:
    svg = drawn(Course("P1", (Point(0, "W0", 10.0), Point(4, "W4", 1.0, flag="below_lod"))))

    assert next(svg.iter("polyline")).get("stroke-dasharray") == "5 3"
    assert [dot.get("fill") for dot in svg.iter("circle")] == ["#0072B2", "#ffffff"]


def test_every_flag_but_ok_is_open_and_its_title_says_why() -> None:
    flags = ("ok", "below_lod", "below_lloq", "few_parent")
    points = tuple(Point(i, f"W{i}", 10.0, flag=flag) for i, flag in enumerate(flags))

    dots = list(drawn(Course("P1", points)).iter("circle"))

    assert [dot.get("fill") == "#ffffff" for dot in dots] == [False, True, True, True]
    assert "few events in the denominator" in str(dots[3][0].text)
    assert ";" not in str(dots[0][0].text)


def test_patient_without_values_has_a_panel_that_says_so() -> None:
    assert "no value" in "".join(str(text) for text in drawn(None).itertext())
