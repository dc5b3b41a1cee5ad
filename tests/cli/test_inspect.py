from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fcs.build import plain

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tube(tmp_path: Path) -> Path:
    path = tmp_path / "tube.fcs"
    channels = [Channel("FSC-A"), Channel("BV605-A", "CD27 BV605"), Channel("FITC-A", "IgD FITC")]
    values = np.arange(30, dtype=np.float32).reshape(10, 3)
    spillover = "2,BV605-A,FITC-A,1,0.1,0.02,1"
    write_fcs(path, values, channels, keywords={"$SPILLOVER": spillover, "$CYT": "Testocyte"})
    return path


def test_header_channels_and_spillover_are_shown(call, tube):
    outcome = call("inspect", tube)
    assert outcome.code == 0
    words = " ".join(outcome.out.split())
    assert "version FCS 3.1, 10 events x 3 channels" in words
    assert "spillover 2 x 2 in $SPILLOVER, condition number 1.13 detectors: BV605-A, FITC-A" in words
    assert "largest: 0.1 of BV605-A in FITC-A; 0.02 of FITC-A in BV605-A" in words
    assert "2 BV605-A CD27 BV605 fluorescence" in words
    assert "data float 32, little endian, 12 bytes an event" in words


def test_json_is_one_object_with_a_format(call, tube):
    outcome = call("inspect", tube, "--json")
    report = json.loads(outcome.out)
    assert (report["format"], report["version"]) == ("cytogate.inspect", 1)
    (file,) = report["files"]
    assert file["n_events"] == 10
    assert [channel["name"] for channel in file["channels"]] == ["FSC-A", "BV605-A", "FITC-A"]
    assert file["spillover"]["detectors"] == ["BV605-A", "FITC-A"]


def test_a_damaged_file_is_named_and_the_others_are_shown(call, tube, tmp_path):
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(tube.read_bytes()[:-40])
    outcome = call("inspect", damaged, tube)
    assert outcome.code == 1
    assert str(damaged) in outcome.err
    assert str(tube) in outcome.out
    assert "Traceback" not in outcome.err


def test_a_damaged_file_is_an_entry_of_the_json_with_its_code(call, tmp_path):
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"FCS3.1 nothing else")
    outcome = call("inspect", damaged, "--json")
    assert outcome.code == 1
    (file,) = json.loads(outcome.out)["files"]
    assert file["error"]["code"]
    assert str(damaged) in file["error"]["message"]


def test_a_file_that_is_not_there_is_a_usage_error(call, tmp_path):
    outcome = call("inspect", tmp_path / "nowhere.fcs")
    assert outcome.code == 2
    assert "nowhere.fcs" in outcome.err


def test_cross_check_shows_what_two_other_readers_find(call, tube):
    outcome = call("inspect", tube, "--cross-check")
    assert outcome.code == 0
    for reader in ("flowio", "fcsparser"):
        (line,) = [line for line in outcome.out.splitlines() if line.startswith(f"{reader} ")]
        assert "agrees: 10 events, 3 channels, the same names, values and scales" in line


def test_a_matrix_that_cannot_be_used_is_not_called_none(call, tmp_path):
    path = tmp_path / "tube.fcs"
    write_fcs(path, np.ones((2, 2), np.float32), ["A", "B"], keywords={"$SPILLOVER": "2,A,B,1,1,1,1"})
    words = " ".join(call("inspect", path).out.split())
    assert "spillover there, but it cannot be used [spillover-unusable]" in words
    assert "[spillover-unusable]" in words


def test_a_truncated_file_is_counted_and_read_leniently_with_a_warning(call, tube):
    tube.write_bytes(tube.read_bytes()[:-40])  # 10 events of 12 bytes and 8 bytes behind them
    strict, lenient = call("inspect", tube), call("inspect", tube, "--lenient")
    assert (strict.code, lenient.code) == (1, 0)
    assert "7 of 10 events" in strict.err
    assert "FCS 3.1, 7 events x 3 channels" in lenient.out
    assert "warning [data-truncated, lenient]" in lenient.out


def test_an_empty_file_is_called_empty(call, tmp_path):
    path = tmp_path / "empty.fcs"
    path.touch()
    outcome = call("inspect", path)
    assert outcome.code == 1
    assert "the file is empty (0 bytes)" in outcome.err
    assert "Copy it again from the instrument" in outcome.err


def test_a_folder_stands_for_its_fcs_files(call, tube, tmp_path):
    other = tmp_path / "z.LMD"
    other.write_bytes(tube.read_bytes())
    (tmp_path / "notes.txt").write_text("none")
    report = json.loads(call("inspect", tmp_path, "--json").out)
    assert [file["file"] for file in report["files"]] == [str(tube), str(other)]


def test_nothing_is_printed_where_no_file_can_be_read(call, tmp_path):
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"")
    outcome = call("inspect", damaged)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.count(str(damaged)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text here")
@pytest.mark.parametrize("options", [(), ("--json",), ("--summary",)])
def test_file_whose_name_is_no_text_is_shown(tmp_path, options):
    for name, more in ((b"a\xff\x1b.fcs", {"$P2N": "FSC-A"}), (b"bad\xff\n.fcs", {"$PAR": "x"})):
        (tmp_path / os.fsdecode(name)).write_bytes(plain(more=more))
    run = subprocess.run(
        [sys.executable, "-m", "cytogate", "inspect", *options, str(tmp_path)],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert b"\x1b" not in run.stdout + run.stderr
    assert rb"bad\udcff" in run.stdout + run.stderr
    if "--json" in options:
        assert len(json.loads(run.stdout)["files"]) == 2
