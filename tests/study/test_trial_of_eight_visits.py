"""The simulated trial of eight visits, gated from its files: statistics find what it was made to have."""

from __future__ import annotations

import math

import pyarrow.parquet as pq
import pytest

from cytogate.simulate.trial import simulate_trial
from cytogate.study.run_study import run_study

WEEKS = (0, 1, 4, 8, 12, 16, 20, 24)
SEED = 27  # a trial whose true changes are near their medians over 200 seeds
FOLDS = {"DN": 0.51, "switched_memory": 0.67, "activated_naive": 0.40, "transitional": 2.17}
FALLING = ("DN", "switched_memory", "activated_naive")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eight") / "trial"
    simulate_trial(folder, seed=SEED, visits=WEEKS, events=20_000)
    study = folder / "study.yaml"
    lines = [line for line in study.read_text().splitlines() if not line.startswith("statistics:")]
    study.write_text("\n".join([*lines, "statistics: all", "percent_scale: log", ""]))
    return run_study(study, folder.parent / "run"), pq.read_table(folder / "truth" / "subsets.parquet")


@pytest.fixture(scope="module")
def rows(trial):
    return trial[0].comparisons


def one(rows, subset: str, group: str, test: str, contrast: str = ""):
    found = rows[
        (rows["subset"] == subset)
        & (rows["group"] == group)
        & (rows["test"] == test)
        & rows["contrast"].str.startswith(contrast)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_five_of_six_responded(rows):
    rate = rows[(rows["subset"] == "response") & (rows["test"] == "Clopper-Pearson")].iloc[0]
    assert (rate["n"], round(rate["estimate"], 1)) == (6, 83.3)
    assert (round(rate["ci_low"], 1), round(rate["ci_high"], 1)) == (35.9, 99.6)


@pytest.mark.parametrize("subset", ["DN", "activated_naive", "transitional"])
def test_five_responders_can_give_no_smaller_p_than_this(rows, subset):
    found = one(rows, subset, "responders", "Wilcoxon signed-rank, exact")
    assert (found["n"], found["p"], found["p_floor"]) == (5, 0.0625, 0.0625)
    assert "post hoc: response is defined by SLEDAI" in found["note"]


@pytest.mark.parametrize("subset", FOLDS)
def test_the_mixed_model_finds_the_changes_that_treatment_makes(rows, subset):
    found = one(rows, subset, "responders", "linear mixed model, random intercept, on log", "W24")
    assert found["unit"] == "fold"
    assert found["estimate"] == pytest.approx(FOLDS[subset], rel=0.15)
    assert found["ci_low"] < FOLDS[subset] < found["ci_high"]
    assert found["p"] < 0.001


@pytest.mark.parametrize("subset", FOLDS)
def test_gates_find_the_change_that_is_in_the_cells(trial, rows, subset):
    truth = {
        row["sample"]: row["percent_realised"] for row in trial[1].to_pylist() if row["subset"] == subset
    }
    logs = [
        math.log(truth[f"{subject}_W24_B"] / truth[f"{subject}_W0_B"])
        for subject in ("P1", "P2", "P3", "P5", "P6")
    ]
    found = one(rows, subset, "responders", "linear mixed model, random intercept, on log", "W24")
    assert found["estimate"] == pytest.approx(math.exp(sum(logs) / 5), rel=0.10)


@pytest.mark.parametrize("subset", FOLDS)
def test_subsets_follow_disease_activity_within_patients(rows, subset):
    found = one(rows, subset, "all treated", "repeated-measures correlation")
    assert found["estimate"] > 0.6 if subset in FALLING else found["estimate"] < -0.6
    assert found["p"] < 0.001
    assert "response is defined by SLEDAI" in found["note"]


@pytest.mark.parametrize("subset", FOLDS)
def test_six_changes_against_six_changes_say_little(rows, subset):
    found = one(rows, subset, "all treated", "Spearman of changes, exact")
    assert found["n"] == 6
    assert found["p"] > 0.05


@pytest.mark.parametrize("subset", ["DN", "activated_naive"])
def test_the_visits_differ(rows, subset):
    assert one(rows, subset, "responders", "Friedman, permutation")["p"] < 0.005


def test_helios_rose_in_two_patients_and_so_not_in_all(rows):
    found = one(rows, "helios_treg", "all treated", "Wilcoxon signed-rank, exact")
    assert found["p"] > 0.05
