from __future__ import annotations

import numpy as np
import pytest

from cytogate.simulate.analytes import analyte_rows, serum_garp
from cytogate.simulate.clinical import CLINIC_WEEKS, SLEDAI_WEIGHTS, clinical_row, clinical_rows, sledai_total
from cytogate.simulate.patients import HELIOS_GAINERS, NON_RESPONDERS, SUBJECTS, is_responder, visit_values
from cytogate.simulate.sections import Biology
from cytogate.stats.clinical import sledai
from cytogate.stats.clinical.bilag import SYSTEMS

SEEDS = range(30)


def mean_fold(quantity: str, subjects: list[str]) -> float:
    folds = [
        np.log(visit_values(seed, s, 24)[quantity] / visit_values(seed, s, 0)[quantity])
        for seed in SEEDS
        for s in subjects
    ]
    return float(np.exp(np.mean(folds)))


@pytest.mark.parametrize(
    ("quantity", "fold"),
    [("DN%B", 0.51), ("SWM%B", 0.67), ("aNAV%B", 0.40), ("transitional%B", 2.17), ("PB%B", 0.50)],
)
def test_responders_move_by_the_published_direction(quantity, fold):
    responders = [s for s in SUBJECTS if is_responder(s)]
    assert mean_fold(quantity, responders) == pytest.approx(fold, rel=0.08)


@pytest.mark.parametrize("quantity", ["DN%B", "SWM%B", "aNAV%B", "transitional%B"])
def test_the_other_patient_stays_where_he_was(quantity):
    assert mean_fold(quantity, list(NON_RESPONDERS)) == pytest.approx(1.0, abs=0.2)


def test_two_patients_gain_helios():
    for subject in SUBJECTS:
        fold = mean_fold("Helios%Treg", [subject])
        assert (fold > 1.12) if subject in HELIOS_GAINERS else (abs(fold - 1) < 0.02)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_baseline_is_near_the_table(subject):
    values = [visit_values(seed, subject, 0)["DN%B"] for seed in SEEDS]
    table = dict(zip(SUBJECTS, (18, 26, 11, 15, 21, 9.5), strict=True))
    assert np.exp(np.mean(np.log(values))) == pytest.approx(table[subject], rel=0.06)


def test_helios_never_passes_its_cap():
    assert max(visit_values(seed, s, 24)["Helios%Treg"] for seed in SEEDS for s in SUBJECTS) <= 92.0


def test_sledai_follows_its_course():
    expected = {
        "P1": [12, 12, 8, 6, 6, 4, 4, 4],
        "P2": [14, 14, 12, 10, 10, 8, 8, 8],
        "P3": [8, 8, 6, 4, 4, 2, 2, 2],
        "P4": [10, 10, 10, 8, 10, 10, 8, 8],
        "P5": [11, 11, 9, 5, 5, 3, 3, 3],
        "P6": [8, 8, 4, 4, 2, 0, 0, 0],
    }
    found = {s: [sledai_total(s, week) for week in CLINIC_WEEKS] for s in SUBJECTS}
    assert found == expected


def test_sledai_weights_are_those_of_the_index():
    assert dict(sledai.WEIGHTS) == SLEDAI_WEIGHTS


def test_recorded_totals_agree_with_their_items():
    for row in clinical_rows(1, SUBJECTS, (0, 24)):
        items = {name: row[f"sledai_{name}"] == "1" for name in SLEDAI_WEIGHTS}
        assert sledai.total(items) == int(row["sledai_total"])


def test_five_of_six_meet_the_response_index():
    for subject in SUBJECTS:
        before, after = clinical_row(1, subject, 0), clinical_row(1, subject, 24)
        fall = int(before["sledai_total"]) - int(after["sledai_total"])
        new_a = [s for s in SYSTEMS if after[f"bilag_{s}"] == "A" and before[f"bilag_{s}"] != "A"]
        steroid = float(clinical_row(1, subject, 20)["prednisone_mg_day"])
        worse = float(after["pga"]) - float(before["pga"]) > 0.3
        assert (fall >= 4 and not new_a and not worse and steroid <= 10) == is_responder(subject)


def test_without_a_change_of_biology_nobody_responds_in_the_clinic_or_the_serum():
    still = Biology(change=False)
    told = [
        name for name in clinical_row(1, "P1", 0) if name.startswith(("sledai_", "bilag_", "pga", "pred"))
    ]
    for subject in (*SUBJECTS, "P9"):
        before, *later = (clinical_row(1, subject, week, still) for week in (0, 4, 24, 52))
        assert all(row[name] == before[name] for row in later for name in told)
        assert before == clinical_row(1, subject, 0)
        levels = [serum_garp(1, subject, week, change=False) for week in (0, 4, 24)]
        assert max(levels) / min(levels) < 1.7  # the noise of the assay
    assert len({clinical_row(1, "P1", week, still)["c3_g_l"] for week in (0, 4, 24)}) == 3  # chance stays


def test_clinic_sees_patients_at_all_its_visits_and_at_those_with_tubes():
    weeks = [int(row["week"]) for row in clinical_rows(1, ["P1"], (0, 2, 52))]
    assert weeks == [0, 1, 2, 4, 8, 12, 16, 20, 24, 52]


def test_leukopenia_agrees_with_the_blood_count():
    for row in clinical_rows(5, SUBJECTS, (0,)):
        assert (float(row["wbc_1e9_l"]) < 3.0) == (row["sledai_leukopenia"] == "1")


def test_garp_peaks_in_week_four_of_responders_only():
    for seed in range(5):
        for subject in SUBJECTS:
            start, peak = serum_garp(seed, subject, 0), serum_garp(seed, subject, 4)
            assert (peak > 5 and peak > 5 * start) == is_responder(subject)
            assert start < 1.2


def test_three_responders_rebound_in_week_24():
    rebound = [s for s in SUBJECTS if serum_garp(1, s, 24) > 0.4 * serum_garp(1, s, 4) and is_responder(s)]
    assert len(rebound) == 3


def test_analyte_rows_name_unit_and_method():
    rows = analyte_rows(1, SUBJECTS, (0, 4))
    assert len(rows) == len(SUBJECTS) * len(CLINIC_WEEKS)
    assert {(row["analyte"], row["unit"], row["method"]) for row in rows} == {
        ("GARP", "ng/mL", "sandwich ELISA")
    }
