"""What moves over the weeks: change from baseline, composition, counts in blood, activity and analytes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from lxml import html
from report.synthetic import MadeRun, make_run, with_clinic

from cytogate.report import facts, measures
from cytogate.report.compositions import compositions
from cytogate.report.figure import ReportFigure, report_figures
from cytogate.report.figures.trends import drawn_subsets
from cytogate.report.folds import changes
from cytogate.report.section import section_kinds

GARP = "analyte-GARP-ng-mL"
HOSTILE = ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "a&amp;b", "P4"]


@pytest.fixture(scope="module")
def clinic(made_run: MadeRun) -> MadeRun:
    return with_clinic(made_run)


def studied(run: MadeRun, **figures: Any) -> MadeRun:
    study = run.manifest["study"] | {"figures": figures}
    return replace(run, manifest=run.manifest | {"study": study})


def body(run: MadeRun, name: str) -> html.HtmlElement:
    section = section_kinds.get(name).build(run)
    assert section is not None
    return html.fragment_fromstring(str(section.body), create_parent=True)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def figure(run: MadeRun, name: str) -> ReportFigure:
    return next(found for found in report_figures(run) if found.name == name)


# Change from baseline -------------------------------------------------------------------------------------


def test_change_is_the_log_of_the_factor_against_the_patients_own_baseline(made_run: MadeRun) -> None:
    subset, drawn = next(drawn_subsets(made_run))
    found = changes(made_run, drawn)
    rows = made_run.subsets[made_run.subsets["subset"] == subset.name].set_index(["subject", "visit"])

    assert found is not None
    at = [visit.name for visit in found.visits].index("W24")
    expected = rows.loc[("P01", "W24"), "percent"] / rows.loc[("P01", "W0"), "percent"]
    assert found.rows["P01"][at] == pytest.approx(math.log2(expected))
    assert found.rows["P01"][0] == 0


def test_a_missing_visit_has_no_change_and_without_a_baseline_there_is_none(made_run: MadeRun) -> None:
    table = made_run.subsets
    run = replace(made_run, subsets=table[(table["subject"] != "P01") | (table["visit"] != "W0")])
    _, drawn = next(drawn_subsets(run))

    found = changes(run, drawn)

    assert found is not None
    assert found.rows["P01"] == (None,) * 8
    assert [value is None for value in found.rows["P03"]] == [visit.name == "W8" for visit in found.visits]


def test_a_count_of_zero_is_half_an_event_and_uncertain(made_run: MadeRun) -> None:
    table = made_run.subsets.copy()
    zero = (table["subset"] == "DN") & (table["subject"] == "P01") & (table["visit"] == "W24")
    table.loc[zero, ["count", "percent", "denominator_count", "flag"]] = [0, 0.0, 1000, "below_lod"]
    run = replace(made_run, subsets=table)
    _, drawn = next(drawn_subsets(run))
    found = changes(run, drawn)
    start = table[(table["subset"] == "DN") & (table["subject"] == "P01")].iloc[0]["percent"]

    assert found is not None
    assert found.rows["P01"][7] == pytest.approx(math.log2(0.05 / start))
    assert ("P01", 7) in found.uncertain


def test_without_the_baseline_visit_there_is_no_heat_map(made_run: MadeRun) -> None:
    study = made_run.manifest["study"] | {"baseline": "W9"}
    run = replace(made_run, manifest=made_run.manifest | {"study": study})

    assert section_kinds.get("changes").build(run) is None


# Composition ----------------------------------------------------------------------------------------------


def test_parts_are_leaf_subsets_of_one_denominator(made_run: MadeRun) -> None:
    table = made_run.subsets.copy()
    inner = table[table["subset"] == "DN"].assign(subset="DN2", population="B/DN/DN2")
    inner["percent"] = inner["percent"].astype(float) / 2
    run = replace(made_run, subsets=pd.concat([table, inner], ignore_index=True))

    (found,) = compositions(run)

    names = [part.name for part in found.parts]
    assert names == ["switched_memory", "activated_naive", "transitional", "DN2"]
    assert found.left_out == ("DN",)
    assert found.denominator == "B"


def test_bars_hold_the_percentages_and_gaps(made_run: MadeRun) -> None:
    (found,) = compositions(made_run)
    bars = dict(found.bars["P03"])
    rows = made_run.subsets.set_index(["subject", "visit", "subset"])["percent"]

    assert bars["W8"] is None
    assert bars["W0"] == tuple(rows[("P03", "W0", part.name)] for part in found.parts)


def test_parts_that_share_events_are_not_stacked(made_run: MadeRun) -> None:
    table = made_run.subsets.copy()
    table["percent"] = table["percent"].where(table["subset"] != "DN", 90.0)
    run = replace(made_run, subsets=table)

    shown = body(run, "composition")

    assert not shown.xpath('//*[contains(@class, "parts")]')
    assert "are not stacked: they have events in common" in words(shown)
    assert not [found for found in report_figures(run) if found.name.startswith("composition")]


# Activity, analytes, counts -------------------------------------------------------------------------------


def test_each_patient_has_a_column_of_activity_doses_analytes_and_serology(clinic: MadeRun) -> None:
    shown = body(clinic, "activity")
    pictures = shown.xpath('//*[contains(@class, "timeline")]')

    assert len(pictures) == 6
    names = [str(text.text) for text in pictures[0].xpath('.//*[@class="name"]')]
    assert names == ["SLEDAI", "Prednisone, mg/day", "GARP, ng/mL", "C3, g/L"]


def test_steroids_are_added_up_as_prednisone(clinic: MadeRun) -> None:
    dose = next(found for found in measures.clinical(clinic) if found.name == measures.DOSE)

    assert [point.value for point in dose.courses[0].points][:2] == [15.0, 10.0]


def test_an_analyte_below_its_limit_is_open_at_the_limit(clinic: MadeRun) -> None:
    drawn = figure(clinic, GARP)
    line = drawn.build().to_plotly_json()["data"][0]

    assert (line["x"][1], line["y"][1], line["marker"]["symbol"][1]) == (1.0, 0.2, "circle-open")
    assert "below the limit of the assay" in line["text"][1]
    assert "6 below the limit of the assay" in drawn.caption
    assert drawn.title == "GARP, ng/mL"


def test_the_study_says_which_axis_is_logarithmic_and_which_weeks_are_marked(clinic: MadeRun) -> None:
    run = studied(clinic, log=["GARP"], marks={"<i>infusion</i>": 0, "second": 12})
    layout = figure(run, GARP).build().to_plotly_json()["layout"]
    plain = figure(clinic, GARP).build().to_plotly_json()

    assert layout["yaxis"]["type"] == "log"
    assert "type" not in plain["layout"]["yaxis"]
    notes = [note["text"] for note in layout["annotations"]]
    assert notes[:2] == ["baseline, &lt;i&gt;infusion&lt;/i&gt;", "second"]
    assert facts.marks(run) == ((0.0, "baseline, <i>infusion</i>"), (12.0, "second"))


def test_an_analyte_with_a_zero_is_not_put_on_a_log_axis(clinic: MadeRun) -> None:
    run = studied(replace(clinic, analytes=clinic.analytes.assign(value=0.0, limit=None)), log=["GARP"])
    drawn = figure(run, GARP)

    assert "type" not in drawn.build().to_plotly_json()["layout"]["yaxis"]
    assert "values of 0 do not allow" in drawn.caption


def test_repeated_measurements_have_their_mean(clinic: MadeRun) -> None:
    again = clinic.analytes.assign(value=clinic.analytes["value"] + 1)
    run = replace(clinic, analytes=pd.concat([clinic.analytes, again], ignore_index=True))

    once, twice = (next(measures.analytes(each)).courses[0].points for each in (clinic, run))

    assert len(once) == len(twice)
    assert twice[0].value == pytest.approx((once[0].value or 0) + 0.5)


def test_counts_in_blood_are_drawn_with_their_own_intervals(clinic: MadeRun, made_run: MadeRun) -> None:
    line = figure(clinic, "count-DN").build().to_plotly_json()["data"][0]

    assert "cells/µL" in line["text"][0]
    assert "95 % CI (counting, pipettes and blood count)" in line["text"][0]
    assert section_kinds.get("counts").build(made_run) is None
    assert len(body(clinic, "counts").xpath("//@data-figure")) == 5


def test_every_plot_has_a_picture_for_readers_without_scripts(clinic: MadeRun) -> None:
    for name in ("trends", "counts", "activity"):
        shown = body(clinic, name)
        places = shown.xpath("//figure[.//*[@data-figure]]")
        assert places
        assert all(place.xpath('.//*[@class="printed"]/svg') for place in places)


def test_nothing_is_shown_without_clinical_tables(made_run: MadeRun) -> None:
    assert section_kinds.get("activity").build(made_run) is None


def test_a_limit_of_quantitation_is_drawn_and_said(made_run: MadeRun) -> None:
    shown = figure(made_run, "trend-activated_naive")
    layout = shown.build().to_plotly_json()["layout"]

    assert [line["line"].get("dash") for line in layout["shapes"]] == [None, "dot"]
    assert re.search(r"LLOQ: 50 events, \d\.\d+ % of the median denominator \(level line\)", shown.caption)


def test_hostile_names_are_inert_everywhere(tmp_path: Any) -> None:
    run = with_clinic(make_run(tmp_path, subjects=HOSTILE, weeks=(0, 1, 24), n_previews=0))
    run = replace(run, analytes=run.analytes.assign(analyte="<b>GARP</b>", unit='"<i>'))

    for name in ("trends", "counts", "changes", "patients", "composition", "activity"):
        shown = body(run, name)
        assert not shown.xpath("//img | //script | //b | //*[@onerror]"), name
        assert HOSTILE[0][:7] in shown.text_content() or name == "counts"
