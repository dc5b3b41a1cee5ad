"""BICLA, low disease activity and remission, clause by clause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cytogate.stats.clinical.bicla import BiclaRule, bicla
from cytogate.stats.clinical.doris import DorisRule, doris
from cytogate.stats.clinical.lldas import MAJOR, LldasRule, lldas
from cytogate.stats.clinical.sledai import WEIGHTS, total
from cytogate.stats.clinical.state import ClinicalState


def state(visit: str, week: float, *present: str, **more) -> ClinicalState:
    items = {item: item in present for item in WEIGHTS}
    usual = {"pga": 0.4, "prednisone_mg_day": 5.0, "sledai": total(items), "items": items}
    return ClinicalState(visit, week, **(usual | more))


BEFORE = state("W20", 20, "rash", "dna_binding")
NOW = state("W24", 24, "rash", "dna_binding")


PUBLISHED = LldasRule()


def low(now: ClinicalState = NOW, rule: LldasRule = PUBLISHED, before=BEFORE) -> bool | None:
    return lldas(None, now, rule, history=tuple(entry for entry in (before, now) if entry)).responder


def test_low_activity_needs_every_clause():
    found = lldas(None, NOW, history=(BEFORE, NOW))
    assert found.responder is True
    assert found.clauses == dict.fromkeys(
        ("sledai", "major_organs", "new_activity", "pga", "prednisone"), True
    )


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"sledai": 5}, "sledai"),
        ({"pga": 1.01}, "pga"),
        ({"prednisone_mg_day": 7.6}, "prednisone"),
        ({"meds_violation": True}, "medication"),
        ({"bilag": {"gastrointestinal": "C"}}, "major_organs"),
    ],
)
def test_low_activity_ends_at_each_limit(change, clause):
    found = lldas(None, replace(NOW, **change), history=(BEFORE,))
    assert found.responder is False
    assert [name for name, met in found.clauses.items() if not met] == [clause]


def test_low_activity_allows_the_limits_themselves():
    assert low(replace(NOW, sledai=4, pga=1.0, prednisone_mg_day=7.5)) is True


@pytest.mark.parametrize("item", MAJOR)
def test_any_descriptor_of_a_major_organ_excludes_low_activity(item):
    here = replace(NOW, items={**NOW.items, item: True})
    before = replace(BEFORE, items={**BEFORE.items, item: True})
    assert low(here, before=before) is False
    assert low(here, LldasRule(major_organs=False), before=before) is True


def test_a_descriptor_that_was_absent_before_is_new_activity():
    quiet = state("W20", 20, "rash")
    assert low(before=quiet) is False
    assert low(rule=LldasRule(new_serology=False), before=quiet) is True
    assert low(rule=LldasRule(new_serology=False), before=state("W20", 20, "dna_binding")) is False
    assert low(rule=LldasRule(new_activity=False), before=quiet) is True


def test_the_visit_before_is_the_latest_one_and_not_a_later_one():
    first, later = state("W16", 16), state("W36", 36)
    found = lldas(None, NOW, history=(later, BEFORE, NOW, first))
    assert "new activity since W20: none" in found.reasons


def test_without_a_visit_before_or_descriptors_low_activity_is_not_known():
    assert low(before=None) is False
    bare = replace(NOW, items={})
    found = lldas(None, bare, history=(BEFORE,))
    assert found.clauses["major_organs"] is None
    assert found.clauses["new_activity"] is None
    nothing = replace(bare, sledai=0)
    assert low(nothing) is True  # a total of 0 says that there is none


def test_remission_looks_past_serology_and_not_past_the_clinic():
    calm = state("W24", 24, "low_complement", "dna_binding")
    assert doris(None, calm).responder is True
    assert doris(None, NOW).responder is False
    assert doris(None, NOW).reasons[0] == "clinical SLEDAI 2 (at most 0)"


@pytest.mark.parametrize(
    ("change", "remission"),
    [
        ({"pga": 0.49}, True),
        ({"pga": 0.5}, False),
        ({"prednisone_mg_day": 5.0}, True),
        ({"prednisone_mg_day": 5.1}, False),
        ({"pga": None}, False),
        ({"items": {}}, False),
    ],
)
def test_remission_ends_at_each_limit(change, remission):
    calm = state("W24", 24, "dna_binding")
    assert doris(None, replace(calm, **change)).responder is remission


def test_remission_may_allow_the_border_of_the_assessment():
    assert doris(None, state("W24", 24, pga=0.5), DorisRule(pga_border_allowed=True)).responder is True


GRADES = {"renal": "A", "mucocutaneous": "B", "ophthalmic": "E"}
BASE = state("W0", 0, "rash", "proteinuria", bilag=GRADES, pga=1.0)
BETTER = state("W24", 24, "rash", bilag={"renal": "B", "mucocutaneous": "C", "ophthalmic": "E"}, pga=1.0)


def test_bicla_asks_every_active_system_to_improve():
    found = bicla(BASE, BETTER)
    assert found.responder is True
    assert found.reasons[0] == "2 of 2 BILAG systems with A or B improved; not improved: none"
    stuck = replace(BETTER, bilag={**BETTER.bilag, "mucocutaneous": "B"})
    assert bicla(BASE, stuck).responder is False
    assert "not improved: mucocutaneous B to B" in bicla(BASE, stuck).reasons[0]


@pytest.mark.parametrize(
    ("change", "responder"),
    [
        ({"sledai": BASE.sledai}, True),
        ({"sledai": BASE.sledai + 1}, False),
        ({"pga": 1.29}, True),
        ({"pga": 1.3}, False),
        ({"bilag": {**BETTER.bilag, "ophthalmic": "B"}}, True),
        ({"bilag": {**BETTER.bilag, "ophthalmic": "A"}}, False),
        ({"meds_violation": True}, False),
        ({"sledai": None}, False),
        ({"bilag": {"renal": "B"}}, False),
    ],
)
def test_bicla_refuses_what_got_worse_or_is_missing(change, responder):
    assert bicla(BASE, replace(BETTER, **change)).responder is responder


def test_bicla_may_leave_the_clause_on_sledai_out():
    worse = replace(BETTER, sledai=BASE.sledai + 4)
    assert bicla(BASE, worse, BiclaRule(sledai_rise=None)).responder is True


def test_bicla_without_active_systems_is_not_evaluable():
    quiet = replace(BASE, bilag={"renal": "C"})
    assert bicla(quiet, BETTER).reasons == ("not evaluable: no BILAG system was A or B at baseline",)


@pytest.mark.parametrize("rule", [bicla, lldas, doris])
def test_a_missing_visit_is_a_non_responder(rule):
    found = rule(BASE, None)
    assert (found.responder, found.reasons) == (
        False,
        ("end-point visit missing: counted as non-responder",),
    )


def test_levels_may_be_left_out_and_are_missing_without_a_value():
    bare = replace(NOW, pga=None, prednisone_mg_day=None)
    found = lldas(None, bare, history=(BEFORE,))
    assert (found.clauses["pga"], found.clauses["prednisone"]) == (None, None)
    assert low(bare) is False
    assert low(bare, LldasRule(max_pga=None, max_prednisone=None)) is True
    assert low(replace(NOW, sledai=None)) is False
