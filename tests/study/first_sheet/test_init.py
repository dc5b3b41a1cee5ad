"""The first sheet that a folder's names and keywords propose."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from cytogate.errors import StudyError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs
from cytogate.gating.template.library import load_template
from cytogate.study.first_sheet.init import propose
from cytogate.study.planning.plan import plan_study


def rows_of(proposal) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(proposal.sheet, newline="")))


@pytest.mark.parametrize(
    ("name", "subject", "visit", "week", "role"),
    [
        ("P1_W0.fcs", "P1", "W0", "0", "sample"),
        ("Patient 12 week 24 B.fcs", "Patient 12", "W24", "24", "sample"),
        ("S03-wk4.fcs", "S03", "W4", "4", "sample"),
        ("subj007_V2.fcs", "subj007", "V2", "", "sample"),
        ("Patient 01 Day 28 B.fcs", "Patient 01", "D28", "4", "sample"),
        ("Pat-3 month 6.fcs", "Pat-3", "M6", "", "sample"),
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


def test_what_cannot_be_told_is_listed_and_what_cannot_be_read_is_left_out(trial):
    trial.write("fcs/broken.fcs", b"<html>")
    trial.tube("nobody.fcs")
    proposal = propose(trial.folder)
    found = [(problem.location, problem.code) for problem in proposal.problems]
    assert [code for place, code in found if place == "fcs/broken.fcs"] == ["file-unreadable"]
    assert ("fcs/nobody.fcs", "sample-unclear") in found
    assert ("fcs/P1_W0.fcs", "panel-unknown") in found
    (line,) = [str(problem) for problem in proposal.problems if "broken" in str(problem)]
    assert line.count("broken.fcs") == 1
    assert "fcs/broken.fcs" not in [row["file"] for row in rows_of(proposal)]


def test_a_folder_in_which_nothing_can_be_read_is_refused(tmp_path):
    (tmp_path / "a.fcs").write_bytes(b"")
    with pytest.raises(StudyError, match=r"a.fcs: left out of the sheet"):
        propose(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"nowhere: there is no such folder"):
        propose(tmp_path / "nowhere")


def test_subjects_that_only_keywords_tell_are_listed(tmp_path):
    names = [f"{place} {visit}.fcs" for place in ("north", "south") for visit in ("baseline", "week 12")]
    built_in(tmp_path, names, keywords={"PATIENT ID": "Smith"})
    proposal = propose(tmp_path)
    (said,) = [str(problem) for problem in proposal.problems if "not from names" in str(problem)]
    assert "Smith" in said


@pytest.mark.parametrize(
    ("name", "batch"), [("P1_W0_batch2.fcs", "2"), ("batch A/P1_W0.fcs", "A"), ("P1_W0.fcs", "")]
)
def test_a_batch_is_proposed_only_where_a_name_says_batch(trial, tmp_path_factory, name, batch):
    place = tmp_path_factory.mktemp("new") / name
    place.parent.mkdir(exist_ok=True)
    trial.tube("x.fcs").rename(place)
    root = place.parent.parent if "/" in name else place.parent
    assert [row["batch"] for row in rows_of(propose(root)) if row["file"] == name] == [batch]


def test_a_folder_without_fcs_files_says_so(tmp_path):
    with pytest.raises(StudyError, match=r"no file below it ends in .fcs or .lmd"):
        propose(tmp_path)


def built_in(folder, names, template="sle_bcell", keywords=None):
    """Write tubes whose markers are those of a built-in template."""
    markers = [marker for marker in load_template(template).panel if not marker.startswith(("FSC", "SSC"))]
    channels = [Channel(name) for name in ("FSC-A", "FSC-H", "SSC-A", "SSC-H")]
    channels += [Channel(f"D{number}-A", marker) for number, marker in enumerate(markers)]
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_fcs(folder / name, np.full((5, len(channels)), number + 1.0), channels, keywords=keywords or {})


def test_names_of_a_lab_become_a_study_that_can_be_planned(tmp_path):
    """Two panels in folders of patients, as labs call them, with an FMO tube beside."""
    tubes = [f"Patient {s}/Week {w}" for s in ("01", "02") for w in (0, 4)]
    built_in(tmp_path, [f"{tube}/B cell panel.fcs" for tube in tubes])
    built_in(tmp_path, [f"{tube}/Treg.fcs" for tube in tubes], "treg_helios")
    built_in(tmp_path, ["controls/FMO CD27.fcs"])
    proposal = propose(tmp_path)
    assert proposal.pattern == "{subject}/{visit}/{panel}"
    assert proposal.matched == 8
    rows = {row["file"]: row for row in rows_of(proposal)}
    row = rows["Patient 02/Week 4/B cell panel.fcs"]
    assert [row[key] for key in ("subject", "visit", "week", "panel")] == [
        "Patient 02",
        "Week 4",
        "4",
        "B cell panel",
    ]
    control = rows["controls/FMO CD27.fcs"]
    assert [control[key] for key in ("role", "control_for", "panel")] == ["fmo", "CD27", "B cell panel"]
    (tmp_path / "samples.csv").write_text(proposal.sheet)
    (tmp_path / "study.yaml").write_text(proposal.study)
    plan = plan_study(tmp_path / "study.yaml")
    assert {panel: template.name for panel, template in plan.templates.items()} == {
        "B cell panel": "sle_bcell",
        "Treg": "treg_helios",
    }
    assert len(plan.gated) == 8


def test_words_of_a_visit_and_a_subject_are_one_thing_though_blanks_part_them(trial, tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    source = trial.tube("any.fcs").read_bytes()
    for subject in ("01", "02"):
        for week in (0, 12):
            (folder / f"Patient {subject} Week {week} B.fcs").write_bytes(source)
    found = propose(folder)
    assert (found.pattern, found.matched) == ("Patient {subject} {visit} {visit} B", 4)
    assert [(row["subject"], row["visit"], row["week"]) for row in rows_of(found)] == [
        ("01", "Week 0", "0"),
        ("01", "Week 12", "12"),
        ("02", "Week 0", "0"),
        ("02", "Week 12", "12"),
    ]
    assert "\nbaseline: 'Week 0' " in found.study


def test_a_pattern_that_is_given_wins_over_what_names_look_like(tmp_path):
    built_in(tmp_path, ["W0_S1_x.fcs", "W4_S1_x.fcs", "odd.fcs"])
    proposal = propose(tmp_path, pattern="{subject}_{visit}_{note}")
    rows = {row["file"]: row for row in rows_of(proposal)}
    row = rows["W4_S1_x.fcs"]
    assert [row[key] for key in ("subject", "visit", "week", "note")] == ["W4", "S1", "", "x"]
    assert (rows["odd.fcs"]["subject"], rows["odd.fcs"]["visit"]) == ("", "")
    said = {(problem.location, problem.code) for problem in proposal.problems}
    assert ("odd.fcs", "pattern-unmatched") in said
    assert ("samples.csv, column week", "sample-unclear") in said
    assert "# names of files were read as {subject}_{visit}_{note}" in proposal.study


def test_keywords_tell_the_patient_where_names_say_nothing(tmp_path):
    built_in(tmp_path, ["export 1.fcs"], keywords={"PATIENT ID": "007", "TUBE NAME": "week 4"})
    (row,) = rows_of(propose(tmp_path))
    assert [row[key] for key in ("subject", "visit", "week")] == ["007", "W4", "4"]


def test_names_that_a_spreadsheet_would_run_are_guarded_in_the_sheet_and_found_again(tmp_path):
    built_in(tmp_path, ["=1+1_W0.fcs", "=1+1_W4.fcs"])
    proposal = propose(tmp_path, pattern="{subject}_{visit}")
    assert all(line.startswith("'=") for line in proposal.sheet.splitlines()[1:])
    (tmp_path / "samples.csv").write_text(proposal.sheet)
    (tmp_path / "study.yaml").write_text(proposal.study)
    assert [row.subject for row in plan_study(tmp_path / "study.yaml").rows] == ["=1+1", "=1+1"]


def test_a_panel_that_no_template_fits_keeps_its_name_and_asks_for_a_template(trial, tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    for name in ("P1_W0_mine.fcs", "P1_W4_mine.fcs"):
        trial.tube("x.fcs").rename(folder / name)
    study = propose(folder, pattern="{subject}_{visit}_{panel}").study
    assert "templates: {mine: template.yaml}" in study
    assert "no built-in template fits mine" in study


def test_a_proposal_for_tubes_of_a_built_in_panel_can_be_planned(tmp_path, trial):
    markers = [m for m in load_template("sle_bcell").panel if not m.startswith(("FSC", "SSC"))]
    channels = [Channel(n) for n in ("FSC-A", "FSC-H", "SSC-A", "SSC-H")]
    channels += [Channel(f"D{i}-A", marker) for i, marker in enumerate(markers)]
    folder = tmp_path / "new"
    folder.mkdir()
    for visit in ("W0", "W4"):
        write_fcs(folder / f"P1_{visit}.fcs", np.ones((5, len(channels))), channels)
    proposal = propose(folder)
    assert proposal.problems == ()
    assert "\nbaseline: W0 " in proposal.study
    (folder / "samples.csv").write_text(proposal.sheet)
    (folder / "study.yaml").write_text(proposal.study)
    (folder / "P1_W4 again.fcs").write_bytes((folder / "P1_W4.fcs").read_bytes())
    (remark,) = propose(folder).problems
    assert str(remark).startswith("P1_W4.fcs: has subject, visit and panel of P1_W4 again.fcs, and the same")
    assert [row["note"] for row in rows_of(propose(folder))] == ["", "", "copy of P1_W4 again"]
    plan = plan_study(folder / "study.yaml")
    assert [row.sample for row in plan.gated] == ["P1_W0", "P1_W4"]
    assert [endpoint.name for endpoint in plan.endpoints] == [
        "DN",
        "switched_memory",
        "activated_naive",
        "transitional",
    ]


@pytest.mark.parametrize(
    ("names", "baseline"),
    [
        (["P1_W4", "P1_W0", "P1_W24"], "W0"),
        (["P1_W24", "P1_W4"], "W4"),
        (["P1_V10", "P1_V2"], "V2"),
        (["P1_baseline", "P1_W4"], "baseline"),
    ],
)
def test_the_earliest_visit_is_proposed_as_the_baseline(trial, tmp_path_factory, names, baseline):
    folder = tmp_path_factory.mktemp("new")
    for name in names:
        trial.tube("x.fcs").rename(folder / f"{name}.fcs")
    assert f"\nbaseline: {baseline} " in propose(folder).study


def test_rows_are_ordered_by_subject_and_week_as_people_count(trial, tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    ordered = ["P2_W0", "P2_W4", "P2_W12", "P2_W24", "P2_V2", "P2_V10", "P10_W0", "P10_W4", "FMO CD27"]
    for name in sorted(ordered):
        trial.tube("x.fcs").rename(folder / f"{name}.fcs")
    assert [row["sample"] for row in rows_of(propose(folder))] == ordered
