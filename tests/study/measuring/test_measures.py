"""From rows of tables to series: what counts, what is missing, and that the note says so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.stats.clinical.state import ClinicalState
from cytogate.study.measuring.clinical_measures import analyte_measures, score_measure
from cytogate.study.measuring.measures import intensity_measure, subset_measures
from cytogate.study.sheets.analyte_sheet import AnalyteValue, read_analytes
from cytogate.study.sheets.clinical_sheet import ClinicalVisit

WEEKS = {"W0": 0.0, "W4": 4.0, "W24": 24.0}


def tube(subject: str, visit: str, count: int | None, total: int | None, flag: str = "ok", **more):
    row = {
        "sample": f"{subject}_{visit}",
        "subject": subject,
        "visit": visit,
        "week": WEEKS[visit],
        "subset": "DN",
        "count": count,
        "denominator_count": total,
        "percent": None if count is None or not total else 100 * count / total,
        "absolute_per_ul": None,
        "flag": flag,
    }
    return row | more


def percent_of(*rows):
    return subset_measures(rows, "DN")[0].series()


def test_shares_keep_their_counts_and_stand_by_subject_and_week():
    series = percent_of(tube("P10", "W24", 30, 300), tube("P2", "W0", 10, 200), tube("P10", "W0", 5, 100))
    assert (series.subjects, series.visits, series.weeks) == (("P2", "P10"), ("W0", "W24"), (0.0, 24.0))
    assert np.array_equal(series.values, [[5, math.nan], [5, 10]], equal_nan=True)
    assert np.array_equal(series.counts, [[10, math.nan], [5, 30]], equal_nan=True)
    assert np.array_equal(series.totals, [[200, math.nan], [100, 300]], equal_nan=True)
    assert (series.kind, series.unit, series.scale, series.note) == (
        "percent",
        "%",
        "logit",
        "no tube: P2 W24",
    )


def test_the_order_of_rows_has_no_part_in_a_series():
    rows = [tube("P1", "W0", 5, 100), tube("P1", "W4", 6, 100), tube("P2", "W0", 7, 100)]
    one, other = percent_of(*rows), percent_of(*reversed(rows))
    assert (one.subjects, one.visits, one.note) == (other.subjects, other.visits, other.note)
    assert np.array_equal(one.values, other.values, equal_nan=True)


@pytest.mark.parametrize(
    ("row", "value", "note"),
    [
        (
            tube("P1", "W0", None, None, "failed"),
            math.nan,
            "of tubes that could not be gated, left out: P1 W0",
        ),
        (
            tube("P1", "W0", 5, 40, "few_parent"),
            math.nan,
            "with too few events in the denominator, left out: P1 W0",
        ),
        (
            tube("P1", "W0", 0, 0, "few_parent"),
            math.nan,
            "with too few events in the denominator, left out: P1 W0",
        ),
        (
            tube("P1", "W0", 0, 400, "below_lod"),
            0.0,
            "below the limit of detection, kept as counted: P1 W0",
        ),
        (
            tube("P1", "W0", 40, 400, "below_lloq"),
            10.0,
            "below the limit of quantitation, kept as counted: P1 W0",
        ),
    ],
)
def test_flags_decide_what_counts(row, value, note):
    series = percent_of(row)
    assert np.array_equal(series.values, [[value]], equal_nan=True)
    assert series.note == note


def test_no_event_in_a_population_has_a_place_on_the_scale_all_the_same():
    series = percent_of(tube("P1", "W0", 0, 400, "below_lod"))
    assert series.on_scale()[0, 0] == pytest.approx(math.log(0.5 / 400.5))


def test_on_a_log_scale_half_an_event_stands_for_none():
    rows = [tube("P1", "W0", 0, 400, "below_lod"), tube("P1", "W4", 40, 200)]
    series = subset_measures(rows, "DN", scale="log")[0].series()
    assert (series.scale, series.floor) == ("log", 100 * 0.5 / 300)
    assert series.on_scale()[0, 1] == pytest.approx(math.log(20))


def test_two_tubes_of_a_visit_are_taken_together_and_that_is_said():
    series = percent_of(tube("P1", "W0", 10, 100), tube("P1", "W0", 50, 900))
    assert (series.values[0, 0], series.counts[0, 0], series.totals[0, 0]) == (6.0, 60.0, 1000.0)
    assert series.note == "2 tubes taken together: P1 W0"


def test_a_failed_repeat_does_not_cost_the_good_tube():
    series = percent_of(tube("P1", "W0", None, None, "failed"), tube("P1", "W0", 50, 900))
    assert series.counts[0, 0] == 50
    assert series.note == ""


def test_the_note_of_a_group_is_of_its_subjects_only():
    rows = [tube("P1", "W0", None, None, "failed"), tube("P2", "W0", 5, 100)]
    measure = subset_measures(rows, "DN")[0]
    assert measure.series(["P2"]).note == ""
    assert measure.series(["P1"]).note == "of tubes that could not be gated, left out: P1 W0"
    assert measure.series([]).values.shape == (0, 1)


def test_many_places_are_counted_rather_than_listed():
    rows = [tube(f"P{n}", "W0", None, None, "failed") for n in range(1, 10)]
    assert (
        percent_of(*rows).note
        == "of tubes that could not be gated, left out: P1 W0, P2 W0, P3 W0, P4 W0, P5 W0, P6 W0 and 3 more"
    )


def test_absolute_counts_are_a_measure_of_their_own_where_there_are_some():
    rows = [
        tube("P1", "W0", 10, 100, absolute_per_ul=8.0),
        tube("P1", "W4", 10, 100),
        tube("P1", "W24", 0, 100, "below_lod", absolute_per_ul=0.0),
    ]
    percent, absolute = (entry.series() for entry in subset_measures(rows, "DN"))
    assert percent.kind == "percent"
    assert (absolute.kind, absolute.unit, absolute.scale, absolute.floor) == (
        "absolute",
        "cells/µL",
        "log",
        4.0,
    )
    assert np.array_equal(absolute.values, [[8, math.nan, 0]], equal_nan=True)
    assert absolute.on_scale()[0, 2] == pytest.approx(math.log(4))
    assert "no absolute count: P1 W4" in absolute.note


def analyte(subject: str, visit: str, value: float | None, limit: float | None = None, method: str = "ELISA"):
    return AnalyteValue(subject, visit, "GARP", value, "ng/mL", method, limit)


def test_half_the_limit_stands_for_an_analyte_below_it():
    values = [analyte("P1", "W0", None, 0.2), analyte("P1", "W4", 3.0), analyte("P2", "W0", None)]
    series = analyte_measures(values, WEEKS)[0].series()
    assert (series.kind, series.unit, series.scale, series.floor) == ("analyte", "ng/mL", "log", 0.1)
    assert np.array_equal(series.values, [[0.1, 3], [math.nan, math.nan]], equal_nan=True)
    assert "below the limit of the assay, half of it taken: P1 W0" in series.note
    assert "not measured: P2 W0, P2 W4" in series.note


def test_a_level_of_nothing_becomes_half_the_least_one():
    series = analyte_measures([analyte("P1", "W0", 0.0), analyte("P1", "W4", 3.0)], WEEKS)[0].series()
    assert series.floor == 1.5
    assert series.on_scale()[0, 0] == pytest.approx(math.log(1.5))
    assert "no positive level, half the least taken: P1 W0" in series.note


def test_repeated_measurements_and_methods_and_visits_of_no_week_are_said():
    values = [
        analyte("P1", "W0", 1.0),
        analyte("P1", "W0", 3.0, method="bead array"),
        analyte("P1", "X", 9.0),
    ]
    series = analyte_measures(values, WEEKS)[0].series()
    assert series.visits == ("W0",)
    assert series.values[0, 0] == 2
    for part in ("mean of 2 measurements: P1 W0", "several methods", "visits of no known week left out: X"):
        assert part in series.note


def visit(subject: str, name: str, **values: float) -> ClinicalVisit:
    return ClinicalVisit(subject, ClinicalState(visit=name, week=WEEKS[name]), values)


def test_scores_are_taken_as_they_are():
    clinical = [visit("P1", "W4", sledai_total=4.0), visit("P1", "W0", sledai_total=8.0), visit("P2", "W0")]
    series = score_measure(clinical, "sledai_total").series()
    assert (series.kind, series.unit, series.scale) == ("score", "points", "linear")
    assert (series.subjects, series.visits) == (("P1", "P2"), ("W0", "W4"))
    assert np.array_equal(series.values, [[8, 4], [math.nan, math.nan]], equal_nan=True)
    assert series.note == "not recorded: P2 W0, P2 W4"
    assert score_measure(clinical, "pga") is None


def median(sample: str, value: float | None, n: int, population: str = "/B", marker: str = "CD38"):
    return {
        "sample": sample,
        "population": population,
        "marker": marker,
        "statistic": "median",
        "value": value,
        "n": n,
    }


def test_medians_need_events_and_a_logarithm():
    names = ["P1_W0", "P1_W4", "P1_W24", "P2_W0"]
    samples = [
        {"sample": name, "role": "sample", "subject": name[:2], "visit": name[3:], "week": WEEKS[name[3:]]}
        for name in names
    ]
    samples.append({"sample": "FMO", "role": "fmo", "subject": "P1", "visit": "W0", "week": 0.0})
    rows = [
        median("P1_W0", 800.0, 25),
        median("P1_W4", None, 24),
        median("P1_W24", -3.0, 500),
        median("P1_W0", 5.0, 500, population="/B/DN"),
        median("P1_W0", 5.0, 500, marker="CD24"),
        median("FMO", 5.0, 500),
    ]
    measure = intensity_measure("CD38", rows, samples, population="/B", marker="CD38")
    series = measure.series()
    assert (series.kind, series.scale, series.subjects) == ("intensity", "log", ("P1",))
    assert np.array_equal(series.values, [[800, math.nan, math.nan]], equal_nan=True)
    assert "too few events for an intensity: P1 W4" in series.note
    assert "median not above 0, which has no logarithm: P1 W24" in series.note


def test_a_limit_is_read_from_the_table_and_must_be_a_number(tmp_path):
    place = tmp_path / "analytes.csv"
    place.write_text("subject,visit,analyte,value,unit\nP1,W0,GARP,<0.2,ng/mL\nP1,W4,GARP,,ng/mL\n")
    values, problems, _ = read_analytes(place)
    assert [(value.value, value.limit) for value in values] == [(None, 0.2), (None, None)]
    assert not problems
    place.write_text("subject,visit,analyte,value,unit\nP1,W0,GARP,<LOD,ng/mL\n")
    _, problems, _ = read_analytes(place)
    assert "row 2, column value: '<LOD' names no limit above 0. Write < and the limit" in str(problems[0])


def test_absolute_counts_of_few_events_are_kept_and_said_as_percentages_are():
    rows = [
        tube("P1", "W0", 3, 400, "below_lod", absolute_per_ul=0.5),
        tube("P1", "W4", 5, 40, "few_parent", absolute_per_ul=9.0),
        tube("P1", "W24", 90, 400, absolute_per_ul=None),
    ]
    absolute = subset_measures(rows, "DN")[1].series()
    assert np.array_equal(absolute.values, [[0.5, math.nan, math.nan]], equal_nan=True)
    assert absolute.note == (
        "below the limit of detection, kept as counted: P1 W0; no absolute count: P1 W24; "
        "with too few events in the denominator, left out: P1 W4"
    )
