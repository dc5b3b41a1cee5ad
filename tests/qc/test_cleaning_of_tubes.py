"""What cleaning takes out of simulated tubes, beside what went wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from qc_tubes import NOTHING, events_of, simulated, truth_of

import cytogate as cg
from cytogate.gating.cleaning import with_cleaning
from cytogate.qc.check import removing_checks
from cytogate.qc.inspection import cleaning_gates, inspect_events


def removed(tube, remove=("flow_rate", "signal")) -> np.ndarray:
    events = events_of(tube)
    gates = cleaning_gates(inspect_events(events, NOTHING, threads=1), remove)
    return ~cg.gate(events, with_cleaning(NOTHING, gates), threads=1).root_mask()


def test_clogs_and_fast_drift_go_and_good_events_stay():
    bad = found = good = lost = 0
    for seed in (1, 2, 4):
        for flow in ({"clog_probability": 1.0}, {"bad_drift_probability": 1.0}, {"bubble_probability": 1.0}):
            tube = simulated(seed, **flow)
            clogged, drifted, well = truth_of(tube)
            out = removed(tube)
            bad, found = bad + (clogged | drifted).sum(), found + (out & (clogged | drifted)).sum()
            good, lost = good + well.sum(), lost + (out & well).sum()
    assert bad > 10_000
    assert found / bad >= 0.90
    assert lost / good <= 0.05


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_a_tube_that_ran_well_little_is_lost(seed):
    assert removed(simulated(seed)).mean() <= 0.05


@pytest.mark.parametrize("seed", range(5, 13))
def test_small_tubes_that_ran_well_lose_nothing(seed):
    """Of 9,000 events there are 70 bins: what chance makes of so few is no disturbance."""
    assert removed(simulated(seed, 9_000)).mean() == 0.0


def test_events_at_the_margin_go_and_no_others():
    tube = simulated(3)
    events = events_of(tube)
    inspection = inspect_events(events, NOTHING, threads=1)
    (found,) = inspection.found(["margins"])
    out = removed(tube, ("margins",))
    np.testing.assert_array_equal(out, tube.margin | (tube.values[:, :4] < 0).any(axis=1))
    assert found.percent == pytest.approx(100 * out.mean())


def test_nothing_is_taken_out_unless_asked_for():
    inspection = inspect_events(events_of(simulated(1, clog_probability=1.0)), NOTHING, threads=1)
    assert cleaning_gates(inspection, ()) == ()
    assert set(removing_checks()) == {"margins", "flow_rate", "signal"}


def test_the_answer_does_not_depend_on_threads():
    events = events_of(simulated(1, clog_probability=1.0))
    one, two = (inspect_events(events, NOTHING, threads=threads) for threads in (1, 2))
    assert one.findings == two.findings
