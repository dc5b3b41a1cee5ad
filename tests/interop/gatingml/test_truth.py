"""The official Gating-ML 2.0 compliance tests: which events each gate holds, event by event."""

from __future__ import annotations

import numpy as np
import pytest
from plain_gating import plain_gating

import cytogate as cg

pytestmark = pytest.mark.reference

# Truth vectors whose gates are in gml_all_gates.xml.
ALL = [
    "And1", "And2", "And3", "And4", "Ellipse1", "FL2N-FL4N", "FL2N-FL4P", "FL2P-FL4N", "FL2P-FL4P",
    "FSCD-FL1P", "FSCD-SSCN-FL1N", "FSCN-SSCN", "FSCN-SSCP-FL1P", "FSCP-SSCN-FL1N", "Not1", "Or1",
    "Or2", "ParAnd2", "ParAnd3", "Polygon1", "Polygon2", "Polygon3NS", "Polygon4", "Range1",
    "Range2", "RatRange1", "RatRange1a", "RatRange2", "Rectangle1", "Rectangle2", "Rectangle3",
    "Rectangle4", "Rectangle5", "ScalePar1", "ScaleRange1", "ScaleRange1c", "ScaleRange2",
    "ScaleRange2c", "ScaleRange3", "ScaleRange3c", "ScaleRange4", "ScaleRange4c", "ScaleRange5",
    "ScaleRange5c", "ScaleRange6", "ScaleRange6c", "ScaleRange7c", "ScaleRange8c", "ScaleRect1",
]  # fmt: skip
ELSEWHERE = {
    "Ellipsoid3D": ("gml_ellipsoid3d_gate.xml", "Ellipsoid3D"),
    "ParQuadRect": ("gml_parent_quadrant_rect_gate.xml", "ParRectangle1"),
}


@pytest.fixture(scope="module")
def folder(reference_data):
    return reference_data / "flowkit_gatingml_ref"


@pytest.fixture(scope="module")
def sample(folder):
    return cg.read_fcs(folder / "data1.fcs")


@pytest.fixture(scope="module")
def gated(folder, sample):
    results = {}

    def gate(name: str):
        if name not in results:
            results[name] = cg.gate(sample, cg.read_gatingml(folder / "gml" / name))
        return results[name]

    return gate


def _truth(folder, name):
    return np.loadtxt(folder / "truth" / f"Results_{name}.txt").astype(bool)


def test_every_vector_of_the_suite_is_accounted_for(folder):
    present = {path.stem.removeprefix("Results_") for path in (folder / "truth").glob("Results_*.txt")}
    assert present == {*ALL, *ELSEWHERE}
    assert (len(present), len(ALL)) == (51, 49)


@pytest.mark.parametrize("name", [*ALL, *ELSEWHERE])
def test_gate_holds_exactly_the_events_of_the_compliance_suite(folder, gated, name):
    file, gate = ELSEWHERE.get(name, ("gml_all_gates.xml", name))
    np.testing.assert_array_equal(gated(file).mask(gate), _truth(folder, name))


def test_every_file_of_the_suite_is_read_and_agrees_with_the_truth(folder, sample):
    """Each gate stands in a file of its own too, with what it needs."""
    compared = 0
    for path in sorted((folder / "gml").glob("*.xml")):
        strategy = cg.read_gatingml(path)
        assert {problem.code for problem in strategy.warnings} <= {
            "element-unknown"
        }  # one file has a <sample>
        result = cg.gate(sample, strategy)
        for population in strategy.populations:
            truth = folder / "truth" / f"Results_{population.name}.txt"
            if truth.exists():
                compared += 1
                np.testing.assert_array_equal(
                    result.mask(population.path), _truth(folder, population.name), err_msg=path.name
                )
    assert compared > 90


def test_round_trip_of_every_file_holds_the_same_events(folder, sample, tmp_path):
    for path in sorted((folder / "gml").glob("*.xml")):
        before = cg.read_gatingml(path)
        cg.write_gatingml(before, tmp_path / path.name)
        after = cg.read_gatingml(tmp_path / path.name)
        assert set(after.paths) == set(before.paths)
        first, second = cg.gate(sample, before), cg.gate(sample, after)
        for population in before.paths:
            np.testing.assert_array_equal(
                second.mask(population), first.mask(population), err_msg=f"{path.name}: {population}"
            )


def test_engine_agrees_with_gating_without_the_engine(folder, sample):
    strategy = cg.read_gatingml(folder / "gml" / "gml_all_gates.xml")
    result = cg.gate(sample, strategy)
    plain = plain_gating(sample.events(), sample.channels.names, strategy, sample.spillover)
    for path in strategy.paths:
        np.testing.assert_array_equal(result.mask(path), plain[path], err_msg=path)
