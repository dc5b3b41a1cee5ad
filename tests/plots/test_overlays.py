"""Overlays: shares above a cut, curves by their mode, and what is drawn of few events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lxml import html

from cytogate.plots.overlays import BOX, FEWEST, above, normalised, overlay_svg


def overlay(**changes: Any) -> dict[str, Any]:
    sample, control = np.zeros(128, int), np.zeros(128, int)
    sample[30:40], sample[90:100], control[30:40] = 60, 20, 50
    axis = {"channel": "V610-A", "title": "CD27", "low": 0.0, "high": 1.0, "transform": None}
    return {
        "marker": "CD27", "control": "FMO", "parent": "/B", "axis": axis, "cuts": [0.5],
        "sample_events": 800, "control_events": 500, "sample_bins": sample.tolist(),
        "control_bins": control.tolist(), "gates": [],
    } | changes  # fmt: skip


def test_share_above_a_cut_counts_its_bin_in_part():
    assert above(overlay(), "sample", 0.5) == pytest.approx(25.0)
    assert above(overlay(), "control", 0.5) == 0.0
    assert above(overlay(), "sample", 95 / 128) == pytest.approx(12.5)
    assert above(overlay(), "sample", 95.5 / 128) == pytest.approx(12.5 - 1.25)
    assert above(overlay(), "sample", -3.0) == 100.0
    assert above(overlay(), "sample", 3.0) == 0.0
    assert above(overlay(sample_bins=[0] * 128), "sample", 0.5) is None


def test_curves_are_shares_of_their_mode_whatever_the_number_of_events():
    few, many = (
        normalised(overlay()["sample_bins"]),
        normalised((100 * np.array(overlay()["sample_bins"])).tolist()),
    )
    assert few == pytest.approx(many)
    assert few.max() == 1.0
    assert few[95] == pytest.approx(1 / 3)


def test_events_piled_at_an_end_do_not_press_the_rest_flat():
    piled = [5000, *overlay()["sample_bins"][1:]]
    assert normalised(piled)[35] == 1.0


def test_few_events_make_no_curve_and_it_is_said():
    bins = [FEWEST - 1] + [0] * 127
    svg = html.fragment_fromstring(overlay_svg(overlay(control_bins=bins)))
    assert normalised(bins) is None
    assert len(svg.xpath('.//path[@class="control"]')) == 0
    assert f"FMO: fewer than {FEWEST} events" in svg.text_content()


def test_cut_stands_at_its_place_and_shares_are_written():
    svg = html.fragment_fromstring(overlay_svg(overlay()))
    (cut,) = svg.xpath('.//path[@class="cut"]')
    assert cut.get("d").startswith(f"M{BOX.left + BOX.width / 2:.1f} ")
    assert "sample 25.0 %" in svg.text_content()
    assert "FMO 0 %" in svg.text_content()
    assert "FMO 0 % of 500" in svg.get("aria-label")


def test_shares_too_small_for_bins_are_not_given_digits():
    tiny = overlay(control_bins=[0] * 35 + [100_000] + [0] * 60 + [10] + [0] * 31)
    assert "FMO <0.1 %" in html.fragment_fromstring(overlay_svg(tiny)).text_content()
