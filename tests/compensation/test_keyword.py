from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.compensation.causes import CAUSES
from cytogate.compensation.keyword import (
    format_spillover,
    parse_spillover,
    spillover_from_keywords,
    spillover_refusal,
)
from cytogate.compensation.matrix import CompensationMatrix

NAMES = ["FSC", "FL1", "FL2"]
GOOD = "2,FL1,FL2,1,0.1,0.2,1"


def test_names_follow_the_count_and_coefficients_follow_by_rows():
    matrix, problems = parse_spillover("2, FL2 ,FL1,1,1e-1,0.2,1,", NAMES)
    assert matrix is not None
    assert problems == ()
    assert matrix.detectors == matrix.fluorochromes == ("FL2", "FL1")
    assert matrix.values.tolist() == [[1.0, 0.1], [0.2, 1.0]]


def test_identity_is_a_matrix():
    matrix, problems = parse_spillover("2,FL1,FL2,1,0,0,1", NAMES)
    assert matrix is not None
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "spillover-count", "number of detectors"),
        ("x,FL1", "spillover-count", "begins with 'x'"),
        ("0", "spillover-count", "begins with '0'"),
        ("2,FL1,FL2,1,0,0", "spillover-length", "2 detectors need 4 coefficients; 3 are there"),
        ("2,FL1,FL2,1,0,1,0,0,95,1", "spillover-length", "decimal commas"),
        ("2,FL1,FL2,1,x,0,1", "spillover-coefficient", "coefficient of FL1 in FL2 is 'x'"),
        ("2,FL1,FL2,1,0x1,0,1", "spillover-coefficient", "'0x1'"),
        ("2,FL1,FL2,1,,0,1", "spillover-coefficient", "FL1 in FL2 is ''"),
        ("2,FL1,FL2,1,nan,0,1", "spillover-not-finite", "'nan'"),
        ("2,FL1,FL2,1,-Infinity,0,1", "spillover-not-finite", "'-Infinity'"),
        ("2,FL1,FL2,1,1.#QNAN,0,1", "spillover-not-finite", "1.#QNAN"),
        ("2,FL1,FL2,1,1e999,0,1", "spillover-not-finite", "'1e999'; expected a finite number"),
        ("2,FL1,FL2,1e308,1e308,1e308,-1e308", "spillover-unusable", r"coefficient is 1e\+308"),
        ("2,FL1,FL2,1e-310,0,0,1e-310", "spillover-unusable", "cannot be inverted in float64"),
        (
            "2,FL1,FL2,1,0,0,95,-0,05,1,0",
            "spillover-decimal-commas",
            r"with points it would be 2,FL1,FL2,1\.0,0\.95,-0\.05,1\.0\.",
        ),
        ("1,FL1,1,000", "spillover-decimal-commas", r"would be 1,FL1,1\.000"),
        ("2;FL1;FL2;1;0;0;1", "spillover-count", "divided by commas, not by ';'"),
        ("4,FSC,FL1,FL2,FL3,1", "spillover-count", "the file has 3 channels"),
        ("2" + ",0" * 200, "spillover-length", "2 detectors need 4 coefficients; 198 are there"),
        ("2,FL1,CD4,1,0,0,1", "spillover-unknown-detector", "CD4"),
        ("2,FL1,,1,0,0,1", "spillover-unknown-detector", "''"),
        ("2,FL1,FL2-A,1,0,0,1", "spillover-unknown-detector", "FL2-A. Did you mean FL2"),
        ("2,2,9,1,0,0,1", "spillover-numbered", r"by number \(2, 9\) instead of name\. The matrix"),
        ("2,FL1,3,1,0,0,1", "spillover-numbered", "by number .3. .* they would be FL2"),
        ("2,FL1,fl1,1,0,0,1", "spillover-duplicate-detector", "more than once: FL1"),
        ("2,2,3,1,0,0,1", "spillover-numbered", r"by number \(2, 3\) .* they would be FL1, FL2"),
        ("2,FL1,FL9,1,0,0,1", "spillover-unknown-detector", "FL9"),
        ("2,FL1,FL1,1,0,0,1", "spillover-duplicate-detector", "more than once: FL1"),
        ("2,FL1,FL2,1,1,1,1", "spillover-unusable", "inverted"),
        ("2,FL1,FL2,0,0,0,0", "spillover-zero", "without compensation"),
        ("2,FL1,FL2", "spillover-length", "0 are there"),
        ("9999,FL1", "spillover-count", "9999"),
    ],
)
def test_broken_text_is_no_matrix_and_a_reason(text, code, message):
    matrix, problems = parse_spillover(text, NAMES, location="a.fcs")
    assert matrix is None
    assert [problem.code for problem in problems] == [code]
    assert problems[0].location == "a.fcs: $SPILLOVER"
    assert re.search(message, problems[0].message)
    assert "not used" in problems[0].message


@pytest.mark.parametrize("key", ["$SPILLOVER", "SPILL", "$SPILL", "SPILLOVER", "COMP"])
def test_all_keywords_in_use_are_tried(key):
    matrix, problems = spillover_from_keywords({key: GOOD}, NAMES)
    assert matrix is not None
    assert problems == ()


def test_standard_keyword_counts_and_a_different_second_is_said():
    matrix, problems = spillover_from_keywords({"SPILL": "2,FL1,FL2,1,0.3,0.2,1", "$SPILLOVER": GOOD}, NAMES)
    assert matrix is not None
    assert matrix.values[0, 1] == 0.1
    assert [problem.code for problem in problems] == ["spillover-conflict"]
    assert spillover_from_keywords({"SPILL": GOOD, "$SPILLOVER": GOOD}, NAMES)[1] == ()


def test_matrix_behind_a_broken_keyword_is_not_said_to_differ_from_one_in_use():
    matrix, problems = spillover_from_keywords({"SPILL": GOOD, "$SPILLOVER": "2,FL1,FL2,0,0,0,0"}, NAMES)
    assert matrix is None
    assert [problem.code for problem in problems] == ["spillover-zero", "spillover-conflict"]
    assert "$SPILLOVER goes before it and cannot be used" in problems[1].message


def test_refusal_is_the_reason_of_a_matrix_that_cannot_be_used_and_of_no_other():
    refused = spillover_refusal({"$SPILLOVER": "2,FL1,FL2,1,1,1,1"}, NAMES, location="a.fcs")
    assert refused is not None
    assert (refused.code, refused.location) == ("spillover-unusable", "a.fcs: $SPILLOVER")
    assert spillover_refusal({"$SPILLOVER": GOOD}, NAMES) is None
    assert spillover_refusal({"SPILL": "2,FL1,FL2,1,0.3,0.2,1", "$SPILLOVER": GOOD}, NAMES) is None
    assert spillover_refusal({"$TOT": "5"}, NAMES) is None


def test_no_keyword_is_no_matrix_and_no_problem():
    assert spillover_from_keywords({"$CYT": "x", "SPILL": " "}, NAMES) == (None, ())


@pytest.mark.parametrize("key", ["$COMP", "$DFC1TO2"])
def test_old_percent_matrices_are_not_applied_but_said(key):
    matrix, problems = spillover_from_keywords({key: "5"}, NAMES)
    assert matrix is None
    assert [problem.code for problem in problems] == ["spillover-percent"]


def test_warnings_of_the_matrix_name_the_keyword():
    matrix, problems = parse_spillover("2,FL1,FL2,100,10,0,100", NAMES)
    assert matrix is not None
    assert {problem.code for problem in problems} == {"spillover-diagonal"}
    assert all(problem.location == "$SPILLOVER" for problem in problems)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 6))
def test_what_is_formatted_is_parsed_back(seed, n):
    values = np.eye(n) + np.random.default_rng(seed).uniform(0, 0.1, (n, n)) * (1 - np.eye(n))
    names = [f"D{i}" for i in range(n)]
    matrix = CompensationMatrix(names, names, values)
    assert parse_spillover(format_spillover(matrix), names)[0] == matrix


def test_rows_of_another_order_are_formatted_under_their_detector():
    matrix = CompensationMatrix(["A", "B"], ["B", "A"], [[0.0, 1.0], [1.0, 0.5]])
    assert format_spillover(matrix) == "2,A,B,1.0,0.5,0.0,1.0"


@given(st.text(st.sampled_from("0123456789,.-eFL x"), max_size=40))
def test_any_text_gives_a_matrix_or_a_reason(text):
    matrix, problems = parse_spillover(text, NAMES)
    assert (matrix is None) <= bool(problems)
    assert {problem.code for problem in problems} <= set(CAUSES)


def test_labels_in_place_of_names_are_refused_and_the_names_are_said():
    keywords = {"$SPILLOVER": "2,CD3,CD4,1,0.1,0,1", "$P2S": "CD3", "$P3S": "CD4"}
    matrix, problems = spillover_from_keywords(keywords, NAMES)
    assert matrix is None
    assert [problem.code for problem in problems] == ["spillover-labels"]
    assert "They would be FL1, FL2" in problems[0].message
    shared = keywords | {"$P1S": "CD3"}
    assert spillover_from_keywords(shared, NAMES)[1][0].code == "spillover-unknown-detector"


def test_names_that_hold_commas_are_refused_and_named():
    names = ["FSC", "FL1, area", "FL2"]
    matrix, problems = parse_spillover("2,FL1, area,FL2,1,0.1,0,1", names)
    assert matrix is None
    assert [problem.code for problem in problems] == ["spillover-name-commas"]
    assert "FL1, area, FL2" in problems[0].message
    assert parse_spillover("2,FL1,FL9,FL2,1,0.1,0,1", names)[1][0].code == "spillover-length"


def test_names_that_differ_in_case_or_blanks_alone_count_where_one_channel_fits():
    names = ["FSC-A", "PE-Cy7-A", "FITC-A"]
    matrix, problems = parse_spillover("2,PE-Cy7 -A,fitc-a,1,0.1,0,1", names)
    assert matrix is not None
    assert matrix.detectors == ("PE-Cy7-A", "FITC-A")
    assert [problem.code for problem in problems] == ["spillover-name-spelling"]
    assert CAUSES["spillover-name-spelling"].used
    assert "'PE-Cy7 -A' is 'PE-Cy7-A'" in problems[0].message
    several = parse_spillover("1,fitc-a,1", [*names, "Fitc-A"])
    assert (several[0], several[1][0].code) == (None, "spillover-unknown-detector")
    exact = parse_spillover("2,FITC-A,Fitc-A,1,0,0,1", [*names, "Fitc-A"])
    assert exact[1] == ()


def test_second_keyword_in_another_order_is_no_conflict_and_one_on_other_detectors_is():
    first = {"$SPILLOVER": "2,FL1,FL2,1,0.1,0.2,1"}
    assert spillover_from_keywords(first | {"SPILL": "2,FL2,FL1,1.0,0.2,0.10,1"}, NAMES)[1] == ()
    for other in ("2,FSC,FL2,1,0.1,0.2,1", "1,FL1,1", "2,FL1,FL2,1,x,0.2,1"):
        matrix, problems = spillover_from_keywords(first | {"SPILL": other}, NAMES)
        assert matrix is not None
        assert [problem.code for problem in problems] == ["spillover-conflict"]


def test_two_keywords_that_are_broken_alike_are_one_problem():
    keywords = {"SPILL": "2,FL1,FL2,0,0,0,0", "$SPILLOVER": "2,FL1,FL2,0,0,0,0"}
    assert [problem.code for problem in spillover_from_keywords(keywords, NAMES)[1]] == ["spillover-zero"]


def test_percent_matrices_are_counted_and_a_spillover_goes_before_them():
    _, problems = spillover_from_keywords({"$DFC1TO2": "5", "$DFC2TO1": "7"}, NAMES)
    assert "with 1 other, " in problems[0].message
    assert spillover_from_keywords({"$COMP": "2,1,2,3,4", "SPILL": GOOD}, NAMES)[1] == ()


def test_condition_above_100_is_used_with_a_warning_and_above_1e8_refused():
    matrix, problems = parse_spillover("2,FL1,FL2,1,0.99,0.99,1", NAMES)
    assert matrix is not None
    assert [problem.code for problem in problems] == ["spillover-condition"]
    matrix, problems = parse_spillover("2,FL1,FL2,1,0.9999999999,1,1", NAMES)
    assert matrix is None
    assert [problem.code for problem in problems] == ["spillover-unusable"]


def test_a_million_characters_are_judged_at_once():
    names = [f"D{i}" for i in range(400)]
    good = f"400,{','.join(names)}," + ",".join("1" if i % 401 == 0 else "0.0001" for i in range(160_000))
    texts = [
        good + "," * 400_000,
        good[:-1] + "x",
        "400" + "," * 1_000_000,
        "2,FL1," + "x" * 1_000_000 + ",1,0,0,1",
        "9" * 1_000_000,
        "2," + "9" * 500_000 + ",FL1," + "1" * 500_000 + ",0,0,1",
        "1," + ",".join(["a"] * 500_000),
    ]
    for text in texts:
        started = time.thread_time()  # not the clock: other processes may take it
        _, problems = parse_spillover(text, names if text.startswith("400") else NAMES)
        assert time.thread_time() - started < 2
        assert all(len(str(problem)) < 1000 for problem in problems)


def test_many_negative_coefficients_are_counted_not_listed():
    names = [f"D{i}" for i in range(40)]
    values = np.eye(40) - 0.01 * (1 - np.eye(40))
    problems = CompensationMatrix(names, names, values).warnings
    assert [problem.code for problem in problems] == ["spillover-negative"] * 11
    assert "1550 more coefficients" in problems[-1].message
