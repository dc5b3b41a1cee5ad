"""`cytogate inspect` of several files, of files that cannot be read, and of hostile names."""

from __future__ import annotations

import json
import os
import re

import pytest
from fcs.build import ROWS, plain
from fcs.corpus import CASES

from cytogate.cli._output import columns_of, fitted, shown, table
from cytogate.cli._reading import _completed
from cytogate.fcs.repairs.codes import warning_codes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.fcs").write_bytes(plain())
    (tmp_path / "b.fcs").write_bytes(plain(more={"$P3E": "4,1"}))
    (tmp_path / "c.fcs").write_bytes(b"II*\0 a picture")
    return tmp_path


def test_several_files_end_with_a_line_about_all(call, folder):
    outcome = call("inspect", folder)
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "3 files: 2 read (8 events), 1 of them with warnings, 1 refused"
    assert outcome.err.count("\n") == 1
    assert "c.fcs" in outcome.err


def test_one_file_has_no_such_line(call, folder):
    assert "1 file:" not in call("inspect", folder / "a.fcs").out


def test_a_summary_is_one_line_a_file_and_one_a_warning(call, folder):
    outcome = call("inspect", folder, "--summary")
    lines = [line.split() for line in outcome.out.splitlines() if line]
    assert lines[:4] == [
        ["file", "FCS", "events", "channels", "warnings"],
        ["a.fcs", "3.1", "4", "3"],
        ["b.fcs", "3.1", "4", "3", "1", "kind"],
        ["c.fcs", "refused", "[not-fcs]"],
    ]
    assert ["log-on-float-ignored", "1"] in lines


def test_a_refused_warning_refuses_the_file_and_the_others_are_shown(call, folder):
    outcome = call("inspect", folder / "a.fcs", folder / "b.fcs", "--refuse", "log-on-float-ignored")
    assert outcome.code == 1
    assert "[log-on-float-ignored]" in outcome.err
    assert "a.fcs" in outcome.out


def test_a_warning_about_values_can_be_refused(call, tmp_path):
    (tmp_path / "n.fcs").write_bytes(plain([[float("nan"), 1.0]]))
    assert call("inspect", tmp_path / "n.fcs", "--refuse", "values-not-finite").code == 1
    assert call("inspect", tmp_path / "n.fcs", "--header", "--refuse", "values-not-finite").code == 1
    assert call("inspect", tmp_path / "n.fcs", "--refuse", "bits-beyond-range").code == 0


def test_a_spillover_warning_can_be_refused(call, tmp_path):
    (tmp_path / "s.fcs").write_bytes(plain(more={"$SPILLOVER": "2,SSC-A,FL1-A,1,1,1,1"}))
    outcome = call("inspect", tmp_path / "s.fcs", "--refuse", "spillover-unusable")
    assert outcome.code == 1
    assert "[spillover-unusable]" in outcome.err


@pytest.mark.parametrize("command", [("inspect",), ("gate", "--template", "sle_bcell")])
def test_an_unknown_code_names_the_nearest(call, folder, command):
    outcome = call(*command, folder / "a.fcs", "--refuse", "bits-beyond-rang")
    assert outcome.code == 2
    assert "no warning has the code 'bits-beyond-rang'. Did you mean bits-beyond-range" in outcome.err


def test_gate_refuses_a_file_with_the_warning(call, folder):
    words = ("gate", folder / "b.fcs", "--template", "sle_bcell", "--refuse", "log-on-float-ignored")
    outcome = call(*words)
    assert outcome.code == 1
    assert "[log-on-float-ignored]" in outcome.err


def test_codes_are_completed_with_their_meaning():
    found = {item.value: item.help for item in _completed(None, None, "text-l")}
    assert found == {code: what for code, what in warning_codes().items() if code.startswith("text-l")}
    assert found


def test_the_json_says_why_a_file_is_refused(call, folder):
    *_, refused = json.loads(call("inspect", folder, "--json").out)["files"]
    assert set(refused["error"]) == {"code", "field", "offset", "found", "expected", "fix", "message"}
    assert refused["error"]["code"] == "not-fcs"
    assert refused["error"]["offset"] == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_one_line(call, folder):
    (folder / "a.fcs").chmod(0)
    outcome = call("inspect", folder / "a.fcs", folder / "b.fcs")
    assert outcome.code in (1, 2)
    assert "a.fcs" in outcome.err


LABELS = ["CD19\x1b[2JBV421", "細胞マーカー" * 4, "α" * 60]


@pytest.mark.parametrize("width", [80, 120])
def test_long_and_strange_labels_stay_in_their_columns(call, tmp_path, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    names = {f"$P{n}S": label for n, label in enumerate(LABELS, start=1)}
    names |= {f"$P{n}N": f"405nm detector number {n} with a long name Log-A" for n in (1, 2, 3)}
    path = tmp_path / "t.fcs"
    path.write_bytes(plain(ROWS, more=names))
    out = call("inspect", path).out
    assert "\x1b" not in out
    rows = [line for line in out.splitlines() if "405nm" in line]
    assert len(rows) == 3
    assert {columns_of(row) for row in rows} == {max(columns_of(row) for row in rows)}
    assert max(columns_of(row) for row in rows) <= width


def test_names_keep_both_ends_when_they_are_cut():
    assert fitted("405nm BV421 (450/50) LogH", 13) == "405nm …) LogH"
    assert columns_of(fitted("細胞マーカー", 6)) == 6
    assert fitted("B", 3) == "B  "
    assert fitted("abc", 1) == "…"


def test_a_table_is_not_cut_without_need():
    assert table(["a"], [["x" * 200]]) == f"a\n{'x' * 200}"
    assert max(map(len, table(["a", "n"], [["x" * 200, 5]], right=["n"], width=80).splitlines())) == 80
    assert "5" in table(["a", "n"], [["x" * 200, 5]], right=["n"], width=3)


def test_control_characters_are_escapes():
    assert shown("a\x1b[31m\n") == "a\\x1b[31m\\n"
    assert shown("CD3ε µl") == "CD3ε µl"


@pytest.mark.parametrize(
    "words", [("--crc", "--keywords"), ("--lenient", "--json"), ("--header", "--summary")]
)
def test_every_file_of_the_corpus_is_shown_or_refused_in_one_line(call, tmp_path, words):
    for n, case in enumerate(CASES):
        (tmp_path / f"{n:03d}.fcs").write_bytes(case.content)
    outcome = call("inspect", tmp_path, *words)
    refused = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert outcome.err.count("\n") == len(refused)
    assert 0 < len(refused) < len(CASES)
    assert all(re.search(r"\d{3}\.fcs: .* \[[a-z0-9-]+\]", line) for line in refused)
