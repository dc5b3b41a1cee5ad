"""Statistics of a run: written with it, and again without gating when only clinic or questions change."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest
from study.conftest import bend

from cytogate.errors import StoreError, StudyError
from cytogate.study.conclude import conclude_again
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder import store
from cytogate.study.run_folder.folder import AUDIT, MANIFEST
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_folder.tables import CONCLUDED
from cytogate.study.run_study import run_study

ANALYTES = """\
subject,visit,analyte,value,unit
P1,W0,GARP,0.4,ng/mL
P1,W4,GARP,6.1,ng/mL
P2,W0,GARP,<0.2,ng/mL
P2,W4,GARP,2.5,ng/mL
"""


@pytest.fixture
def asked(trial):
    trial.write("analytes.csv", ANALYTES)
    bend(trial, "study.yaml", "statistics: []", "statistics: [paired_change]\nanalytes: analytes.csv")
    return trial


def run(trial, **more):
    return run_study(trial.study, trial.out, executor="serial", **more)


def content(folder, *, without=()) -> dict[str, bytes]:
    return {
        place.name: place.read_bytes()
        for place in sorted(folder.iterdir())
        if place.is_file() and place.name not in without and not place.name.startswith(".")
    }


OF_CONCLUSIONS = (
    MANIFEST,
    AUDIT,
    "comparisons.csv",
    "comparisons.xlsx",
    *(f"{name}.parquet" for name in CONCLUDED),
)


def test_a_run_answers_what_its_study_asks(asked):
    found = run(asked)
    rows = found.comparisons
    wanted = rows[(rows["subset"] == "memory") & (rows["group"] == "all treated")]
    assert next(iter(wanted["test"])) == "Wilcoxon signed-rank, exact"
    first = wanted.iloc[0]
    percent = found.subsets.set_index("sample")["percent"]
    changes = [percent[f"{name}_W4"] - percent[f"{name}_W0"] for name in ("P1", "P2")]
    assert first["estimate"] == pytest.approx(sum(changes) / 2)
    assert (first["contrast"], first["n"], first["p_floor"]) == ("W4 - W0", 2, 0.5)
    assert (first["unit"], first["family"], first["q"]) == ("percentage points", "primary", first["p"])
    assert {"memory", "GARP", "sledai_total", "response"} == set(rows["subset"])
    (rate, *_) = rows[rows["subset"] == "response"].to_dict("records")
    assert (rate["test"], rate["estimate"], rate["n"]) == ("Clopper-Pearson", 50.0, 2)
    with (asked.out / "comparisons.csv").open(newline="") as lines:
        assert len(list(csv.DictReader(lines))) == len(rows)


def test_the_values_that_statistics_rest_on_are_kept_beside_them(asked):
    found = run(asked)
    clinic = found.clinical.set_index(["subject", "visit", "variable"])
    assert clinic.loc[("P1", "W4", "sledai_total"), "value"] == 6
    assert clinic.loc[("P1", "W4", "bilag_renal"), "text"] == "C"
    analytes = found.analytes
    assert list(analytes["week"]) == [0, 4, 0, 4]
    assert list(analytes["limit"].dropna()) == [0.2]
    answers = found.response.set_index(["missing", "visit", "subject"])
    assert set(answers.index) == {(way, "W4", name) for way in ("nri", "locf") for name in ("P1", "P2")}
    assert answers.loc[("nri", "W4", "P1"), "responder"] == True  # noqa: E712 - of numpy
    assert "sledai: met" in answers.loc[("nri", "W4", "P1"), "clauses"]
    judged = found.manifest["response"]["subjects"]
    for name in ("P1", "P2"):
        row = answers.loc[("nri", "W4", name)]
        assert (row["responder"], row["reasons"].split("\n")) == (
            judged[name]["responder"],
            judged[name]["reasons"],
        )


def test_a_changed_clinic_changes_conclusions_and_nothing_that_was_gated(asked):
    before = run(asked)
    (asked.out / "report.html").write_text("of the old figures")
    (asked.out / "mine.txt").write_text("of somebody")
    kept = content(asked.out, without=(*OF_CONCLUSIONS, "report.html"))
    bend(asked, "clinical.csv", "P2,W4,4,9,", "P2,W4,4,2,")
    after = conclude_again(asked.out)
    assert content(asked.out, without=OF_CONCLUSIONS) == kept
    assert [
        before.manifest["response"]["rate"]["responders"],
        after.manifest["response"]["rate"]["responders"],
    ] == [
        1,
        2,
    ]
    rate = after.comparisons.iloc[0]
    assert (rate["subset"], rate["estimate"]) == ("response", 100)
    assert after.manifest["documents"]["clinical"] != before.manifest["documents"]["clinical"]
    assert after.manifest["created"] == before.manifest["created"]
    assert run(asked).up_to_date


def test_other_questions_need_no_gating_either(asked):
    run(asked)
    bend(asked, "study.yaml", "[paired_change]", "[paired_change, friedman]")
    bend(asked, "study.yaml", "families: {primary: [memory]}", "families: {primary: [memory, GARP]}")
    found = conclude_again(asked.out)
    assert found.manifest["conclusions"]["statistics"] == ["paired_change", "friedman"]
    rows = found.comparisons
    assert set(rows.loc[rows["q"].notna(), "subset"]) == {"memory", "GARP"}
    assert "Friedman" in " ".join(rows["test"])
    bend(asked, "study.yaml", "statistics: [paired_change, friedman]", "statistics: []")
    assert len(conclude_again(asked.out).comparisons) == 0


def test_the_same_question_has_the_same_answer(asked):
    run(asked)
    before = content(asked.out, without=[MANIFEST, AUDIT])
    conclude_again(asked.out)
    assert content(asked.out, without=[MANIFEST, AUDIT]) == before


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("study.yaml", "lod_events: 5", "lod_events: 6", "the key 'limits' of the study file"),
        ("study.yaml", "name: Tiny", "name: Tiny\nexclude_asc_first: false", "'exclude_asc_first'"),
        ("samples.csv", "batch1", "batch2", "the table of samples"),
        ("template.yaml", "1000", "1001", "the template of panel b"),
    ],
)
def test_what_gates_rest_on_must_not_have_changed(asked, name, old, new, message):
    run(asked)
    before = content(asked.out)
    bend(asked, name, old, new)
    with pytest.raises(StoreError, match=rf"{message}.*Gate again: cytogate run .* --out"):
        conclude_again(asked.out)
    assert content(asked.out) == before


def test_a_wrong_table_is_refused_and_the_run_stays(asked):
    run(asked)
    before = content(asked.out)
    bend(asked, "clinical.csv", "P2,W4,4,9,", "P2,W0,4,9,")  # two baselines
    with pytest.raises(StudyError, match=r"subject 'P2' at visit 'W0' stands in row 4 already"):
        conclude_again(asked.out)
    assert content(asked.out) == before


def test_where_the_study_went_it_can_be_named(asked, tmp_path_factory):
    run(asked)
    asked.study.rename(asked.folder / "moved.yaml")
    with pytest.raises(StoreError, match=r"no such study file. Name it: cytogate stats .* --study"):
        conclude_again(asked.out)
    assert len(conclude_again(asked.out, asked.folder / "moved.yaml").comparisons)
    with pytest.raises(StoreError, match="no such folder"):
        conclude_again(asked.folder / "nowhere")


def test_an_end_in_the_middle_is_seen_and_can_be_mended(asked, monkeypatch):
    run(asked)
    bend(asked, "clinical.csv", "P2,W4,4,9,", "P2,W4,4,2,")

    def end(stage, number):
        if stage == "amended":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "fault_point", end)
        with pytest.raises(KeyboardInterrupt):
            conclude_again(asked.out)
    half = open_run(asked.out)
    assert len(half.subsets) == 4
    with pytest.raises(StoreError, match=r"comparisons.parquet: is not what the manifest .*cytogate stats"):
        half.comparisons  # noqa: B018
    assert conclude_again(asked.out).comparisons.iloc[0]["estimate"] == 100


def test_a_run_of_an_earlier_version_opens_and_can_be_brought_up_to_date(asked):
    run(asked)
    for name in ("response", "clinical", "analytes"):
        (asked.out / f"{name}.parquet").unlink()
    place = asked.out / "comparisons.parquet"
    pq.write_table(pq.read_table(place).drop_columns(["unit"]).slice(0, 0), place)
    manifest = json.loads((asked.out / MANIFEST).read_text())
    del manifest["conclusions"]
    (asked.out / MANIFEST).write_text(json.dumps(manifest))
    old = open_run(asked.out)
    assert len(old.response) == len(old.clinical) == len(old.analytes) == len(old.comparisons) == 0
    assert "unit" in old.comparisons.columns
    assert len(conclude_again(asked.out).comparisons)


def test_a_lost_table_is_not_taken_for_an_empty_one(asked):
    run(asked)
    (asked.out / "response.parquet").unlink()
    with pytest.raises(StoreError, match=r"response.parquet: cannot be read"):
        open_run(asked.out).response  # noqa: B018


def test_names_that_a_spreadsheet_would_run_stay_text(asked):
    bend(asked, "study.yaml", "  memory:", "  '=1+2':")
    bend(asked, "study.yaml", "[memory]", "['=1+2']")
    found = run(asked)
    assert "=1+2" in set(found.comparisons["subset"])
    with (asked.out / "comparisons.csv").open(newline="") as lines:
        assert "'=1+2" in {row["subset"] for row in csv.DictReader(lines)}


def test_clinical_rows_of_nobody_in_the_sheet_are_named_and_stop_nothing(asked):
    bend(asked, "clinical.csv", "P2,W4,4,9,", "P2,W4,4,9,C,0.5,10\nX9,W0,0,12,C,1.0,20\nX9,W4,4,2,")
    found = run(asked)
    assert any("subjects without samples: X9" in warning for warning in found.manifest["warnings"])
    scores = found.comparisons.query("subset == 'sledai_total' and group == 'all treated'")
    assert set(scores["n"]) == {3}
    assert set(found.comparisons.query("subset == 'memory' and group == 'all treated'")["n"]) == {2}


def test_a_question_about_nothing_is_a_problem_of_the_study(asked):
    bend(asked, "study.yaml", "[memory]", "[memory, IL6]")
    bend(asked, "study.yaml", "statistics: [paired_change]", "statistics: [friedman]\npartners: [GARP, pgaa]")
    asked.study.write_text(asked.study.read_text() + "figures: {log: [GARP, DM], marks: {infusion: 0}}\n")
    with pytest.raises(StudyError) as caught:
        plan_study(asked.study)
    said = "\n".join(str(problem) for problem in caught.value.problems)
    assert "families.primary[1]: 'IL6' is no subset, no analyte and no number of the clinical table" in said
    assert "partners[1]: 'pgaa' is no analyte and no number of the clinical table. Did you mean pga" in said
    assert "figures.log[1]: 'DM' is no subset" in said
    assert "figures.log[0]" not in said


def test_what_will_have_no_answer_is_said_before_the_run(asked):
    bend(asked, "study.yaml", "statistics: [paired_change]", "statistics: [friedman]")
    bend(asked, "study.yaml", "{primary: [memory]}", "{primary: [memory], other: [memory]}")
    bend(asked, "analytes.csv", "P2,W4,GARP", "P2,W5,GARP")
    said = "\n".join(str(warning) for warning in plan_study(asked.study).warnings)
    assert "families are corrected over paired_change, which is not among the statistics" in said
    assert "'memory' is in family 'primary' already" in said
    assert "tells the week of W5: left out of trends" in said


def test_medians_of_a_marker_are_tested_where_a_study_names_them(asked):
    bend(
        asked,
        "study.yaml",
        "baseline: W0",
        "intensities: {CD27: {population: B/Memory, marker: CD27}}\nbaseline: W0",
    )
    found = run(asked)
    rows = found.comparisons.query("subset == 'CD27' and group == 'all treated'")
    medians = found.intensities.query("population == '/Cells/B/Memory' and marker == 'CD27'").set_index(
        "sample"
    )["value"]
    folds = [medians[f"{name}_W4"] / medians[f"{name}_W0"] for name in ("P1", "P2")]
    fold = rows[rows["test"] == "sign test, exact"].iloc[0]
    assert (fold["measure"], fold["unit"]) == ("intensity", "fold")
    assert fold["estimate"] == pytest.approx(sum(folds) / 2)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "{population: B/Memory, marker: CD28}",
            "no template has the population B/Memory and the marker CD28",
        ),
        ("{population: B/Memori, marker: CD27}", "no template has the population B/Memori"),
        ("{population: B/Memory, marker: CD27, panel: t}", "unknown panel 't'"),
    ],
)
def test_an_intensity_of_nothing_is_a_problem(asked, entry, message):
    bend(asked, "study.yaml", "baseline: W0", f"intensities: {{CD27: {entry}}}\nbaseline: W0")
    with pytest.raises(StudyError, match=message):
        plan_study(asked.study)


def test_all_may_be_asked_in_one_word_and_by_default_the_usual_tests_are(asked):
    bend(asked, "study.yaml", "statistics: [paired_change]", "statistics: all")
    assert plan_study(asked.study).study.statistics == ("all",)
    bend(asked, "study.yaml", "statistics: all\n", "")
    assert plan_study(asked.study).study.statistics == (
        "paired_change",
        "friedman",
        "mixed_model",
        "rm_correlation",
    )


def test_a_missing_visit_is_no_response_and_a_carried_value_is_a_sensitivity_analysis(asked):
    bend(asked, "clinical.csv", "P1,W4,4,6,", "P1,W1,1,6,")
    found = run(asked)
    assert found.manifest["response"]["subjects"]["P1"]["responder"] is False
    rates = found.comparisons.query("subset == 'response' and test == 'Clopper-Pearson'")
    assert list(rates["estimate"]) == [0, 50]
    assert ["sensitivity" in note for note in rates["note"]] == [False, True]
    answers = found.response.set_index(["missing", "visit", "subject"])["responder"]
    assert not answers["nri", "W4", "P1"]
    assert answers["locf", "W4", "P1"]
    assert answers["nri", "W1", "P1"]  # every visit is judged
    bend(asked, "study.yaml", "at: W4}", "at: W4, missing: locf}")
    turned = conclude_again(asked.out)
    rates = turned.comparisons.query("subset == 'response' and test == 'Clopper-Pearson'")
    assert list(rates["estimate"]) == [50, 0]
    assert turned.manifest["response"]["subjects"]["P1"]["responder"] is True


def test_cells_in_blood_by_the_clinics_count_are_not_left_behind(asked):
    with_lymphocytes = [
        f"{line},{'lymphocytes_1e9_l' if number == 0 else 1 + number / 10}"
        for number, line in enumerate((asked.folder / "clinical.csv").read_text().splitlines())
    ]
    asked.write("clinical.csv", "\n".join(with_lymphocytes) + "\n")
    bend(asked, "study.yaml", "baseline: W0", "absolute: {method: dual, of: Cells}\nbaseline: W0")
    found = run(asked)
    assert "absolute" in set(found.comparisons.query("subset == 'memory'")["measure"])
    bend(asked, "clinical.csv", "12,C,1.0,20", "11,C,1.0,20")
    conclude_again(asked.out)
    bend(asked, "clinical.csv", ",1.1\n", ",1.9\n")
    with pytest.raises(StoreError, match="rest on what has changed: lymphocytes_1e9_l of the clinical table"):
        conclude_again(asked.out)


def test_another_label_of_a_subset_needs_no_gating(asked):
    before = run(asked)
    bend(asked, "study.yaml", "of: B}", "of: B, label: Memory B cells}")
    after = conclude_again(asked.out)
    assert after.manifest["resumed"] == before.manifest["resumed"]
    assert after.manifest["study"]["subsets"]["memory"]["label"] == "Memory B cells"
    bend(asked, "study.yaml", "of: B, label", "of: Cells, label")
    with pytest.raises(StoreError, match="subsets"):
        conclude_again(asked.out)
