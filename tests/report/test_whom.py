"""In whom a subset changed: intervals of patients and what is told from them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from report.synthetic import make_run
from report.test_report import parsed

from cytogate.report.changes import changes
from cytogate.report.page import page_html
from cytogate.report.whom import in_whom


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, n_subjects=2, weeks=(0, 24), n_previews=0)


def told(run, **at_end):
    """Return what is told of P01 whose DN is 20 (18 to 23) % before and as given at the end."""
    rows = run.subsets.copy()
    dn = (rows.subset == "DN") & (rows.subject == "P01")
    start = {"percent": 20.0, "ci_low": 18.0, "ci_high": 23.0, "flag": "ok"}
    for visit, values in (("W0", start), ("W24", {"flag": "ok"} | at_end)):
        counted = {"count": round(10 * values["percent"]), "denominator_count": 1000}
        for column, value in (values | counted).items():
            rows.loc[dn & (rows.visit == visit), column] = value
    run = replace(run, subsets=rows)
    (change,) = (change for change in changes(run) if change.subset.name == "DN")
    first, _ = in_whom(run, change)
    assert first.subject == "P01"
    return first


def test_a_patient_rose_or_fell_where_the_interval_of_the_change_leaves_out_0(run):
    up = told(run, percent=30.0, ci_low=26.0, ci_high=33.0)
    assert (up.low, up.high) == pytest.approx((10 - 5.0, 10 + 13**0.5))  # 4 and 3 square and add to 5
    assert (up.outcome, up.words, up.interval) == ("rose", "+10.0", "+5.0 to +13.6")
    assert told(run, percent=10.0, ci_low=8.0, ci_high=12.0).outcome == "fell"
    assert told(run, percent=24.0, ci_low=20.0, ci_high=27.0).outcome == "not clear"


def test_intervals_with_gates_are_taken_where_there_are_some(run):
    wide = told(run, percent=30.0, ci_low=26.0, ci_high=33.0, gate_ci_low=18.0, gate_ci_high=40.0)
    assert wide.low == pytest.approx(10 - (12**2 + 3**2) ** 0.5)
    assert wide.outcome == "not clear"


def test_no_direction_is_told_of_few_events(run):
    few = told(run, percent=30.0, ci_low=26.0, ci_high=33.0, flag="below_lloq")
    assert few.outcome == "too few events"


def test_a_visit_with_several_tubes_has_no_interval(run):
    rows = run.subsets
    again = rows[(rows.subject == "P01") & (rows.visit == "W24")].assign(sample="P01-W24-2")
    repeated = told(replace(run, subsets=pd.concat([rows, again], ignore_index=True)), percent=30.0)
    assert (repeated.low, repeated.interval, repeated.outcome) == (None, "", "no interval")


def test_the_page_lists_every_patient_of_every_subset(run):
    page = parsed(page_html(run))
    rows = page.xpath('//*[@id="whom-table"]/tbody/tr')
    assert [row.get("data-subject") for row in rows] == ["P01", "P02"] * (len(rows) // 2)
    assert len(rows) == sum(len(change.pairs) for change in changes(run))
    assert rows[0][6].text_content() in {"rose", "fell", "not clear", "too few events"}
