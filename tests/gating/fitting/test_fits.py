"""Fits: the width of a logicle scale from the negatives of all files."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from cytogate.errors import TemplateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.fits import Fits
from cytogate.gating.fitting.scales import EVENTS_PER_FILE, logicle_width
from cytogate.gating.sampling import sample_events
from cytogate.gating.template.file import template_from_dict

CHANNELS = [Channel("FSC-A"), Channel("B1-A", "CD19"), Channel("Y1-A", "CD27")]


def template(**more: object):
    data = {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "compensation": "none",
        "panel": {"CD19": [], "CD27": [], "CD99": []},
        "scales": {
            "default": {"kind": "logicle", "T": 262144.0, "W": "auto", "M": 4.5},
            "scatter": {"kind": "linear", "T": 262144.0},
        },
        "gates": [{"name": "G", "rectangle": {"x": "CD19", "y": "CD27", "x_min": 1.0}}],
    }
    return template_from_dict({**data, **more})


def events(n: int = 5000, seed: int = 0, spread: float = 100.0) -> Events:
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.uniform(0, 2e5, n), rng.normal(0, spread, n), rng.normal(500, spread, n)])
    return Events(values, CHANNELS)


def width_by_definition(values: np.ndarray) -> float:
    lowest = np.quantile(values[values < 0], 0.05)
    return (4.5 - math.log10(262144 / abs(lowest))) / 2


def test_width_follows_the_pooled_negatives():
    sources = [events(seed=1), events(seed=2, spread=300), events(seed=3, n=800)]
    pooled = np.concatenate([source.column("B1-A") for source in sources])
    fits = fit_template(template(), sources)
    assert fits.scales["CD19"]["W"] == pytest.approx(width_by_definition(pooled), abs=1e-3)
    assert fits.scales["CD19"] == {
        "kind": "logicle",
        "T": 262144.0,
        "W": fits.scales["CD19"]["W"],
        "M": 4.5,
        "A": 0.0,
    }


def test_marker_without_negatives_has_no_linear_region():
    values = np.abs(events().values) + 1.0
    assert fit_template(template(), [Events(values, CHANNELS)]).scales["CD19"]["W"] == 0.0


@pytest.mark.parametrize(("lowest", "width"), [(None, 0.0), (-1e-9, 0.0), (-1e9, 2.0), (-262.144, 0.75)])
def test_width_stays_between_zero_and_two(lowest, width):
    assert logicle_width(lowest, top=262144, decades=4.5) == width


def test_width_is_never_more_than_half_the_decades():
    assert logicle_width(-1e9, top=262144, decades=3.0) == 1.5


def test_order_of_files_does_not_matter():
    sources = [events(seed=seed, n=1000 + seed) for seed in range(5)]
    first = fit_template(template(), sources).to_dict()
    assert fit_template(template(), sources[::-1]).to_dict() == first


def test_saturated_events_are_left_out():
    clean = events()
    spoiled = clean.values.copy()
    spoiled[:50, 2] = 262143.0
    spoiled[:50, 1] = -90_000.0
    assert fit_template(template(), [Events(spoiled, CHANNELS)]).scales["CD19"]["W"] == pytest.approx(
        width_by_definition(clean.column("B1-A")[50:]), abs=1e-3
    )


def test_values_beyond_a_range_that_is_no_ceiling_count():
    channels = [Channel("FSC-A"), Channel("B1-A", "CD19", range=100.0), Channel("Y1-A", "CD27", range=100.0)]
    source = events()
    fits = fit_template(template(), [Events(source.values, channels)])
    assert fits.scales["CD19"]["W"] == fit_template(template(), [source]).scales["CD19"]["W"]


def test_axes_begin_at_the_lowest_thousandth_and_end_at_the_top_of_the_scale():
    gates = [{"name": "G", "rectangle": {"x": "CD19", "y": "FSC-A", "x_min": 1.0}}]
    source = events(20_000)
    fits = fit_template(template(gates=gates), [source])
    low, high = fits.axes["CD19"]
    assert low == pytest.approx(np.quantile(source.column("B1-A"), 0.001), rel=0.02)
    assert high == 262144.0
    assert fits.axes["FSC-A"] == (0.0, 262144.0)


@pytest.mark.parametrize(("n_colour", "n_scatter", "is_colour"), [(1, 1, True), (2, 1, True), (1, 2, False)])
def test_a_channel_that_files_take_for_different_things_is_what_most_say_in_any_order(
    n_colour, n_scatter, is_colour
):
    odd = [Channel("FSC-A"), Channel("SSC-H", "CD19"), Channel("Y1-A", "CD27")]
    panels = [CHANNELS] * n_colour + [odd] * n_scatter
    sources = [Events(events(seed=at).values, panel) for at, panel in enumerate(panels)]
    fits = [fit_template(template(), order) for order in (sources, sources[::-1])]
    assert fits[0].to_dict() == fits[1].to_dict()
    assert fits[0].scales["CD19"]["kind"] == ("logicle" if is_colour else "linear")


def test_unreadable_files_are_skipped_and_named(tmp_path):
    bad = tmp_path / "bad.fcs"
    bad.write_bytes(b"this is not FCS")
    other = Events(np.ones((3, 1)), ["X"], path="other.fcs")
    fits = fit_template(template(), [bad, events(), tmp_path / "none.fcs", other])
    assert fits.scales["CD19"] == fit_template(template(), [events()]).scales["CD19"]
    assert [problem.location for problem in fits.skipped] == [
        str(bad),
        str(tmp_path / "none.fcs"),
        "other.fcs",
    ]
    assert "CD19" in fits.skipped[2].message


def test_events_of_a_large_file_are_looked_at_evenly_and_not_all():
    n = 100_000
    source = Events(np.column_stack([np.arange(n, dtype=np.float64)] * 3), CHANNELS)
    sampled = sample_events(source, ["FSC-A"], n_events=EVENTS_PER_FILE)[:, 0]
    assert len(sampled) == EVENTS_PER_FILE == len(set(sampled))
    assert (sampled[0], sampled[-1]) == (0, n - 1)
    assert np.histogram(sampled, bins=10, range=(0, n))[0].min() >= EVENTS_PER_FILE / 10 - 500


@pytest.mark.parametrize("n", [0, 1, 499, 20_000, 20_001, 20_499])
def test_sample_of_any_size_of_file_is_within_the_limit(n):
    source = Events(np.arange(3.0 * n).reshape(n, 3), CHANNELS)
    sampled = sample_events(source, ["CD27", "FSC-A"], n_events=EVENTS_PER_FILE)
    assert len(sampled) == min(n, EVENTS_PER_FILE)
    np.testing.assert_array_equal(sampled[:, 0], sampled[:, 1] + 2)


def test_empty_file_gives_scales_without_width():
    fits = fit_template(template(), [events(0)])
    assert fits.scales["CD19"]["W"] == 0.0
    assert fits.skipped == ()


def test_fits_survive_json_and_pickle():
    fits = fit_template(template(), [events()])
    for twin in (Fits.from_dict(json.loads(json.dumps(fits.to_dict()))), pickle.loads(pickle.dumps(fits))):
        assert twin.to_dict() == fits.to_dict()


def test_fits_of_a_newer_version_are_refused():
    data = {**fit_template(template(), [events()]).to_dict(), "version": 3}
    with pytest.raises(TemplateError, match=r"version 3; expected 'cytogate.fits', version 1 to 2"):
        Fits.from_dict(data)
