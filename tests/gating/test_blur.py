"""The blur of borders: against normal populations whose overlap is known."""

from __future__ import annotations

import numpy as np
import pytest

import cytogate as cg
from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.blur import blurs_of, only, warps_of
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.linear import Linear

AXIS = (None, "High", 0)


def tube(apart, n=40_000, right=0.5, seed=3):
    """Two populations of standard deviation 5 around 50, so many deviations apart."""
    rng = np.random.default_rng(seed)
    n_right = int(right * n)
    low = rng.normal(50 - 2.5 * apart, 5, n - n_right)
    high = rng.normal(50 + 2.5 * apart, 5, n_right)
    return cg.Events(np.column_stack([np.concatenate([low, high]), rng.uniform(0, 100, n)]), ["A", "B"])


def above(place=0.5):
    """Events above a border on A, and half of them on B."""
    a, b = Dimension("A", transform="t"), Dimension("B", transform="t")
    nodes = [
        GateNode("High", RectangleGate((a,), (place,), (np.inf,))),
        GateNode("Half", RectangleGate((b,), (0.5,), (np.inf,)), "High"),
    ]
    return GatingStrategy.build(nodes, transforms={"t": Linear(T=100, A=0)})


def blur(apart, right=0.5, place=0.5):
    return blurs_of(tube(apart, right=right), above(place), ["/High"], "s").get(AXIS)


def test_tails_are_those_of_the_populations():
    # At three deviations the tail beyond the border is 0.00135 / 0.00443 = 0.305 deviations long.
    (found,) = blur(6.0)
    assert found.below == pytest.approx(0.305 * 0.05, rel=0.25)
    assert found.above == pytest.approx(0.305 * 0.05, rel=0.25)


def test_as_many_events_change_sides_as_the_tails_hold():
    (found,) = blur(4.0)
    counts = [np.interp(0.5 + found.move(share), found.x, found.running) for share in (0.0, 0.5, 1.0)]
    leak = 0.5 * 0.0228  # of all events, beyond two deviations
    assert counts[2] - counts[0] == pytest.approx(4 * leak, rel=0.3)  # each tail has the whole height once
    assert counts[0] < counts[1] < counts[2]


def blurs_of_tubes(right, place=0.5, seeds=range(5)):
    """Return several tubes, each with the blur of a border on A."""
    tubes = [tube(4.0, right=right, seed=seed) for seed in seeds]
    return [(events, blurs_of(events, above(place), ["/High"], "s")[AXIS][0]) for events in tubes]


@pytest.mark.parametrize(("right", "place"), [(0.5, 0.5), (0.1, 0.5), (0.9, 0.5), (0.5, 0.48), (0.2, 0.53)])
def test_the_slope_says_which_side_the_events_at_a_border_belong_to(right, place):
    low, high = (np.exp(-(((100 * place - middle) / 5) ** 2) / 2) for middle in (40, 60))
    true = (1 - right) * low / ((1 - right) * low + right * high)
    found = [blur.middle for _, blur in blurs_of_tubes(right, place)]
    assert np.mean(found) == pytest.approx(true, abs=0.1)


def test_the_median_move_is_towards_the_true_share():
    errors = []
    for right in (0.1, 0.2, 0.8, 0.9):
        for events, blur in blurs_of_tubes(right):
            shares = [(events.values[:, 0] / 100 >= 0.5 + move).mean() for move in (0.0, blur.move(0.5))]
            errors.append(np.array(shares) - right)
    stays, moved = np.sqrt(np.mean(np.square(errors), axis=0))
    assert moved < 0.7 * stays


def test_overlap_makes_it_matter():
    moved = [(b := blur(apart)[0]).density * (b.above + b.below) for apart in (3.0, 4.0, 5.0, 6.0)]
    assert moved == sorted(moved, reverse=True)
    assert moved[3] < moved[0] / 20


def test_a_shoulder_takes_the_tail_of_its_neighbour():
    (found,) = blur(3.0, right=0.03, place=0.45)
    assert found.below == found.above > 0


def test_moves_stay_within_the_blur():
    (found,) = blur(3.0, right=0.1)
    moves = [found.move(share) for share in np.linspace(0, 1, 11)]
    assert moves == sorted(moves)
    assert -found.below <= moves[0] < 0 < moves[-1] <= found.above


@pytest.mark.parametrize("n", [0, 1, 50])
def test_few_events_have_no_blur(n):
    assert blurs_of(tube(3.0, n=n), above(), ["/High/Half"], "s") == {}


def test_other_gates_have_none():
    a, b = Dimension("A", transform="t"), Dimension("B", transform="t")
    outline = PolygonGate((a, b), np.array([[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]))
    strategy = GatingStrategy.build([GateNode("High", outline)], transforms={"t": Linear(T=100, A=0)})
    assert blurs_of(tube(3.0), strategy, ["/High"], "s") == {}


def test_only_borders_that_decide_are_looked_at():
    found = blurs_of(tube(3.0), above(), ["/High"], "s")
    assert list(found) == [AXIS]
    assert only(above(), ["/High"]).paths == ("/High",)
    assert only(above(), ["/High/Half"]).paths == ("/High", "/High/Half")


def test_warps_take_each_border_its_own_way():
    found = {AXIS: blur(4.0)}
    warp = warps_of(found, {AXIS: (1.0,)})[AXIS]
    assert warp(np.array([0.5]))[0] == pytest.approx(0.5 + found[AXIS][0].move(1.0))
