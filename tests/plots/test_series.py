"""Courses of patients: order, gaps, and what is drawn of a missing value."""

from __future__ import annotations

import pandas as pd

from cytogate.plots.series import Point, courses, interval_words


def rows(*entries: tuple[str, str, float | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"subject": s, "visit": v, "week": w, "percent": p, "flag": "ok", "sample": f"{s}-{v}"}
            for s, v, w, p in entries
        ]
    )


def test_points_of_a_patient_come_by_week() -> None:
    (course,) = courses(rows(("P1", "W8", 8.0, 3.0), ("P1", "W0", 0.0, 1.0)))

    assert [(point.week, point.value) for point in course.points] == [(0.0, 1.0), (8.0, 3.0)]


def test_scheduled_visit_without_sample_is_a_gap() -> None:
    table = rows(
        ("P1", "W0", 0.0, 1.0), ("P1", "W4", 4.0, 2.0), ("P1", "W8", 8.0, 3.0),
        ("P2", "W0", 0.0, 1.0), ("P2", "W8", 8.0, 3.0),
    )  # fmt: skip

    second = courses(table)[1]

    assert [(point.visit, point.value) for point in second.points] == [
        ("W0", 1.0),
        ("W4", None),
        ("W8", 3.0),
    ]


def test_unscheduled_visit_of_one_patient_breaks_no_other_line() -> None:
    table = rows(
        ("P1", "W0", 0.0, 1.0), ("P1", "extra", 3.0, 2.0), ("P1", "W8", 8.0, 3.0),
        ("P2", "W0", 0.0, 1.0), ("P2", "W8", 8.0, 3.0), ("P3", "W0", 0.0, 1.0), ("P3", "W8", 8.0, 3.0),
    )  # fmt: skip

    assert [len(course.points) for course in courses(table)] == [3, 2, 2]


def test_failed_sample_is_a_gap_unless_a_repeat_worked() -> None:
    failed = rows(("P1", "W0", 0.0, 1.0), ("P1", "W4", 4.0, None), ("P1", "W8", 8.0, 3.0))
    repeated = pd.concat([failed, rows(("P1", "W4", 4.0, 2.0))])

    assert [p.value for p in courses(failed)[0].points] == [1.0, None, 3.0]
    assert [p.value for p in courses(repeated)[0].points] == [1.0, 2.0, 3.0]


def test_patient_without_any_value_has_no_course() -> None:
    table = rows(("P1", "W0", 0.0, None), ("P2", "W0", 0.0, 2.0))

    assert [course.subject for course in courses(table)] == ["P2"]


def test_nothing_is_a_gap_before_the_first_or_after_the_last_value() -> None:
    table = rows(
        ("P1", "W0", 0.0, 1.0), ("P1", "W4", 4.0, 2.0), ("P1", "W8", 8.0, 3.0), ("P2", "W4", 4.0, 1.0)
    )  # fmt: skip

    assert [point.visit for point in courses(table)[1].points] == ["W4"]


def test_missing_values_of_pandas_are_gaps() -> None:
    table = rows(("P1", "W0", 0.0, 1.0), ("P1", "W4", 4.0, 2.0)).astype({"percent": "Float64"})
    table.loc[1, "percent"] = pd.NA

    assert [point.value for point in courses(table)[0].points] == [1.0, None]


def test_words_say_whether_intervals_hold_the_gates() -> None:
    fixed = Point(0.0, "W0", 10.0, 9.0, 11.0, 9.0, 11.0)
    fitted = Point(4.0, "W4", 10.0, 9.0, 11.0, 8.0, 13.0)

    assert interval_words([fixed]).endswith("counting error only.")
    assert interval_words([fitted]).endswith("counting error and the uncertainty of the fitted gates.")
    assert interval_words([fitted, fixed]).endswith("; counting error only where no gate was fitted.")
    assert (fixed.interval, fitted.interval) == ((9.0, 11.0), (8.0, 13.0))
