"""The responder index, clause by clause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cytogate.errors import CytogateError
from cytogate.stats.clinical.pga import rescale_pga
from cytogate.stats.clinical.sri import profile, sri
from cytogate.stats.clinical.state import ClinicalState

BASE = ClinicalState(
    "W0", 0, sledai=12, bilag={"renal": "C", "mucocutaneous": "B"}, pga=1.0, prednisone_mg_day=20
)
END = ClinicalState(
    "W24", 24, sledai=8, bilag={"renal": "C", "mucocutaneous": "C"}, pga=1.0, prednisone_mg_day=5
)
FURIE = profile("furie2009")
KAMEN = profile("kamen2022")


def judged(end: ClinicalState = END, rule=FURIE, base: ClinicalState = BASE, **more) -> bool | None:
    return sri(base, end, rule, **more).responder


def test_a_fall_of_four_points_responds_and_of_three_does_not():
    assert judged(replace(END, sledai=8)) is True
    assert judged(replace(END, sledai=9)) is False


def test_sri_5_asks_for_one_point_more():
    assert judged(rule=replace(FURIE, improvement=5)) is False
    assert judged(replace(END, sledai=7), rule=replace(FURIE, improvement=5)) is True


@pytest.mark.parametrize(
    ("increase", "furie", "kamen"), [(0.29, True, True), (0.30, False, True), (0.31, False, False)]
)
def test_pga_border_is_worsening_for_furie_and_allowed_by_kamen(increase, furie, kamen):
    # 1.1 + 0.3 - 1.1 is 0.2999999999999998 in floats, 1.3 - 1.0 is 0.30000000000000004
    for start in (1.0, 1.1, 0.7):
        base, end = replace(BASE, pga=start), replace(END, pga=round(start + increase, 2))
        assert judged(end, FURIE, base) is furie
        assert judged(end, KAMEN, base) is kamen


def test_a_baseline_below_four_is_not_evaluable():
    outcome = sri(replace(BASE, sledai=3), replace(END, sledai=0), FURIE)
    assert outcome.responder is None
    assert outcome.reasons == ("not evaluable: baseline SLEDAI 3 cannot fall by 4",)
    assert judged(replace(END, sledai=0), base=replace(BASE, sledai=4)) is True


def test_one_new_a_is_refused_whatever_it_was_before():
    for grade in "BCDE":
        base = replace(BASE, bilag={"renal": grade})
        assert judged(replace(END, bilag={"renal": "A"}), FURIE, base) is False
    kept = replace(BASE, bilag={"renal": "A"})
    assert judged(replace(END, bilag={"renal": "A"}), FURIE, kept) is True


def test_a_to_b_is_improvement_so_one_other_new_b_is_allowed():
    base = replace(BASE, bilag={"renal": "A", "mucocutaneous": "C", "ophthalmic": "D"})
    one_new = replace(END, bilag={"renal": "B", "mucocutaneous": "B", "ophthalmic": "D"})
    two_new = replace(END, bilag={"renal": "B", "mucocutaneous": "B", "ophthalmic": "B"})
    assert judged(one_new, FURIE, base) is True
    assert judged(two_new, FURIE, base) is False
    assert judged(two_new, KAMEN, base) is True  # no clause on B there
    assert "new B: mucocutaneous, ophthalmic (at most 1)" in " ".join(sri(base, two_new, FURIE).reasons)


def test_prednisone_must_be_at_most_10_mg_by_week_20():
    early = ClinicalState("W12", 12, prednisone_mg_day=15)
    good, late = (ClinicalState("W20", 20, prednisone_mg_day=dose) for dose in (10, 10.5))
    assert judged(rule=KAMEN, history=(BASE, early, good, END)) is True
    assert judged(rule=KAMEN, history=(BASE, early, late, END)) is False
    assert judged(replace(END, prednisone_mg_day=12.5), KAMEN, history=(BASE, early, good, END)) is False
    assert judged(replace(END, prednisone_mg_day=12.5), FURIE) is True


def test_doses_after_the_end_point_do_not_count():
    later = ClinicalState("W28", 28, prednisone_mg_day=40)
    assert judged(rule=KAMEN, history=(BASE, END, later)) is True


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sledai": None}, "SLEDAI not recorded: counted as non-responder"),
        ({"pga": None}, "PGA not recorded"),
        ({"bilag": {}}, "BILAG mucocutaneous, renal not recorded"),
        ({"bilag": {"renal": "C"}}, "BILAG mucocutaneous not recorded"),
        ({"prednisone_mg_day": None}, "prednisone at W24 not recorded"),
    ],
)
def test_what_is_missing_makes_a_non_responder_with_the_reason(change, reason):
    outcome = sri(BASE, replace(END, **change), KAMEN)
    assert outcome.responder is False
    assert any(text.startswith(reason) for text in outcome.reasons)


@pytest.mark.parametrize(("base", "end", "which"), [(None, END, "baseline"), (BASE, None, "end-point")])
def test_a_missing_visit_makes_a_non_responder_with_the_reason(base, end, which):
    outcome = sri(base, end, FURIE)
    assert outcome.responder is False
    assert outcome.reasons == (f"{which} visit missing: counted as non-responder",)


def test_medication_counts_only_where_it_is_recorded():
    assert judged(replace(END, meds_violation=True)) is False
    assert judged(replace(END, meds_violation=False)) is True
    assert "medication" not in sri(BASE, END, FURIE).clauses


def test_every_clause_is_listed_with_its_outcome():
    outcome = sri(BASE, replace(END, sledai=11, pga=2.0), KAMEN)
    assert outcome.clauses == {"sledai": False, "bilag": True, "pga": False, "prednisone": True}
    assert len(outcome.reasons) == 4


@pytest.mark.parametrize(
    ("end", "words"),
    [(8, "fell by 2"), (6, "fell by 4"), (10, "unchanged"), (13, "rose by 3")],
)
def test_reasons_say_what_was_found_and_what_is_needed(end, words):
    reasons = sri(replace(BASE, sledai=10, pga=2.0), replace(END, sledai=end, pga=0.8), FURIE).reasons
    assert f"SLEDAI 10 to {end}: {words}, a fall of 4 or more is needed" in reasons
    assert "PGA 2 to 0.8: fell by 1.20, a rise of less than 0.30 is allowed" in reasons


def test_pga_of_other_scales_is_brought_to_0_3():
    assert rescale_pga(10, scale=10) == 3
    assert rescale_pga(10, scale=100) == pytest.approx(0.3)


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(CytogateError, match=r"Unknown response profile 'kamen2020'. Did you mean kamen2022"):
        profile("kamen2020")


def test_prednisone_is_not_judged_before_it_is_due():
    early = replace(END, visit="W12", week=12, prednisone_mg_day=40)
    outcome = sri(BASE, early, KAMEN, history=(BASE, early))
    assert outcome.responder is True
    assert "prednisone: due by week 20, not judged at W12" in outcome.reasons
    assert judged(replace(early, visit="W20", week=20), KAMEN) is False


@pytest.mark.parametrize(
    ("left_out", "worse"),
    [
        ({"max_new_a": None}, {"bilag": {"renal": "A", "mucocutaneous": "C"}}),
        ({"max_new_b": None, "max_new_a": None}, {"bilag": {}}),
        ({"pga_worsening": None}, {"pga": 3.0}),
        ({"max_prednisone": None}, {"prednisone_mg_day": None}),
        ({"medication": False}, {"meds_violation": True}),
    ],
)
def test_a_clause_that_is_left_out_is_not_asked(left_out, worse):
    end = replace(END, **worse)
    assert judged(end, KAMEN) is False
    assert judged(end, replace(KAMEN, **left_out)) is True


def test_a_subject_without_any_grade_has_no_bilag():
    outcome = sri(replace(BASE, bilag={}), replace(END, bilag={}), FURIE)
    assert "BILAG not recorded: counted as non-responder" in outcome.reasons


def test_a_baseline_that_is_too_low_is_not_evaluable_without_an_end_point_either():
    assert sri(replace(BASE, sledai=3), None, FURIE).responder is None
