"""Our cuts beside openCyto's in 68983.fcs; docs/methods/opencyto.md gives the reason of every difference."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from cytogate import read_fcs
from cytogate.methods.base import ONE_PEAK, Bounds
from cytogate.methods.cuts.mindensity import MinDensity
from cytogate.methods.cuts.quantile import Quantile
from cytogate.methods.span import span_of
from cytogate.methods.summary import Summary
from cytogate.transforms.logicle import Logicle

pytestmark = pytest.mark.reference

LENGTH = 4.5  # of openCyto's scale; ours is 1 long
MIDDLE = Bounds(0.5)  # a fallback that knows nothing of the markers
PAGE = Path(__file__).parents[3] / "docs" / "methods" / "opencyto.md"


@pytest.fixture(scope="module")
def theirs(reference_data):
    """Cuts on our scale and events above them, by method and channel."""
    with (reference_data / "peer_values" / "opencyto_68983_1d_cuts.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    cuts: dict[str, dict[str, tuple[float, int]]] = {}
    for row in rows:
        cuts.setdefault(row["method"], {})[row["channel"]] = float(row["cut"]) / LENGTH, int(row["n_pos"])
    return cuts


@pytest.fixture(scope="module")
def columns(reference_data, theirs):
    file = read_fcs(reference_data / "flowjo_flowsom_68983" / "68983.fcs")
    assert file.spillover is not None
    compensated = file.spillover.apply(file)
    scale = Logicle(T=262144, W=0.5, M=4.5)
    return {
        channel: np.asarray(scale.forward(compensated[:, file.channels.index(channel)]))
        for channel in theirs["quantile"]
    }


@pytest.fixture(scope="module")
def ours(columns):
    span = span_of(Logicle(T=262144, W=0.5, M=4.5))
    summaries = {channel: Summary.of(values, [span]) for channel, values in columns.items()}
    return {channel: MinDensity().find(summary, MIDDLE) for channel, summary in summaries.items()}, {
        channel: Quantile(0.99).find(summary, MIDDLE) for channel, summary in summaries.items()
    }


def test_scales_agree(theirs, columns):
    for cuts in theirs.values():
        for channel, (cut, n_positive) in cuts.items():
            # mindensity2 includes its border and openCyto's own cuts are rounded to ten digits
            assert abs(int((columns[channel] >= cut).sum()) - n_positive) <= 1


def test_quantiles_are_the_same(theirs, ours, columns):
    bin_width = 1.28 / 1024
    for channel, (cut, n_positive) in theirs["quantile"].items():
        place = ours[1][channel].position[0]
        assert place == pytest.approx(cut, abs=bin_width)
        assert int((columns[channel] >= place).sum()) == pytest.approx(n_positive, abs=12)


@pytest.mark.parametrize(
    ("channel", "distance"),
    [("Pacific Blue-A", 0.005), ("APC-A", 0.005), ("Alexa Fluor 700-A", 0.008), ("Qdot 605-A", 0.008),
     ("PE-Cy7-A", 0.02), ("PE-A", 0.025), ("PE-Texas Red-A", 0.04)],
)  # fmt: skip
def test_valleys_that_both_find_differ_by_the_bias_of_their_smoothing(
    theirs, ours, columns, channel, distance
):
    cut, n_positive = theirs["mindensity"][channel]
    found = ours[0][channel]
    assert not found.fallback
    assert abs(found.position[0] - cut) < distance
    # The same events, but for the few that lie in the valley.
    above = int((columns[channel] >= found.position[0]).sum())
    assert abs(above - n_positive) < 0.01 * len(columns[channel])


@pytest.mark.parametrize(
    ("channel", "near_ours", "near_theirs"),
    [("PE-Cy7-A", 93, 92), ("PE-A", 60, 85), ("PE-Texas Red-A", 37, 44)],
)
def test_where_cuts_differ_the_density_at_ours_is_no_higher(
    theirs, ours, columns, channel, near_ours, near_theirs
):
    """Events within 0.015 of the cuts, as the page says; 93 and 92 are alike."""

    def around(place):
        return int((np.abs(columns[channel] - place) < 0.015).sum())

    assert around(ours[0][channel].position[0]) == pytest.approx(near_ours, abs=2)
    assert around(theirs["mindensity"][channel][0]) == pytest.approx(near_theirs, abs=2)


@pytest.mark.parametrize("channel", ["FITC-A", "AmCyan-A"])
def test_single_peaks_are_not_cut(theirs, ours, columns, channel):
    _, n_positive = theirs["mindensity"][channel]
    found = ours[0][channel]
    assert (found.position, found.fallback) == ((0.5,), ONE_PEAK)
    # openCyto cuts at the end of the data or in the thin of a tail
    assert min(n_positive, len(columns[channel]) - n_positive) < 0.011 * len(columns[channel])


def test_of_several_valleys_ours_is_the_deep_one(theirs, ours, columns):
    """PE-Cy5: openCyto splits the negative cells in two; the valley before the positive ones is deeper."""
    found = ours[0]["PE-Cy5-A"]
    assert found.position[0] == pytest.approx(theirs["mindensity2"]["PE-Cy5-A"][0], abs=0.005)
    assert found.confidence > 0.8
    assert theirs["mindensity"]["PE-Cy5-A"][0] < 0.2


def test_a_cut_at_the_end_of_the_data_is_never_a_valley(theirs, ours):
    assert theirs["mindensity"]["APC-Cy7-A"][0] == pytest.approx(-0.22, abs=0.001)
    assert ours[0]["APC-Cy7-A"].confidence < 0.1


def test_page_holds_the_numbers(theirs, ours):
    rows = re.findall(
        r"^\| ([\w -]+-A) \| (-?[\d.]+) \| (-?[\d.]+|–) \| ([\d.]+|–) \|", PAGE.read_text(), re.M
    )
    assert {row[0] for row in rows} == set(theirs["mindensity"])
    for channel, their_cut, our_cut, deviation in rows:
        found = ours[0][channel]
        assert float(their_cut) == pytest.approx(theirs["mindensity"][channel][0], abs=6e-4)
        if found.fallback:
            assert our_cut == deviation == "–"
        else:
            assert float(our_cut) == pytest.approx(found.position[0], abs=6e-4)
            assert float(deviation) == pytest.approx(math.sqrt(found.variance[0]), abs=6e-4)
