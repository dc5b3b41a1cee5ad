"""The plan: all mistakes of all files at once, before any event is read."""

from __future__ import annotations

import pytest
from study.conftest import bend

from cytogate.errors import StudyError
from cytogate.study.concluding.responses import response
from cytogate.study.planning.plan import plan_study
from cytogate.study.running.jobs import Jobs
from cytogate.study.sample.values import SampleResult
from cytogate.study.sheets.doubts import same_content
from cytogate.study.writing.rows import subset_rows


def test_references_become_full_paths_and_find_their_panel(trial):
    plan = plan_study(trial.study)
    endpoint = plan.endpoints[0]
    assert (endpoint.population, endpoint.of, endpoint.panel) == ("/Cells/B/Memory", "/Cells/B", "b")
    assert [row.sample for row in plan.gated] == ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]
    assert not plan.warnings


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "study.yaml",
            "B/Memory",
            "B/Memori",
            r"subsets.memory.population: panel b: There is no population 'B/Memori'. Did you mean B/Memory",
        ),
        ("study.yaml", "of: B}", "of: T}", r"subsets.memory.of: panel b: There is no population 'T'"),
        ("study.yaml", "of: B}", "of: Memory}", r"does not lie below its denominator"),
        ("study.yaml", "baseline: W0", "baseline: W1", r"baseline: no sample of the sheet is of visit 'W1'"),
        ("study.yaml", "at: W4", "at: W24", r"response.at: the clinical table has no visit 'W24'"),
        (
            "study.yaml",
            "{b: template.yaml}",
            "{b: sle_bcel}",
            r"templates.b: sle_bcel: not a built-in template. Did you mean sle_bcell",
        ),
        ("study.yaml", "{b: template.yaml}", "{b: other.yaml}", r"templates.b: .*other.yaml: no such file"),
        (
            "study.yaml",
            "baseline: W0",
            "exclude_asc_first: true\nbaseline: W0",
            r"exclude_asc_first: no template of the study has this switch",
        ),
        ("template.yaml", "parent: Cells", "parent: Cels", r"templates.b: template.yaml.*Cels"),
        (
            "samples.csv",
            "P1_W0,P1,",
            "P1_W4,P1,",
            r"samples.csv row 3, column sample: sample 'P1_W4' stands in row 2",
        ),
        ("clinical.csv", "P1,W0,0,12", "P1,W0,0,1200", r"clinical.csv row 2, column sledai_total"),
    ],
)
def test_a_mistake_is_named_where_it_stands(trial, name, old, new, message):
    bend(trial, name, old, new)
    with pytest.raises(StudyError, match=message):
        plan_study(trial.study)


def test_mistakes_of_all_files_are_listed_together(trial):
    bend(trial, "study.yaml", "B/Memory", "B/Memori")
    bend(trial, "samples.csv", "P2_W4.fcs", "P2_W5.fcs")
    bend(trial, "clinical.csv", "P2,W0,0,10,C", "P2,W0,0,10,X")
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert [problem.code for problem in caught.value.problems] == [
        "file-missing",
        "grade-wrong",
        "population-unknown",
    ]


def test_a_slip_in_the_study_file_hides_no_other_problem(trial):
    bend(trial, "study.yaml", "limits:", "limts:")
    bend(trial, "study.yaml", "B/Memory", "B/Memori")
    bend(trial, "study.yaml", "{b: template.yaml}", "{b: template.yaml, c: nothing.yaml}")
    bend(trial, "study.yaml", "of: B}", "of: B, panel: b}")
    bend(trial, "study.yaml", "baseline: W0", "baseline: W1")
    bend(trial, "study.yaml", "clinical.csv", "clinic.csv")
    bend(trial, "samples.csv", "P2_W4.fcs", "P2_W5.fcs")
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert sorted(problem.code for problem in caught.value.problems) == [
        "file-missing",  # clinic.csv
        "file-missing",  # P2_W5.fcs
        "key-unknown",
        "population-unknown",
        "template-not-found",
        "visit-unknown",
    ]


def test_without_the_data_root_files_are_not_missed_one_by_one(trial):
    bend(trial, "study.yaml", "data_root: .", "data_root: nowhere")
    bend(trial, "samples.csv", "P1_W0,P1,", "P1_W4,P1,")
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert [problem.code for problem in caught.value.problems] == ["folder-missing", "sample-twice"]


def test_a_key_without_a_value_hides_no_problem_of_the_sheet(trial):
    bend(trial, "study.yaml", "name: Tiny\n", "")
    bend(trial, "samples.csv", "P1,W0,0,b,", "P1,W0,0,c,")
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert [problem.code for problem in caught.value.problems] == ["key-missing", "panel-unknown"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file|sample|subject\nx|y|z\n", "bars"),
        ("file;sample\n".encode("utf-16"), "column 'subject' is missing"),
        (b"fille,sample,subject,visit,week,panel\n", "column 'file' is missing"),
    ],
)
def test_a_sheet_that_cannot_be_read_says_why(trial, content, message):
    trial.write("samples.csv", content)
    with pytest.raises(StudyError, match=message):
        plan_study(trial.study)


def test_two_templates_with_one_population_ask_for_the_panel(trial):
    bend(trial, "study.yaml", "{b: template.yaml}", "{b: template.yaml, c: template.yaml}")
    with pytest.raises(
        StudyError, match=r"panels b and c both have B/Memory and B. Add 'panel: ...' to the subset"
    ):
        plan_study(trial.study)
    bend(trial, "study.yaml", "of: B}", "of: B, panel: b}")
    plan = plan_study(trial.study)
    assert plan.endpoints[0].panel == "b"
    assert any(warning.code == "panel-unused" for warning in plan.warnings)


def test_subjects_that_one_table_lacks_are_warned_of(trial):
    bend(trial, "clinical.csv", "P2,", "P3,")
    warnings = " ".join(str(warning) for warning in plan_study(trial.study).warnings)
    assert "lacks subjects of the sheet: P2" in warnings
    assert "has subjects without samples: P3" in warnings


def test_weeks_that_differ_are_warned_of(trial):
    bend(trial, "clinical.csv", "P1,W4,4,", "P1,W4,5,")
    assert "week 4 here, 5 in the clinical table" in str(plan_study(trial.study).warnings[0])


def test_controls_are_listed_and_no_rows_of_patients(trial):
    for number, role in enumerate(["fmo", "single_stain", "unstained", "beads", "bridge"]):
        trial.tube(f"c{number}.fcs", seed=10 + number)
        trial.rows.append(f"fcs/c{number}.fcs,{role},P1,W0,0,b,batch1,{role},")
    trial.sheet()
    plan = plan_study(trial.study)
    assert len(plan.rows) == 9
    assert [row.sample for row in plan.gated][4:] == ["bridge"]
    jobs = Jobs(plan, {}, threads=1)
    assert [bool(job.endpoints) for job in jobs] == [True] * 4 + [False]
    results = {job.sample: SampleResult(job.index, job.sample) for job in jobs}
    named = [
        found["sample"] for row in plan.rows for found in subset_rows(plan, row, results.get(row.sample))
    ]
    assert named == ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]


def test_no_fcs_file_is_opened_for_the_plan(trial):
    (trial.folder / "fcs" / "P1_W0.fcs").write_bytes(b"not FCS at all")
    assert len(plan_study(trial.study).gated) == 4


def test_response_is_judged_subject_by_subject(trial):
    found = response(plan_study(trial.study))
    assert (found["rule"], found["profile"], found["at"]) == ("sri4", "furie2009", "W4")
    assert {subject: entry["responder"] for subject, entry in found["subjects"].items()} == {
        "P1": True,
        "P2": False,
    }
    assert found["subjects"]["P2"]["reasons"][0] == "SLEDAI 10 to 9: fell by 1, a fall of 4 or more is needed"


def test_a_subject_without_clinical_rows_is_a_non_responder_with_the_reason(trial):
    bend(trial, "clinical.csv", "P2,", "P3,")
    found = response(plan_study(trial.study))["subjects"]["P2"]
    assert found["responder"] is False
    assert "baseline visit missing" in found["reasons"][0]


@pytest.mark.parametrize("odd", ["~", "3", "x", "[]", "{}", "[1]", "{a: 1}", "{b: {of: 1}}", "[[{}]]"])
def test_any_odd_value_of_any_key_is_a_problem_or_fine_and_never_a_crash(trial, odd):
    text = (
        trial.study.read_text()
        .replace("  memory: {population: B/Memory, of: B}\n", "")
        .replace("subsets:", "subsets: {memory: {population: B/Memory, of: B}}")
    )
    keys = [line.split(":")[0] for line in text.splitlines()]
    caught = []
    for key in [*keys, "reading", "analytes", "adjustments", "data_root", "seed", "exclude_asc_first"]:
        kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
        trial.write("study.yaml", "\n".join([*kept, f"{key}: {odd}\n"]))
        try:
            plan_study(trial.study)
        except StudyError as error:
            caught.append(error.problems)
    assert len(caught) > 8
    assert all(caught)


def test_a_copy_of_a_tube_under_another_name_is_warned_of(trial):
    (trial.folder / "fcs" / "P3_W0.fcs").write_bytes((trial.folder / "fcs" / "P2_W0.fcs").read_bytes())
    trial.tube("P3_W4.fcs", 500, seed=9)  # of the same size as P2_W0, and another tube
    for visit in (0, 4):
        trial.rows.append(f"fcs/P3_W{visit}.fcs,P3_W{visit},P3,W{visit},{visit},b,batch1,sample,")
    trial.sheet()
    copies = [problem for problem in plan_study(trial.study).warnings if problem.code == "content-twice"]
    assert [f"{problem.location}: {problem.message}" for problem in copies] == [
        "row 6, sample P3_W0: fcs/P3_W0.fcs has the same content as fcs/P2_W0.fcs."
    ]


def test_files_that_are_empty_or_gone_are_no_copies(trial):
    rows = plan_study(trial.study).rows
    for name in ("P1_W0", "P1_W4"):
        (trial.folder / "fcs" / f"{name}.fcs").write_bytes(b"")
    (trial.folder / "fcs" / "P2_W0.fcs").unlink()
    assert same_content(rows) == []


def test_one_visit_with_two_weeks_is_warned_of_with_its_rows(trial):
    trial.tube("P1_W4_again.fcs", seed=9)
    trial.rows.append("fcs/P1_W4_again.fcs,again,P1,W4,40,b,batch2,sample,")
    trial.sheet()
    (found,) = [problem for problem in plan_study(trial.study).warnings if problem.code == "weeks-of-visit"]
    assert str(found).startswith("subject P1, visit W4: week 4 in row 3; week 40 in row 6.")
