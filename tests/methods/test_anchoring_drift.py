"""Stains that drift in all samples alike from visit to visit: anchored cuts follow, on simulated studies."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from cytogate.methods.anchoring import Own, anchor_samples, anchored
from cytogate.methods.common import Common

WEEKS = [f"W{week}" for week in (0, 4, 8, 12, 16, 20, 24)]
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 0.3)  # a titre that goes down, and comes back with a new lot


def drifting(seed, drift, *, patients=6, noise=0.01, is_silent=lambda i: False):
    """Return (truth, samples) of patients in batches of two, whose cuts all drift by up to `drift`."""
    rng = np.random.default_rng(seed)
    patient, week = np.divmod(np.arange(patients * len(WEEKS)), len(WEEKS))
    batch = patient // 2
    truth = 0.5 + rng.normal(0, 0.01, patients)[batch] + drift * np.array(SHARES)[week]
    truth += rng.normal(0, 0.006, len(truth))
    deviation = noise * np.exp(rng.normal(0, 0.5, len(truth)))
    seen = truth + rng.normal(0, deviation)
    owns = {}
    for i in range(len(truth)):
        place, doubt = (0.5, math.inf) if is_silent(i) else (float(seen[i]), float(deviation[i] ** 2))
        more = {"visit": WEEKS[week[i]]}
        owns[f"s{i:02d}"] = Own((place,), (doubt,), f"p{patient[i]}", f"b{batch[i]}", **more)
    return truth, owns


def without_visits(owns):
    return {key: replace(own, visit="") for key, own in owns.items()}


def drift_errors(drift, anchor="batch"):
    """Return rms errors with visits, without, and of own positions; and how far W20 is held back."""
    found, held_back = {"visits": [], "none": [], "own": []}, {"visits": [], "none": []}
    for seed in range(8):
        truth, owns = drifting(seed, drift)
        seen = np.array([own.position[0] for own in owns.values()])
        worst = np.array([own.visit == WEEKS[5] for own in owns.values()])
        found["own"].append(seen - truth)
        for name, samples in (("visits", owns), ("none", without_visits(owns))):
            placed, _ = anchor_samples(samples, anchor)
            positions = np.array([one.position[0] for one in placed.values()])
            found[name].append(positions - truth)
            held_back[name].append((positions - seen)[worst].mean())
    rms = {name: float(np.sqrt(np.mean(np.square(values)))) for name, values in found.items()}
    return rms, {name: float(np.mean(values)) for name, values in held_back.items()}


@pytest.mark.parametrize("anchor", ["subject", "batch", "study"])
def test_a_drift_of_all_samples_is_followed(anchor):
    error, held_back = drift_errors(-0.04, anchor)
    assert error["visits"] < 0.9 * min(error["none"], error["own"])
    # What all samples of a visit do together is no chance, and is not shrunk away.
    assert held_back["none"] > 0.004
    assert abs(held_back["visits"]) < 0.3 * held_back["none"]


def test_without_a_drift_visits_cost_next_to_nothing():
    error, _ = drift_errors(0.0)
    assert error["visits"] < 1.03 * error["none"]


def test_a_silent_sample_goes_with_its_visit():
    rms = {"visits": [], "none": []}
    for seed in range(8):
        truth, owns = drifting(seed, -0.05, is_silent=lambda i: i % 5 == 0)
        for name, samples in (("visits", owns), ("none", without_visits(owns))):
            placed, _ = anchor_samples(samples, "batch")
            rms[name] += [placed[f"s{i:02d}"].position[0] - truth[i] for i in range(0, len(truth), 5)]
    assert np.sqrt(np.mean(np.square(rms["visits"]))) < 0.7 * np.sqrt(np.mean(np.square(rms["none"])))


@pytest.mark.parametrize("drift", [0.0, -0.03])
def test_intervals_of_90_percent_cover_where_stains_drift(drift):
    inside = []
    for seed in range(12):
        truth, owns = drifting(seed, drift, is_silent=lambda i: i % 9 == 4)
        placed, _ = anchor_samples(owns, "batch")
        position = np.array([one.position[0] for one in placed.values()])
        half = 1.645 * np.sqrt([one.variance[0] for one in placed.values()])
        inside += (np.abs(position - truth) < half).tolist()
    assert 0.83 <= np.mean(inside) <= 0.97


def test_a_jump_is_seen_although_stains_drift_and_no_drift_is_a_jump():
    for seed in range(5):
        truth, owns = drifting(seed, -0.15, noise=0.005)
        own = owns["s19"]
        owns["s19"] = replace(own, position=(own.position[0] + 0.15,))
        placed, _ = anchor_samples(owns, "batch")
        assert placed["s19"].jumped > 0.95
        assert abs(placed["s19"].position[0] - truth[19]) < 0.03
        assert np.mean([one.jumped > 0.5 for key, one in placed.items() if key != "s19"]) < 0.05
        without, _ = anchor_samples(without_visits(owns), "batch")
        assert without["s19"].jumped < 0.5  # within a drift it does not stand out


def test_a_visit_at_which_all_moved_is_no_visit_of_jumps():
    truth, owns = drifting(3, 0.0, noise=0.003)
    for i in range(3, len(truth), len(WEEKS)):
        own = owns[f"s{i:02d}"]
        owns[f"s{i:02d}"] = replace(own, position=(own.position[0] + 0.2,))
    placed, common = anchor_samples(owns, "batch")
    assert max(one.jumped for one in placed.values()) < 0.5
    assert common.drift["W12"][0][0] - common.drift["W8"][0][0] == pytest.approx(0.2, abs=0.01)


def test_a_later_sample_goes_with_its_visit():
    truth, owns = drifting(4, -0.05)
    _, common = anchor_samples({key: own for key, own in owns.items() if key != "s05"}, "batch")
    later = anchored(common, (math.nan,), (math.inf,), "b0", visit="W20")
    together, _ = anchor_samples({**owns, "s05": replace(owns["s05"], variance=(math.inf,))}, "batch")
    assert later.position == pytest.approx(together["s05"].position, abs=0.002)
    assert later.variance == pytest.approx(together["s05"].variance, rel=0.5)
    assert abs(later.position[0] - truth[5]) < 0.02
    unknown = anchored(common, (math.nan,), (math.inf,), "b0", visit="W96")
    assert unknown.variance[0] > 2 * later.variance[0]
    again = Common.from_dict(json.loads(json.dumps(common.to_dict())))
    assert anchored(again, (math.nan,), (math.inf,), "b0", visit="W20") == later
