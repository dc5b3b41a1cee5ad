from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import parity_case
import pytest

from cytogate.fcs.writing.write import write_fcs

if TYPE_CHECKING:
    from pathlib import Path


def tube(path: Path, rows: list[tuple[float, float]], names: tuple[str, str] = ("A", "B")) -> Path:
    write_fcs(path, np.array(rows, dtype=np.float32), list(names))
    return path


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    return tube(tmp_path / "bright.fcs", [(20, 20), (20, 5), (10, 10), (9, 50)])


@pytest.fixture
def dim(tmp_path: Path) -> Path:
    return tube(tmp_path / "dim.fcs", [(1, 1), (2, 2)])


def test_the_tree_is_printed_with_counts_and_percentages(call, template, bright, dim):
    outcome = call("gate", bright, dim, "--template", template)
    assert outcome.code == 0
    blocks = outcome.out.strip().split("\n\n")
    assert blocks[0].splitlines() == [
        f"{bright}: 4 events",
        "population  count  % parent",
        "A+              3     75.00",
        "  B+            2     66.67",
    ]
    assert blocks[1].splitlines()[-1].split() == ["B+", "0", "–"]


def test_csv_holds_a_row_for_every_population_of_every_file(call, template, bright, dim, tmp_path):
    out = tmp_path / "counts.csv"
    outcome = call("gate", bright, dim, "--template", template, "--out", out)
    assert (outcome.code, outcome.out) == (0, "")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["count"] for row in rows] == ["3", "2", "0", "0"]
    assert rows[1] == {
        "file": str(bright),
        "population": "/A+/B+",
        "parent": "/A+",
        "count": "2",
        "parent_count": "3",
        "percent_of_parent": str(200 / 3),
    }
    assert rows[3]["percent_of_parent"] == ""


def test_json_is_one_object(call, template, dim):
    report = json.loads(call("gate", dim, "--template", template, "--json").out)
    assert (report["format"], report["version"]) == ("cytogate.gate", 1)
    assert [row["count"] for row in report["rows"]] == [0, 0]
    assert report["rows"][1]["percent_of_parent"] is None
    assert report["errors"] == {}


def test_a_file_that_cannot_be_gated_is_named_and_the_others_are_gated(call, template, bright, tmp_path):
    other = tube(tmp_path / "other.fcs", [(1, 1)], names=("C", "D"))
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"no FCS file at all")
    outcome = call("gate", other, damaged, bright, "--template", template)
    assert outcome.code == 1
    assert "other.fcs" in outcome.err
    assert "damaged.fcs" in outcome.err
    assert "Traceback" not in outcome.err
    assert f"{bright}: 4 events" in outcome.out


NO_SLE_BCEL = (
    "There is no built-in template 'sle_bcel'. Did you mean sle_bcell or sle_bcell_fitted or hipc_bcell? "
    "A file is named with its ending: sle_bcel.yaml"
)


def test_an_unknown_template_is_invalid(call, bright):
    outcome = call("gate", bright, "--template", "sle_bcel")
    assert outcome.code == 3
    assert outcome.err == f"error: {NO_SLE_BCEL}\n"


def test_a_gatingml_file_is_a_template_too(call, template, bright, tmp_path):
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.template.library import load_template
    from cytogate.interop.gatingml import write_gatingml

    path = tmp_path / "two.xml"
    write_gatingml(load_template(template).resolve(read_fcs(bright)), path)
    by_template, by_gatingml = (call("gate", bright, "--template", name) for name in (template, path))
    assert by_gatingml.code == 0
    assert by_gatingml.out == by_template.out


def test_a_truncated_file_is_gated_leniently_with_a_warning_that_counts(call, template, bright):
    bright.write_bytes(bright.read_bytes()[:-9])  # 8 bytes stand behind the events
    assert call("gate", bright, "--template", template).code == 1
    outcome = call("gate", bright, "--template", template, "--lenient")
    assert outcome.code == 0
    assert "warning: " in outcome.err
    assert "3 of 4 events are there" in outcome.err


def test_a_folder_stands_for_its_fcs_files(call, template, bright, dim, tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    outcome = call("gate", tmp_path, "--template", template)
    assert outcome.code == 0
    assert [line for line in outcome.out.splitlines() if line.endswith(" events")] == [
        f"{bright}: 4 events",
        f"{dim}: 2 events",
    ]


def test_a_folder_without_fcs_files_names_where_they_are(call, template, tmp_path):
    below = tmp_path / "below"
    below.mkdir()
    tube(below / "a.fcs", [(1, 1)])
    outcome = call("gate", tmp_path, "--template", template)
    assert outcome.code == 2
    assert f"no file in the folder {tmp_path} ends in .fcs or .lmd" in " ".join(outcome.err.split())
    assert str(below) in outcome.err


@pytest.mark.parametrize(("n", "said"), [(1, "1 file gated: "), (2, "2 files gated: ")])
def test_files_gated_are_counted_in_words_that_fit(call, template, bright, dim, tmp_path, n, said):
    outcome = call("gate", *[bright, dim][:n], "--template", template, "--out", tmp_path / "o.csv")
    assert outcome.err.startswith(said)


def test_a_file_at_fault_is_named_once_and_nothing_else_is_printed(call, template, tmp_path):
    other = tube(tmp_path / "other.fcs", [(1, 1)], names=("C", "D"))
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"")
    outcome = call("gate", other, damaged, "--template", template)
    assert (outcome.code, outcome.out) == (1, "")
    lines = outcome.err.splitlines()
    assert len(lines) == 2
    assert sorted(line.count(str(path)) for line in lines for path in (other, damaged)) == [0, 0, 1, 1]


def test_a_workspace_gates_its_samples_exactly_or_in_its_cells(call, tmp_path):
    workspace, file = parity_case.make(tmp_path)
    exact, in_cells = (int(members.sum()) for members in parity_case.memberships())
    for options, expected in (((), exact), (("--grid", "flowjo"), in_cells)):
        outcome = call("gate", file, "--template", workspace, "--json", *options)
        assert outcome.code == 0
        counts = {row["population"]: row["count"] for row in json.loads(outcome.out)["rows"]}
        assert counts["/Drawn <b>"] == expected
    assert "Curved" in outcome.err  # a gate that is left out is told


def test_a_file_that_is_no_sample_of_the_workspace_is_named_and_the_others_are_gated(call, tmp_path, bright):
    workspace, file = parity_case.make(tmp_path)
    outcome = call("gate", file, bright, "--template", workspace)
    assert outcome.code == 1
    assert f"error: {bright}: which sample of {workspace} this is cannot be told" in outcome.err
    assert "Drawn <b>" in outcome.out


def test_cells_need_gates_that_have_them(call, template, bright, tmp_path):
    shape = (
        template.read_text(encoding="utf-8")
        + "  - name: Drawn\n    polygon: {x: A, y: B, vertices: [[1, 1], [30, 1], [30, 30], [1, 30]]}\n"
    )
    path = tmp_path / "drawn.yaml"
    path.write_text(shape, encoding="utf-8")
    outcome = call("gate", bright, "--template", path, "--grid", "flowjo")
    assert outcome.code == 1
    assert "/Drawn" in outcome.err
    assert "no display grid" in outcome.err


FITTED = """\
format: cytogate.template
version: 1
name: shared
panel: {A: [], B: []}
compensation: none
scales: {default: {kind: linear, T: 1000}}
cuts:
  a: {marker: A, method: mindensity, fallback: 10}
gates:
  - {name: A+, threshold: {x: A, above: {cut: a}}}
  - {name: A-, threshold: {x: A, below: {cut: a}}}
  - name: A x B
    quadrants: {x: A, y: B, x_cut: {cut: a}, y_cut: 10, parts: {upper_left: Q1, lower_right: Q2}}
"""


def test_a_note_about_a_cut_that_gates_share_is_said_once(call, bright, tmp_path):
    place = tmp_path / "shared.yaml"
    place.write_text(FITTED, encoding="utf-8")
    notes = [line for line in call("gate", bright, "-t", place).err.splitlines() if line.startswith("note:")]
    assert "found in a tube alone, with no batch or patient to lean on" in notes.pop(0)
    why = "stands where the template has it: too few events to look at (4 events)."
    assert notes == [f"note: gates A+, A-, A x B, cut a: {why}"]


def test_notes_say_which_of_several_files_they_are_about(call, bright, dim, tmp_path):
    place = tmp_path / "shared.yaml"
    place.write_text(FITTED, encoding="utf-8")
    said = call("gate", bright, dim, "-t", place).err.splitlines()
    notes = [line for line in said if line.startswith("note:")]
    assert "found in these 2 tubes, whose batches and patients are not known here" in notes.pop(0)
    assert [note.split(": ")[1] for note in notes] == [str(bright), str(dim)]


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "in a tube alone, with no batch or patient to lean on"), (2, "in these 2 tubes, whose batches and")],
)
def test_gates_found_without_batch_and_patient_are_said_once(call, trial, n, said):
    tubes = [trial / "fcs" / f"P{i + 1}_W0_B.fcs" for i in range(n)]
    outcome = call("gate", *tubes, "--template", "sle_bcell_fitted")
    assert outcome.code == 0
    assert outcome.err.count(f"note: 11 cuts or gates of sle_bcell_fitted are found {said}") == 1


def test_fixed_gates_carry_no_such_note(call, trial):
    outcome = call("gate", trial / "fcs" / "P1_W0_B.fcs", "--template", "sle_bcell")
    assert outcome.code == 0
    assert "are found in" not in outcome.err


def test_clean_takes_bad_events_out_and_says_how_many(call, template, tmp_path):
    values = np.random.default_rng(4).lognormal(4, 0.4, (3000, 3))
    values[:, 2] = np.linspace(0, 60, 3000)
    values[::10, 0] = 262_143.0
    write_fcs(tmp_path / "tube.fcs", values, ["A", "B", "Time"])
    parts = ("gate", tmp_path / "tube.fcs", "--template", template, "--json")
    plain, cleaned = call(*parts), call(*parts, "--clean")
    counts = [json.loads(outcome.out)["rows"][0]["parent_count"] for outcome in (plain, cleaned)]
    assert counts == [3000, 2700]
    assert "about 10 % of events taken out (flow_rate" in cleaned.err
    assert "margins 10 %" in cleaned.err
