"""Where the panel of patients changes, and how a figure shows it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cytogate.plots.palette import subject_styles
from cytogate.plots.panel_changes import change_marks, change_words, panel_changes, parted
from cytogate.plots.panels import unbroken
from cytogate.plots.quantity import percent_of
from cytogate.plots.series import Course, Point, courses
from cytogate.plots.trends import course_figure

VISITS = (("W0", 0.0), ("W4", 4.0), ("W8", 8.0))


def course(subject: str, *panels: str) -> Course:
    """Return a course with a value at each visit but those without a panel."""
    points = [
        Point(week, visit, 10.0 if panel else None, panel=panel)
        for (visit, week), panel in zip(VISITS, panels, strict=True)
    ]
    return Course(subject, tuple(points))


def test_a_change_lies_half_way_between_the_values_around_it():
    (change,) = panel_changes([course("P1", "old", "old", "new")])
    assert (change.old, change.new, change.before, change.after) == ("old", "new", "W4", "W8")
    assert (change.week, change.subjects) == (6.0, ("P1",))
    assert change_marks([change]) == ((6.0, "new"),)
    assert change_words([change]) == "The panel changes from old to new between W4 and W8: thin grey line."


def test_changes_at_other_visits_are_counted_apart_and_a_visit_without_a_value_is_passed_over():
    drawn = [
        course("P1", "old", "old", "new"),
        course("P2", "old", "", "new"),
        course("P3", "old", "old", "new"),
    ]
    found = panel_changes([*drawn, course("P4", "new", "new", "new")])
    assert [(change.week, change.subjects) for change in found] == [(4.0, ("P2",)), (6.0, ("P1", "P3"))]
    assert [words for _, words in change_marks(found)] == ["new (1 of 3 patients)", "new (2 of 3 patients)"]
    assert change_words(found).endswith("between W4 and W8 (2 of 3 patients): thin grey lines.")


def test_nothing_changes_where_all_have_one_panel():
    assert panel_changes([course("P1", "b", "b", "b"), course("P2", "b", "", "b")]) == ()
    assert change_words(()) == ""


def test_a_parted_line_stops_at_the_change_and_keeps_its_values():
    whole = course("P1", "old", "old", "new")
    stopped = parted(whole)
    assert stopped.measured == whole.measured
    assert [[point.visit for point in run] for run in unbroken(whole.points)] == [["W0", "W4", "W8"]]
    assert [[point.visit for point in run] for run in unbroken(stopped.points)] == [["W0", "W4"], ["W8"]]
    assert {point.week for point in stopped.points} == {0.0, 4.0, 8.0}  # no new week for the axis


def test_hover_names_the_panel_only_where_there_are_several():
    rows = pd.DataFrame(
        [
            {"subject": "P1", "visit": visit, "week": week, "percent": 5.0, "panel": panel, "flag": "ok"}
            for (visit, week), panel in zip(VISITS, ("old", "old", "<new>"), strict=True)
        ]
    )

    def said(table: pd.DataFrame) -> list[str]:
        drawn = courses(table)
        figure = course_figure(drawn, percent_of("B"), styles=subject_styles(["P1"]))
        return list(figure.data[0].text)

    assert ["panel old" in text for text in said(rows)] == [True, True, False]
    assert "panel &lt;new&gt;" in said(rows)[2]
    assert not any("panel" in text for text in said(rows.assign(panel="old")))
    assert courses(rows.assign(panel="old")) == tuple(
        replace(one, points=tuple(replace(point, panel="") for point in one.points)) for one in courses(rows)
    )
