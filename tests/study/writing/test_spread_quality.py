"""Spreading of single stains in the table of quality."""

from __future__ import annotations

from cytogate.study.writing.spread_quality import spread_quality

DETECTORS = ["A", "B", "C", "D", "E", "F"]


def stain(**more) -> dict:
    return {"panel": "bcell", "marker": "CD20", "sample": "SS_CD20", "why": "", **more}


def test_the_largest_widening_is_told_and_the_worst_are_named():
    wider = [None, 12.0, 2.0, 6.0, 7.0, 8.0]
    rows = list(spread_quality([stain(detectors=DETECTORS, wider=wider)]))
    assert [(row["metric"], row["value"], row["verdict"]) for row in rows] == [
        ("largest_times_wider", 12.0, "warn"),
        ("times_wider CD20 in B", 12.0, "warn"),
        ("times_wider CD20 in F", 8.0, "note"),
        ("times_wider CD20 in E", 7.0, "note"),
    ]
    assert {(row["sample"], row["check"]) for row in rows} == {("SS_CD20", "spreading")}


def test_little_widening_is_fine_and_none_known_is_not_checked():
    (fine,) = spread_quality([stain(detectors=DETECTORS[:2], wider=[None, 1.2])])
    assert fine["verdict"] == "ok"
    (unknown,) = spread_quality([stain(why="no events")])
    assert (unknown["value"], unknown["verdict"]) == (None, "not checked")
