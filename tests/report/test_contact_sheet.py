"""Contact sheet: every tube in its place, odd ones marked, reported subsets first, bounded in size."""

from __future__ import annotations

import dataclasses
import gzip
from types import SimpleNamespace

import pandas as pd
import pytest
from lxml import html
from report.synthetic import MadeRun, make_run

from cytogate.report.sections import contact_sheet
from cytogate.report.sections.contact_sheet import Sheet, ranked
from cytogate.report.sections.gating import Entry


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_subjects=4, weeks=(0, 12))


def shown(run: MadeRun) -> html.HtmlElement:
    return html.fragment_fromstring(contact_sheet.build(run).body, create_parent=True)


def test_patients_stand_in_rows_and_visits_in_columns(run: MadeRun) -> None:
    (table,) = shown(run).xpath('.//table[@class="sheet"]')
    assert [head.text_content() for head in table.xpath("./thead//th")] == ["", "W0", "W12"]
    rows = {
        row[0].findtext("span/span"): [cell.xpath(".//span/@data-sample") for cell in row[1:]]
        for row in table.xpath("./tbody/tr")
    }
    assert rows["P01"] == [["P01-W0"], ["P01-W12"]]
    assert list(rows) == ["P01", "P02", "P03", "P04"]


def test_a_failed_tube_keeps_its_place_without_a_picture(run: MadeRun) -> None:
    (tube,) = shown(run).xpath('.//span[@data-sample="P04-W12"]')
    assert tube.text_content() == "no picture"
    assert len(shown(run).xpath('.//*[@class="thumb"]')) == 7


def test_a_visit_without_tube_is_a_dash(run: MadeRun) -> None:
    samples = run.samples[run.samples["sample"] != "P02-W0"]
    (cell,) = shown(dataclasses.replace(run, samples=samples)).xpath('.//tbody/tr[th/span/span="P02"]/td[1]')
    assert cell.text_content() == "–"


def test_gates_that_triage_names_are_marked_with_score_and_reasons(run: MadeRun) -> None:
    common = {"gate": "/Lymphocytes", "reasons": "it lies far <off>"}
    triage = pd.DataFrame(
        [
            common | {"sample": "P01-W0", "score": 0.8},
            common | {"sample": "P02-W0", "score": 0.1},
            common | {"sample": "", "score": 0.9},
            common | {"sample": "P03-W0", "score": 0.7, "gate": "/Other"},
        ]
    )
    odd = shown(dataclasses.replace(run, triage=triage)).xpath('.//span[contains(@class, "odd")]')
    assert [(tube.get("data-sample"), tube.xpath("string(span)")) for tube in odd] == [
        ("P01-W0", "look: 0.80")
    ]
    assert odd[0].get("title") == "P01-W0: it lies far <off>"


def test_quarters_are_marked_by_the_name_of_their_gate(run: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    quarters = [
        {"population": f"/L/B/{name}", "name": name, "kind": "quadrant", "outline": [[0, 0], [1, 1]]}
        for name in ("SWM", "UM", "N+T", "DN")
    ]
    plot = run.previews("P01-W0")[0] | {"gate": "IgD x CD27", "parent": "/L/B", "gates": quarters}
    monkeypatch.setattr(MadeRun, "previews", lambda _run, _sample: [plot])
    rows = [("P01-W0", "/L/B/IgD x CD27", 0.5), ("P02-W0", "/L/B/UM", 0.4), ("P03-W0", "/L/IgD x CD27", 0.9)]
    triage = pd.DataFrame(rows, columns=["sample", "gate", "score"]).assign(reasons="far")
    odd = shown(dataclasses.replace(run, triage=triage)).xpath(
        './/span[contains(@class, "odd")]/@data-sample'
    )
    assert odd == ["P01-W0", "P02-W0"]


def sheet(*populations: str) -> Sheet:
    gates = [{"population": path, "name": path, "outline": [[0, 1]]} for path in populations]
    plots = ((Entry("s", "P1", "W0", 0.0, "b"), {"gates": gates}),)
    return Sheet(("b", "", populations[0]), plots, "all events", ())


def test_reported_subsets_come_first_then_denominators_then_what_lies_above() -> None:
    rows = pd.DataFrame({"population": ["/L/B/N/T"], "denominator": ["/L/B"]})
    sheets = [sheet("/S"), sheet("/L"), sheet("/L/B/N/X"), sheet("/L/B"), sheet("/L/B/N/T", "/L/B/N/U")]
    order = [s.populations[0] for s in ranked(sheets, SimpleNamespace(subsets=rows))]
    assert order == ["/L/B/N/T", "/L/B", "/L", "/S", "/L/B/N/X"]


def test_sheets_stop_at_the_room_and_the_page_says_so(run: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contact_sheet.build(run)
    assert len(whole.packed) == 3
    assert "to keep the page small" not in whole.body
    monkeypatch.setattr(contact_sheet, "SHEET_BYTES", 1)
    short = contact_sheet.build(run)
    assert len(short.packed) == 0
    assert "Of 4 plots 1 is here" in " ".join(
        html.fragment_fromstring(short.body, create_parent=True).text_content().split()
    )


def test_thumbnails_of_a_usual_study_take_a_fraction_of_the_page(run: MadeRun) -> None:
    packed = contact_sheet.build(run).packed
    assert max(len(gzip.compress(sheet)) for sheet in packed.values()) < 7 * 2000


def test_corners_are_named() -> None:
    low, high = "-inf", "inf"
    gates = [
        {"name": name, "outline": [[x, y], [0.5, y], [0.5, 0.5], [x, 0.5]]}
        for name, x, y in (("SWM", low, high), ("DN", low, low), ("UM", high, high))
    ]
    assert contact_sheet.corner_words({"gates": gates}) == "SWM upper left, DN lower left, UM upper right"


def test_no_pictures_no_section(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_run(tmp_path_factory.mktemp("none"), n_subjects=1, weeks=(0,), n_previews=0, failing=False)
    assert contact_sheet.build(made) is None
