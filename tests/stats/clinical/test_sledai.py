"""SLEDAI-2K weights, total and cross-check."""

from __future__ import annotations

import pytest

from cytogate.stats.clinical.sledai import MAXIMUM, WEIGHTS, clinical_total, disagreement, total


def test_the_24_weights_sum_to_105():
    assert len(WEIGHTS) == 24
    assert sum(WEIGHTS.values()) == MAXIMUM == 105
    assert total(dict.fromkeys(WEIGHTS, True)) == 105


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (("arthritis", "rash", "alopecia", "low_complement", "dna_binding"), 12),
        (("proteinuria", "haematuria", "rash", "low_complement", "dna_binding"), 14),
        (("arthritis", "mucosal_ulcers", "dna_binding"), 8),
        (("arthritis", "rash", "pleurisy", "low_complement", "leukopenia"), 11),
        ((), 0),
    ],
)
def test_total_of_known_patients(items, expected):
    assert total(dict.fromkeys(items, True)) == expected


def test_clinical_total_leaves_serology_out():
    assert clinical_total({"arthritis": True, "low_complement": True, "dna_binding": True}) == 4


def test_an_unknown_descriptor_is_an_error_even_when_absent():
    with pytest.raises(KeyError, match="arthitis"):
        total({"arthitis": True})


def test_a_total_that_agrees_says_nothing():
    items = dict.fromkeys(WEIGHTS, False) | {"arthritis": True}
    assert disagreement(items, 4) == ""
    assert disagreement({}, 12) == ""
    assert disagreement(items, None) == ""


def test_a_total_that_differs_from_all_24_says_both():
    items = dict.fromkeys(WEIGHTS, False) | {"arthritis": True}
    assert disagreement(items, 6) == "the total says 6, and the 24 descriptors make 4"


def test_some_descriptors_refute_a_total_only_from_above():
    assert disagreement({"arthritis": True}, 12) == ""
    assert disagreement({"seizure": True}, 4) == "the total says 4, and the 1 descriptors given make 8"


@pytest.mark.parametrize("wrong", [-1, 106, 4.5])
def test_a_total_out_of_range_is_refused(wrong):
    assert disagreement({}, wrong).startswith("a SLEDAI-2K total is a whole number from 0 to 105")
