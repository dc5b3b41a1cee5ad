"""The study file: every mistake named with its line and key, all at once."""

from __future__ import annotations

import os
import re

import pytest
from study.conftest import bend

from cytogate.errors import StudyError
from cytogate.study.definition.study import load_study


def test_a_study_file_becomes_typed_values(trial):
    study = load_study(trial.study)
    assert study.name == "Tiny"
    assert study.samples == trial.folder / "samples.csv"
    assert [(e.name, e.population, e.of) for e in study.endpoints] == [("memory", "B/Memory", "B")]
    assert study.limits.lod_events == 5
    assert study.response.asked.improvement == 4
    assert study.families == {"primary": ("memory",)}


def test_what_is_left_out_has_the_usual_value(trial):
    trial.write(
        "study.yaml",
        "format: cytogate.study\nversion: 1\nname: x\nsamples: samples.csv\ntemplates: {b: template.yaml}\n"
        "subsets: {memory: {population: B/Memory, of: B}}\n",
    )
    study = load_study(trial.study)
    assert (study.limits.lod_events, study.limits.lloq_events, study.limits.min_parent) == (20, 50, 100)
    assert study.data_root == trial.folder
    assert (study.seed, study.lenient, study.dataset, study.response) == (1, False, 0, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("baseline: W0", "basline: W0", r"study.yaml line 10.*unknown key 'basline'. Did you mean baseline"),
        (
            "of: B}",
            "off: B}",
            r"line 9, subsets.memory.off: unknown key 'off'. (Did you mean|Known:).*\bof\b",
        ),
        ("name: Tiny\n", "", r"study.yaml line 1, name: key 'name' is missing"),
        ("baseline: W0", "baseline: 0", r"line 10, baseline: .*found .*0\b.*in quotes"),
        ("version: 1", "version: 2", r"line 2, version: version 2 was written for a newer cytogate"),
        (
            "cytogate.study",
            "cytogate.template",
            r"line 1, format: format is 'cytogate.template'; expected 'cytogate.study'",
        ),
        (
            "furie2009",
            "furie2019",
            r"line 11, response.profile: unknown profile 'furie2019'. Did you mean furie2009",
        ),
        ("rule: sri4", "rule: sri3", r"response.rule: .*'sri4', 'sri5'"),
        (
            "primary: [memory]",
            "primary: [memori]",
            r"line 13, families.primary\[0\]: unknown subset 'memori'. Did you",
        ),
        ("lloq_events: 10", "lloq_events: 4", r"line 14, limits: lloq_events 4 is below lod_events 5"),
        ("lod_events: 5", "lod_events: -5", r"limits.lod_events: expected 0 or more, found -5"),
        ("samples: samples.csv", "samples: sampels.csv", r"line 5, samples: there is no file .*sampels.csv"),
        ("data_root: .", "data_root: nowhere", r"line 4, data_root: there is no folder"),
        ("clinical: clinical.csv\n", "", r"response: a response needs the key 'clinical', which is missing"),
        (
            "clinical.csv",
            "https://x/clinical.csv",
            r"clinical: 'https://x/clinical.csv' is not a path of this machine",
        ),
        ("of: B}", "of: B, panel: t}", r"subsets.memory.panel: unknown panel 't'"),
        (
            "baseline: W0",
            "blanks: {memoy: {blank: [1, 2]}}\nbaseline: W0",
            r"blanks.memoy: unknown .*Did you",
        ),
        (
            "baseline: W0",
            "blanks: {memory: {blank: [1]}}\nbaseline: W0",
            r"blanks.memory.blank: expected two",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(trial, old, new, message):
    with pytest.raises(StudyError, match=message):
        load_study(bend(trial, "study.yaml", old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [("baseline: W0", "baseline: 0"), ("of: B}", "of: 3}"), ("lod_events: 5", "lod_events: -5")],
)
def test_a_wrong_value_is_told_once_and_not_again_as_a_missing_one(trial, old, new):
    with pytest.raises(StudyError) as caught:
        load_study(bend(trial, "study.yaml", old, new))
    assert [problem.code for problem in caught.value.problems] == ["value-wrong"]


def test_a_key_that_is_a_slip_is_checked_as_what_it_was_meant_to_be(trial):
    bend(trial, "study.yaml", "limits: {lod_events: 5", "limts: {lod_events: -5")
    with pytest.raises(StudyError) as caught:
        load_study(bend(trial, "study.yaml", "primary: [memory]", "primary: [memori]"))
    found = [(problem.code, problem.location) for problem in caught.value.problems]
    assert found == [
        ("key-unknown", "study.yaml line 14, limts"),
        ("value-wrong", "study.yaml line 14, limits.lod_events"),
        ("subset-unknown", "study.yaml line 13, families.primary[0]"),
    ]


def test_an_unknown_statistic_names_the_nearest(trial):
    with pytest.raises(StudyError, match=r"line 12, statistics\[1\]: unknown statistic 'freidman'. Did"):
        load_study(bend(trial, "study.yaml", "statistics: []", "statistics: [mixed_model, freidman]"))


def test_correlations_over_patient_visits_are_refused_with_the_reason(trial):
    with pytest.raises(StudyError, match=r"statistics\[0\]: 'spearman' is not offered. .*rm_correlation"):
        load_study(bend(trial, "study.yaml", "statistics: []", "statistics: [spearman]"))


def test_all_mistakes_are_listed_at_once(trial):
    text = (
        trial.study.read_text()
        .replace("baseline", "basline")
        .replace("seed", "sed")
        .replace("of: B", "off: B")
    )
    trial.write("study.yaml", f"{text}seed: many\n")
    with pytest.raises(StudyError) as caught:
        load_study(trial.study)
    assert {problem.code for problem in caught.value.problems} == {
        "key-unknown",
        "key-missing",
        "value-wrong",
    }
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x\n", "yaml-a"),
        ("name: a\nname: b\n", "yaml-duplicate-key"),
        ("a: !!python/object/apply:os.system [ls]\n", "yaml-tag"),
        ("[" * 20_000, "yaml-"),
        ("a: [1\n", "yaml-syntax"),
        ("a: 1\n---\nb: 2\n", "yaml-documents"),
        ("", "study-format"),
        ("- 1\n", "study-format"),
        (b"name: \xff\n", "yaml-not-utf8"),
        ("# " + "x" * (1 << 20), "yaml-too-large"),
    ],
)
def test_hostile_yaml_is_refused_with_a_code(trial, text, code):
    trial.write("study.yaml", text)
    with pytest.raises(StudyError) as caught:
        load_study(trial.study)
    assert caught.value.problems[0].code.startswith(code)
    assert "study.yaml" in str(caught.value)


def test_a_folder_in_place_of_the_file_says_which_file(trial):
    trial.write("template.yaml", "format: cytogate.gating\n")
    place = re.escape(str(trial.study))
    with pytest.raises(StudyError, match=rf"is a folder. Name the study file in it: {place}\.$"):
        load_study(trial.folder)
    other = trial.write("second.yml", trial.study.read_text())
    with pytest.raises(StudyError, match=rf"in it: {re.escape(str(other))} or {place}\.$"):
        load_study(trial.folder)


def test_a_folder_without_a_study_says_how_to_begin_one(tmp_path):
    with pytest.raises(
        StudyError, match=rf"'cytogate study init {re.escape(str(tmp_path))}' proposes a study"
    ):
        load_study(tmp_path)


def test_a_missing_study_file_is_named(trial):
    with pytest.raises(StudyError, match=r"other.yaml: cannot be opened: No such file"):
        load_study(trial.folder / "other.yaml")


def test_members_of_families_may_be_analytes(trial):
    study = load_study(bend(trial, "study.yaml", "primary: [memory]", "primary: [memory, GARP]"))
    assert study.families["primary"] == ("memory", "GARP")


def test_an_unknown_warning_to_refuse_names_the_nearest(trial):
    trial.write("study.yaml", trial.study.read_text() + "reading: {refuse: [bits-beyond-rang]}\n")
    with pytest.raises(
        StudyError, match=r"reading\.refuse\[0\]: no warning .* Did you mean bits-beyond-range"
    ):
        load_study(trial.study)


@pytest.mark.timeout(10)
def test_a_pipe_in_place_of_a_study_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "study.yaml")
    with pytest.raises(StudyError, match="is not a regular file"):
        load_study(tmp_path / "study.yaml")
