"""False alarms: the script asks every offered test, and would see a p that is too small."""

from __future__ import annotations

import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from bench.scripts import run_script

from cytogate.stats.comparison import trend_tests

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def type_one():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import type_one

        yield type_one
    sys.modules.pop("type_one", None)


def test_every_offered_test_with_a_p_is_promised_something(type_one):
    assert {name.split(",")[0] for name in type_one.HOLDS} == set(trend_tests.names()) - {"agreement"}


def test_a_script_of_few_trials_prints_every_row(tmp_path):
    printed = run_script("type_one.py", "--trials", "40", "--workers", "1", cwd=tmp_path, timeout=250)
    assert all(f"| {name}: " in printed for name in trend_tests.names() if name != "agreement")
    assert "Wald p of the note" in printed


def test_a_p_that_is_too_small_is_seen(type_one):
    counts = Counter({("k", "row", "n"): 4000, ("k", "row", "low"): 272})  # 6.8 %
    assert type_one.rate(counts, "k", "row") == (0.068, True)
    counts["k", "row", "low"] = 227
    assert type_one.rate(counts, "k", "row")[1] is False
    assert math.isnan(type_one.rate(Counter(), "k", "row")[0])


@pytest.mark.parametrize("world", ["even", "course", "drift", "chain"])
def test_worlds_are_what_they_say(type_one, world):
    series, asked = type_one.trial(world, 400, np.random.default_rng(1))
    x = series.on_scale()
    change = x[:, -1] - x[:, 0]
    step = np.nanstd(x[:, 1] - x[:, 0])
    assert bool(abs(np.nanmean(change)) > 0.3) is (world == "course")
    assert bool(np.nanstd(change) > 0.5) is (world == "drift")
    assert bool(step < 0.2) is (world == "chain")
    pairs = np.corrcoef(np.nan_to_num(x[:, 1] - np.nanmean(x)), np.nan_to_num(x[:, 2] - np.nanmean(x)))[0, 1]
    assert 0.5 < pairs < 1  # patients have a level of their own
    y = asked.partner.values
    assert abs(np.corrcoef(np.nan_to_num(change - np.nanmean(change)), y[:, -1] - y[:, 0])[0, 1]) < 0.15
