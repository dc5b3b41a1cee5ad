"""One name for one thing: subsets, populations, cuts, analytes and intensities as readers see them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from report.synthetic import make_run, with_clinic

from cytogate.report import facts, labels
from cytogate.report.captions import caption_entries, captions_markdown
from cytogate.report.figure import report_figures
from cytogate.report.findings import contrast_of, name_of
from cytogate.report.page import page_html
from cytogate.report.sections.failures import in_words

IDS = {
    "DN": "double_negative.igd_cd27",
    "switched_memory": "switched_memory.igd_cd27.asc_excluded",
    "activated_naive": "activated_naive.mtg_cd24",
    "transitional": "transitional.mtg_cd24_cd38",
    "helios_treg": "treg.foxp3_helios",
}
TREE = {
    "/B": "b.cd19",
    "/B/DN": "double_negative.igd_cd27",
    "/B/SWM": "switched_memory.igd_cd27.asc_excluded",
    "/B/SWM with ASC": "switched_memory.igd_cd27",
    "/B/aNAV CXCR5-": "activated_naive.cxcr5",
    "/B/aNAV": "activated_naive.mtg_cd24",
    "/Treg/GARP+": "treg.garp_surface",
}


@pytest.fixture
def run(tmp_path):
    """A run whose subsets have definitions of the registry."""
    made = with_clinic(make_run(tmp_path, n_subjects=3, weeks=(0, 12, 24), n_previews=0))
    rows = made.subsets.assign(definition=made.subsets["subset"].map(IDS), denominator="/B")
    defined = {name: {"id": identity} for name, identity in IDS.items()}
    found = [
        {"name": "mtg", "markers": ["MTG"], "of": "/B"},
        {"name": "Singlets", "markers": ["FSC-A", "FSC-H"], "of": ""},
    ]
    manifest = made.manifest | {
        "definitions": defined,
        "population_definitions": {"bcell": TREE},
        "templates": {"bcell": {"found": found, "markers": ["CD27", "GARP"]}},
    }
    return replace(made, subsets=rows, manifest=manifest)


def labelled(run, **subsets):
    study = run.manifest["study"]
    named = {name: entry | subsets.get(name, {}) for name, entry in study["subsets"].items()}
    return replace(run, manifest=run.manifest | {"study": study | {"subsets": named}})


def test_subsets_are_called_as_their_definitions_say(run):
    found = {subset.name: (subset.title, subset.label) for subset in facts.subsets(run)}
    assert found == {
        "DN": ("DN B cells", "Double-negative (CD27-IgD-) B cells"),
        "switched_memory": ("Switched memory B cells", "Switched memory (CD27+IgD-) B cells"),
        "activated_naive": ("Activated naive B cells", "Activated naive (aNAV) B cells"),
        "transitional": ("Transitional B cells", "Transitional B cells"),
        "helios_treg": ("Helios+ Tregs", "Helios+ regulatory T cells (Tregs)"),
    }
    assert {subset.denominator for subset in facts.subsets(run)} == {"B cells"}


def test_the_label_of_the_study_holds(run):
    (first, *_) = facts.subsets(labelled(run, DN={"label": "Atypical memory"}))
    assert (first.name, first.title, first.label) == ("DN", "Atypical memory", "Atypical memory")


def test_two_subsets_of_one_label_stay_apart(run):
    one = labelled(run, DN={"label": "Memory"}, switched_memory={"label": "Memory"})
    assert [subset.title for subset in facts.subsets(one)][:2] == ["Memory (DN)", "Memory (switched memory)"]


def test_a_subset_that_no_definition_names_has_the_name_of_the_study(tmp_path):
    made = make_run(tmp_path, n_subjects=1, weeks=(0, 4), n_previews=0)
    assert [subset.title for subset in facts.subsets(made)][:2] == ["DN", "switched memory"]


def test_populations_of_one_subset_are_told_apart_by_their_gates(run):
    names = {path: labels.population(run, path, "bcell") for path in TREE}
    assert names["/B/SWM"] == "Switched memory B cells"
    assert names["/B/SWM with ASC"] == "Switched memory B cells (gate SWM with ASC)"
    assert names["/B/aNAV"] == "Activated naive B cells"
    assert names["/B/aNAV CXCR5-"] == "Activated naive B cells (gate aNAV CXCR5-)"
    assert labels.population(run, "/B/unknown", "bcell") == "unknown"
    assert labels.population(run, "") == "all events"
    assert labels.gate_and_name(run, "/B/DN", "bcell") == "DN B cells (DN)"
    assert labels.gate_and_name(run, "/B/aNAV CXCR5-", "bcell") == names["/B/aNAV CXCR5-"]


def test_a_reported_rival_has_the_plain_name(run):
    entry = {"panel": "bcell", "population": "/B/aNAV CXCR5-", "id": "activated_naive.cxcr5"}
    other = replace(run, manifest=run.manifest | {"definitions": {"activated_naive": entry}})
    assert labels.population(other, "/B/aNAV CXCR5-", "bcell") == "Activated naive B cells"
    assert labels.population(other, "/B/aNAV", "bcell") == "Activated naive B cells (gate aNAV)"


def test_cuts_say_marker_and_cells(run):
    assert labels.cut(run, "bcell", "mtg") == "MitoTracker Green cut of B cells"
    assert labels.cut(run, "bcell", "Singlets") == "Gate Singlets, FSC-A × FSC-H of all events"
    assert labels.cut(run, "bcell", "no_such") == "no such"
    line = "gates MTG+, aNAV, cut mtg: stands where the template has it: one peak"
    said = "gates MTG+, aNAV, MitoTracker Green cut of B cells: stands where the template has it: one peak"
    assert in_words(run, line, "bcell") == said


def test_a_soluble_analyte_is_told_from_the_marker_on_cells(run):
    assert labels.analyte(run, "GARP") == "Soluble GARP (ELISA)"
    assert labels.population(run, "/Treg/GARP+", "bcell") == "Surface-GARP+ Tregs"
    table = run.analytes.assign(analyte="Serum GARP", method="")
    assert labels.analyte(replace(run, analytes=table), "Serum GARP") == "Serum GARP"
    assert labels.analyte(replace(run, analytes=pd.DataFrame()), "IL-6") == "IL-6"


def test_contrasts_are_said_in_the_order_of_time(run):
    assert contrast_of(run, "W24 - W0") == "W0 to W24"
    assert contrast_of(run, "W24 - W0, with GARP") == "W0 to W24, with Soluble GARP"
    assert contrast_of(run, "all visits, with SLEDAI") == "all visits, with SLEDAI"
    assert contrast_of(run, "a - b") == "a - b"
    assert contrast_of(run, "sri4 at W24") == "SRI-4 at W24"
    assert contrast_of(run, "look at it") == "look at it"
    assert [name_of(run, name) for name in ("DN", "GARP", "sledai_total")] == [
        "DN B cells",
        "Soluble GARP (ELISA)",
        "SLEDAI",
    ]


def test_intensities_say_marker_and_cells(run):
    study = run.manifest["study"] | {
        "intensities": {"x_y": {"population": "Treg/GARP+", "marker": "GARP"}, "z": {}}
    }
    made = replace(run, manifest=run.manifest | {"study": study})
    assert labels.intensity(made, "x_y") == "Surface GARP on Surface-GARP+ Tregs, median intensity"
    assert labels.intensity(made, "a_b") == "a b, median intensity"


def test_no_name_of_the_study_file_is_left_in_page_or_captions(run):
    """The names that readers met in some sections, beside the labels of others."""
    page = page_html(run)
    captions = captions_markdown(run, caption_entries(run, report_figures(run), "svg"))
    for word in ("helios treg", "switched memory,", "activated naive,", ">transitional<", "B/N+T"):
        assert word not in page.split("<script", 1)[0].partition('id="methods"')[0], word
        assert word not in captions, word
    assert "Helios+ Tregs" in page
    assert "Soluble GARP, ng/mL" in captions
