"""The official Gating-ML 2.0 compliance tests: which events each gate holds, event by event."""

from __future__ import annotations

import numpy as np
import pytest

import cytogate as cg

pytestmark = pytest.mark.reference

# Truth vectors of gml_all_gates.xml whose gates use only what this version reads.
READ = [
    "And1", "And2", "And3", "And4", "Ellipse1", "FL2N-FL4N", "FL2N-FL4P", "FL2P-FL4N", "FL2P-FL4P",
    "FSCD-FL1P", "FSCD-SSCN-FL1N", "FSCN-SSCN", "FSCN-SSCP-FL1P", "FSCP-SSCN-FL1N", "Not1", "Or1",
    "Or2", "ParAnd2", "ParAnd3", "Polygon1", "Polygon2", "Polygon3NS", "Polygon4", "Range1",
    "Range2", "Rectangle1", "Rectangle2", "Rectangle3", "Rectangle4", "Rectangle5", "ScaleRange1",
    "ScaleRange1c", "ScaleRange3", "ScaleRange3c", "ScaleRange4", "ScaleRange4c", "ScaleRange5",
    "ScaleRange5c", "ScaleRange6", "ScaleRange6c", "ScaleRange8c", "ScaleRect1",
]  # fmt: skip
ELSEWHERE = {
    "Ellipsoid3D": ("gml_ellipsoid3d_gate.xml", "Ellipsoid3D"),
    "ParQuadRect": ("gml_parent_quadrant_rect_gate.xml", "ParRectangle1"),
}
# They need ratios of channels or the hyperlog scale.
LATER = ["RatRange1", "RatRange1a", "RatRange2", "ScalePar1", "ScaleRange2", "ScaleRange2c", "ScaleRange7c"]


@pytest.fixture(scope="module")
def folder(reference_data):
    return reference_data / "flowkit_gatingml_ref"


@pytest.fixture(scope="module")
def sample(folder):
    return cg.read_fcs(folder / "data1.fcs")


@pytest.fixture(scope="module")
def gated(folder, sample):
    strategies = {}

    def gate(name: str):
        if name not in strategies:
            strategies[name] = cg.gate(sample, cg.read_gatingml(folder / "gml" / name, on_unsupported="skip"))
        return strategies[name]

    return gate


def _truth(folder, name):
    return np.loadtxt(folder / "truth" / f"Results_{name}.txt").astype(bool)


def test_every_vector_of_the_suite_is_accounted_for(folder):
    present = {path.stem.removeprefix("Results_") for path in (folder / "truth").glob("Results_*.txt")}
    assert present == {*READ, *ELSEWHERE, *LATER}
    assert (len(present), len(READ) + len(ELSEWHERE)) == (51, 44)


@pytest.mark.parametrize("name", [*READ, *ELSEWHERE])
def test_gate_holds_exactly_the_events_of_the_compliance_suite(folder, gated, name):
    file, gate = ELSEWHERE.get(name, ("gml_all_gates.xml", name))
    np.testing.assert_array_equal(gated(file).mask(gate), _truth(folder, name))


def test_round_trip_holds_the_same_events(folder, sample, tmp_path):
    before = cg.read_gatingml(folder / "gml" / "gml_all_gates.xml", on_unsupported="skip")
    cg.write_gatingml(before, tmp_path / "again.xml")
    after = cg.gate(sample, cg.read_gatingml(tmp_path / "again.xml"))
    assert set(after.populations) == set(before.paths)
    for name in READ:
        np.testing.assert_array_equal(after.mask(name), _truth(folder, name), err_msg=name)


def test_gates_of_a_later_version_are_left_out_and_listed(folder):
    strategy = cg.read_gatingml(folder / "gml" / "gml_all_gates.xml", on_unsupported="skip")
    listed = {problem.location.partition("gate ")[2].strip("'") for problem in strategy.warnings}
    assert listed == set(LATER)
    assert not {path.rpartition("/")[2] for path in strategy.paths} & set(LATER)


def test_gates_of_a_later_version_are_refused_by_file_line_and_id(folder):
    with pytest.raises(cg.InteropError) as caught:
        cg.read_gatingml(folder / "gml" / "gml_all_gates.xml")
    message = str(caught.value)
    assert len(caught.value.problems) == len(LATER)
    assert (
        "gml_all_gates.xml:454, gate 'ScaleRange2': transform 'Hyperlog_10000_1_4.5_0' uses hyperlog"
        in message
    )
    assert "gml_all_gates.xml:227, gate 'RatRange1': a ratio of channels" in message


def test_each_single_file_of_the_suite_is_read_or_refused_with_a_reason(folder):
    read, refused = [], {}
    for path in sorted((folder / "gml").glob("*.xml")):
        try:
            read.append(cg.read_gatingml(path))
        except cg.InteropError as error:
            refused[path.name] = {problem.code for problem in error.problems}
    assert all(codes <= {"unsupported-transform", "unsupported-dimension"} for codes in refused.values())
    assert (len(read), len(refused)) == (39, 8)
