"""Arrangements: all of them where few, and the same numbers in other places."""

from __future__ import annotations

import numpy as np
import pytest
from trend_cases import DN, question, series_of

from cytogate.stats.trends._arrange import labels, orders, share, signs, within
from cytogate.stats.trends._asked import Asked


def rng():
    return np.random.default_rng(1)


def test_few_orders_within_rows_are_listed():
    blocks, listed, count = within(np.array([[1.0, 2, np.nan], [3, 4, 5]]), 100, rng())
    (rows,) = blocks
    assert listed
    assert count == 12 == len({tuple(row) for row in rows})
    assert {tuple(sorted(row[:2])) for row in rows} == {(1, 2)}


def test_many_orders_within_rows_are_drawn_and_stay_in_their_row():
    blocks, listed, count = within(np.arange(24.0).reshape(3, 8), 500, rng())
    rows = np.concatenate(list(blocks))
    assert not listed
    assert count == pytest.approx(40320.0**3)
    assert rows.shape == (500, 24)
    assert np.array_equal(np.sort(rows[:, 8:16], axis=1), np.tile(np.arange(8.0, 16), (500, 1)))
    assert len({tuple(row) for row in rows}) > 490


@pytest.mark.parametrize(("draws", "listed"), [(64, True), (63, False)])
def test_signs(draws, listed):
    found, all_of_them = signs(6, draws, rng())
    assert all_of_them is listed
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert len({tuple(row) for row in found}) == 64 if listed else len(found) == 63


@pytest.mark.parametrize(("draws", "listed"), [(15, True), (14, False)])
def test_labels(draws, listed):
    found, all_of_them = labels(6, 2, draws, rng())
    assert all_of_them is listed
    assert (found.sum(axis=1) == 2).all()
    assert len(found) == draws


@pytest.mark.parametrize(("draws", "listed"), [(24, True), (23, False)])
def test_orders(draws, listed):
    found, all_of_them = orders(4, draws, rng())
    assert all_of_them is listed
    assert (np.sort(found, axis=1) == np.arange(4)).all()


def test_drawn_shares_count_the_observed_one():
    blocks = [np.arange(9.0)]
    assert share(blocks, lambda block: block, 100.0, listed=False) == pytest.approx(0.1)
    assert share(blocks, lambda block: block, 8.0, listed=True) == pytest.approx(1 / 9)


def test_random_numbers_depend_on_names_and_seed_only():
    def first(series, asked, test="x", group="all treated"):
        return Asked(series, asked, group).rng(test).random()

    one = first(series_of(DN), question())
    assert one == first(series_of(DN + 1), question(partner=None))
    others = [
        first(series_of(DN, name="SWM"), question()),
        first(series_of(DN), question(seed=2)),
        first(series_of(DN), question(), test="y"),
        first(series_of(DN), question(), group="responders"),
    ]
    assert len({one, *others}) == 5
