"""`cytogate export` and `cytogate figures`: a run in other formats."""

from __future__ import annotations

import os
import shutil

import pytest

from cytogate.fcs.read import read_fcs
from cytogate.plots.rendering import BROWSERS


@pytest.mark.parametrize(
    ("kind", "name"), [("csv", "subsets.csv"), ("parquet", "subsets.parquet"), ("xlsx", "run.xlsx")]
)
def test_tables_are_written_to_a_new_folder(call, run_folder, tmp_path, kind, name):
    outcome = call("export", run_folder, "--format", kind, "--out", tmp_path / "new")
    assert outcome.code == 0
    assert str(tmp_path / "new" / name) in outcome.out.splitlines()
    assert (tmp_path / "new" / name).stat().st_size > 0
    again = call("export", run_folder, "--format", kind, "--out", tmp_path / "new")
    assert again.code == 4
    assert "--force" in again.err
    assert call("export", run_folder, "--format", kind, "--out", tmp_path / "new", "--force").code == 0


def test_without_a_folder_each_format_has_its_own(call, run_folder, tmp_path):
    copy = shutil.copytree(run_folder, tmp_path / "run")
    for kind, name in (("csv", "subsets.csv"), ("parquet", "subsets.parquet")):
        assert call("export", copy, "--format", kind).code == 0
        assert (copy / "export" / kind / name).is_file()
    assert {place.name for place in (copy / "export").iterdir()} == {"csv", "parquet"}


def test_events_of_a_population_are_one_fcs_file_a_sample(call, run_folder, tmp_path):
    words = ("export", run_folder, "--format", "fcs", "--population", "B/DN", "--raw", "--out", tmp_path)
    outcome = call(*words)
    assert outcome.code == 0
    assert "12 files written" in outcome.err
    files = [read_fcs(line) for line in outcome.out.splitlines()]
    assert outcome.out.splitlines()[0] == str(tmp_path / "P1_W0_B.DN_raw.fcs")
    assert files[0].keywords["CYTOGATE_POPULATION"].endswith("/B/DN")
    assert all(file.spillover is not None for file in files)


def test_anndata_is_medians_or_events(call, run_folder, tmp_path):
    pytest.importorskip("anndata")
    words = ("export", run_folder, "--format", "anndata", "--out", tmp_path)
    assert call(*words).out.strip() == str(tmp_path / "medians.h5ad")
    events = call(*words, "--population", "B/DN", "--transformed", "--events", "50")
    assert events.code == 0
    (line,) = events.out.splitlines()
    assert line.endswith("B_DN_transformed.h5ad")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("csv", "--population", "B"), "--population does not go with --format csv"),
        (("xlsx", "--raw"), "--compensated and --raw do not go with --format xlsx"),
        (("anndata", "--raw"), "--compensated and --raw do not go with --format anndata"),
        (("fcs",), "--format fcs needs --population"),
        (("anndata", "--events", "5"), "name their --population"),
    ],
)
def test_options_that_say_nothing_are_refused(call, run_folder, tmp_path, words, said):
    outcome = call("export", run_folder, "--out", tmp_path, "--format", *words)
    assert outcome.code == 2
    assert said in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_population_is_invalid(call, run_folder, tmp_path):
    outcome = call("export", run_folder, "--format", "fcs", "--population", "B/DX", "--out", tmp_path)
    assert outcome.code == 3
    assert "no population 'B/DX'" in outcome.err


def test_a_folder_without_a_run_is_said(call, tmp_path):
    for words in (("export", tmp_path, "--format", "csv"), ("figures", tmp_path)):
        outcome = call(*words)
        assert outcome.code == 4
        assert "holds no finished run" in outcome.err


def test_figures_are_listed(call, run_folder):
    outcome = call("figures", run_folder, "--list", "--only", "trend-*")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()] == [
        "name", "trend-DN", "trend-switched_memory", "trend-activated_naive", "trend-transitional",
        "trend-helios_treg",
    ]  # fmt: skip


def test_pictures_are_written_with_their_captions(call, run_folder, tmp_path):
    outcome = call("figures", run_folder, "--out", tmp_path, "--only", "patients")
    assert outcome.code == 0
    captions = {"captions.md", "captions.json", "captions.csv"}
    assert {place.name for place in tmp_path.iterdir()} == {"patients.svg", *captions}
    assert "1 figure written" in outcome.err


def test_without_a_browser_the_environment_is_at_fault(call, run_folder, tmp_path, monkeypatch):
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    outcome = call("figures", run_folder, "--out", tmp_path / "new", "--only", "trend-DN")
    assert outcome.code == 4
    assert "BROWSER_PATH" in outcome.err


@pytest.mark.browser
@pytest.mark.skipif(
    not os.environ.get("BROWSER_PATH") and not any(map(shutil.which, BROWSERS)),
    reason="no Chrome or Chromium",
)
def test_a_trend_is_drawn_by_the_browser(call, run_folder, tmp_path):
    pytest.importorskip("kaleido")
    outcome = call("figures", run_folder, "--out", tmp_path, "--format", "png", "--only", "trend-DN")
    assert outcome.code == 0
    assert (tmp_path / "trend-DN.png").read_bytes().startswith(b"\x89PNG")
