"""Samples that say nothing of a cut: who places them, and what speaks against the place."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.fitting.alone import place_alone
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.fits import Fits
from cytogate.gating.fitting.placement import FEW_VOICES, THROUGH_PEAK
from cytogate.gating.template.file import template_from_dict

TOP = 1000.0
TEMPLATE = template_from_dict(
    {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "compensation": "none",
        "panel": {"CD3": []},
        "scales": {"default": {"kind": "linear", "T": TOP}, "scatter": {"kind": "linear", "T": TOP}},
        "cuts": {
            "t": {
                "marker": "CD3",
                "method": {"kind": "mindensity", "one_peak": "fallback"},
                "fallback": 450.0,
                "anchor": "study",
                "min_events": 100,
            }
        },
        "gates": [{"name": "T", "threshold": {"x": "CD3", "above": {"cut": "t"}}}],
    }
)


def sample(path, *peaks, n=2000):
    """Return a file whose CD3 has normal peaks at data values, all of one size."""
    rng = np.random.default_rng(sum(map(ord, path)))
    values = np.concatenate([rng.normal(middle, 40.0, n // len(peaks)) for middle in peaks])
    scatter = rng.normal(500.0, 50.0, len(values))
    return Events(np.column_stack([scatter, values]), [Channel("FSC-A"), Channel("B1-A", "CD3")], path=path)


def study(n_found, n_silent, *, silent_at=200.0, n_few=0):
    found = [sample(f"found{i}", 200.0, 700.0) for i in range(n_found)]
    silent = [sample(f"silent{i}", silent_at) for i in range(n_silent)]
    return found + silent + [sample(f"few{i}", 200.0, n=50) for i in range(n_few)]


def cut_of(fits, path):
    return fits.placements[path]["t"]


def test_one_voice_of_four_places_nobody_and_is_doubted():
    fits = fit_template(TEMPLATE, study(1, 3, n_few=2))
    lone = cut_of(fits, "found0")
    assert lone.fallback == ""
    assert lone.position == lone.own
    assert lone.doubts == (FEW_VOICES,)
    assert lone.variance[0] == pytest.approx(
        lone.own_variance[0] + 0.75 * (lone.own[0] - 450 / TOP) ** 2, rel=1e-9
    )
    for path in ("silent0", "few1"):
        placed = cut_of(fits, path)
        assert placed.position == (450 / TOP,)
        assert placed.variance == (math.inf,)
        assert placed.doubts == (FEW_VOICES,)
        assert "Only 1 of 4 samples that were asked found it." in placed.note
        assert "the template has it" in placed.told()
    assert place_alone(TEMPLATE, sample("later", 200.0), fits)["t"].position == (450 / TOP,)


def test_two_voices_place_the_others():
    fits = fit_template(TEMPLATE, study(2, 3, n_few=2))
    found = cut_of(fits, "found0").position[0]
    for path in ("silent0", "few1"):
        assert cut_of(fits, path).position[0] == pytest.approx(found, abs=0.03)
        assert cut_of(fits, path).doubts == ()


def test_a_cut_of_others_through_the_samples_own_peak_is_doubted():
    clear = fit_template(TEMPLATE, study(4, 1))
    moved = fit_template(TEMPLATE, study(4, 1, silent_at=450.0))
    placed = cut_of(moved, "silent0")
    assert placed.position[0] == pytest.approx(0.45, abs=0.02)
    assert placed.doubts == (THROUGH_PEAK,)
    assert "runs through a peak" in placed.told()
    assert math.sqrt(placed.variance[0]) > 0.06  # the peak ends 2.1 deviations of 0.04 from its middle
    assert cut_of(clear, "silent0").doubts == ()
    assert math.sqrt(cut_of(clear, "silent0").variance[0]) < 0.03
    later = place_alone(TEMPLATE, sample("later", 450.0), clear)["t"]
    assert later.doubts == (THROUGH_PEAK,)


def test_doubts_are_kept_in_files_and_may_be_missing_in_old_ones():
    data = json.loads(json.dumps(fit_template(TEMPLATE, study(1, 3)).to_dict()))
    assert cut_of(Fits.from_dict(data), "found0").doubts == (FEW_VOICES,)
    assert Fits.from_dict(data).to_dict() == data
    del data["placements"]["found0"]["t"]["doubts"]
    assert cut_of(Fits.from_dict(data), "found0").doubts == ()
