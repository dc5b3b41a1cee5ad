from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import parity_case
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> tuple[Path, Path]:
    return parity_case.make(tmp_path_factory.mktemp("parity"))


def test_populations_are_a_tree_with_all_counts_and_a_summary(call, case):
    lines = call("parity", *case).out.splitlines()
    exact, on_cells = (int(inside.sum()) for inside in parity_case.memberships())
    drawn, half, below = (next(line for line in lines if name in line) for name in ("Drawn", "Half", "Below"))
    assert drawn.split()[2:7] == [
        "polygon",
        *map(str, (on_cells, exact)),
        f"{on_cells - exact:+d}",
        str(on_cells),
    ]
    assert drawn.endswith("  explained by the grid")
    assert half.startswith("  Half ")
    assert below.startswith("    Below ")
    assert next(line for line in lines if "Moved" in line).endswith("  unexplained: look here")
    assert lines[-3].startswith("9 populations: 1 equal, 2 explained by the grid, 3 inherited, 1 unexplained")
    assert lines[-1] == "No file for 1 sample of the workspace: other.fcs."


def test_an_unexplained_count_is_exit_code_1(call, case):
    assert call("parity", *case).code == 1


def test_a_workspace_that_agrees_is_exit_code_0(call, case, tmp_path):
    workspace, tube = case
    row = next(
        row
        for row in json.loads(call("parity", workspace, tube, "--json").out)["samples"][0]["populations"]
        if row["verdict"] == "unexplained"
    )
    mended = tmp_path / "mended.wsp"
    text = workspace.read_text(encoding="utf-8")
    mended.write_text(text.replace(f'count="{row["stored"]}"', f'count="{row["exact"]}"'), encoding="utf-8")
    outcome = call("parity", mended, tube)
    assert (outcome.code, "unexplained" in outcome.out) == (0, False)


def test_json_holds_every_population(call, case):
    found = json.loads(call("parity", *case, "--json").out)
    assert (found["format"], found["version"]) == ("cytogate.parity", 1)
    (sample,) = found["samples"]
    assert {row["population"]: row["verdict"] for row in sample["populations"]} == parity_case.EXPECTED
    assert found["unmatched_samples"] == ["other.fcs"]
    row = sample["populations"][0]
    assert row["low"] <= row["exact"] <= row["high"]
    assert row["difference"] == row["stored"] - row["exact"]


def test_csv_has_a_row_for_each_population(call, case, tmp_path):
    outcome = call("parity", *case, "--csv", tmp_path / "counts.csv")
    with (tmp_path / "counts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["population"]: row["verdict"] for row in rows} == parity_case.EXPECTED
    assert rows[0]["file"] == str(case[1])
    assert next(row["stored"] for row in rows if row["verdict"] == "no_count") == ""
    assert "1 sample compared" in outcome.err


def test_files_without_a_sample_are_listed_and_never_guessed(call, case, tmp_path):
    stranger = tmp_path / "stranger.fcs"
    stranger.write_bytes(case[1].read_bytes())
    outcome = call("parity", case[0], stranger)
    assert outcome.code == 1
    assert f"No sample for {stranger}." in outcome.out
    assert "tube.fcs, other.fcs" in outcome.out


def test_a_match_in_doubt_is_listed_and_not_used(call, case, tmp_path):
    twin = tmp_path / case[1].name
    twin.write_bytes(case[1].read_bytes())
    outcome = call("parity", *case, twin)
    assert outcome.code == 1
    assert "Not compared: " in outcome.out
    assert "2 files match by file name alike" in outcome.out
    assert outcome.out.endswith("No sample was compared.\n")


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(call, case, tmp_path):
    broken = tmp_path / "broken.fcs"
    broken.write_bytes(b"not FCS")
    outcome = call("parity", *case, broken, "--json")
    assert outcome.code == 1
    assert str(broken) in outcome.err
    found = json.loads(outcome.out)
    assert list(found["errors"]) == [str(broken)]
    assert len(found["samples"]) == 1


def test_what_is_no_workspace_is_exit_code_3(call, case, tmp_path):
    page = tmp_path / "page.wsp"
    page.write_text("<Layout />")
    outcome = call("parity", page, case[1])
    assert outcome.code == 3
    assert "expected <Workspace>" in outcome.err


def test_the_page_is_refused_before_any_work_where_its_folder_is_missing(call, case, tmp_path):
    outcome = call("parity", *case, "--out", tmp_path / "none" / "page.html")
    assert outcome.code == 4
    assert "does not exist" in outcome.err


def test_the_page_is_written(call, case, tmp_path):
    outcome = call("parity", *case, "--out", tmp_path / "page.html")
    assert outcome.code == 1
    assert "case.wsp" in (tmp_path / "page.html").read_text(encoding="utf-8")
