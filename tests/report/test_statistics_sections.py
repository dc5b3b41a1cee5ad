"""What the report says of changes, response and SLEDAI: numbers of the tables, and no more is claimed."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lxml import html
from report.synthetic import SUBSETS, make_run, with_statistics
from report.test_report import HOSTILE, packed, parsed, section_text

from cytogate.plots.numbers import p_text, shared_decimals, signed_text
from cytogate.report.captions import comparisons_of
from cytogate.report.changes import changes
from cytogate.report.figure import report_figures
from cytogate.report.figures.sledai import slope_of
from cytogate.report.findings import Finding, findings, number
from cytogate.report.page import page_html
from cytogate.report.summary import summary

WILCOXON = "Wilcoxon signed-rank, exact"


@pytest.fixture(scope="module")
def told(made_run):
    return with_statistics(made_run)


@pytest.fixture(scope="module")
def page(told):
    return parsed(page_html(told))


def row_of(run, subset, test, group="all treated"):
    table = run.comparisons
    (row,) = table[(table.subset == subset) & (table.test == test) & (table.group == group)].to_dict(
        "records"
    )
    return row


def changed(run, where, **values):
    """Return the run with some cells of its comparisons set, ``where`` being a function of the table."""
    table = run.comparisons.copy()
    for column, value in values.items():
        table.loc[where(table), column] = value
    return replace(run, comparisons=table)


def primary(table):
    return (table.test == WILCOXON) & (table.group == "all treated")


# Overview -------------------------------------------------------------------------------------------------


def test_each_subset_is_said_with_its_numbers_and_who_did_not_go_along(page, told):
    (line,) = page.xpath('//section[@id="overview"]//li[strong="switched memory"]')
    said = " ".join(line.text_content().split())
    row = row_of(told, "switched_memory", WILCOXON)
    assert "fell in 5 of 6 treated patients (not P06, non-responder)" in said
    places = shared_decimals(row["estimate"], row["ci_low"], row["ci_high"])
    estimate, low, high = (signed_text(row[key], places) for key in ("estimate", "ci_low", "ci_high"))
    assert f"{estimate} percentage points (95 % CI {low} to {high})" in said
    assert f"p = {p_text(row['p'])}" in said
    assert "0.0312" in said  # the floor of six
    assert f"q = {p_text(row['q'])}" in said
    assert "Post hoc, responders alone: fell in 5 of 5" in said
    assert "(93.8 % CI" in said
    assert "the smallest that 5 patients can give" in said


def test_overview_does_not_claim_more_than_the_tables(page, told):
    said = section_text(page, "overview")
    assert row_of(told, "DN", WILCOXON)["q"] > 0.05
    assert "none of 5 subsets had changed over all 6 treated patients" in said
    assert "a lead, not proof" in said
    assert not re.search(r"signific|proves|effective|confirm", said)
    assert "no difference between them can be shown or ruled out" in said
    assert "one finding, not two" in said
    assert "It cannot be below 0.0312 with 6 patients" in said


def test_what_is_hard_to_explain_by_chance_is_told_by_q_and_not_by_p(told):
    dn = changed(told, lambda t: primary(t) & (t.subset == "DN"), p=0.03125, q=0.04)
    lead = summary(dn).lead
    assert "By W24, DN fell in treated patients, hard to explain by chance (q ≤ 0.05)." in lead
    other = summary(changed(told, lambda t: primary(t) & (t.subset == "DN"), p=0.03125, q=0.08)).lead
    assert "none of 5 subsets" in other


def test_a_subset_without_p_is_said_not_to_be_tested_with_the_reason(told):
    run = changed(told, lambda t: primary(t) & (t.subset == "DN"), p=None, q=None, note="every change is 0")
    found = summary(run)
    assert "DN: not tested (every change is 0)." in found.open
    assert "DN" not in [item.name for _, items in found.groups for item in items]


def test_patients_without_both_visits_are_named(told):
    rows = told.subsets
    gone = (rows.subject == "P02") & (rows.visit == "W24") & (rows.subset == "DN")
    run = replace(told, subsets=rows[~gone])
    assert "DN: P02 without a usable value at W0 or W24, left out." in summary(run).open
    caption = next(figure.caption for figure in report_figures(run) if figure.name == "before-after-DN")
    assert "Without a usable value at both visits: P02." in caption


def test_values_below_the_limits_are_said_where_a_direction_is(told):
    rows = told.subsets.assign(flag="ok")
    rows.loc[(rows.subject == "P01") & (rows.visit == "W24") & (rows.subset == "DN"), "flag"] = "below_lloq"
    (said,) = [
        item.said
        for _, items in summary(replace(told, subsets=rows)).groups
        for item in items
        if item.name == "DN"
    ]
    assert "1 of these 12 values rest on too few events" in said


def test_without_statistics_the_overview_says_none(made_run):
    assert summary(made_run) is None


def with_mixed_model(run, note):
    row = run.comparisons[primary(run.comparisons) & (run.comparisons.subset == "DN")].assign(
        test="linear mixed model, random intercept, on logit",
        estimate=0.519, ci_low=0.4267, ci_high=0.6314, unit="odds ratio", contrast="W24 - W0", p=0.0007,
        note=note,
    )  # fmt: skip
    return replace(run, comparisons=pd.concat([run.comparisons, row], ignore_index=True))


def test_p_of_the_mixed_model_is_not_said_beside_the_interval_that_it_does_not_test(told):
    run = with_mixed_model(told, "p: against no change at any visit; p takes visits to be exchangeable")
    assert summary(run).over_visits[-3:] == (
        "By how much, W0 to W24, where all visits help to tell it (linear mixed model): "
        "DN odds ratio 0.52 (95 % CI 0.43 to 0.63).",
        "Could that be chance? The p of the model asks about a change at any visit, not W0 to W24 alone: "
        "DN p = 0.0007. It is counted by shuffling the visits within patients, and the interval by a formula "
        "(t): they need not agree.",
        "What to report: the paired changes above, which are the primary result. The tests here use more of "
        "the data, but their p are not corrected for the number of subsets, and come out too small where "
        "each patient drifts in a way of their own. They can support a paired change, not replace it.",
    )


def test_p_of_the_mixed_model_of_two_visits_is_against_their_change(told):
    (asked,) = [
        line
        for line in summary(with_mixed_model(told, "interval by t")).over_visits
        if line.startswith("Could that be chance?")
    ]
    assert "asks about the change W0 to W24: DN p = 0.0007." in asked


# Response -------------------------------------------------------------------------------------------------


def test_response_shows_clauses_reasons_and_both_ways_with_missing_values(told):
    answers = {
        "P1": {"responder": True, "clauses": {"sledai": True, "pga": None}, "reasons": ["SLEDAI 12 to 4"]},
        "P2": {"responder": False, "clauses": {"sledai": False, "pga": True}, "reasons": ["SLEDAI 8 to 6"]},
    }
    response = told.manifest["response"] | {"subjects": answers, "missing": "nri"}
    page = parsed(page_html(replace(told, manifest=told.manifest | {"response": response})))
    rows = [
        [" ".join(c.text_content().split()) for c in row]
        for row in page.xpath('//*[@id="response-table"]/tbody/tr')
    ]
    assert rows == [
        ["P1", "responder", "met", "not recorded", "SLEDAI 12 to 4"],
        ["P2", "non-responder", "not met", "met", "SLEDAI 8 to 6"],
    ]
    said = section_text(page, "response")
    assert "SRI-4 (profile kamen2022) at W24" in said
    assert "5 of 683.3 %35.9 to 99.6 %43.6 to 97.0 %as the study asks" in said
    assert "6 of 6100 %" in said
    assert "The rate depends on how missing values are treated" in said


# Figures --------------------------------------------------------------------------------------------------


def figures_of(page):
    return json.loads(packed(page, "figures"))["figures"]


def test_before_and_after_holds_the_values_of_both_visits(page, told):
    traces = figures_of(page)["before-after-DN"]["data"]
    rows = told.subsets[(told.subsets.subset == "DN") & told.subsets.visit.isin(["W0", "W24"])]
    for trace in traces:
        values = rows[rows.subject == trace["meta"]].sort_values("week")["percent"]
        assert trace["y"] == pytest.approx(values.tolist())
    assert [trace["line"]["dash"] for trace in traces] == ["solid"] * 5 + ["dash"]


def test_forest_holds_the_estimates_with_all_treated_first(page, told):
    first, second, third = figures_of(page)["forest-points"]["data"]
    assert (first["name"], second["name"], third["name"]) == ("all treated", "responders", "non-responders")
    row = row_of(told, "DN", WILCOXON)
    assert first["x"][0] == pytest.approx(row["estimate"])
    assert first["x"][0] - first["error_x"]["arrayminus"][0] == pytest.approx(row["ci_low"])
    assert third["error_x"]["array"] == [0.0] * len(SUBSETS)  # one patient has no interval
    table = [row.text_content() for row in page.xpath('//*[@id="changes-table"]/tbody/tr')]
    assert len(table) == 3 * len(SUBSETS)
    assert "post hoc" not in table[0]
    assert all("post hoc" in line for line in table[1:3])
    assert "one patient: nothing can be tested" in table[2]


def test_an_endless_interval_ends_at_the_axis(told):
    run = changed(told, lambda t: (t.test == "sign test, exact") & (t.subset == "DN"), ci_high=np.inf)
    figure = next(f for f in report_figures(run) if f.name == "forest-fold").build()
    trace = figure.data[0]
    end = trace.x[0] + trace.error_x.array[0]
    assert np.isfinite(end)
    assert np.log10(end) == pytest.approx(figure.layout.xaxis.range[1])


def test_changes_against_sledai_are_one_point_a_patient_with_the_exact_p(page, told):
    traces = figures_of(page)["sledai-change-DN"]["data"]
    scores = told.clinical.set_index(["subject", "visit"])["value"]
    change = next(change for change in changes(told) if change.subset.name == "DN")
    assert len(traces) == 6
    for trace, pair in zip(traces, change.pairs, strict=True):
        assert trace["x"] == pytest.approx([scores[pair.subject, "W24"] - scores[pair.subject, "W0"]])
        assert trace["y"] == pytest.approx([pair.after - pair.before])
    assert [trace["marker"]["symbol"] for trace in traces].count("x") == 1
    row = row_of(told, "DN", "Spearman of changes, exact")
    said = section_text(page, "sledai_change")
    assert f"exact p = {p_text(row['p'])} (smallest possible: {p_text(row['p_floor'])})" in said
    assert "Response is defined by SLEDAI" in said


def test_lines_within_patients_are_parallel_with_the_slope_of_least_squares(page, told):
    found = slope_of(told, "DN")
    x = np.concatenate([patient.x for patient in found.patients])
    y = np.concatenate([patient.y for patient in found.patients])
    whose = np.repeat(np.eye(len(found.patients)), [len(patient.x) for patient in found.patients], axis=0)
    fitted = np.linalg.lstsq(np.column_stack([x, whose]), y, rcond=None)[0]
    assert found.slope == pytest.approx(fitted[0])
    lines = [trace for trace in figures_of(page)["sledai-within-DN"]["data"] if trace["mode"] == "lines"]
    slopes = [(b["y"][1] - b["y"][0]) / (b["x"][1] - b["x"][0]) for b in lines]
    assert slopes == pytest.approx([fitted[0]] * 6)


def test_r_within_patients_stands_beside_permuted_p_and_no_interval_of_another_method(page, told):
    said = section_text(page, "sledai_within")
    row = row_of(told, "DN", "repeated-measures correlation, adjusted for visit")
    assert (
        f"; adjusted for visit {number(row['estimate'])}, permuted p = {p_text(row['p'])} (smallest" in said
    )
    assert "CI" not in said
    assert "believe the second, r adjusted for visit" in said


def test_every_figure_has_a_picture_that_needs_no_script(page):
    for section in ("forest", "before_after", "sledai_change", "sledai_within"):
        places = page.xpath(f'//section[@id="{section}"]//figure')
        assert places
        for place in places:
            assert len(place.xpath('.//div[@class="printed"]/*[local-name()="svg"]')) == 1
            assert place.xpath(".//figcaption")[0].text_content().strip()


def test_captions_of_files_hold_the_tests_that_are_drawn(told):
    figures = {figure.name: figure for figure in report_figures(told)}
    (rho, *rest) = comparisons_of(told, figures["sledai-change-DN"])
    assert rho["test"] == "Spearman of changes, exact"
    assert {row["test"].partition(",")[0] for row in rest} == {"Spearman of changes"}
    drawn = comparisons_of(told, figures["forest-fold"])
    assert {row["subset"] for row in drawn} == set(SUBSETS)
    assert {row["test"].partition(",")[0] for row in drawn} == {"Wilcoxon signed-rank", "sign test"}


# Table ----------------------------------------------------------------------------------------------------


def test_all_comparisons_are_listed_and_saved(page, told):
    shown = page.xpath('//*[@id="comparisons-table"]/tbody/tr')
    rows = list(csv.DictReader(io.StringIO(packed(page, "comparisons-csv"))))
    assert len(shown) == len(rows) == len(told.comparisons)
    assert [row["note"] for row in rows] == told.comparisons["note"].tolist()
    notes = [" ".join(row[-1].text_content().split()) for row in shown]
    assert any("post hoc" in note for note in notes)


def test_sections_are_left_out_where_nothing_was_asked(made_run):
    page = parsed(page_html(made_run))
    keys = [section.get("id") for section in page.xpath("//main/section")]
    assert not {"forest", "comparisons", "sledai_change", "sledai_within"} & set(keys)
    assert {"response", "before_after"} <= set(keys)


def test_hostile_names_are_inert_in_every_section_of_statistics(tmp_path):
    made = make_run(tmp_path, subjects=HOSTILE, weeks=(0, 4, 24), n_previews=0, name=HOSTILE[0])
    run = with_statistics(made)
    run = replace(
        run,
        comparisons=run.comparisons.assign(note=HOSTILE[0], contrast=HOSTILE[1], test=run.comparisons.test),
    )
    page = parsed(page_html(run))
    assert not page.xpath("//main//script | //img")
    assert not [name for name in page.xpath("//@*") if name.attrname.startswith("on")]
    texts = {t.text_content() for t in page.xpath('//section[@id="before_after"]//*[local-name()="text"]')}
    assert "=1+1" in texts
    assert any(text.startswith("</script>") for text in texts)
    assert html.tostring(page)
    rows = list(csv.DictReader(io.StringIO(packed(page, "comparisons-csv"))))
    assert rows[0]["note"] == HOSTILE[0]


@pytest.mark.parametrize(
    ("p", "floor", "q", "n", "said"),
    [
        (0.0312, 0.0312, 0.04, 6, "chance is an unlikely explanation"),
        (0.0312, 0.0312, 0.08, 6, "not clear after correction for the number of questions"),
        (0.0625, 0.0625, None, 5, "as clear as 5 patients can be; no proof"),
        (0.2, 0.0312, 0.3, 6, "chance is not ruled out"),
        (1.0, 1.0, None, 1, "one patient: nothing can be tested"),
        (None, None, None, 4, "not tested: why"),
    ],
)
def test_certainty_promises_no_more_than_p_and_q(p, floor, q, n, said):
    row = Finding("DN", "percent", "", "all treated", WILCOXON, 1.0, 0.5, 2.0, "", n, p, floor, q, "", "why")
    assert row.certainty == said


@pytest.mark.parametrize(
    ("estimate", "low", "high", "unit", "value", "ends"),
    [
        (-6.9586, -14.1513, 0.3599, "percentage points", "−6.96", "−14.15 to +0.36"),
        (3.18, -0.0326, 6.03, "percentage points", "+3.18", "−0.03 to +6.03"),
        (-10.3, -14.9, -0.04, "percentage points", "−10.30", "−14.90 to −0.04"),  # it leaves out 0
        (0.0326, -14.15, 6.03, "percentage points", "+0.03", "−14.15 to +6.03"),
        (16.667, 0.421, 64.123, "%", "16.7", "0.4 to 64.1"),
        (0.5052, 0.098, 12.34, "fold", "0.51", "0.10 to 12.3"),
    ],
)
def test_an_estimate_and_its_interval_have_the_same_decimals(estimate, low, high, unit, value, ends):
    row = Finding("", "percent", "", "", WILCOXON, estimate, low, high, unit, 6, None, None, None, "", "")
    assert (row.value, row.ends) == (value, ends)


def test_missing_numbers_of_the_table_are_none_and_endless_ends_stay(told):
    run = changed(told, primary, estimate=float("nan"), ci_low=float("-inf"), ci_high=float("nan"))
    row = next(row for row in findings(run) if row.test == WILCOXON)
    assert (row.estimate, row.low, row.high) == (None, float("-inf"), None)
