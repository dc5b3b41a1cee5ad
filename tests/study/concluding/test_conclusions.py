"""What is asked of which measures in which groups, what is corrected, and that nothing odd stops it."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace

import pytest

from cytogate.errors import CytogateError
from cytogate.stats.clinical.state import ClinicalState
from cytogate.stats.comparison import Comparison, Offered, trend_tests
from cytogate.study.concluding.conclusions import NOT_INDEPENDENT, POST_HOC, Tables, comparison_rows
from cytogate.study.concluding.families import OUTSIDE
from cytogate.study.definition.statistics import asked
from cytogate.study.definition.study_parts import Endpoint, ResponseRule
from cytogate.study.measuring.clinical_measures import study_weeks
from cytogate.study.run_folder.tables import COMPARISONS
from cytogate.study.sheets.analyte_sheet import AnalyteValue
from cytogate.study.sheets.clinical_sheet import ClinicalVisit

WEEKS = {"W0": 0.0, "W4": 4.0, "W24": 24.0}
SLEDAI = {"P1": (12, 8, 4), "P2": (14, 10, 8), "P3": (8, 6, 2), "P4": (10, 10, 9)}
DN = {"P1": (18, 13, 9), "P2": (26, 20, 12), "P3": (11, 9, 6), "P4": (15, 16, 15)}


def clinic(sledai=SLEDAI):
    return tuple(
        ClinicalVisit(
            subject,
            ClinicalState(visit=visit, week=WEEKS[visit], sledai=float(score)),
            {"sledai_total": float(score), "pga": score / 5},
        )
        for subject, scores in sledai.items()
        for visit, score in zip(WEEKS, scores, strict=True)
    )


def tubes(shares=DN, name: str = "DN", *, total: int = 1000, flag: str = "ok"):
    return [
        {
            "sample": f"{subject}_{visit}",
            "subject": subject,
            "visit": visit,
            "week": WEEKS[visit],
            "subset": name,
            "count": int(total * share / 100),
            "denominator_count": total,
            "percent": float(share),
            "absolute_per_ul": None,
            "flag": flag,
        }
        for subject, course in shares.items()
        for visit, share in zip(WEEKS, course, strict=False)
    ]


AT_W24 = ResponseRule("sri4", "kamen2022", "W24")


def made(clinical=(), analytes=(), *, response: ResponseRule | None = AT_W24, names=("DN",), **study):
    """A plan as far as statistics look at it."""
    settings = {
        "baseline": "W0",
        "response": response,
        "statistics": ("paired_change",),
        "partners": ("sledai_total",),
        "percent_scale": "logit",
        "intensities": (),
        "ratios": (),
        "compositions": (),
        "families": {"primary": names},
        "seed": 1,
    }
    return SimpleNamespace(
        study=SimpleNamespace(**(settings | study)),
        endpoints=tuple(Endpoint(name, f"/B/{name}", "/B") for name in names),
        clinical=clinical,
        analytes=analytes,
        weeks=study_weeks((), clinic()),
    )


def answers(**responded: bool | None):
    return {"subjects": {name: {"responder": value} for name, value in responded.items()}}


JUDGED = answers(P1=True, P2=True, P3=True, P4=False)
heard: list[tuple] = []


def stand_in(*needs: str, name: str = "stand-in", ask=None) -> Offered:
    def listen(series, question, group):
        heard.append((series, question, group))
        return [Comparison(series.name, series.kind, "W24 - W0", group, "Listening", n=len(series.subjects))]

    return Offered(name, "Listens.", needs, ask or listen)


@pytest.fixture(autouse=True)
def _silence():
    heard.clear()


def test_each_group_is_asked_about_its_own_subjects():
    rows = comparison_rows(made(clinic()), Tables(tubes()), JUDGED, tests=[stand_in("pair")])
    groups = [(series.name, group, series.subjects) for series, _, group in heard]
    assert groups[:3] == [
        ("DN", "all treated", ("P1", "P2", "P3", "P4")),
        ("DN", "responders", ("P1", "P2", "P3")),
        ("DN", "non-responders", ("P4",)),
    ]
    assert [(name, group) for name, group, _ in groups[3:]] == [
        ("sledai_total", "all treated"),
        ("sledai_total", "responders"),
        ("sledai_total", "non-responders"),
    ]
    assert [POST_HOC in row["note"] for row in rows] == [False, True, True] * 2


def test_groups_are_compared_with_all_subjects_at_hand():
    comparison_rows(made(), Tables(tubes()), JUDGED, tests=[stand_in("groups")])
    ((series, question, group),) = heard
    assert (group, series.subjects) == ("between groups", ("P1", "P2", "P3", "P4"))
    assert question.responders == {"P1": True, "P2": True, "P3": True, "P4": False}


def test_without_a_response_there_is_one_group_and_the_comparison_of_groups_says_why():
    plan = made(response=None)
    (row,) = comparison_rows(plan, Tables(tubes()), None, tests=[stand_in("groups")])
    assert "names no response rule" in row["note"]
    assert row["p"] is None
    comparison_rows(plan, Tables(tubes()), None, tests=[stand_in("pair")])
    assert [group for _, _, group in heard] == ["all treated"]


def test_changes_are_related_to_sledai_with_what_must_be_said_beside_it():
    rows = comparison_rows(made(clinic()), Tables(tubes()), JUDGED, tests=[stand_in("partner")])
    assert {series.name for series, _, _ in heard} == {"DN"}  # SLEDAI is not related to itself
    assert {question.partner.name for _, question, _ in heard} == {"SLEDAI"}
    assert all(NOT_INDEPENDENT in row["note"] for row in rows)
    rows = comparison_rows(made(clinic(), response=None), Tables(tubes()), None, tests=[stand_in("partner")])
    assert not any(NOT_INDEPENDENT in row["note"] for row in rows)


def test_an_analyte_may_be_a_partner_and_is_not_related_to_itself():
    garp = tuple(AnalyteValue(subject, "W0", "GARP", 1.0, "ng/mL") for subject in DN)
    plan = made(analytes=garp, partners=("GARP",), response=None)
    comparison_rows(plan, Tables(tubes()), None, tests=[stand_in("partner")])
    assert [(series.name, question.partner.name) for series, question, _ in heard] == [("DN", "GARP")]


def test_without_a_clinical_table_there_is_no_partner_and_that_is_said():
    (row,) = comparison_rows(made(response=None), Tables(tubes()), None, tests=[stand_in("partner")])
    assert "holds no SLEDAI" in row["note"]


@pytest.mark.parametrize(
    ("study", "expected", "note"),
    [
        ({}, ("W0", "W24"), ""),
        ({"baseline": None}, ("W0", "W24"), "the study names no baseline: W0 taken"),
        (
            {"response": ResponseRule("sri4", "kamen2022", "W52")},
            ("W0", "W24"),
            "not measured at W52: compared at W24",
        ),
        ({"response": ResponseRule("sri4", "kamen2022", "W4")}, ("W0", "W4"), ""),
        ({"response": None, "baseline": "W4"}, ("W4", "W24"), ""),
        ({"response": None, "baseline": "W24"}, ("W24", "W24"), ""),
    ],
)
def test_the_visits_compared_are_baseline_and_that_of_the_response(study, expected, note):
    (row,) = comparison_rows(made(**study), Tables(tubes()), None, tests=[stand_in("pair")])
    ((_, question, _),) = heard
    assert (question.baseline, question.visit) == expected
    assert row["note"] == (note or "no p is given")


def test_a_test_that_fails_costs_its_own_row(monkeypatch):
    def fail(series, question, group):
        raise ZeroDivisionError("no way")

    said = []  # not from the handlers of logging: commands that ran before may have set these
    logger = logging.getLogger("cytogate.study.concluding.conclusions")
    monkeypatch.setattr(logger, "warning", lambda text, *parts, **_: said.append(text % parts))
    rows = comparison_rows(
        made(), Tables(tubes()), None, tests=[stand_in("pair", name="bad", ask=fail), stand_in("pair")]
    )
    assert [row["test"] for row in rows] == ["bad", "Listening"]
    assert rows[0]["note"] == "the test failed: ZeroDivisionError: no way"
    assert said == ["bad of DN in all treated fails"]


def ask_all(plan, subsets, response=None):
    every = replace_statistics(plan, "all", "agreement")
    return comparison_rows(every, Tables(subsets), response)


def replace_statistics(plan, *names):
    study = SimpleNamespace(**(vars(plan.study) | {"statistics": names}))
    return SimpleNamespace(**(vars(plan) | {"study": study}))


def test_q_is_given_to_the_primary_contrast_of_a_family_and_to_nothing_else():
    subsets = [
        row
        for name in ("DN", "SWM", "outside")
        for row in tubes({k: tuple(reversed(v)) for k, v in DN.items()} if name == "SWM" else DN, name)
    ]
    plan = made(clinic(), names=("DN", "SWM", "outside"), families={"primary": ["DN", "SWM"]})
    rows = comparison_rows(plan, Tables(subsets), JUDGED)
    corrected = [row for row in rows if row["q"] is not None]
    assert [(row["subset"], row["group"], row["test"], row["contrast"]) for row in corrected] == [
        ("DN", "all treated", "Wilcoxon signed-rank, exact", "W24 - W0"),
        ("SWM", "all treated", "Wilcoxon signed-rank, exact", "W24 - W0"),
    ]
    assert [row["q"] for row in corrected] == [row["p"] for row in corrected]  # equal p values: q as they
    assert {row["family"] for row in corrected} == {"primary"}
    assert {row["family"] for row in rows if row["q"] is None} == {""}
    said = [(row["subset"], row["test"], row["group"]) for row in rows if OUTSIDE in row["note"]]
    assert said == [
        (name, "Wilcoxon signed-rank, exact", "all treated") for name in ("outside", "sledai_total")
    ]


def test_a_member_of_a_family_without_a_p_is_said_and_does_not_count():
    subsets = tubes() + tubes(dict.fromkeys(DN, (5, 5, 5)), "flat")
    plan = made(names=("DN", "flat"), response=None)
    primary = [
        row
        for row in comparison_rows(plan, Tables(subsets), None)
        if row["family"] and row["test"] == "Wilcoxon signed-rank, exact"
    ]
    assert [(row["subset"], row["q"] == row["p"]) for row in primary] == [("DN", True), ("flat", True)]
    assert primary[1]["q"] is None
    assert all("q over the 1 of 2 measures of the family that have a p" in row["note"] for row in primary)


def test_rows_do_not_depend_on_the_order_of_tables():
    levels = [
        AnalyteValue(subject, visit, analyte, number + week / 7, "ng/mL")
        for number, subject in enumerate(DN, start=1)
        for visit, week in WEEKS.items()
        for analyte in ("GARP", "IL6", "GARP")
    ]
    plan = made(clinic(), tuple(levels), names=("DN",))
    rows = ask_all(plan, tubes(), JUDGED)
    turned = made(tuple(reversed(clinic())), tuple(reversed(levels)), names=("DN",))
    assert ask_all(turned, list(reversed(tubes())), JUDGED) == rows
    assert [list(row) for row in rows] == [list(rows[0])] * len(rows)
    assert set(rows[0]) == set(COMPARISONS)


ONE = {"P1": DN["P1"]}
BAD = {
    "one patient": (tubes(ONE), clinic({"P1": SLEDAI["P1"]}), answers(P1=True)),
    "one visit": (
        [row for row in tubes() if row["visit"] == "W0"],
        tuple(entry for entry in clinic() if entry.state.visit == "W0"),
        answers(P1=False, P2=False, P3=False, P4=None),
    ),
    "all below the limit of detection": (
        tubes(dict.fromkeys(DN, (0, 0, 0)), flag="below_lod"),
        clinic(),
        JUDGED,
    ),
    "constant values": (tubes(dict.fromkeys(DN, (5, 5, 5))), clinic(dict.fromkeys(DN, (4, 4, 4))), JUDGED),
    "all failed": (
        [row | {"count": None, "denominator_count": None, "flag": "failed"} for row in tubes()],
        clinic(),
        JUDGED,
    ),
    "a group of one": (tubes(), clinic(), JUDGED),
    "nobody responded": (tubes(), clinic(), answers(P1=False, P2=False, P3=False, P4=False)),
    "nobody could be judged": (tubes(), clinic(), answers(P1=None, P2=None, P3=None, P4=None)),
    "clinical rows of others only": (tubes(), clinic({"X1": (9, 8, 7)}), answers(X1=False)),
    "no tube": ([], clinic(), JUDGED),
    "no clinical row": (tubes(), (), None),
    "everything in the population": (tubes(dict.fromkeys(DN, (100, 100, 100))), clinic(), JUDGED),
}


@pytest.mark.parametrize("case", BAD)
def test_odd_data_give_rows_with_notes_and_never_an_exception(case):
    subsets, clinical, judged = BAD[case]
    rows = ask_all(made(clinical), subsets, judged)
    assert len(rows) >= len(asked(["all"]))
    assert [row for row in rows if "the test failed" in row["note"]] == []
    assert [row for row in rows if row["p"] is None and not row["note"]] == []
    assert all(row["p"] is None or 0 < row["p"] <= 1 for row in rows)
    for row in rows:
        if row["p"] is not None and row["p_floor"] is not None:
            assert row["p"] >= row["p_floor"] * (1 - 1e-9)


def test_all_stands_for_every_test_once_and_unknown_ones_are_refused():
    names = [test.name for test in asked(["friedman", "all", "friedman"])]
    assert names[0] == "friedman"
    assert sorted([*names, "agreement"]) == list(trend_tests.names())
    with pytest.raises(CytogateError, match=r"Unknown statistic 'freidman'. Did you mean friedman"):
        asked(["freidman"])


def test_ten_measures_of_six_patients_at_eight_visits_take_seconds():
    weeks = (0, 1, 4, 8, 12, 16, 20, 24)
    names = [f"subset {number}" for number in range(10)]
    subsets = [
        {
            "sample": f"P{subject}_W{week}",
            "subject": f"P{subject}",
            "visit": f"W{week}",
            "week": float(week),
            "subset": name,
            "count": 100 + (37 * subject * (week + 3) * (number + 1)) % 61,
            "denominator_count": 1000,
            "percent": 10.0,
            "absolute_per_ul": None,
            "flag": "ok",
        }
        for number, name in enumerate(names)
        for subject in range(1, 7)
        for week in weeks
    ]
    clinical = tuple(
        ClinicalVisit(
            f"P{subject}",
            ClinicalState(visit=f"W{week}", week=float(week), sledai=float(12 - week // 4)),
            {"sledai_total": float(12 - week // 4 + subject % 3)},
        )
        for subject in range(1, 7)
        for week in weeks
    )
    judged = answers(P1=True, P2=True, P3=True, P4=False, P5=True, P6=True)
    began = time.process_time()
    rows = ask_all(made(clinical, names=tuple(names)), subsets, judged)
    assert time.process_time() - began < 10
    assert {row["subset"] for row in rows} == {*names, "sledai_total"}
