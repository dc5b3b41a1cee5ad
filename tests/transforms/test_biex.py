"""FlowJo's biex: FlowJo's own table, values of another program, 50 digits, and the way back."""

from __future__ import annotations

import csv
import itertools
import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import TransformError
from cytogate.transforms.biex import Biex
from cytogate.transforms.logicle import Logicle

# Sets of values whose program stops its search for the negative range early, and where it stopped, found by
# fitting; FlowJo's own table shows the true root, to 6 digits. (positive, negative, width) -> range
STOPPED_EARLY = {
    (4.5, 0.0, -31.6227766): 3.270462954681728,
    (4.9, 0.5, -316.22776): 2.190918921200679,
    (3.9, 0.3, -3.16): 5.3359101579556,
}
HARD = [
    Biex(),
    Biex(width=-100.0),
    Biex(width=-1.0),
    Biex(width=-1000.0, positive=5.0),
    Biex(width=0.0),
    Biex(width=-1e6),
    Biex(negative=1.0),
    Biex(negative=-1.0),
    Biex(negative=30.0),
    Biex(maximum=4194304.0, positive=5.62, negative=0.5),
    Biex(channels=256),
    Biex(channels=64, width=-1000.0),
    Biex(channels=2**18, positive=20.0, negative=3.0),
    Biex(maximum=1e300),
    Biex(maximum=1e-150),
]


@pytest.mark.reference
def test_the_table_of_flowjo_is_met(reference_data):
    files = list((reference_data / "flowjo_small_flowkit" / "flowjo_xforms").glob("*.csv"))
    assert len(files) == 1
    index, value = np.loadtxt(files[0], delimiter=",", skiprows=1).T
    assert index.size == 4096
    scale = Biex(maximum=262144.000029, positive=4.41854, negative=1.0, width=-7.943282)
    # the file has 6 digits: near zero a step of the last one is 0.0002 channels, at the top 0.003
    np.testing.assert_allclose(scale.forward(value), index, rtol=0, atol=0.002)
    np.testing.assert_allclose(scale.inverse(index), value, rtol=6e-6, atol=5e-4)


def cytolib_sets(reference_data):
    with (reference_data / "peer_values" / "flowjo_biexp_cytolib.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("maxValue", "pos", "neg", "widthBasis", "channelRange")
    for key, group in itertools.groupby(rows, key=lambda row: [float(row[name]) for name in names]):
        x, y = np.array([(float(row["x"]), float(row["y"])) for row in group]).T
        on_table = (y >= 0) & (y <= key[-1])  # beyond its table that program follows a straight line
        yield key, x[on_table], y[on_table]


@pytest.mark.reference
def test_values_of_cytolib_are_met_within_a_channel_where_its_search_ends(reference_data):
    compared = 0
    for key, x, y in cytolib_sets(reference_data):
        if tuple(key[1:4]) not in STOPPED_EARLY:
            assert x.size > 300
            np.testing.assert_allclose(Biex(*key).forward(x), y, rtol=0, atol=0.3)
            compared += 1
    assert compared == 5


@pytest.mark.reference
def test_where_the_search_of_cytolib_stops_early_all_but_the_negative_range_agrees(reference_data):
    compared = 0
    for key, x, y in cytolib_sets(reference_data):
        if tuple(key[1:4]) in STOPPED_EARLY:
            stopped = STOPPED_EARLY[tuple(key[1:4])]
            for value, place in zip(x[::12], y[::12], strict=True):
                below, above = (
                    naive.biex_value(place + off, *key[:4], int(key[-1]), stopped) for off in (-0.05, 0.05)
                )
                assert below < value < above
            compared += 1
    assert compared == 3


@pytest.mark.parametrize("scale", HARD, ids=str)
def test_fifty_digits_agree_to_a_billionth_of_a_channel(scale):
    for share in (-0.5, 0.0, 0.03, 0.2, 0.25001, 0.5, 0.9, 1.0, 1.3):
        place = round(share * scale.channels)
        exact = naive.biex_value(
            place, scale.maximum, scale.positive, scale.negative, scale.width, scale.channels
        )
        assert scale.forward(float(exact)) == pytest.approx(place, abs=1e-12 * scale.channels + 1e-9), place
        assert scale.inverse(float(place)) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("scale", HARD, ids=str)
def test_values_come_back(scale):
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.normal(0, 1e-3, 2000), 10.0 ** rng.uniform(-5, 0.5, 2000)]) * scale.maximum
    np.testing.assert_allclose(scale.inverse(scale.forward(x)), x, rtol=1e-9, atol=1e-12 * scale.maximum)


def test_zero_lies_on_a_whole_channel_and_negative_values_mirror_positive_ones():
    scale = Biex(width=-50.0)
    zero = scale.forward(0.0)
    assert zero == int(zero) == scale.zero
    x = np.array([1e-3, 5.0, 300.0, 2e4])
    np.testing.assert_allclose(scale.forward(-x), 2 * zero - scale.forward(x), rtol=0, atol=1e-11)


def test_zero_lies_in_the_middle_at_most():
    assert Biex(negative=30.0).forward(0.0) == 2048.0
    assert Biex(negative=-5.0).forward(0.0) == Biex(negative=0.0).forward(0.0)


def test_a_width_outside_half_a_decade_to_three_counts_as_half_a_decade():
    half = Biex(width=-(10**0.5))
    for width in (0.0, -1.0, -3.0, -1001.0):
        found = Biex(width=width).forward([-50.0, 7.0, 1e5])
        np.testing.assert_allclose(found, half.forward([-50.0, 7.0, 1e5]), rtol=1e-9)


def test_it_is_a_logicle_of_half_the_width():
    """Where channels are so many that the step at the end of the table and whole channels do not matter."""
    scale = Biex(positive=4.5, width=-100.0, channels=2**24)
    twin = Logicle(T=scale.inverse(2.0**24), W=1.0, M=4.5)
    x = np.array([-500.0, -10.0, 0.0, 3.0, 1e3, 1e5])
    np.testing.assert_allclose(scale.forward(x) / 2**24, twin.forward(x), atol=2e-6)


@given(
    st.floats(1.0, 1e8),
    st.floats(2.0, 8.0),
    st.floats(-1.0, 3.0),
    st.floats(-1e4, 0.0),
    st.sampled_from([256, 1024, 4096]),
    st.floats(-1.0, 1.0),
)
def test_any_legal_parameters_come_back(maximum, positive, negative, width, channels, where):
    scale = Biex(maximum, positive, negative, width, channels)
    x = where * maximum
    assert abs(scale.inverse(scale.forward(x)) - x) <= 1e-9 * abs(x) + 1e-13 * maximum


def test_nan_and_infinities_stay_what_they_are():
    ends = [math.nan, math.inf, -math.inf]
    np.testing.assert_array_equal(Biex().forward(ends), ends)
    np.testing.assert_array_equal(Biex().inverse(ends), ends)


def test_whole_numbers_stay_whole_and_length_is_kept():
    entries = Biex(channels=256.0, length=256).to_dict()
    assert entries["channels"] == 256
    assert isinstance(entries["channels"], int)
    assert Biex.from_dict(entries).length == 256


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"maximum": 0}, "biex maximum: found 0; expected 1e-150 <= maximum"),
        ({"positive": 0.5}, "biex positive: found 0.5; expected more than half the width, 0.5"),
        ({"width": 10}, "biex width: found 10; expected width <= 0"),
        ({"negative": math.inf}, "biex negative: found inf"),
        ({"channels": 12}, "biex channels: found 12; expected a whole number from 64"),
        ({"channels": 4096.5}, "biex channels: found 4096.5; expected a whole number"),
        ({"channels": 64, "positive": 100.0, "width": -1.0}, "biex channels: found 64; expected so many"),
        ({"length": "long"}, "biex length: found 'long'; expected a number"),
    ],
)
def test_parameters_outside_their_domain_are_refused_by_name(changed, message):
    with pytest.raises(TransformError, match=message):
        Biex(**changed)


def test_all_wrong_parameters_are_listed_at_once():
    with pytest.raises(TransformError) as caught:
        Biex(maximum=-1, width=3, channels=1)
    assert [p.location for p in caught.value.problems] == ["biex maximum", "biex width", "biex channels"]
