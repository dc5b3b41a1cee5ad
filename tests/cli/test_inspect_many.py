"""`cytogate inspect` of several files, of files that cannot be read, and of hostile names."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re

import pytest
from fcs.build import ROWS, build, keywords, plain, unsigned
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
        ["file", "FCS", "events", "channels", "condition", "warnings"],
        ["a.fcs", "3.1", "4", "3"],
        ["b.fcs", "3.1", "4", "3", "1"],
        ["c.fcs", "refused", "[not-fcs]"],
    ]
    assert lines[5][:6] == ["1", "log-on-float-ignored", "1", "Nothing", "to", "do:"]


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


def test_a_refused_warning_says_what_it_is_and_what_to_do(call, folder):
    err = call("inspect", folder / "b.fcs", "--refuse", "log-on-float-ignored").err
    assert (
        "expected a file without this warning, as was asked for. [log-on-float-ignored] Nothing to do" in err
    )
    assert ".;" not in err


def test_a_warning_says_what_to_do(call, folder):
    words = " ".join(call("inspect", folder / "b.fcs").out.split())
    assert "left alone. Nothing to do: floating-point values are linear already." in words


def test_a_summary_keeps_files_of_several_folders_apart_and_counts_instruments(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name, told in (("LSRII", {"$DATE": "04-MAR-2019"}), ("Navios", {"$CYTSN": "7"})):
        (tmp_path / name).mkdir()
        for n in (1, 2):
            path = tmp_path / name / f"a_rather_long_name_of_a_tube_{n}.fcs"
            path.write_bytes(plain(more={"$CYT": name} | told))
    out = call("inspect", tmp_path / "LSRII", tmp_path / "Navios", "--summary").out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2] == "LSRII/"
    assert lines[3].startswith("a_rather_long_name_of_a_tube_1.fcs  3.1")
    assert ["LSRII", "2", "2019-03-04"] in [line.split() for line in lines]
    assert ["Navios", "7", "2"] in [line.split() for line in lines]


def test_a_summary_shows_the_condition_of_the_matrix(call, tmp_path):
    (tmp_path / "s.fcs").write_bytes(plain(more={"$SPILLOVER": "2,SSC-A,FL1-A,1,0.5,0,1"}))
    (tmp_path / "u.fcs").write_bytes(plain(more={"$SPILLOVER": "2,SSC-A,FL1-A,1,1,1,1"}))
    lines = [line.split() for line in call("inspect", tmp_path, "--summary").out.splitlines()]
    assert ["s.fcs", "3.1", "4", "3", "1.64"] in lines
    assert ["u.fcs", "3.1", "4", "3", "not", "used", "1"] in lines


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
def test_a_summary_obeys_no_name(call, tmp_path):
    (tmp_path / "a\x1b[2J").mkdir()
    (tmp_path / "a\x1b[2J" / "b\nc.fcs").write_bytes(b"no")
    (tmp_path / "d.fcs").write_bytes(plain())
    out = call("inspect", tmp_path, "-r", "--summary").out
    assert "\x1b" not in out
    assert ["b\\nc.fcs", "refused", "[not-fcs]"] in [line.split() for line in out.splitlines()]
    assert "./" in out.splitlines()


def test_folders_are_taken_with_those_inside_on_request(call, tmp_path):
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "a.fcs").write_bytes(plain())
    (tmp_path / "d" / "e" / "b.FCS.gz").write_bytes(gzip.compress(plain()))
    (tmp_path / "d" / "e" / "._a.fcs").write_bytes(b"what macOS writes beside a file")
    refused = call("inspect", tmp_path)
    assert refused.code == 2
    assert "--recursive takes them, too." in refused.err
    assert call("inspect", tmp_path, "-r").out.endswith("2 files: 2 read (8 events)\n")


def test_a_folder_without_files_is_a_warning_where_there_are_others(call, folder):
    (folder / "empty").mkdir()
    outcome = call("inspect", folder / "a.fcs", folder / "empty")
    assert outcome.code == 0
    assert "warning: no file in the folder" in outcome.err


def test_urls_are_read_like_files(call, folder):
    url = (folder / "a.fcs").as_uri()
    assert "FCS 3.1, 4 events x 3 channels" in call("inspect", url).out
    assert call("inspect", (folder / "no.fcs").as_uri(), url).code == 1


def test_a_table_for_a_spreadsheet_has_a_line_for_each_channel_or_file(call, folder):
    table_of = folder / "table.csv"
    call("inspect", folder, "--csv", table_of)
    lines = list(csv.DictReader(table_of.read_text(encoding="utf-8").splitlines()))
    assert [line["number"] for line in lines] == ["1", "2", "3", "1", "2", "3", ""]
    assert lines[5]["log_decades"] == ""
    assert lines[5]["warnings"] == "log-on-float-ignored"
    assert lines[6]["error"] == "not-fcs"
    call("inspect", folder, "--summary", "--header", "--csv", table_of)
    lines = list(csv.DictReader(table_of.read_text(encoding="utf-8").splitlines()))
    assert [line["n_events"] for line in lines] == ["4", "4", ""]
    assert "minimum" not in lines[0]


def test_columns_give_way_to_names(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    words = keywords(3, 1, datatype="I", bits=[16, 32, 8], ranges=[512, 2**32, 256])
    words |= {"$P1E": "4,1", **{f"$P{n}N": f"405nm Detector {n} Lo" for n in (1, 2, 3)}}
    words |= {f"$P{n}S": f"Marker {n} of the panel" for n in (1, 2, 3)}
    (tmp_path / "t.fcs").write_bytes(build(words, unsigned([[513, 4, 5]], [2, 4, 1])))
    out = call("inspect", tmp_path / "t.fcs").out
    assert "405nm Detector 1 Lo" in out
    assert "Not shown in 80 columns: lost bits, stored" in out
    assert max(map(len, out.splitlines()[1:])) <= 80


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
