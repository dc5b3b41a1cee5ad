"""Numbers in keywords: what is one, and what only looks like one."""

from __future__ import annotations

import math

import pytest

from cytogate.fcs.text.numbers import comma_decimal, comma_decimals, decimal, decimals, integer


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" 0042\0\r\n\t", 42),
        ("+7", 7),
        ("-7", -7),
        ("7.", 7),
        ("7.00", 7),
        ("9" * 20, 10**20 - 1),
        ("9" * 21, None),
        ("7.5", None),
        ("", None),
        ("1_0", None),
        ("٣", None),
        (None, None),
    ],
)
def test_integer(text, number):
    assert integer(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 4.5\0", 4.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1e-3", -0.001),
        ("+Infinity", math.inf),
        ("-inf", None),
        ("nan", None),
        ("1e12345", None),
        ("0" * 63 + "1", 1.0),
        ("0" * 64 + "1", None),
        ("0,5", None),
        ("", None),
        (None, None),
    ],
)
def test_decimal(text, number):
    assert decimal(text) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("4,1", (4.0, 1.0)), ("4", None), ("4,1,2", None), ("4,x", None), ("4,1,x", None), (None, None)],
)
def test_decimals_are_as_many_as_asked_for(text, numbers):
    assert decimals(text, 2) == numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 0,01\0", 0.01),
        ("-1,5", -1.5),
        ("0,001", 0.001),
        ("-0,001", -0.001),
        ("1,000", None),
        ("00,001", None),
        ("1,0000", 1.0),
        ("0" * 62 + ",5", 0.5),
        ("0" * 63 + ",5", None),
        ("0.5", None),
        ("", None),
        (None, None),
    ],
)
def test_decimal_with_a_comma_for_the_point(text, number):
    assert comma_decimal(text) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4,0,0,1", (4.0, 0.1)),
        ("4, 0 ,0,1", None),
        ("4,0,1", None),
        ("4,0,0,x", None),
        ("-4,0,0,1", None),
        (None, None),
    ],
)
def test_decimals_with_commas_for_points(text, numbers):
    assert comma_decimals(text, 2) == numbers
