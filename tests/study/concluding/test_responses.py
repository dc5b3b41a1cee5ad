"""Response of a study: its keys, its rate, all visits."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytogate.errors import StudyError
from cytogate.study.concluding.responses import response, responses_over_visits
from cytogate.study.planning.plan import plan_study

SAMPLE = Path(__file__).parents[3] / "sample_fcs"


def ask(trial, wanted: str) -> None:
    kept = [line for line in trial.study.read_text().splitlines() if not line.startswith("response")]
    trial.write("study.yaml", "\n".join([*kept, f"response: {wanted}\n"]))


def test_rate_and_clauses_stand_with_the_response(trial):
    found = response(plan_study(trial.study))
    assert (found["missing"], found["notes"]) == ("nri", [])
    assert found["clauses"]["max_new_b"] == 1
    assert (found["rate"]["responders"], found["rate"]["evaluable"], found["rate"]["percent"]) == (1, 2, 50)
    assert found["subjects"]["P1"]["clauses"]["sledai"] is True


def test_canonical_is_the_usual_profile(trial):
    ask(trial, "{rule: sri4, at: W4}")
    found = response(plan_study(trial.study))
    assert found["profile"] == "canonical"
    assert found["subjects"]["P1"]["responder"] is True


def test_five_of_six_respond_in_the_trial_that_comes_along():
    plan = plan_study(SAMPLE / "study.yaml")
    found = response(plan)
    assert found["profile"] == "kamen2022"
    assert found["notes"][0].startswith("new BILAG B is not asked")
    assert [subject for subject, entry in found["subjects"].items() if not entry["responder"]] == ["P4"]
    share = responses_over_visits(plan)["W24"][0]
    assert str(share) == "5/6 = 83.3 % (35.9 to 99.6)"


def test_clauses_of_the_study_count(trial):
    ask(trial, "{rule: sri4, at: W4, clauses: {max_prednisone: 5}}")
    found = response(plan_study(trial.study))["subjects"]["P1"]
    assert found["responder"] is False
    assert any("at most 5 mg" in reason for reason in found["reasons"])


def test_last_values_are_carried_where_the_study_says_so(trial):
    text = (trial.folder / "clinical.csv").read_text()
    trial.write("clinical.csv", f"{text}P2,W8,8,4,C,0.5,10\n")
    ask(trial, "{rule: sri4, at: W8, missing: locf}")
    found = response(plan_study(trial.study))["subjects"]
    assert found["P1"]["responder"] is True  # without a row of W8, whose week P2 tells
    assert "SLEDAI of W4 carried forward" in found["P1"]["reasons"]
    ask(trial, "{rule: sri4, at: W8}")
    assert response(plan_study(trial.study))["subjects"]["P1"]["responder"] is False


def test_assessments_on_another_scale_are_judged_on_0_3(trial):
    text = (trial.folder / "clinical.csv").read_text()
    trial.write("clinical.csv", text.replace(",1.0,", ",30,").replace(",0.5,", ",40,"))
    ask(trial, "{rule: sri4, at: W4, pga_scale: 100}")
    reasons = response(plan_study(trial.study))["subjects"]["P1"]["reasons"]
    assert "PGA 0.9 to 1.2: rose by 0.30, a rise of less than 0.30 is allowed" in reasons


def test_every_visit_has_its_rate(trial):
    found = responses_over_visits(plan_study(trial.study))
    assert {visit: str(share) for visit, (share, _) in found.items()} == {"W4": "1/2 = 50.0 % (1.3 to 98.7)"}


def test_a_study_without_a_rule_has_no_response(trial):
    kept = [line for line in trial.study.read_text().splitlines() if not line.startswith("response")]
    trial.write("study.yaml", "\n".join(kept) + "\n")
    plan = plan_study(trial.study)
    assert response(plan) is None
    assert responses_over_visits(plan) == {}


@pytest.mark.parametrize("rule", ["bicla", "lldas", "doris", "sri8"])
def test_other_rules_may_be_asked(trial, rule):
    ask(trial, f"{{rule: {rule}, at: W4}}")
    found = response(plan_study(trial.study))
    assert (found["rule"], found["profile"]) == (rule, "canonical" if rule == "sri8" else "")
    assert all(entry["reasons"] for entry in found["subjects"].values())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("{rule: sri4, at: W4, clauses: {max_new_c: 1}}", "unknown clause 'max_new_c' of sri4"),
        (
            "{rule: doris, at: W4, clauses: {max_pga: low}}",
            "max_pga is 'low'; expected a number of 0 or more",
        ),
        ("{rule: doris, profile: kamen2022, at: W4}", "doris has no profiles. Leave the key out"),
        ("{rule: sri4, at: W4, missing: mean}", "response.missing"),
        ("{rule: sri4, at: W4, pga_scale: 5}", "response.pga_scale"),
        ("{rule: sri4, at: W4, instrument: SLAM}", "response.instrument"),
        ("{rule: sri4, at: W4, clauses: [1]}", "response.clauses"),
        ("{rule: sri9, at: W4}", "response.rule"),
    ],
)
def test_a_key_that_cannot_be_meant_is_named(trial, wanted, message):
    ask(trial, wanted)
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert any(message in str(problem) for problem in caught.value.problems), caught.value.problems
