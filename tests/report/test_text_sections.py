"""Methods text, checklist and provenance: what the run says is there, the rest is marked as missing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from lxml import html
from report.synthetic import MadeRun, empty_run, make_run

from cytogate.report.methods_text import paragraphs, references
from cytogate.report.miflowcyt import channel_rows, checklist
from cytogate.report.page import page_html

if TYPE_CHECKING:
    from pathlib import Path

    from cytogate.report.miflowcyt import Item

SETUP = {
    "cytometer": "LSR II",
    "serial_number": "H4710",
    "institution": "MUSC",
    "software": "FACSDiva 8.0",
    "fcs": "3.1",
    "lasers": ["Blue", "Violet"],
    "channels": [
        {"name": "FSC-A", "range": 262144.0, "voltage": "310"},
        {"name": "V450-A", "range": 262144.0, "label": "IgD BV421", "voltage": "420"},
    ],
}
CUT = {"method": "mindensity", "of": "/Live", "scope": "sample", "anchor": "batch", "min_events": 200}
TEMPLATE = {
    "name": "sle_bcell",
    "sha256": "cd" * 32,
    "title": "B cell subsets",
    "source": "After OMIP-003.",
    "compensation": "file",
    "scales": {"default": {"kind": "logicle", "T": 262144.0, "W": "auto", "M": 4.5, "A": 0.0}},
    "markers": ["CD19", "IgD"],
    "gates": 30,
    "found": [
        {"name": "live", "markers": ["Viability"], **CUT},
        {"name": "cd19", "markers": ["CD19"], **CUT},
        {"name": "igd", "markers": ["IgD"], **CUT, "anchor": "subject"},
        {"name": "mtg", "markers": ["MTG"], **CUT, "scope": "batch"},
    ],
}


def run_with(made: MadeRun, **manifest: Any) -> MadeRun:
    return dataclasses.replace(made, manifest={**made.manifest, **manifest})


@pytest.fixture(scope="module")
def told(made_run: MadeRun) -> MadeRun:
    """Return a run whose manifest says all that it can."""
    dated = {"P01-W0": {"setup": 0, "date": "2024-03-04", "operator": "KT"}, "P01-W1": {"setup": 1}}
    other = {**SETUP, "channels": [SETUP["channels"][0], {**SETUP["channels"][1], "voltage": "425"}]}
    instruments = {"setups": [SETUP, other], "samples": dated}
    return run_with(made_run, templates={"bcell": TEMPLATE}, instruments=instruments)


def text_of(run: MadeRun, title: str) -> str:
    return next((entry.text for entry in paragraphs(run) if entry.title == title), "")


def items(run: MadeRun) -> dict[str, Item]:
    return {item.number: item for part in checklist(run) for item in part.items}


def test_methods_say_how_tubes_were_acquired(told: MadeRun) -> None:
    said = text_of(told, "Samples and acquisition")

    assert said.startswith("47 tubes of 6 patients at 8 visits (week 0 to 24) were analysed.")
    assert "on LSR II (serial number H4710) with FACSDiva 8.0 on 2024-03-04" in said
    assert "1 tube could not be gated" in said


def test_methods_name_each_cut_with_its_method_and_anchor(told: MadeRun) -> None:
    said = text_of(told, "Gating")

    assert (
        "valley between two peaks (mindensity): live (Viability), cd19 (CD19), igd (IgD) and mtg (MTG)."
        in said
    )
    assert "igd: drawn towards the patient's other tubes; mtg: one place for all tubes of a batch;" in said
    assert "the others: drawn towards the other tubes of the batch" in said
    assert "fewer than 200 events" in said
    assert "No gate was changed by hand." in said


def test_methods_do_not_speak_of_found_gates_where_there_are_none(told: MadeRun) -> None:
    fixed = run_with(told, templates={"bcell": {**TEMPLATE, "found": []}})

    said = text_of(fixed, "Gating")
    assert "All of its gates are the same in every tube." in said
    assert "found in the data" not in said


def test_methods_name_changes_made_by_hand(told: MadeRun) -> None:
    changed = run_with(told, adjustments=[{"sample": "P01-W0", "gate": "Live", "change": {"below": 900}}])

    assert "1 gate of 1 tube was changed by hand" in text_of(changed, "Gating")
    assert "No gate was changed" not in text_of(changed, "Gating")


def test_methods_say_compensation_and_scales(told: MadeRun) -> None:
    said = text_of(told, "Compensation and scales")

    assert "spillover matrix that each file carries" in said
    assert "logicle scale, T = 262144, M = 4.5, A = 0, W estimated once" in said


def test_second_interval_is_named_only_where_gates_widen_it(told: MadeRun) -> None:
    assert "second interval" not in text_of(told, "Intervals and limits")

    wide = told.subsets.assign(gate_ci_low=told.subsets["ci_low"] - 1, gate_ci_high=told.subsets["ci_high"])
    assert "second interval" in text_of(dataclasses.replace(told, subsets=wide), "Intervals and limits")


def test_statistics_that_were_asked_for_and_not_made_are_not_claimed(told: MadeRun) -> None:
    study = {**told.manifest["study"], "statistics": ["friedman"]}

    assert text_of(told, "Statistics") == ""
    assert text_of(run_with(told, study=study), "Statistics") == (
        "The study asks for friedman; this run holds no result of them."
    )


def test_statistics_name_tests_groups_and_families(told: MadeRun) -> None:
    row = {
        "subset": "DN",
        "contrast": "W24 - W0",
        "group": "all treated",
        "test": "Wilcoxon signed-rank, exact",
        "p_floor": 0.03,
        "q": 0.08,
    }
    rows = pd.DataFrame([row, {**row, "test": "Friedman, exact", "contrast": "all visits", "q": None}])
    study = {**told.manifest["study"], "families": {"primary": ["DN"]}}
    run = dataclasses.replace(run_with(told, study=study), comparisons=rows)

    said = text_of(run, "Statistics")
    assert "Tests and models: Wilcoxon signed-rank, exact; Friedman, exact." in said
    assert "primary question is the change in all treated (Wilcoxon signed-rank, exact, W0 to W24)" in said
    assert "(primary: DN)" in said
    assert "post hoc" not in said
    assert any("Benjamini" in reference for reference in references(run))
    assert not any("Benjamini" in reference for reference in references(told))


def test_references_hold_the_template_and_the_definitions(told: MadeRun) -> None:
    found = references(told)

    assert "After OMIP-003." in found
    assert "Arthritis Res Ther 2015" in found
    assert len(found) == len(set(found))


def test_checklist_has_all_items_in_order(told: MadeRun) -> None:
    assert list(items(told)) == [
        *(f"1.{i}" for i in range(1, 9)),
        *(f"2.{i}" for i in range(1, 5)),
        *(f"3.{i}" for i in range(1, 4)),
        *(f"4.{i}" for i in range(1, 5)),
    ]


def test_checklist_marks_what_no_file_says(told: MadeRun) -> None:
    found = items(told)

    for number in ("1.1", "1.2", "1.7", "2.2", "2.3", "3.1"):
        assert found[number].state == "missing"
        assert found[number].said == ""
        assert found[number].missing
    assert found["3.2"].state == "given"
    assert "LSR II, serial number H4710" in found["3.2"].said
    assert found["1.6"].said == "Acquired 2024-03-04 ($DATE of 1 file)."
    assert found["2.4"].state == "in part"
    assert "IgD BV421 (V450-A)" in found["2.4"].said
    assert "clones" in found["2.4"].missing
    assert "optical filters" in found["3.3"].missing


def test_run_that_says_nothing_of_instruments_says_so(made_run: MadeRun) -> None:
    found = items(made_run)

    for number in ("1.4", "1.5", "1.6", "2.4", "3.2", "3.3", "4.2", "4.3"):
        assert (number, found[number].state, found[number].said) == (number, "missing", "")


def test_channels_of_set_ups_that_differ_show_each_voltage_once(told: MadeRun) -> None:
    rows = {row["name"]: row["voltage"] for row in channel_rows(told)}

    assert rows == {"FSC-A": "310", "V450-A": "420, 425"}


def test_page_holds_methods_checklist_and_hashes(told: MadeRun) -> None:
    page = html.document_fromstring(page_html(told))

    rows = page.xpath('//table[contains(@class, "checklist")]//tr[contains(@class, "missing")]')
    assert {"1.1", "2.3"} <= {row[0].text for row in rows}
    hashes = page.get_element_by_id("provenance").text_content()
    assert "ef" * 32 in hashes
    assert "cd" * 32 in hashes
    assert page.xpath('//*[@id="provenance"]//td[@data-csv]/@data-csv').count("ab" * 32) == 47


def test_provenance_names_the_study_file_without_its_folders(made_run: MadeRun) -> None:
    for path in ("/data/someone/trial/study.yaml", r"D:\someone\trial\study.yaml"):
        text = page_html(run_with(made_run, arguments={"study": path, "workers": 4, "deadline": None}))

        assert "study: study.yaml; workers: 4" in text
        assert "someone" not in text


def test_run_without_samples_has_provenance_only(tmp_path: Path) -> None:
    page = html.document_fromstring(page_html(empty_run(tmp_path)))

    assert page.xpath('//*[@id="provenance"]')
    assert not page.xpath('//*[@id="methods" or @id="miflowcyt"]')
    broken = [link for link in page.xpath("//a/@href") if not page.xpath(f'//*[@id="{link[1:]}"]')]
    assert broken == []


def test_keywords_with_tags_and_formulas_are_text(tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=1, weeks=(0,), failing=False)
    bad = "<script>alert(1)</script>"
    setup = {**SETUP, "cytometer": bad, "channels": [{"name": bad, "label": "=1+1", "range": 1.0}]}
    run = run_with(
        made, instruments={"setups": [setup], "samples": {"P01-W0": {"setup": 0, "operator": bad}}}
    )
    page = html.document_fromstring(page_html(run))

    assert bad in page.get_element_by_id("methods").text_content()
    assert bad in page.get_element_by_id("miflowcyt").text_content()
    assert not [script for script in page.xpath("//script") if (script.text or "").startswith("alert")]
