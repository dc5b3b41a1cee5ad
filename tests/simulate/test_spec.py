from __future__ import annotations

import re
from pathlib import Path

import pytest

from cytogate.errors import StudyError
from cytogate.simulate import sections
from cytogate.simulate.schedule import tube_names
from cytogate.simulate.spec import TrialSpec, read_spec


def test_all_wrong_keys_and_kinds_are_listed_at_once():
    data = {"deda": 0.1, "bcell_events": "many", "enriched": 1, "subjects": "P1"}
    with pytest.raises(StudyError, match=r"(?s)deda.*Did you mean dead.*whole number.*true or false.*list"):
        TrialSpec.from_dict(data)


def test_all_values_out_of_range_are_listed_at_once():
    with pytest.raises(
        StudyError, match=r"(?s)dead: found 0\.9.*lot_sd: found -1.*bcell_events: found 5"
    ) as caught:
        TrialSpec(dead=0.9, lot_sd=-1.0, bcell_events=5)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("subjects", [(), ("P1", "P1")])
def test_each_patient_takes_part_once(subjects):
    with pytest.raises(StudyError, match="expected each patient once"):
        TrialSpec(subjects=subjects)


def test_unknown_patient_is_named():
    with pytest.raises(StudyError, match="no patient can be called 'X9'"):
        TrialSpec(subjects=("P1", "X9"))


def test_nan_is_refused():
    with pytest.raises(StudyError, match="rate: found nan"):
        TrialSpec(rate=float("nan"))


def test_yaml_is_read(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text("subjects: [P1, P4]\nenriched: false\ndead: 0.1\nmissing: [P1_W4_B]\n")
    spec = read_spec(path)
    assert spec == TrialSpec(subjects=("P1", "P4"), enriched=False, dead=0.1, missing=("P1_W4_B",))


def test_empty_yaml_means_the_defaults(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text("# nothing\n")
    assert read_spec(path) == TrialSpec()


@pytest.mark.parametrize("text", ["- P1\n", "just words\n"])
def test_yaml_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "trial.yaml"
    path.write_text(text)
    with pytest.raises(StudyError, match="expected keys and values"):
        read_spec(path)


def test_broken_yaml_says_which_file(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text("a: [1,\n")
    with pytest.raises(StudyError, match=r"trial\.yaml: the specification of the trial cannot be read"):
        read_spec(path)


def test_absent_file_says_which_file(tmp_path):
    with pytest.raises(StudyError, match=r"none\.yaml"):
        read_spec(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("spec", "visits", "seed", "message"),
    [
        (TrialSpec(), (0, 0), 1, "visits: found 0, 0"),
        (TrialSpec(), (), 1, "visits: found none"),
        (TrialSpec(), (-1,), 1, "visits: found -1"),
        (TrialSpec(), (0,), -5, "seed: found -5"),
        (TrialSpec(missing=("P1_W4_B",)), (0,), 1, "P1_W4_B is no sample of this trial"),
        (TrialSpec(clogged=("P1_W0",)), (0,), 1, "clogged: P1_W0 is no sample"),
        (TrialSpec(subjects=("P1",), missing=("P1_W0_B", "P1_W0_T")), (0,), 1, "every sample .* missing"),
    ],
)
def test_trial_that_cannot_be_is_refused(spec, visits, seed, message):
    with pytest.raises(StudyError, match=message):
        tube_names(spec, visits, seed)


def test_missing_tubes_are_left_out():
    names = tube_names(TrialSpec(subjects=("P1",), missing=("P1_W4_B",)), (4, 0), 1)
    assert [name.sample for name in names] == ["P1_W0_B", "P1_W0_T", "P1_W4_T"]


def test_sections_are_read_and_their_unknown_keys_named():
    spec = TrialSpec.from_dict({"flow": {"carry_over": 0.01}, "controls": {"fmo": ["CD27"]}})
    assert (spec.flow.carry_over, spec.controls.fmo) == (0.01, ("CD27",))
    with pytest.raises(StudyError, match=r"(?s)flow\.cary_over.*Did you mean carry_over.*controls: found 3"):
        TrialSpec.from_dict({"flow": {"cary_over": 0.01}, "controls": 3})


def test_presets_are_starts_that_keys_beside_them_override():
    full = TrialSpec.from_dict({"nuisance": "full", "dead": 0.2, "flow": {"carry_over": 0.0}})
    assert (full.dead, full.flow.carry_over, full.flow.clog_probability) == (0.2, 0.0, 0.1)
    assert TrialSpec.from_dict({"nuisance": "mild"}) == TrialSpec()
    assert TrialSpec.from_dict({"nuisance": "none"}).lot_sd == 0.0
    with pytest.raises(StudyError, match=r"no preset is called 'ful'. Did you mean full"):
        TrialSpec.from_dict({"nuisance": "ful"})


def test_patients_may_be_counted_or_named_but_not_both():
    assert TrialSpec.from_dict({"patients": 8}).subjects[-2:] == ("P7", "P8")
    with pytest.raises(StudyError, match="Keep one of them"):
        TrialSpec.from_dict({"patients": 8, "subjects": ["P1"]})
    with pytest.raises(StudyError, match="patients: found 0"):
        TrialSpec.from_dict({"patients": 0})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"batches": {"by": "lot"}}, "batches.by: found 'lot', expected patient or visit"),
        ({"controls": {"fmo": ["CD72"]}}, "controls.fmo: no panel has 'CD72'. Did you mean CD27"),
        ({"staining_drift": {"W4": {"CD72": 0.1}}}, "staining_drift.W4: no panel has 'CD72'"),
        ({"staining_drift": {"week 4": {}}}, "expected a visit such as W12"),
        ({"staining_drift": {"W4": {"CD27": 9}}}, r"staining_drift.W4.CD27: found 9, expected -3 to 3"),
        ({"staining_drift": {"W4": 0.1}}, "expected names, each with keys and numbers"),
        ({"populations": {"medians": {"DN4": {}}}}, "no population is called 'DN4'. Did you mean DN"),
        ({"populations": {"medians": {"DN2": {"CD21": 0}}}}, "expected 0.01 to 100"),
        ({"flow": {"carry_over": 0.9}}, "flow.carry_over: found 0.9, expected 0 to 0.5"),
        (
            {"replicates": 0},
            "replicates: found 0, expected at least 1|replicates: found 0, expected 1 to 100",
        ),
        ({"cytek": ["P9"]}, "cytek: 'P9' is no patient of this trial"),
        ({"weeks": [0, "four"]}, "expected a list of whole numbers"),
    ],
)
def test_what_a_section_cannot_say_is_named(data, message):
    with pytest.raises(StudyError, match=message):
        TrialSpec.from_dict(data)


PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_of_the_documentation_make_a_trial(text, tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text(text, encoding="utf-8")
    spec = read_spec(path)
    assert spec != TrialSpec()
    assert tube_names(spec, spec.weeks, 1)


@pytest.mark.parametrize(
    "kind",
    [
        TrialSpec,
        sections.Flow,
        sections.Batches,
        sections.Controls,
        sections.Accidents,
        sections.Biology,
        sections.Populations,
    ],
)
def test_documentation_shows_every_key(kind):
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in kind.__dataclass_fields__ if not re.search(rf"\b{name}\b", text)] == []
