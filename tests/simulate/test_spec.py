from __future__ import annotations

import pytest

from cytogate.errors import StudyError
from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.trial import tube_names


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
    with pytest.raises(StudyError, match="no patient 'P9' is described"):
        TrialSpec(subjects=("P1", "P9"))


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
