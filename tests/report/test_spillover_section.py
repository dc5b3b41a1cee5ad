"""Spillover: each matrix once with its samples; spreading only where single stains told it."""

from __future__ import annotations

import copy
import dataclasses

import pandas as pd
import pytest
from lxml import html
from report.synthetic import MadeRun, make_run

from cytogate.report.sections import spillover


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_subjects=2, weeks=(0, 4), n_previews=0, failing=False)


def shown(run: MadeRun) -> html.HtmlElement:
    return html.fragment_fromstring(spillover.build(run).body, create_parent=True)


def said(run: MadeRun) -> str:
    return " ".join(shown(run).text_content().split())


def changed(run: MadeRun, **entries: object) -> MadeRun:
    return dataclasses.replace(run, matrices={**copy.deepcopy(run.matrices), **entries})


def test_each_distinct_matrix_is_listed_with_condition_and_samples(run: MadeRun) -> None:
    rows = [[cell.text_content() for cell in row] for row in shown(run).xpath(".//table/tbody/tr")]
    assert [row[0] for row in rows] == ["1", "2"]
    assert rows[0][1:6] == ["bcell", "2 × 2", "1.5", "25.0", "1"]
    assert rows[0][7] == "3: P01-W4, P02-W0, P02-W4"
    assert rows[1][7] == "1: P01-W0"


def test_cells_are_percents_of_the_rows_light_and_the_diagonal_is_blank(run: MadeRun) -> None:
    heading, drawn = shown(run).xpath('.//*[@id="matrix-view"]/*')
    assert heading.text_content() == "Matrix 1: bcell"
    cells = drawn.xpath('.//*[local-name()="g"]')
    assert [cell.xpath("string(*[local-name()='text'])") for cell in cells] == ["", "25.0", "-1.0", ""]
    assert cells[1].xpath("string(*[local-name()='title'])") == "V450-A into B530-A: 25.00 %"


def test_channels_carry_their_markers(run: MadeRun) -> None:
    table = pd.DataFrame({"sample": ["P01-W4"], "channel": ["V450-A"], "marker": ["IgD"]})
    assert "IgD V450-A" in said(dataclasses.replace(run, intensities=table))


def test_spreading_is_drawn_where_it_was_told_and_else_the_reason(run: MadeRun) -> None:
    drawn = shown(run).xpath('.//*[@aria-label="Spillover spreading, bcell"]')[0]
    assert "2.5" in drawn.text_content()
    assert "Not told: CD3 (SS): no events." in said(run)


def test_without_single_stains_nothing_is_made_up(run: MadeRun) -> None:
    none = changed(run, spreading=[])
    assert "Not estimated: the sample sheet names no single stains" in said(none)
    assert not shown(none).xpath('.//*[starts-with(@aria-label, "Spillover spreading")]')


def test_all_stains_without_result_give_reasons_and_no_map(run: MadeRun) -> None:
    why = [{"panel": "bcell", "marker": "CD3", "sample": "SS", "why": "no events"}]
    assert "Not told: CD3 (SS): no events." in said(changed(run, spreading=why))


def test_samples_without_compensation_are_named(run: MadeRun) -> None:
    assert "2 samples were gated without compensation: x, y." in said(
        changed(run, not_compensated=["x", "y"])
    )
    assert "1 sample was gated without compensation: x." in said(
        changed(run, matrices=[], spreading=[], not_compensated=["x"])
    )


def test_many_matrices_are_listed_and_those_of_most_samples_drawn(run: MadeRun) -> None:
    one = run.matrices["matrices"][0]
    many = [{**one, "sha256": f"{i:064x}", "samples": [f"s{j}" for j in range(i + 1)]} for i in range(12)]
    section = spillover.build(changed(run, matrices=many))
    page = html.fragment_fromstring(section.body, create_parent=True)
    assert len(page.xpath(".//table/tbody/tr")) == 12
    assert len(page.xpath('.//select[@id="matrix-select"]/option')) == spillover.MOST_MAPS
    assert len(section.packed) == spillover.MOST_MAPS - 1
    assert page.xpath(".//tbody/tr[1]/td[last()]")[0].text_content().startswith("12: ")


def test_runs_of_earlier_versions_have_no_section(run: MadeRun) -> None:
    assert spillover.build(dataclasses.replace(run, matrices={})) is None
