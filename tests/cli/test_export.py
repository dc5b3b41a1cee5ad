"""`cytogate gate --export`: the events of populations as new FCS files."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.cli._export import export_name
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs


@pytest.fixture
def words(template, tmp_path):
    (tmp_path / "out").mkdir()
    rows = np.array([[20, 20], [20, 5], [5, 20], [30, 40]], np.float32)
    write_fcs(tmp_path / "tube.fcs", rows, ["A", "B"], keywords={"$P1S": "A", "$P2S": "B"})
    return ("gate", "-t", template, "--to", tmp_path / "out")


def test_events_of_a_population_are_a_new_file(call, words, tmp_path):
    outcome = call(*words, tmp_path / "tube.fcs", "--export", "A+", "--export", "A+/B+")
    assert outcome.code == 0
    assert "2 files of populations written to" in outcome.err
    written = read_fcs(tmp_path / "out" / "tube_A+_B+.fcs")
    assert written.raw().tolist() == [[20, 20], [30, 40]]
    assert not written.warnings
    assert read_fcs(tmp_path / "out" / "tube_A+.fcs").n_events == 3


def test_a_file_that_is_there_stays_without_force(call, words, tmp_path):
    there = tmp_path / "out" / "tube_A+.fcs"
    there.write_bytes(b"dear")
    outcome = call(*words, tmp_path / "tube.fcs", "--export", "A+")
    assert outcome.code == 1
    assert "is there already" in outcome.err
    assert there.read_bytes() == b"dear"
    assert call(*words, tmp_path / "tube.fcs", "--export", "A+", "--force").code == 0
    assert read_fcs(there).n_events == 3


def test_two_files_of_one_name_are_not_written_over_each_other(call, words, tmp_path):
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "tube.fcs").write_bytes((tmp_path / "tube.fcs").read_bytes())
    both = (tmp_path / "tube.fcs", tmp_path / "again" / "tube.fcs")
    outcome = call(*words, *both, "--export", "A+", "--force")
    assert outcome.code == 1
    assert "was written for another file of this name" in outcome.err


def test_an_unknown_population_is_said_once_and_writes_nothing(call, words, tmp_path):
    outcome = call(*words, tmp_path / "tube.fcs", "--export", "A+", "--export", "C")
    assert outcome.code == 1
    assert outcome.err.count("There is no population 'C'") == 1
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.fcs", "a_B.fcs"), ("d/A.LMD", "A_B.fcs"), ("A.1.fcs.gz", "A.1_B.fcs"), ("a", "a_B.fcs")],
)
def test_files_are_named_after_file_and_population(path, name):
    assert export_name(path, "B") == name
