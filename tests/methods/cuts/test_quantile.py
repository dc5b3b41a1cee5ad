"""Quantiles of a reference population and of controls; controls that cannot be controls."""

from __future__ import annotations

import re

import numpy as np
import pytest
from cut_mixtures import answers, sample, spreads, summary_of
from scipy.stats import norm

from cytogate.errors import CytogateError, GatingError
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_CONTROL, OUT_OF_BOUNDS, Bounds, cut_methods
from cytogate.methods.cuts.fmo import Fmo
from cytogate.methods.cuts.quantile import Quantile
from cytogate.methods.cuts.reference import Reference

PURE = ((1.0, 0.3, 0.05),)
ANYWHERE = Bounds(0.5)


@pytest.mark.parametrize("probability", [0.01, 0.5, 0.95, 0.999])
def test_cut_is_the_quantile_of_the_events(probability):
    values = np.random.default_rng(1).normal(0.3, 0.05, 50_000)
    found = Quantile(probability).find(summary_of(values), ANYWHERE)
    assert found.position[0] == pytest.approx(np.quantile(values, probability), abs=0.001)


@pytest.mark.parametrize(("probability", "n"), [(0.5, 500), (0.99, 1000), (0.99, 20_000), (0.999, 20_000)])
def test_variance_is_that_of_repeated_samples(probability, n):
    real, said = spreads(answers(Quantile(probability), ANYWHERE, n, PURE, repeats=150))
    assert said == pytest.approx(real, rel=0.3)


def test_variance_is_the_formula_of_large_samples():
    found = Quantile(0.99).find(sample(50_000, *PURE), ANYWHERE)
    density = norm.pdf(norm.ppf(0.99)) / 0.05
    assert found.variance[0] == pytest.approx(0.99 * 0.01 / 50_000 / density**2, rel=0.3)


@pytest.mark.parametrize(("probability", "needed"), [(0.99, 1000), (0.999, 10_000), (0.01, 1000)])
def test_ten_events_are_needed_beyond_the_cut(probability, needed):
    values = np.random.default_rng(2).normal(0.3, 0.05, needed)
    assert not Quantile(probability).find(summary_of(values), ANYWHERE).fallback
    found = Quantile(probability).find(summary_of(values[1:]), ANYWHERE)
    assert found.fallback == FEW_EVENTS
    assert f"{needed:,}" in found.note


def test_more_events_beyond_the_cut_are_surer():
    sure = [Quantile(0.99).find(sample(n, *PURE), ANYWHERE).confidence for n in (1000, 10_000, 100_000)]
    assert sure == sorted(sure)
    assert 0.6 < sure[0] < 0.7


def test_quantile_among_events_beyond_the_scale_is_not_a_cut():
    values = np.concatenate([np.random.default_rng(3).normal(0.3, 0.05, 9000), np.full(1000, np.inf)])
    assert Quantile(0.95).find(summary_of(values), ANYWHERE).fallback == OUT_OF_BOUNDS
    assert Quantile(0.85).find(summary_of(values), ANYWHERE).position[0] < 0.5


def test_quantile_outside_its_bounds_falls_back():
    found = Quantile(0.99).find(sample(5000, *PURE), Bounds(0.5, 0.45, 0.6))
    assert (found.position, found.fallback) == ((0.5,), OUT_OF_BOUNDS)


def test_dead_marker_has_no_quantile():
    assert Quantile(0.5).find(summary_of([0.3] * 5000), ANYWHERE).fallback == DEAD_MARKER


def test_fmo_is_the_quantile_of_the_control():
    control = sample(20_000, *PURE)
    found = Fmo(0.99).find(control, ANYWHERE)
    assert Fmo.looks_at == "control"
    assert found.position == Quantile(0.99).find(control, ANYWHERE).position
    assert "1.00%" in found.note


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_stained_control_is_not_believed(share):
    mislabelled = sample(20_000, (1 - share, 0.3, 0.05), (share, 0.7, 0.06))
    found = Fmo().find(mislabelled, ANYWHERE)
    assert (found.position, found.fallback) == ((0.5,), NO_CONTROL)
    (said,) = re.findall(r"(\d+)% of its events", found.note)
    assert int(said) == pytest.approx(100 * share, abs=1.5)


def test_a_few_bright_events_do_not_spoil_a_control():
    control = sample(50_000, (0.997, 0.3, 0.05), (0.003, 0.8, 0.05))
    assert not Fmo(0.99).find(control, ANYWHERE).fallback


def test_small_control_says_so():
    assert Fmo(0.995).find(sample(1999, *PURE), ANYWHERE).fallback == FEW_EVENTS


@pytest.mark.parametrize("method", [Quantile, Fmo])
def test_probability_beyond_its_range_is_refused(method):
    with pytest.raises(GatingError, match="probability must be between 0 and 1, not 1"):
        method(probability=1.0)


@pytest.mark.parametrize(
    ("by", "same"),
    [("quantile", Quantile()), ({"kind": "quantile", "probability": 0.95}, Quantile(0.95)),
     ({"kind": "tailgate", "tolerance": 0.05}, cut_methods.get("tailgate")(tolerance=0.05))],
)  # fmt: skip
def test_reference_finds_what_its_method_finds(by, same):
    summary = sample(20_000, *PURE)
    assert Reference(by).find(summary, ANYWHERE) == same.find(summary, ANYWHERE)


@pytest.mark.parametrize(
    ("by", "message"),
    [("reference", "must name a method"), ({"probability": 0.9}, "must name a method"),
     ({"kind": "quantile", "prob": 0.9}, r"no argument prob; it has probability"),
     ("fmo", "looks at the sample"), ({"kind": "quantile", "probability": 2}, "between 0 and 1"),
     ("quantil", "Unknown method for a cut 'quantil'")],
)  # fmt: skip
def test_reference_refuses_what_is_no_method(by, message):
    with pytest.raises(CytogateError, match=message):
        Reference(by)
