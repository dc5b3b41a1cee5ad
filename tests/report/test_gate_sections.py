"""Sections on gates: which to look at, and which part of a change they make."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from lxml import html
from report.synthetic import make_run

from cytogate.report.page import page_html
from cytogate.report.sections import overview, split, triage, values

TRIAGE = {
    "rank": 1, "score": 0.92, "sample": "P01-W4", "subject": "P01", "visit": "W4", "panel": "bcell",
    "batch": "batch1", "gate": "/Live/B", "reasons": "it lies 8.0 deviations from where it lies in its batch",
    "parent_count": 5120, "border_density": 1.2, "place_z": 8.0, "history_z": 0.4, "own_z": 7.5,
    "jumped": 0.99, "fallback": "",
}  # fmt: skip
SPLIT = {
    "subject": "P01", "panel": "bcell", "subset": "DN", "sample_a": "P01-W0", "sample_b": "P01-W4",
    "visit_a": "W0", "visit_b": "W4", "week_a": 0.0, "week_b": 4.0,
    "change": 5.0, "gate": 4.5, "biology": 0.5, "at_unmoved_gates": 1.25,
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, n_subjects=1, weeks=(0, 4), n_previews=0)


def with_rows(run, *, triage=(), splits=()):
    return dataclasses.replace(run, triage=pd.DataFrame(triage), splits=pd.DataFrame(splits))


def cells(section):
    rows = html.fromstring(f"<div>{section.body}</div>").xpath("//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def test_runs_without_the_tables_have_no_such_sections(run):
    assert triage.build(run) is None
    assert split.build(run) is None


def test_triage_lists_gates_worth_a_look(run):
    dull = TRIAGE | {"rank": 2, "score": 0.1, "gate": "/Live"}
    section = triage.build(with_rows(run, triage=[TRIAGE, dull]))
    shown = ["0.92", "P01", "W4", "P01-W4", "Gate BB", "none", TRIAGE["reasons"], "5,120"]
    assert cells(section) == [shown]
    assert "1 of 2 gates" in section.body


def test_what_all_samples_share_is_one_line_below(run):
    why = "in all 2 samples of the panel not placed by their events: there is no control tube"
    shared = TRIAGE | {"sample": "", "subject": "", "visit": "", "score": 0.0, "reasons": why}
    shared |= {"parent_count": None, "border_density": None, "place_z": None, "own_z": None}
    rows = [TRIAGE, shared | {"gate": "/T/GARP+"}, shared | {"gate": "/T/LAP+"}]
    section = triage.build(with_rows(run, triage=rows))
    assert len(cells(section)) == 1
    assert "1 of 1 gates" in section.body
    *_, line = html.fromstring(f"<div>{section.body}</div>").find_class("note")
    assert line.text_content() == f"Panel bcell, GARP+, LAP+: {why}. No sample is ranked for it."


def with_template(run):
    """A template of which CD27 is one cut of two gates, and Sum is made of M."""
    found = [{"name": "cd27", "markers": ["CD27"], "of": "/Live/B"}]
    divides = {
        "/Live/B/Q": {"populations": ["/Live/B/M", "/Live/B/N"], "cuts": {"cd27": ["/Live/B/M"]}},
        "/Live/B/R": {"populations": ["/Live/B/R"], "cuts": {"cd27": ["/Live/B/R"]}},
    }
    facts = {"found": found, "divides": divides, "needs": {"/Live/B/Sum": ["/Live/B/M/T", "/Live/B/O"]}}
    rows = run.subsets.copy()
    for name, population in (("DN", "/Live/B/Sum"), ("switched_memory", "/Live/B/N")):
        rows.loc[rows.subset == name, ["population", "denominator"]] = [population, "/Live/B"]
    defined = {"/Live/B": "b.cd19", "/Live/B/M": "switched_memory.igd_cd27"}
    facts_of = {"templates": {"bcell": facts}, "population_definitions": {"bcell": defined}}
    manifest = run.manifest | facts_of
    return dataclasses.replace(run, subsets=rows, manifest=manifest)


def test_one_cut_of_several_gates_is_one_row_with_the_subsets_that_it_decides(run):
    first = TRIAGE | {"gate": "/Live/B/Q", "cut": "cd27", "reasons": "it moved; it jumped"}
    second = first | {"gate": "/Live/B/R", "score": 0.95, "reasons": "it moved"}
    other = first | {"sample": "P01-W0", "visit": "W0", "score": 0.4}
    of_gate = TRIAGE | {"gate": "/Live/B/N", "cut": "", "score": 0.35}
    section = triage.build(with_rows(with_template(run), triage=[first, second, other, of_gate]))
    rows = cells(section)
    cut = ["CD27 cut of B cellsSwitched memory B cells (M), R", "DN"]
    assert rows[0] == ["0.95", "P01", "W4", "P01-W4", *cut, "it movedit jumped", "5,120"]
    assert rows[1][:4] == ["0.40", "P01", "W0", "P01-W0"]
    assert rows[2][4:6] == ["Gate NN", "switched memory"]
    assert "4 of 4 gates in all samples deserve a look" in section.body
    assert "which leaves 3 rows" in section.body
    marked = html.fromstring(f"<div>{section.body}</div>").xpath("//tr/@data-subset")
    assert marked == ["DN", "DN", "switched_memory"]


def test_triage_without_doubts_says_so(run):
    section = triage.build(with_rows(run, triage=[TRIAGE | {"score": 0.1}]))
    assert "None of 1 gates" in section.body


def test_triage_shows_the_first_of_many(run):
    rows = [TRIAGE | {"rank": rank, "gate": f"/Live/{rank}"} for rank in range(1, 101)]
    section = triage.build(with_rows(run, triage=rows))
    assert [row[4] for row in cells(section)] == [f"Gate {rank}{rank}" for rank in range(1, triage.MOST + 1)]
    assert "100 of 100" in section.body
    assert f"the first {triage.MOST} are shown" in section.body


def overview_of(run):
    section = overview.build(run)
    (line,) = html.fromstring(f"<div>{section.body}</div>").xpath('//p[contains(., "Quality of gates")]')
    return " ".join(line.text_content().split()), line.xpath(".//a/@href")


def test_overview_says_which_gates_deserve_a_look_and_in_which_tubes(run):
    second = TRIAGE | {"rank": 2, "score": 0.4, "gate": "/Live", "reasons": "it moved; other"}
    dull = TRIAGE | {"rank": 3, "score": 0.1, "sample": "P01-W0"}
    shared = TRIAGE | {"sample": "", "score": 0.0}
    said, links = overview_of(with_rows(run, triage=[second, TRIAGE, dull, shared]))
    assert said == (
        "Quality of gates. 2 of 3 gates deserve a look, in 1 of 2 samples; the oddest is gate B in P01-W4 "
        f"(score 0.92: {TRIAGE['reasons']}; no reported subset depends on it). "
        "1 of the 2 tubes at W0 or W4 from which changes of subsets are taken "
        "is among them. See gates to look at."
    )
    assert links == ["#triage"]


def test_overview_says_that_no_compared_tube_or_no_gate_is_odd(run):
    said, _ = overview_of(with_rows(run, triage=[TRIAGE | {"sample": "P01-W2"}]))
    assert "None of the 2 tubes at W0 or W4 from which changes of subsets are taken is among them." in said
    said, _ = overview_of(with_rows(run, triage=[TRIAGE | {"score": 0.1}]))
    assert "None of 1 gates is odd enough to deserve a look." in said
    assert "Quality of gates" not in overview.build(run).body


def test_split_shows_changes_from_the_first_visit(run):
    later = SPLIT | {"sample_a": "P01-W4", "sample_b": "P01-W8", "visit_a": "W4", "visit_b": "W8"}
    second = SPLIT | {"sample_b": "P01-W8", "visit_b": "W8", "week_b": 8.0, "gate": -0.2, "biology": 5.2}
    section = split.build(with_rows(run, splits=[SPLIT, second, later]))
    shown = cells(section)
    assert [row[2:5] for row in shown] == [["W0", "W4", "4"], ["W0", "W8", "8"]]
    assert shown[0][5:] == ["+5.00", "+0.50", "+4.50", "90 %", "+1.25"]
    assert "most of the change comes from gates in 1 of 2 changes" in section.body
    assert "of DN (1)" in section.body
    marked = html.fromstring(f"<div>{section.body}</div>").xpath('//tr[@class="flagged"]')
    assert len(marked) == 1
    assert "larger than 1 percentage point: 2." in section.body
    assert "The gate part is more than 50 % of the change in 1 of them, marked." in section.body


def test_split_says_what_the_changes_that_are_not_judged_hold(run):
    """A small change that gates outweigh is not marked, and no sentence denies it."""
    small = SPLIT | {"change": 0.36, "gate": -0.29, "biology": 0.65}
    hidden = SPLIT | {"change": 0.2, "gate": -2.8, "biology": 3.0}  # judged by its gate part
    section = split.build(with_rows(run, splits=[SPLIT | {"gate": 0.5, "biology": 4.5}, small]))
    assert "larger than 1 percentage point: 1." in section.body
    assert "The gate part is more than 50 % of the change in none of them." in section.body
    assert "the changes reported here come from the cells" in section.body
    assert "1 smaller is not judged" in section.body
    assert "in 1 of them the gate part is more than 50 %" in section.body
    section = split.build(with_rows(run, splits=[hidden]))
    assert "of the change in 1 of them, marked." in section.body
    assert "not judged" not in section.body


def test_split_sums_up_each_subset_between_the_compared_visits(run):
    second = SPLIT | {"subject": "P02", "change": -3.0, "gate": 0.3, "biology": -3.3}
    third = SPLIT | {"subject": "P03", "change": 0.36, "gate": -0.29, "biology": 0.65}
    other = SPLIT | {"visit_b": "W8", "sample_b": "P01-W8", "change": 1.0, "gate": 1.0}
    section = split.build(with_rows(run, splits=[SPLIT | {"gate": 0.5}, second, third, other]))
    (line,) = html.fromstring(f"<div>{section.body}</div>").xpath('//ul[@class="told"]/li')
    assert line.text_content() == (
        "DN W0 to W4, 3 patients: median change +0.36 points, median gate part +0.30; largest share of gates "
        "81 %, P03 (change +0.36, gate −0.29: too small to be judged)."
    )


def test_split_marks_changes_of_few_cells(run):
    known = {"parent_count_a": 5120, "parent_count_b": 4000, "few_parent": False}
    few = known | {"parent_count_b": 38, "few_parent": True, "subset": "switched_memory"}
    section = split.build(with_rows(run, splits=[SPLIT | known, SPLIT | few]))
    assert [row[10] for row in cells(section)] == ["", "few in the denominator: 5,120 and 38 events"]
    assert "1 change has fewer than 100 events of the denominator in a tube" in section.body


@pytest.mark.parametrize("known", [{}, {"parent_count_a": 100, "parent_count_b": 100, "few_parent": False}])
def test_split_has_no_remark_where_no_tube_has_few(run, known):
    section = split.build(with_rows(run, splits=[SPLIT | known]))
    assert len(cells(section)[0]) == 10
    assert "Remark" not in section.body


def test_split_without_a_number_shows_a_dash(run):
    empty = SPLIT | {"gate": float("nan"), "biology": float("nan"), "at_unmoved_gates": float("nan")}
    assert cells(split.build(with_rows(run, splits=[empty])))[0][6:] == ["–", "–", "–", "–"]


def test_values_show_the_interval_with_gates_where_gates_were_found(run):
    table = run.subsets.copy()
    table[["gate_ci_low", "gate_ci_high"]] = table[["ci_low", "ci_high"]]
    assert "with gates" not in values.build(dataclasses.replace(run, subsets=table)).body
    table.loc[0, ["gate_ci_low", "gate_ci_high"]] = [1.25, 98.75]
    section = values.build(dataclasses.replace(run, subsets=table))
    assert "with gates" in section.body
    assert cells(section)[0][8] == "1.25 to 98.8"


def test_reasons_stand_in_lines_of_their_own(run):
    row = TRIAGE | {"reasons": "it moved; <b> is small", "gate": "/Cells/Live/B"}
    section = triage.build(with_rows(run, triage=[row]))
    assert '<td class="remark">it moved<br>&lt;b&gt; is small</td>' in section.body
    assert '<td class="remark" title="/Cells/Live/B">Gate B<' in section.body


def test_names_are_escaped_in_the_page(run):
    hostile = "</script><img src=x onerror=alert(1)>"
    rows = {
        "triage": [TRIAGE | {"gate": hostile, "reasons": hostile}],
        "splits": [SPLIT | {"visit_b": hostile}],
    }
    page = page_html(with_rows(run, **rows))
    assert "<img src=x" not in page
    assert {section.get("id") for section in html.document_fromstring(page).xpath("//main/section")} >= {
        "triage",
        "split",
    }
