"""The accuracy bars: what is computed of figures beside a truth, and one small trial from end to end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cytogate as cg

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def modules():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import accuracy
        import trials
        import tube_bars

        yield tube_bars, trials, accuracy
    for name in ("accuracy", "trials", "tube_bars", "verdicts"):
        sys.modules.pop(name, None)


def tubes(**columns):
    frame = {"seed": 1, "subject": "P1", "week": 0, "subset": "DN", "truth": 10.0, "meant": 10.0, "f1": 1.0}
    return pd.DataFrame({**frame, **columns})


def test_relative_error_is_the_median_over_tubes(modules):
    (row,) = modules[0].relative_errors(tubes(percent=[11.0, 9.5, 10.0, np.nan]))
    assert (row.what, row.measured, row.promised, row.holds) == ("DN", "5 %", "at most 8 %", True)
    (row,) = modules[0].relative_errors(tubes(percent=[12.0, 8.5]))
    assert row.holds is False


def test_replicates_are_pooled_by_mean_square(modules):
    found = modules[0].replicate_cv(tubes(percent=[9.0, 11.0, 20.0, 20.0], week=[0, 0, 4, 4]))
    by = {row.what: row for row in found}
    assert by["DN"].measured == f"{100 * np.sqrt(((2 / 100) + 0) / 2):.3g} %"
    assert by["Treg"].holds is None  # nothing of it was measured


def test_intervals_are_drawn_in_to_ninety_percent(modules):
    bars = modules[0]
    logit = float(np.log(0.1 / 0.9))
    share = 1.6448536 / 1.9599640
    ends = [100 / (1 + np.exp(-logit - step)) for step in (-1.0, 1.0)]
    just = [100 / (1 + np.exp(-logit - step * share)) for step in (0.999, 1.001)]
    rows = bars.coverage(tubes(percent=10.0, low=ends[0], high=ends[1], meant=[*just, 10.0, 1.0]))
    assert rows[0].measured == "50 %"


def test_slope_error_is_in_points_of_twenty_four_weeks(modules):
    bars = modules[0]
    true = [10.0, 11.0, 12.0]
    known = tubes(week=[0, 12, 24], truth=true, percent=[10.0, 11.5, np.nan])
    assert bars.slope_error(known) == pytest.approx(1.0)
    assert bars.slope_error(tubes(week=[0, 12, 24], truth=true, percent=[4.0, 5.0, 6.0])) < 1e-9
    assert np.isnan(bars.slope_error(tubes(percent=[1.0])))


def test_a_slope_has_to_be_better_than_its_rivals(modules):
    bars = modules[0]

    def ending_at(percent):
        return tubes(week=[0, 24], truth=[10.0, 12.0], percent=[10.0, percent])

    ways = {"as written": ending_at(12.1), "fixed": ending_at(12.4), "per sample": ending_at(12.1)}
    assert [row.holds for row in bars.slopes(ways, ways)] == [True, False, True]


def test_f1_counts_hits_among_what_is_gated_and_what_is_there(modules):
    trials = modules[1]
    (target,) = (one for one in trials.TARGETS if one.name == "unswitched_memory")
    cells = trials.Cells(np.array(["UM", "UM", "", "T3"]))

    class Masks:
        def mask(self, population):
            assert population == "B/UM"
            return np.array([True, False, True, False])

    assert cells.f1(target, Masks()) == 0.5
    assert cells.percent(target) == pytest.approx(200 / 3)


@pytest.mark.parametrize("name", ["sle_bcell_fitted", "treg_helios_fitted"])
def test_rivals_of_a_template_are_templates_too(modules, name, tmp_path):
    trials = modules[1]
    written = cg.load_template(name)
    for variant, least in (("fixed", trials.NOBODY), ("per sample", 0)):
        place = tmp_path / f"{variant}.yaml"
        place.write_text(json.dumps(trials.varied(written.to_dict(), variant)))
        rival = cg.load_template(place)
        assert rival.fitted.keys() == written.fitted.keys()
        assert all((part.scope, part.anchor) == ("sample", "none") for part in rival.fitted.values())
        assert all(part.min_events >= least for part in rival.fitted.values())
    assert trials.varied(written.to_dict(), "as written") == written.to_dict()


def test_a_small_trial_is_gated_and_measured(modules, tmp_path):
    accuracy = modules[2]
    bench = accuracy.Bench(tmp_path, {"treg": "treg_helios"}, [3], 1500, 1)
    found = bench.measured("small", visits=[0, 4], replicates=2)
    assert sorted(found["subset"].unique()) == ["CD4", "Treg", "helios_treg"]
    assert len(found) == 2 * 2 * 3
    assert (found["f1"] > 0.7).all()
    assert ((found["percent"] / found["truth"] - 1).abs() < 0.25).all()
    printed = accuracy.table(accuracy.relative_errors(found))
    assert "relative error  CD4" in printed
