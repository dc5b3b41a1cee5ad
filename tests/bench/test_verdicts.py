"""What is promised beside what was measured, one line each."""

from __future__ import annotations

import importlib.util
import sys
from math import nan

import pytest
from bench.scripts import HOUSE


@pytest.fixture(scope="module")
def verdicts():
    spec = importlib.util.spec_from_file_location("verdicts_alone", HOUSE / "benchmarks" / "verdicts.py")
    module = sys.modules["verdicts_alone"] = importlib.util.module_from_spec(spec)  # dataclasses look it up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["verdicts_alone"]


@pytest.mark.parametrize(
    ("value", "ends", "measured", "promised", "holds"),
    [
        (5.0, {"most": 8.0}, "5 %", "at most 8 %", True),
        (8.0, {"most": 8.0}, "8 %", "at most 8 %", True),
        (8.1, {"most": 8.0}, "8.1 %", "at most 8 %", False),
        (85.0, {"least": 85.0, "most": 95.0}, "85 %", "at least 85 and at most 95 %", True),
        (84.9, {"least": 85.0, "most": 95.0}, "84.9 %", "at least 85 and at most 95 %", False),
        (nan, {"most": 8.0}, "nan %", "at most 8 %", None),
        (5.0, {}, "5 %", "", None),
    ],
)
def test_a_number_has_to_lie_between_its_ends(verdicts, value, ends, measured, promised, holds):
    row = verdicts.Row.measured_as("error", "DN", value, " %", **ends)
    assert (row.measured, row.promised, row.holds) == (measured, promised, holds)


@pytest.mark.parametrize(
    ("value", "other", "holds"), [(1.0, 2.0, True), (2.0, 2.0, False), (nan, 2.0, None), (1.0, nan, None)]
)
def test_a_number_has_to_be_below_another(verdicts, value, other, holds):
    assert verdicts.Row.below("slope", "DN", value, other, " points").holds is holds


def test_the_table_has_columns_and_shouts_what_is_not_kept(verdicts):
    rows = [
        verdicts.Row("error", "switched memory", "9 %", "at most 8 %", False),
        verdicts.Row("error", "DN", "5 %", "at most 8 %", True),
        verdicts.Row("CV", "DN", "nan %", "at most 5 %", None),
    ]
    assert verdicts.table(rows).splitlines() == [
        "bar    of               measured  promised     verdict",
        "error  switched memory  9 %       at most 8 %  NOT KEPT",
        "error  DN               5 %       at most 8 %  kept",
        "CV     DN               nan %     at most 5 %  -",
    ]
