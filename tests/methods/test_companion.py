"""Companions against simulated studies: what a related cut is worth; an unrelated one is not believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.methods.anchoring import Own, anchor_samples, anchored
from cytogate.methods.companion import FEWEST, Slope, slope_of

N, BATCHES = 20, 4
NOISE, REST = 0.005, 0.008  # of a sample's own cut; of the cut beyond what the companion says
ALIKE = 0.02  # how far companions lie apart


def study(seed, slope, n=N, *, is_silent=lambda i: i % 4 == 0):
    """Return (true positions, what samples say) where the cut goes with its companion by `slope`."""
    rng = np.random.default_rng(seed)
    batch = np.arange(n) % BATCHES
    beside = 0.4 + rng.normal(0, ALIKE / 2, BATCHES)[batch] + rng.normal(0, ALIKE, n)
    truth = 0.45 + slope * (beside - 0.4) + rng.normal(0, REST, n)
    seen = truth + rng.normal(0, NOISE, n)
    owns = {}
    for i in range(n):
        place, variance = (0.2, math.inf) if is_silent(i) else (float(seen[i]), NOISE**2)
        owns[f"s{i:02d}"] = Own((place,), (variance,), f"p{i % 5}", f"b{batch[i]}", beside=float(beside[i]))
    return truth, owns


def alone(owns):
    """Return the same samples without companions."""
    return {key: Own(own.position, own.variance, own.subject, own.batch) for key, own in owns.items()}


def silent_errors(slope, seeds=range(12), **more):
    """Return errors of silent samples with and without companions, and with them in standard deviations."""
    with_it, without, in_deviations = [], [], []
    for seed in seeds:
        truth, owns = study(seed, slope, **more)
        placed, plain = anchor_samples(owns, "batch")[0], anchor_samples(alone(owns), "batch")[0]
        for true, (key, own) in zip(truth, owns.items(), strict=True):
            if not own.says:
                with_it.append(placed[key].position[0] - true)
                without.append(plain[key].position[0] - true)
                in_deviations.append(with_it[-1] / math.sqrt(placed[key].variance[0]))
    return np.array(with_it), np.array(without), np.array(in_deviations)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.mark.parametrize("slope", [1.0, 0.6, -0.8])
def test_a_silent_sample_goes_with_its_companion(slope):
    with_it, without, _ = silent_errors(slope)
    assert rms(with_it) < 0.75 * rms(without)
    assert rms(with_it) < 1.3 * REST


def test_an_unrelated_companion_moves_nothing_that_matters():
    with_it, without, _ = silent_errors(0.0)
    assert rms(with_it) < 1.05 * rms(without)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_intervals_of_silent_samples_hold_the_truth_as_often_as_they_say(slope):
    _, _, in_deviations = silent_errors(slope, seeds=range(40))
    assert 0.85 < np.mean(np.abs(in_deviations) < 1.645) < 0.97


def test_the_slope_is_found_in_proportion_to_what_samples_say():
    related = [anchor_samples(study(seed, 1.0)[1], "batch")[1].slope for seed in range(8)]
    unrelated = [anchor_samples(study(seed, 0.0)[1], "batch")[1].slope for seed in range(8)]
    assert np.mean([slope.mean for slope in related]) == pytest.approx(1.0, abs=0.1)
    assert max(abs(slope.mean) for slope in unrelated) < 0.3
    assert all(slope.variance > 0 for slope in (*related, *unrelated))


def test_a_jump_does_not_bend_the_slope():
    _, owns = study(3, 1.0)
    own = owns["s05"]
    owns["s05"] = Own((own.position[0] - 0.3,), own.variance, own.subject, own.batch, beside=own.beside)
    rest = {key: one for key, one in owns.items() if key != "s05"}
    placed, common = anchor_samples(owns, "batch")
    assert common.slope.mean == pytest.approx(anchor_samples(rest, "batch")[1].slope.mean, abs=0.02)
    assert placed["s05"].jumped > 0.95


def test_a_cut_that_goes_with_its_companion_is_no_jump():
    _, owns = study(4, 1.0)
    far = dict(owns)
    far["far"] = Own((0.65,), (NOISE**2,), "p0", "b0", beside=0.6)
    assert anchor_samples(far, "batch")[0]["far"].jumped < 0.1
    assert anchor_samples(alone(far), "batch")[0]["far"].jumped > 0.9


@pytest.mark.parametrize("n", [1, 2, FEWEST - 1])
def test_few_samples_have_no_slope(n):
    _, owns = study(5, 1.0, n, is_silent=lambda _: False)
    assert anchor_samples(owns, "batch")[1].slope == Slope()


def test_companions_that_stand_at_one_place_say_nothing():
    y, v = np.linspace(0.4, 0.5, 10), np.full(10, 1e-4)
    assert slope_of(y, v, ["b"] * 10, np.full(10, 0.3)) == Slope()
    assert slope_of(y, v, ["b"] * 10, np.full(10, math.nan)) == Slope()


def test_exact_cuts_on_a_line_have_its_slope():
    x = np.linspace(0.3, 0.5, 12)
    found = slope_of(0.1 + 0.7 * x, np.zeros(12), ["b", "c"] * 6, x)
    assert found.mean == pytest.approx(0.7, abs=0.02)


def test_neither_order_nor_place_on_the_scale_matters():
    _, owns = study(6, 0.8)
    placed, common = anchor_samples(owns, "batch")
    assert anchor_samples(dict(reversed(list(owns.items()))), "batch")[1].slope == common.slope
    moved = {
        key: Own((own.position[0] + 3,), own.variance, own.subject, own.batch, beside=own.beside - 2)
        for key, own in owns.items()
    }
    for key, found in anchor_samples(moved, "batch")[0].items():
        assert found.position[0] == pytest.approx(placed[key].position[0] + 3, abs=1e-9)


@pytest.mark.parametrize("key", ["s01", "s04"])
def test_a_later_sample_goes_with_its_companion_too(key):
    _, owns = study(7, 1.0)
    together, _ = anchor_samples(owns, "batch")
    _, common = anchor_samples({name: own for name, own in owns.items() if name != key}, "batch")
    own = owns[key]
    later = anchored(common, own.position, own.variance, own.batch, own.beside)
    assert later.position[0] == pytest.approx(together[key].position[0], abs=0.004)
    unknown = anchored(common, own.position, (math.inf,), own.batch)
    assert unknown.position == common.groups[own.batch][0]


def test_without_an_anchor_companions_move_nothing():
    _, owns = study(8, 1.0)
    placed, _ = anchor_samples(owns, "none")
    assert all(placed[key].position == own.position for key, own in owns.items())
