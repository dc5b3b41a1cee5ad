"""The first sheet that a folder's names and keywords propose."""

from __future__ import annotations

import csv
import io

import pytest

from cytogate.errors import StudyError
from cytogate.fcs.panel import Channel
from cytogate.gating.library import load_template
from cytogate.study.init import propose
from cytogate.study.plan import plan_study


def rows_of(proposal) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(proposal.sheet, newline="")))


@pytest.mark.parametrize(
    ("name", "subject", "visit", "week", "role"),
    [
        ("P1_W0.fcs", "P1", "W0", "0", "sample"),
        ("Patient 12 week 24 B.fcs", "Patient 12", "W24", "24", "sample"),
        ("S03-wk4.fcs", "S03", "W4", "4", "sample"),
        ("subj007_V2.fcs", "subj007", "V2", "", "sample"),
        ("P2_baseline.fcs", "P2", "baseline", "0", "sample"),
        ("FMO CD27.fcs", "", "", "", "fmo"),
        ("Unstained.fcs", "", "", "", "unstained"),
        ("comp_APC.fcs", "", "", "", "single_stain"),
        ("counting beads.fcs", "", "", "", "beads"),
    ],
)
def test_names_tell_subject_visit_and_role(trial, tmp_path_factory, name, subject, visit, week, role):
    folder = tmp_path_factory.mktemp("new")
    (trial.tube(name)).rename(folder / name)
    row = rows_of(propose(folder))[0]
    assert (row["subject"], row["visit"], row["week"], row["role"]) == (subject, visit, week, role)
    assert (row["file"], row["sample"]) == (name, name.removesuffix(".fcs"))


def test_files_of_one_name_in_two_folders_have_ids_of_their_own(trial):
    source = trial.tube("P1_W0.fcs").read_bytes()
    for visit in ("a", "b"):
        trial.write(f"{visit}/x.fcs", source)
    ids = [row["sample"] for row in rows_of(propose(trial.folder)) if row["file"].endswith("x.fcs")]
    assert ids == ["a_x", "b_x"]


def test_what_cannot_be_told_or_read_is_listed(trial):
    trial.write("fcs/broken.fcs", b"<html>")
    codes = {(problem.location, problem.code) for problem in propose(trial.folder).problems}
    assert ("fcs/broken.fcs", "file-unreadable") in codes
    assert ("fcs/broken.fcs", "sample-unclear") in codes
    assert ("fcs/P1_W0.fcs", "panel-unknown") in codes


def test_a_folder_without_fcs_files_says_so(tmp_path):
    with pytest.raises(StudyError, match=r"no file below it ends in .fcs or .lmd"):
        propose(tmp_path)


def test_a_proposal_for_tubes_of_a_built_in_panel_can_be_planned(tmp_path, trial):
    markers = [m for m in load_template("sle_bcell").panel if not m.startswith(("FSC", "SSC"))]
    channels = [Channel(n) for n in ("FSC-A", "FSC-H", "SSC-A", "SSC-H")]
    channels += [Channel(f"D{i}-A", marker) for i, marker in enumerate(markers)]
    import numpy as np

    from cytogate.fcs.write import write_fcs

    folder = tmp_path / "new"
    folder.mkdir()
    for visit in ("W0", "W4"):
        write_fcs(folder / f"P1_{visit}.fcs", np.ones((5, len(channels))), channels)
    proposal = propose(folder)
    assert proposal.problems == ()
    (folder / "samples.csv").write_text(proposal.sheet)
    (folder / "study.yaml").write_text(proposal.study)
    plan = plan_study(folder / "study.yaml")
    assert [row.sample for row in plan.gated] == ["P1_W0", "P1_W4"]
    assert [endpoint.name for endpoint in plan.endpoints] == [
        "DN",
        "switched_memory",
        "activated_naive",
        "transitional",
    ]
