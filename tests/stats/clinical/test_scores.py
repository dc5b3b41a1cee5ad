"""BILAG, global assessment and steroids."""

from __future__ import annotations

import pytest

from cytogate.stats.clinical import bilag, pga
from cytogate.stats.clinical.sledai import INSTRUMENTS, WEIGHTS, clinical_score
from cytogate.stats.clinical.steroids import prednisone_equivalent


def test_numbers_of_grades_differ_between_versions():
    grades = {"mucocutaneous": "A", "renal": "B", "musculoskeletal": "C", "haematological": "D"}
    newer = dict.fromkeys(bilag.BILAG_2004.systems, "E") | grades
    older = dict.fromkeys(bilag.CLASSIC.systems, "E") | grades
    assert (len(newer), len(older)) == (9, 8)
    assert bilag.score(newer) == 12 + 8 + 1
    assert bilag.score(older, bilag.CLASSIC) == 9 + 3 + 1


def test_a_score_needs_every_system():
    assert bilag.score({"renal": "A"}) is None


@pytest.mark.parametrize(
    ("systems", "version"),
    [
        (["renal"], bilag.BILAG_2004),
        (["renal", "ophthalmic"], bilag.BILAG_2004),
        (["renal", "vasculitis"], bilag.CLASSIC),
        (["ophthalmic", "vasculitis"], None),
    ],
)
def test_systems_tell_the_version(systems, version):
    assert bilag.version_of(systems) is version


@pytest.mark.parametrize("before", "ABCDE")
@pytest.mark.parametrize("after", "ABCDE")
def test_new_grades_and_improvement_of_every_pair(before, after):
    pair = {"renal": before}, {"renal": after}
    assert bilag.new_a(*pair) == (("renal",) if after == "A" and before != "A" else ())
    assert bilag.new_b(*pair) == (("renal",) if after == "B" and before in "CDE" else ())
    stuck = (before, after) in {("A", "A"), ("B", "A"), ("B", "B")}
    assert bilag.not_improved(*pair) == (("renal",) if stuck else ())


def test_a_system_recorded_once_is_not_new():
    assert bilag.new_a({}, {"renal": "A"}) == ()


@pytest.mark.parametrize(("value", "scale"), [(1.2, 3), (4, 10), (40, 100)])
def test_assessments_of_all_scales_come_to_0_3(value, scale):
    assert pga.rescale_pga(value, scale=scale) == pytest.approx(1.2)


@pytest.mark.parametrize(("scale", "step"), [(3, 0.3), (10, 1.0), (100, 10.0)])
@pytest.mark.parametrize("start", [0.0, 0.1, 0.7, 1.1, 1.3, 2.0])
def test_a_tenth_of_any_scale_is_exactly_the_border(scale, step, start):
    before = start * scale / 3
    rise = pga.change(pga.rescale_pga(before, scale=scale), pga.rescale_pga(before + step, scale=scale))
    assert rise == 0.3
    assert not pga.within(rise, 0.3, border_allowed=False)
    assert pga.within(rise, 0.3, border_allowed=True)


@pytest.mark.parametrize(
    ("doses", "equivalent"),
    [
        ({"methylprednisolone": 4}, 5),
        ({"dexamethasone": 1.5}, 10.005),
        ({"hydrocortisone": 20}, 5),
        ({"prednisolone": 7.5}, 7.5),
        ({"prednisone": 5, "hydrocortisone": 10}, 7.5),
        ({"prednisone": 0}, 0),
        ({}, None),
    ],
)
def test_steroids_add_up_as_prednisone(doses, equivalent):
    assert prednisone_equivalent(doses) == equivalent


def test_an_unknown_steroid_is_an_error():
    with pytest.raises(KeyError, match="deflazacort"):
        prednisone_equivalent({"deflazacort": 6})


@pytest.mark.parametrize(
    ("recorded", "items", "score"),
    [
        (12, dict.fromkeys(WEIGHTS, False) | {"rash": True, "dna_binding": True}, 2),
        (8, {"low_complement": True, "dna_binding": False}, 6),
        (8, {"low_complement": True}, None),
        (0, {}, 0),
        (None, {"low_complement": True, "dna_binding": True}, None),
    ],
)
def test_clinical_score_is_told_by_what_is_recorded(recorded, items, score):
    assert clinical_score(recorded, items) == score


def test_versions_of_sledai_are_told_apart():
    assert list(INSTRUMENTS) == ["SLEDAI-2K", "SELENA", "SLEDAI"]
    assert len({entry.counts for entry in INSTRUMENTS.values()}) == 3
