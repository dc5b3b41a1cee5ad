from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("2,FL1,FL2,1,nan,0,1", "spillover-coefficient", "'nan'"),
        ("2,FL1,FL2,1,inf,0,1", "spillover-coefficient", "'inf'"),
        ("2,2,3,1,0,0,1", "spillover-numbered", r"by number \(2, 3\)"),
        ("2,FL1,FL9,1,0,0,1", "spillover-unknown-detector", "FL9"),
        ("2,FL1,FL1,1,0,0,1", "spillover-unusable", "more than once"),
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
