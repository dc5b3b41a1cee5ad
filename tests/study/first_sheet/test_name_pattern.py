"""Patterns of file names: what a user writes, and what is guessed."""

from __future__ import annotations

import time

import pytest

from cytogate.errors import StudyError
from cytogate.study.first_sheet.name_pattern import parse_pattern
from cytogate.study.first_sheet.pattern_guess import guess_pattern
from cytogate.study.sheets.visits import is_visit, week_of_visit


@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        ("{subject}_{visit}_{panel}", "P01_W0_Bcell", {"subject": "P01", "visit": "W0", "panel": "Bcell"}),
        (
            "{subject}_{visit}_{panel}",
            "a/b/P01_W0_Bcell",
            {"subject": "P01", "visit": "W0", "panel": "Bcell"},
        ),
        ("{subject}_{visit}", "P01_W0_Bcell", None),
        ("{subject}_{visit}_{*}", "P01_W0_B_cell x", {"subject": "P01", "visit": "W0"}),
        ("{}_{subject}", "x_ 007 ", {"subject": "007"}),
        ("{subject}_{subject}_{visit}", "01_007_W4", {"subject": "01_007", "visit": "W4"}),
        (
            "{subject}/{visit}/{panel}",
            "deep/P1/W0/B cell",
            {"subject": "P1", "visit": "W0", "panel": "B cell"},
        ),
        ("{subject}/{visit}", "P1_W0", None),
        ("TRIAL-{subject} {visit}", "trial-7 W0", {"subject": "7", "visit": "W0"}),
        ("{subject}.{visit}", "P1xW0", None),
    ],
)
def test_a_pattern_says_what_the_parts_of_a_name_are(pattern, name, said):
    assert parse_pattern(pattern).read(name) == said


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "names no field"),
        ("plain", "names no field"),
        ("{subjct}_{visit}", "unknown field 'subjct'. Did you mean subject"),
        ("{subject}{visit}", "two fields touch"),
        ("{subject}_{visit", "a brace stands alone"),
        ("{subject}_" * 100, "longer than 500"),
    ],
)
def test_a_pattern_that_means_nothing_is_refused(pattern, why):
    with pytest.raises(StudyError, match=why) as caught:
        parse_pattern(pattern)
    assert {problem.code for problem in caught.value.problems} == {"pattern-wrong"}


def test_a_pattern_is_no_regular_expression_and_takes_no_time_on_a_hostile_name():
    assert parse_pattern("{subject}.*").read("P1.*") == {"subject": "P1"}
    assert parse_pattern("(a+)+{subject}").read("aaaa1") is None
    began = time.perf_counter()
    assert parse_pattern("_".join(["{}"] * 40) + "!").read("_" * 5 + "a_" * 200) is None
    assert time.perf_counter() - began < 1


SUBJECTS, VISITS = ("01", "02", "07"), ("W0", "W4")


def names(form: str) -> list[str]:
    """Return names of all visits of all subjects; `v` is the visit, `w` its number."""
    pairs = [(subject, visit) for subject in SUBJECTS for visit in VISITS]
    return [form.format(s=s, v=v, w=v[1:], n=number) for number, (s, v) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("P{s}_{v}", "{subject}_{visit}"),
        ("Specimen_001_P{s} {v}_00{n}", "Specimen_001_{subject} {visit}_{}"),
        ("P{s}/{v}/Bcell", "{subject}/{visit}/Bcell"),
        ("2024/export/Patient {s}/{v} B", "Patient {subject}/{visit} B"),
        ("LUP-01-0{s}_{v}_20240{n}17", "{subject}_{visit}_{}"),
        ("{v}-{s}", "{visit}-{subject}"),
        ("01_{s}_{v}", "01_{subject}_{visit}"),
        ("plate1/{s} {v}", "{batch}/{subject} {visit}"),
        ("Patient {s} Week {w} B", "Patient {subject} {visit} {visit} B"),
        ("Patient_{s}_Week_{w}_B", "Patient_{subject}_{visit}_{visit}_B"),
        ("Patient {s}_Week {w}_B", "{subject}_{visit}_B"),
        ("Patient {s}_Week {w}_B cell", "Patient {subject}_{visit} {visit}_B cell"),
        ("Patient {s} - Day {w} - B", "Patient {subject} - {visit} {visit} - B"),
        ("Week {w}/Patient {s} B", "{visit} {visit}/Patient {subject} B"),
        ("Subject 01-0{s} visit {w}", "Subject {subject} {visit} {visit}"),
        ("P{s} T 00{n}", ""),
        ("one name", ""),
        ("{v} only", ""),
    ],
)
def test_the_pattern_of_a_folder_is_guessed_from_what_varies(form, pattern):
    found = guess_pattern(names(form), {})
    assert found == pattern
    assert not found or all(map(parse_pattern(found).read, names(form)))


def test_the_part_that_goes_with_the_markers_is_the_panel():
    found = [f"{name}_{tube}" for name in names("{s}_{v}") for tube in ("tube1", "tube2")]
    panels = {name: "bcell" if name.endswith("1") else "treg" for name in found}
    assert guess_pattern(found, panels) == "{subject}_{visit}_{panel}"
    assert guess_pattern(found, {}) == "{subject}_{visit}_{}"


def test_a_guess_does_not_depend_on_the_order_of_the_files():
    given = [*names("P{s}_{v}"), "other name"]
    assert guess_pattern(given, {}) == guess_pattern(given[::-1], {}) == "{subject}_{visit}"


def test_nothing_is_guessed_where_many_names_are_otherwise():
    assert guess_pattern([*names("P{s}_{v}"), *names("{v} P{s} x")], {}) == ""


@pytest.mark.parametrize(
    ("text", "week"),
    [
        *[("W12", "12"), ("wk 04", "4"), ("Day 0", "0"), ("D84", "12"), ("D85", ""), ("baseline", "0")],
        *[("screening", ""), ("V3", ""), ("M6", ""), ("EOS", ""), ("FU2", "")],
    ],
)
def test_visits_and_the_weeks_that_their_names_tell(text, week):
    assert is_visit(text)
    assert week_of_visit(text) == week


@pytest.mark.parametrize("text", ["", "P01", "Bcell", "W", "W1234", "0"])
def test_what_is_no_visit(text):
    assert not is_visit(text)
    assert week_of_visit(text) == ""
