from __future__ import annotations

import json
import math

import pytest

from cytogate.cli._output import percent, table, write_json, write_text


def test_columns_are_as_wide_as_their_widest_cell():
    lines = table(["name", "n"], [["CD27", 7], ["a long name", None]], right=["n"]).splitlines()
    assert lines == ["name         n", "CD27         7", "a long name"]


def test_a_table_without_rows_is_its_header():
    assert table(["name", "n"], []) == "name  n"


@pytest.mark.parametrize(("value", "text"), [(12.345, "12.35"), (0.0, "0.00"), (math.nan, "–"), (None, "–")])
def test_percent_has_two_decimals_or_says_there_is_none(value, text):
    assert percent(value) == text


def test_json_has_null_where_a_number_is_not_finite(capsys):
    write_json({"a": [1.5, math.nan, math.inf], "b": {"c": (None, "µ")}})
    assert json.loads(capsys.readouterr().out) == {"a": [1.5, None, None], "b": {"c": [None, "µ"]}}


def test_text_replaces_a_file_as_a_whole(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("old")
    write_text(path, "new\n")
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\udc80")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
