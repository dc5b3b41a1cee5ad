"""Gates on two axes in real B-cell tubes: plausible, and still when real populations change size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn_plots import DIMS

from cytogate.fcs.read import read_fcs
from cytogate.methods.shapes.cluster import Cluster
from cytogate.methods.shapes.register import Register
from cytogate.methods.shapes.shift import Shift
from cytogate.methods.shapes.singlets import Singlets
from cytogate.methods.summary import Span, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.reference

UNIT = (Span(0.0, 1.0), Span(0.0, 1.0))
LOGICLE = (Span(-0.25, 1.03), Span(-0.25, 1.03))


@pytest.fixture(scope="module")
def cells(reference_data: Path) -> dict[str, NDArray[np.float64]]:
    """Scatter on a scale of 0 to 1, and the markers, which the file stores on a logicle of 4.5 decades."""
    file = read_fcs(reference_data / "bcell_lsrii_open" / "flowDensity_sampleFCS_1.fcs")
    events = file.events()
    columns = {}
    for place, channel in enumerate(file.channels):
        scatter = channel.name.startswith(("FSC", "SSC"))
        columns[channel.label or channel.name] = events[:, place] / (262144.0 if scatter else 4.5)
    return columns


def two(cells: dict[str, NDArray[np.float64]], x: str, y: str) -> NDArray[np.float64]:
    return np.column_stack([cells[x], cells[y]])


def test_singlets_and_lymphocytes_are_plausible(cells):
    pulses = two(cells, "FSC-A", "FSC-H")
    outline = np.array([[0.0, 0.0], [1.0, 0.9], [1.0, 1.0], [0.0, 0.1]])
    found = Singlets().find(Summary.of(pulses, UNIT), outline, None)
    assert found.fallback == ""
    single = Singlets().place(DIMS, outline, found.position).contains(pulses)
    assert 0.88 < single.mean() < 0.99
    assert (pulses[single, 1] / pulses[single, 0]).std() < 0.03

    scatter = two(cells, "FSC-A", "SSC-A")[single]
    outline = np.array([[0.15, 0.03], [0.5, 0.03], [0.5, 0.3], [0.15, 0.3]])
    found = Cluster(K=2).find(Summary.of(scatter, UNIT), outline, None)
    assert found.fallback == ""
    inside = Cluster(K=2).place(DIMS, outline, found.position).contains(scatter)
    assert 0.65 < inside.mean() < 0.95  # the file holds little but lymphocytes


@pytest.mark.parametrize("method", [Register(), Shift(limit=0.1)], ids=["register", "shift"])
@pytest.mark.parametrize("axes", [("CD24", "CD38"), ("CD27", "IgD")], ids="-".join)
def test_real_populations_may_change_size_and_staining_may_shift(cells, method, axes):
    events = two(cells, *axes)[(cells["CD19"] > 0.4) & (cells["CD3"] < 0.4)]
    events = events[(np.abs(events) < 1.0).all(axis=1) & (events > -0.25).all(axis=1)]
    centre, spread = np.median(events, axis=0), events.std(axis=0)
    outline = centre + np.array([[0.0, 0.0], [1.6, 0.0], [1.6, 1.6], [0.0, 1.6]]) * spread
    reference = Summary.of(events, LOGICLE)
    generator = np.random.default_rng(1)
    upper = events[:, 1] > centre[1]
    for rare in (np.zeros(len(events), dtype=bool), upper, ~upper):
        kept = events[~rare | (generator.random(len(events)) < 0.5)]
        for shift in ((0.0, 0.0), (0.03, -0.04)):
            found = method.find(Summary.of(kept + shift, LOGICLE), outline, reference)
            assert found.fallback == ""
            np.testing.assert_allclose(found.position[:2], shift, atol=0.025)
