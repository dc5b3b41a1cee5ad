"""Ticks: what an axis says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import TransformError
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_asinh import FlowJoAsinh
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle


def labels(ticks):
    return [label for _, label in ticks.major]


def test_linear_axes_speak_in_thousands_and_millions():
    assert labels(Linear(262144).ticks(0, 262144)) == ["0", "50K", "100K", "150K", "200K", "250K"]
    assert labels(Linear(4194304).ticks(0, 4194304)) == ["0", "1M", "2M", "3M", "4M"]
    assert labels(Linear(1000).ticks(-0.5, 2)) == ["-0.5", "0", "0.5", "1", "1.5", "2"]


def test_logicle_axis_has_decades_on_both_sides_of_zero():
    ticks = Logicle(262144, 0.5, 4.5).ticks(-1000, 262144)
    assert labels(ticks) == ["-10^3", "-10^2", "0", "10^2", "10^3", "10^4", "10^5"]
    assert [value for value, _ in ticks.major] == [-1000, -100, 0, 100, 1000, 10000, 100000]


def test_biex_axis_has_the_decades_that_flowjo_draws():
    assert labels(Biex(width=-100.0, positive=4.5).ticks(-2000, 262144)) == [
        "-10^3",
        "0",
        "10^3",
        "10^4",
        "10^5",
    ]
    narrow = labels(Biex().ticks(-300, 262144))
    assert narrow == ["-10^2", "0", "10^2", "10^3", "10^4", "10^5"]


def test_hyperlog_axis_has_the_decades_of_a_logicle_axis():
    ticks = Hyperlog(262144, 0.5, 4.5).ticks(-1000, 262144)
    assert labels(ticks) == labels(Logicle(262144, 0.5, 4.5).ticks(-1000, 262144))
    assert labels(ticks)[-4:] == ["10^2", "10^3", "10^4", "10^5"]


def test_a_log_axis_of_flowjo_starts_at_its_offset():
    ticks = FlowJoLog(offset=10.0, decades=4.0).ticks(-50.0, 1e5)
    assert labels(ticks) == ["10^1", "10^2", "10^3", "10^4", "10^5"]
    assert min(ticks.minor) == 20.0


def test_labels_in_a_wide_linear_zone_are_left_out_and_stay_minor_ticks():
    ticks = Logicle(262144, 1.5, 4.5).ticks(-1000, 262144)
    assert labels(ticks) == ["-10^3", "0", "10^3", "10^4", "10^5"]
    assert 100.0 in ticks.minor
    assert -100.0 in ticks.minor


def test_minor_ticks_are_two_to_nine_of_each_decade():
    ticks = Log(10000, 4).ticks(1, 10000)
    assert labels(ticks) == ["10^0", "10^1", "10^2", "10^3", "10^4"]
    assert [value for value in ticks.minor if value > 1000] == [
        2000,
        3000,
        4000,
        5000,
        6000,
        7000,
        8000,
        9000,
    ]


def test_log_axis_that_starts_at_zero_shows_its_decades_only():
    assert labels(Log(10000, 4).ticks(0, 10000)) == ["10^0", "10^1", "10^2", "10^3", "10^4"]


def test_an_axis_within_one_decade_gets_linear_labels():
    assert labels(Logicle(262144, 0.5, 4.5).ticks(20000, 70000)) == ["20K", "30K", "40K", "50K", "60K", "70K"]


@pytest.mark.parametrize("ends", [(5, 5), (6, 5), (0, math.inf), (math.nan, 1)])
def test_an_axis_without_extent_is_refused(ends):
    with pytest.raises(TransformError, match="finite ends, low < high"):
        Asinh(1000, 4).ticks(*ends)


@pytest.mark.parametrize(
    "scale",
    [
        Linear(262144),
        Log(262144, 4.5),
        Asinh(262144, 4),
        Logicle(262144, 1, 4.5),
        Logicle(262144, 1, 4.5, scale="0-M"),
        Hyperlog(262144, 1, 4.5),
        Biex(),
        FlowJoLog(1.0, 5.5),
        FlowJoAsinh(262144, 4),
        Bounded(Log(262144, 4.5), 0.0, 1.0),
    ],
    ids=str,
)
@given(low=st.floats(-2e5, 2e5), width=st.floats(1, 5e5))
def test_ticks_lie_on_the_axis_in_order_and_labels_do_not_crowd(scale, low, width):
    high = low + width
    ticks = scale.ticks(low, high)
    values = [value for value, _ in ticks.major]
    assert values == sorted(set(values))
    assert list(ticks.minor) == sorted(set(ticks.minor))
    assert all(low <= value <= high for value in (*values, *ticks.minor))
    assert not set(values) & set(ticks.minor)
    assert len(values) <= 20
