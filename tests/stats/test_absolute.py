"""Cells per microlitre, with the errors carried along."""

from __future__ import annotations

import math

import pytest

from cytogate.stats.absolute import by_beads, by_volume, dual_platform
from cytogate.stats.intervals import garwood, wilson


def test_beads_give_cells_per_microlitre_of_blood():
    found = by_beads(2_000, 20_000, beads_per_tube=51_300, blood_ul=50)
    assert found.per_ul == pytest.approx(102.6)
    assert found.cv == pytest.approx(math.sqrt(1 / 2_000 + 1 / 20_000 + 0.04**2))
    assert found.note == ""
    assert by_beads(2_000, 20_000, beads_per_tube=51_300, blood_ul=50, dilution=2).per_ul == pytest.approx(
        205.2
    )


@pytest.mark.parametrize(("beads", "noted"), [(999, True), (1_000, False)])
def test_fewer_than_a_thousand_beads_are_said(beads, noted):
    found = by_beads(500, beads, beads_per_tube=50_000, blood_ul=50)
    assert ("fewer than 1,000" in found.note) is noted


def test_no_beads_give_no_figure_and_the_reason():
    found = by_beads(500, 0, beads_per_tube=50_000, blood_ul=50)
    assert (found.per_ul, found.low, found.high) == (None, None, None)
    assert found.note == "no beads were counted"


def test_volume_gives_cells_per_microlitre():
    found = by_volume(300, acquired_ul=60, dilution=10, pipetting_cv=0)
    assert found.per_ul == pytest.approx(50)
    low, high = garwood(300)
    assert (found.low, found.high) == pytest.approx((low / 6, high / 6))  # nothing but the count is uncertain


def test_dual_platform_multiplies_the_share_by_the_blood_count():
    found = dual_platform(1_080, 6_000, lymphocytes_1e9_l=0.9, cbc_cv=0)
    assert found.per_ul == pytest.approx(162)
    low, high = wilson(1_080, 6_000)
    assert (found.low, found.high) == pytest.approx((900 * low, 900 * high))
    assert found.cv == pytest.approx(math.sqrt(1 / 1_080 - 1 / 6_000))


def test_another_error_widens_the_interval_on_both_sides():
    narrow = dual_platform(1_080, 6_000, lymphocytes_1e9_l=0.9, cbc_cv=0)
    wide = dual_platform(1_080, 6_000, lymphocytes_1e9_l=0.9, cbc_cv=0.04)
    assert wide.low < narrow.low < narrow.per_ul == wide.per_ul < narrow.high < wide.high
    # squares of relative half widths add up
    assert math.log(wide.high / wide.per_ul) ** 2 == pytest.approx(
        math.log(narrow.high / narrow.per_ul) ** 2 + (1.959964 * 0.04) ** 2
    )


@pytest.mark.parametrize(
    "found",
    [
        by_beads(0, 10_000, beads_per_tube=50_000, blood_ul=50),
        by_volume(0, acquired_ul=50),
        dual_platform(0, 5_000, lymphocytes_1e9_l=1),
    ],
)
def test_no_cells_are_0_with_an_upper_end_and_no_cv(found):
    assert (found.per_ul, found.low, found.cv) == (0, 0, None)
    assert 0 < found.high < 50


def test_no_lymphocytes_in_the_tube_give_no_figure_and_the_reason():
    found = dual_platform(0, 0, lymphocytes_1e9_l=1)
    assert (found.per_ul, found.note) == (None, "no lymphocytes were counted in the tube")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: by_beads(1, -1, beads_per_tube=1, blood_ul=1), "Beads are counted"),
        (lambda: by_beads(1, 1, beads_per_tube=0, blood_ul=1), "beads_per_tube must be more than 0"),
        (lambda: by_beads(1, 1, beads_per_tube=1, blood_ul=math.nan), "blood_ul must be more than 0"),
        (lambda: by_volume(1, acquired_ul=math.inf), "acquired_ul must be more than 0"),
        (lambda: by_volume(-1, acquired_ul=1), "0 <= count"),
        (lambda: dual_platform(2, 1, lymphocytes_1e9_l=1), "0 <= count <= total"),
        (lambda: dual_platform(1, 2, lymphocytes_1e9_l=-1), "A lymphocyte count is 0 or more"),
    ],
)
def test_amounts_that_cannot_be_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
