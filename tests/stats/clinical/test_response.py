"""Subjects judged by any rule, values carried forward, rates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cytogate.errors import CytogateError
from cytogate.stats.clinical.response import judge_at, over_visits, rate
from cytogate.stats.clinical.rules import RULES, clause_names, rule_of, wrong_clauses
from cytogate.stats.clinical.sledai import WEIGHTS, total
from cytogate.stats.clinical.state import ClinicalState

SYSTEMS = ("mucocutaneous", "renal")
# Descriptors at baseline and week 24, PGA and prednisone at both, of the six patients of the model trial.
PATIENTS = {
    "P1": (
        ("arthritis", "rash", "alopecia", "low_complement", "dna_binding"),
        ("low_complement", "dna_binding"),
        (2.0, 0.8),
        (20, 5),
    ),
    "P2": (
        ("proteinuria", "haematuria", "rash", "low_complement", "dna_binding"),
        ("proteinuria", "low_complement", "dna_binding"),
        (1.7, 1.0),
        (15, 10),
    ),
    "P3": (("arthritis", "mucosal_ulcers", "dna_binding"), ("dna_binding",), (1.5, 0.5), (10, 5)),
    "P4": (
        ("arthritis", "rash", "low_complement", "dna_binding"),
        ("arthritis", "rash", "dna_binding"),
        (1.8, 1.9),
        (15, 15),
    ),
    "P5": (
        ("arthritis", "rash", "pleurisy", "low_complement", "leukopenia"),
        ("low_complement", "leukopenia"),
        (2.1, 0.7),
        (20, 7.5),
    ),
    "P6": (("arthritis", "rash", "alopecia"), (), (1.4, 0.1), (7.5, 0)),
}


def visit(name: str, week: float, present, pga: float, dose: float, grade: str = "D") -> ClinicalState:
    items = {item: item in present for item in WEIGHTS}
    grades = {"mucocutaneous": "C", "renal": grade}
    return ClinicalState(name, week, total(items), grades, pga, dose, items=items)


def trial() -> dict[str, tuple[ClinicalState, ...]]:
    return {
        subject: (visit("W0", 0, before, pga[0], dose[0]), visit("W24", 24, after, pga[1], dose[1]))
        for subject, (before, after, pga, dose) in PATIENTS.items()
    }


def judged(histories, rule, **more):
    return {
        subject: judge_at(rule, history, baseline="W0", at="W24", **more)
        for subject, history in histories.items()
    }


@pytest.mark.parametrize("profile", ["canonical", "furie2009", "kamen2022"])
def test_five_of_the_six_patients_respond(profile):
    found = judged(trial(), rule_of("sri4", profile_name=profile))
    assert [subject for subject, one in found.items() if not one.responder] == ["P4"]
    share = rate(one.responder for one in found.values())
    assert str(share) == "5/6 = 83.3 % (35.9 to 99.6)"
    assert share.exact == pytest.approx((35.87654, 99.57893), abs=1e-5)
    assert share.wilson == pytest.approx((43.64972, 96.99466), abs=1e-5)


def test_totals_of_the_six_patients_are_those_of_the_trial():
    totals = {subject: [state.sledai for state in history] for subject, history in trial().items()}
    assert totals == {
        "P1": [12, 4],
        "P2": [14, 8],
        "P3": [8, 2],
        "P4": [10, 8],
        "P5": [11, 3],
        "P6": [8, 0],
    }


def test_a_renal_flare_from_d_to_a_is_a_new_a_of_the_non_responder():
    histories = trial()
    base, end = histories["P4"]
    flared = judge_at(
        rule_of("sri4"),
        (base, replace(end, bilag={**end.bilag, "renal": "A"})),
        baseline="W0",
        at="W24",
    )
    assert flared.responder is False
    assert flared.clauses["bilag"] is False
    assert "new A: renal" in " ".join(flared.reasons)


@pytest.mark.parametrize(
    ("rule", "responders"), [("sri4", 5), ("sri5", 5), ("sri6", 5), ("sri7", 3), ("sri8", 3)]
)
def test_more_points_are_asked_of_higher_indices(rule, responders):
    found = judged(trial(), rule_of(rule))
    assert sum(one.responder is True for one in found.values()) == responders


def test_a_screening_visit_may_be_the_baseline():
    base, end = trial()["P1"]
    history = (replace(base, visit="Screening", week=-2), replace(base, sledai=7), end)
    rule = rule_of("sri4")
    assert judge_at(rule, history, baseline="Screening", at="W24").responder is True
    assert judge_at(rule, history, baseline="W0", at="W24").responder is False


def test_who_cannot_be_judged_is_not_in_the_rate():
    found = rate([True, None, False, None])
    assert (found.responders, found.evaluable, found.not_evaluable, found.percent) == (1, 2, 2, 50)
    nobody = rate([None])
    assert (nobody.percent, nobody.exact, nobody.wilson, str(nobody)) == (None, None, None, "0/0")


def late(**values) -> ClinicalState:
    return ClinicalState("W20", 20, **values)


def test_a_missing_visit_is_non_response_or_the_last_value_after_baseline():
    base, end = trial()["P1"]
    history = (base, replace(end, visit="W20", week=20))
    rule = rule_of("sri4")
    assert judge_at(rule, history, baseline="W0", at="W24").responder is False
    carried = judge_at(rule, history, baseline="W0", at="W24", week=24, missing="locf")
    assert carried.responder is True
    assert "SLEDAI of W20 carried forward" in carried.reasons
    assert "BILAG mucocutaneous, renal of W20 carried forward" in carried.reasons


def test_each_value_is_carried_from_the_last_visit_that_has_it():
    base, end = trial()["P1"]
    history = (
        base,
        replace(end, visit="W12", week=12, pga=1.9),
        replace(end, visit="W20", week=20, pga=0.7, sledai=None),
        replace(end, pga=None, sledai=None),
    )
    found = judge_at(rule_of("sri4"), history, baseline="W0", at="W24", missing="locf")
    assert found.responder is True
    assert [reason for reason in found.reasons if "carried" in reason] == [
        "PGA of W20 carried forward",
        "SLEDAI of W12 carried forward",
    ]


def test_baseline_and_later_visits_are_never_carried():
    base, end = trial()["P1"]
    later = replace(end, visit="W36", week=36)
    rule = rule_of("sri4")
    for history in ((base,), (base, later), (later,), ()):
        found = judge_at(rule, history, baseline="W0", at="W24", week=24, missing="locf")
        assert found.responder is False
        assert "visit missing" in found.reasons[0]


def test_a_value_that_no_visit_has_stays_missing():
    base, end = trial()["P1"]
    history = (base, late(sledai=4.0), replace(end, pga=None))
    found = judge_at(rule_of("sri4"), history, baseline="W0", at="W24", missing="locf")
    assert found.responder is False
    assert "PGA not recorded: counted as non-responder" in found.reasons


def test_without_weeks_nothing_is_carried():
    base, end = trial()["P1"]
    history = (base, replace(end, visit="W20", week=None))
    found = judge_at(rule_of("sri4"), history, baseline="W0", at="W24", missing="locf")
    assert found.reasons == ("end-point visit missing: counted as non-responder",)


def test_rates_of_all_visits_leave_the_baseline_of_an_index_out():
    weeks = {"W0": 0.0, "W24": 24.0, "W36": 36.0}
    found = over_visits(rule_of("sri4"), trial(), baseline="W0", visits=weeks)
    assert {name: share.responders for name, (share, _) in found.items()} == {"W24": 5, "W36": 0}
    assert found["W24"][1]["P4"].responder is False
    carried = over_visits(rule_of("sri4"), trial(), baseline="W0", visits=weeks, missing="locf")
    assert carried["W36"][0].responders == 5
    states = over_visits(rule_of("doris"), trial(), baseline="W0", visits=weeks)
    assert {name: share.responders for name, (share, _) in states.items()} == {"W0": 0, "W24": 1, "W36": 0}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_judges_the_trial_without_an_error(name):
    found = judged(trial(), rule_of(name))
    assert all(one.reasons for one in found.values())
    nothing = judge_at(rule_of(name), (), baseline="W0", at="W24")
    assert nothing.responder is False
    assert "visit missing" in nothing.reasons[0]


def test_clauses_replace_the_published_ones():
    assert rule_of("sri4", profile_name="kamen2022").max_new_b is None
    rule = rule_of("sri4", profile_name="kamen2022", changes={"max_new_b": 1, "max_prednisone": None})
    assert (rule.max_new_b, rule.max_prednisone, rule.pga_border_allowed) == (1, None, True)
    assert judged(trial(), rule)["P4"].clauses == {"sledai": False, "bilag": True, "pga": True}


def test_the_version_of_sledai_stands_in_the_reasons():
    found = judged(trial(), rule_of("sri4", instrument="SELENA"))["P1"]
    assert found.reasons[0].startswith("SELENA-SLEDAI 12 to 4: fell by 8")


@pytest.mark.parametrize(
    ("rule", "changes", "words"),
    [
        ("sri4", {"max_new_c": 1}, "unknown clause 'max_new_c' of sri4"),
        ("sri4", {"improvement": 5}, "unknown clause 'improvement'"),
        ("lldas", {"max_new_a": 1}, "unknown clause 'max_new_a' of lldas"),
        ("sri4", {"max_new_a": 0.5}, "expected a whole number of 0 or more, or null"),
        ("sri4", {"max_new_a": True}, "expected a whole number"),
        ("sri4", {"medication": None}, "medication is None; expected true or false"),
        ("sri4", {"pga_worsening": -0.1}, "expected a number of 0 or more"),
        ("sri4", {"pga_worsening": float("nan")}, "expected a number of 0 or more"),
        ("sri4", {"prednisone_by_week": None}, "expected a number of 0 or more"),
        ("doris", {"max_pga": [1]}, "expected a number of 0 or more"),
    ],
)
def test_a_clause_that_the_rule_cannot_take_is_named(rule, changes, words):
    assert words in " ".join(wrong_clauses(rule, changes)[0][1:])
    with pytest.raises(CytogateError):
        rule_of(rule, changes=changes)


def test_unknown_rules_and_instruments_name_the_nearest():
    with pytest.raises(CytogateError, match=r"Unknown response rule 'doriss'. Did you mean doris"):
        rule_of("doriss")
    with pytest.raises(CytogateError, match=r"Unknown instrument 'SLEDAI2K'. Did you mean SLEDAI-2K"):
        rule_of("sri4", instrument="SLEDAI2K")


def test_clauses_that_may_be_changed_are_those_of_the_rule():
    assert "max_prednisone" in clause_names("sri8")
    assert not {"name", "improvement", "instrument"} & set(clause_names("sri4"))
