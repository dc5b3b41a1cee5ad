"""Shares under gates that are drawn anew: against what the normal distribution says."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

import cytogate as cg
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate, with_cleaning
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.uncertainty import share_shifts, thinned

CELLS, HIGH, BOTH = "/Cells", "/Cells/High", "/Cells/High/Both"
PAIRS = {"high": (HIGH, CELLS), "both": (BOTH, HIGH), "all": (CELLS, CELLS)}


@dataclass(frozen=True)
class Place:
    position: tuple[float, ...]
    variance: tuple[float, ...]


def tube(n, seed=0):
    rng = np.random.default_rng(seed)
    return cg.Events(np.column_stack([rng.uniform(0, 1, (n, 2)), np.arange(n)]), ["A", "B", "Time"])


def placed(moved):
    """Cells with A above cut a, and of those B above cut b."""
    (a,), (b,) = moved.get("a", (0.5,)), moved.get("b", (0.5,))
    nodes = [
        GateNode("Cells", RectangleGate((Dimension("A"),), (-1.0,), (2.0,))),
        GateNode("High", RectangleGate((Dimension("A"),), (a,), (np.inf,)), "Cells"),
        GateNode("Both", RectangleGate((Dimension("B"),), (b,), (np.inf,)), "High"),
    ]
    return GatingStrategy.build(nodes)


def test_shares_shift_as_their_own_cuts_do():
    sure, unsure = Place((0.5,), (0.0,)), Place((0.5,), (0.03**2,))
    shifts = share_shifts(tube(100_000), placed, {"a": unsure, "b": sure}, PAIRS, name="s", draws=200)
    # Uniform events: the share above the cut has the cut's own deviation, and its logit four times that.
    assert shifts["high"].std() == pytest.approx(4 * 0.03, rel=0.05)
    assert abs(shifts["high"].mean()) < 0.01
    assert shifts["both"].std() < 0.01
    assert not shifts["all"].any()


def test_cuts_are_drawn_each_for_itself():
    unsure = Place((0.5,), (0.05**2,))
    shifts = share_shifts(tube(20_000), placed, {"a": unsure, "b": unsure}, PAIRS, name="s", draws=200)
    assert abs(np.corrcoef(shifts["high"], shifts["both"])[0, 1]) < 0.2
    assert shifts["both"].std() == pytest.approx(4 * 0.05, rel=0.1)


@pytest.mark.parametrize("variance", [0.0, np.inf])
def test_without_an_uncertain_gate_nothing_is_drawn(variance):
    def refuse(moved):
        pytest.fail("gated again")

    shifts = share_shifts(tube(10), refuse, {"a": Place((0.5,), (variance,))}, PAIRS, name="s")
    assert all(len(values) == 0 for values in shifts.values())


def test_draws_are_those_of_the_name():
    places = {"a": Place((0.5,), (0.05**2,)), "b": Place((0.5,), (0.05**2,))}
    one, same, other = (
        share_shifts(tube(1000), placed, dict(sorted(places.items(), reverse=turned)), PAIRS, name=name)[
            "both"
        ]
        for name, turned in (("s1", False), ("s1", True), ("s2", False))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_file_name_that_is_no_utf8_has_draws_of_its_own():
    unsure = {"a": Place((0.5,), (0.05**2,))}
    one, same, other = (
        share_shifts(tube(1000), placed, unsure, PAIRS, name=name, blurred=True)["both"]
        for name in ("M\udcfcller.fcs", "M\udcfcller.fcs", "M\udcf6ller.fcs")
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_events_give_finite_shifts(n):
    places = {"a": Place((0.5,), (0.3**2,))}
    shifts = share_shifts(tube(n), placed, places, PAIRS, name="s")
    assert all(np.isfinite(values).all() and len(values) for values in shifts.values())


def test_a_large_file_is_thinned_evenly():
    small = thinned(tube(50_000), 10_000)
    assert small.n_events == 10_000
    times = small.column("Time")
    assert times[0] == 0
    assert times[-1] == 49_999
    assert thinned(small, 10_000) is small
    places = {"a": Place((0.5,), (0.03**2,))}
    whole = share_shifts(tube(50_000), placed, places, PAIRS, name="s")["high"]
    part = share_shifts(tube(50_000), placed, places, PAIRS, name="s", most_events=10_000)["high"]
    assert np.abs(whole - part).max() < 0.05


def test_drawing_is_fast():
    source = tube(100_000)
    places = {"a": Place((0.5,), (0.03**2,)), "b": Place((0.5,), (0.03**2,))}
    share_shifts(source, placed, places, PAIRS, name="warm", draws=1)
    began = time.process_time()
    share_shifts(source, placed, places, PAIRS, name="s")
    assert time.process_time() - began < 1.0


def test_what_cleaning_takes_out_has_no_part_in_the_shifts():
    """Events of a bad stretch lie elsewhere; the rest is thinned to nothing less."""
    unsure = {"a": Place((0.5,), (0.03**2,)), "b": Place((0.5,), (0.03**2,))}
    whole = tube(8000)
    bad = (whole.values[:, 2] >= 2000) & (whole.values[:, 2] < 5000)
    whole.values.setflags(write=True)
    whole.values[bad, :2] *= 0.7
    clog = CleaningGate("clog", RectangleGate((Dimension("Time"),), (2000.0,), (5000.0,)), keeps=False)
    rest = cg.Events(whole.values[~bad], ["A", "B", "Time"])

    def cleaned(moved):
        return with_cleaning(placed(moved), [clog])

    found, expected, dirty = (
        share_shifts(source, place, unsure, PAIRS, name="s", blurred=True)["both"]
        for source, place in ((whole, cleaned), (rest, placed), (whole, placed))
    )
    np.testing.assert_array_equal(found, expected)
    assert not np.allclose(found, dirty)
