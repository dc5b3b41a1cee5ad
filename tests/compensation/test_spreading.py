"""Spillover spreading: known noise is found again; what cannot be told is said."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.compensation.spreading import FEWEST, spreading


def stain(n: int = 20_000, *, signal: float = 20_000.0, spread: float = 2.0, seed: int = 0) -> np.ndarray:
    """Return events of three detectors: half are bright on the first and noisier on the second."""
    rng = np.random.default_rng(seed)
    table = rng.normal(0.0, 100.0, (n, 3))
    bright = rng.random(n) < 0.5
    table[bright, 0] += signal * rng.lognormal(0.0, 0.05, bright.sum())
    table[bright, 1] += rng.normal(0.0, spread * np.sqrt(signal), bright.sum())
    return table


@pytest.mark.parametrize("signal", [5_000.0, 50_000.0])
@pytest.mark.parametrize("spread", [1.0, 2.0, 6.0])
def test_spread_that_grows_with_the_root_of_the_signal_is_found_at_any_signal(signal, spread):
    found = spreading(stain(signal=signal, spread=spread), 0)
    # P84 is 0.9945 standard deviations; sampling adds some per cent
    assert found.values[1] == pytest.approx(spread, rel=0.12, abs=0.15)
    assert found.values[2] < 0.4
    assert np.isnan(found.values[0])
    assert found.why == ""


def test_how_many_times_wider_the_stained_cells_are():
    found = spreading(stain(signal=20_000.0, spread=3.0), 0)
    assert found.wider[1] == pytest.approx(np.hypot(1.0, 3.0 * np.sqrt(20_000.0) / 100.0), rel=0.08)
    assert found.wider[2] == pytest.approx(1.0, abs=0.08)
    assert np.isnan(found.wider[0])


def test_its_own_detector_may_stand_anywhere():
    moved = stain()[:, [2, 0, 1]]
    found = spreading(moved, 1)
    assert np.isnan(found.values[1])
    assert found.values[2] == pytest.approx(2.0, rel=0.12)


def test_bright_events_are_told_from_others():
    found = spreading(stain(), 0)
    assert found.n_negative + found.n_positive == 20_000
    assert found.n_positive == pytest.approx(10_000, abs=300)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (np.empty((0, 3)), "no events"),
        (np.full((50, 3), np.nan), "no events"),
        (stain(FEWEST), f"fewer than {FEWEST} events"),
        (np.random.default_rng(1).normal(0, 100, (5000, 3)), "do not stand apart"),
        (np.ones((5000, 3)), "fewer than"),
    ],
)
def test_what_cannot_be_told_is_said_and_no_number_given(events, why):
    found = spreading(events, 0)
    assert why in found.why
    assert np.isnan(found.values).all()
