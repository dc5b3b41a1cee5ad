"""The filter of the whole page, saved tables and copied text, in a real Chromium: nothing else is touched."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from report.synthetic import make_run

from cytogate.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from report.opened import Opened

pytestmark = pytest.mark.browser
VALUES = "#values-table tbody tr:visible"


def choose(opened: Opened, facet: str, value: str) -> None:
    opened.page.select_option(f"#filter [name={facet}]", value)


def test_filter_offers_patients_visits_and_subsets(opened: Opened) -> None:
    options = {
        facet: opened.page.locator(f"#filter [name={facet}] option").all_inner_texts()
        for facet in ("subject", "visit", "subset")
    }

    assert options["subject"] == ["Patient: all", *(f"P0{i}" for i in range(1, 7))]
    assert options["visit"][1:] == ["W0", "W1", "W4", "W8", "W12", "W16", "W20", "W24"]
    assert options["subset"][1:3] == ["DN", "switched memory"]


def test_chosen_patient_keeps_only_their_rows_in_all_sections(opened: Opened) -> None:
    choose(opened, "subject", "P02")

    assert opened.page.locator(VALUES).count() == 8 * 5
    assert opened.page.locator("#patients tbody tr:visible").count() == 1
    assert (opened.page.locator("#patients tbody tr:visible th").text_content() or "").startswith("P02")
    assert opened.page.locator("#failures article:visible").count() == 0  # the failure is of P04
    assert "empty" in (opened.page.get_attribute("nav a[href='#failures']", "class") or "")
    assert opened.page.locator("#trends figure:visible").count() == 5  # figures are of all patients
    assert opened.page.get_attribute('.patient-key [data-subject="P02"]', "aria-pressed") == "true"


def test_chosen_subset_keeps_its_figure_rows_and_columns(opened: Opened) -> None:
    choose(opened, "subset", "switched_memory")

    assert opened.page.locator("#trends figure:visible h3").all_inner_texts()[0].startswith("switched memory")
    assert opened.page.locator("#trends figure:visible").count() == 1
    assert opened.page.locator(VALUES).count() == 47
    assert opened.page.locator("#patients svg.course:visible").count() == 6
    assert opened.page.locator("#overview table.key tbody tr:visible").count() == 1


def test_sheet_keeps_the_rows_and_columns_that_hold_a_tube(opened: Opened) -> None:
    rows = opened.page.locator("#sheet-view tbody tr:visible")
    heads = opened.page.locator("#sheet-view thead th:visible")
    assert (rows.count(), heads.count()) == (6, 9)

    choose(opened, "visit", "W8")
    assert heads.all_text_contents() == ["", "W8"]
    assert rows.count() == 5  # P03 has no tube of that visit
    choose(opened, "subject", "P02")
    assert (rows.count(), heads.count()) == (1, 2)
    opened.page.click("#filter button")
    assert (rows.count(), heads.count()) == (6, 9)


def test_chosen_visit_keeps_its_rows_and_what_is_of_no_visit(opened: Opened) -> None:
    choose(opened, "visit", "W12")

    assert opened.page.locator(VALUES).count() == 6 * 5
    assert opened.page.locator("#failures article:visible").count() == 1  # known by its sample alone
    assert opened.page.locator("#patients tbody tr:visible").count() == 6


def test_sample_that_is_shown_follows_the_choice(opened: Opened) -> None:
    choose(opened, "visit", "W8")

    opened.page.wait_for_selector('#sample-view[data-sample="3"]')
    assert "P01-W8" in opened.page.inner_text("#sample-view")
    assert opened.page.locator("#sample-select option:not(:disabled)").count() == 1


def test_choices_and_words_hold_together_and_all_come_back(opened: Opened) -> None:
    choose(opened, "subject", "P03")
    choose(opened, "subset", "DN")
    opened.page.fill("#filter [name=words]", "w4")

    assert opened.page.locator(VALUES).count() == 1
    assert "rows and figures shown" in opened.page.inner_text("#filter output")

    opened.page.click("#filter button")

    assert opened.page.locator(VALUES).count() == 47 * 5
    assert opened.page.inner_text("#filter output") == ""
    assert opened.page.get_attribute('.patient-key [data-subject="P03"]', "aria-pressed") == "false"
    assert opened.complaints == []


def test_word_that_is_nowhere_leaves_nothing_and_says_so(opened: Opened) -> None:
    opened.page.fill("#filter [name=words]", "zebra")

    assert opened.page.locator(VALUES).count() == 0
    heading = "getComputedStyle(document.querySelector('#values > h2'), '::after').content"
    assert "nothing here" in opened.page.evaluate(heading)


def test_filter_works_by_keyboard_alone(opened: Opened) -> None:
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("p05")
    assert opened.page.locator(VALUES).count() == 8 * 5

    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.name") == "subject"
    opened.page.keyboard.press("Escape")
    assert opened.page.locator(VALUES).count() == 47 * 5


def test_bar_stays_in_sight_and_so_does_what_is_read(opened: Opened) -> None:
    opened.page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    opened.page.evaluate("document.querySelector('#values').scrollIntoView()")
    choose(opened, "subject", "P02")

    bar = opened.page.locator("#filter").bounding_box()
    assert bar is not None
    assert bar["y"] == 0
    top = opened.page.evaluate("document.querySelector('#values').getBoundingClientRect().top")
    assert 0 <= top <= 200
    assert opened.page.get_attribute("nav a[aria-current]", "href") == "#values"


def test_paper_shows_all_whatever_is_filtered(opened: Opened) -> None:
    choose(opened, "subject", "P02")
    choose(opened, "subset", "DN")
    opened.page.emulate_media(media="print")

    assert opened.page.locator(VALUES).count() == 47 * 5
    assert opened.page.locator("#trends figure:visible").count() == 5
    assert opened.page.locator("#filter").is_hidden()
    assert opened.page.locator(".save-table:visible").count() == 0


def test_every_drawn_figure_has_a_picture_for_paper(opened: Opened) -> None:
    assert opened.page.locator("figure:has([data-figure])").count() > 0
    assert opened.page.locator("figure:has([data-figure]):not(:has(.printed svg, .printed img))").count() == 0


def test_narrow_window_keeps_contents_and_filter_in_sight(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 400, "height": 800})
    opened.page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    opened.page.evaluate("document.querySelector('#miflowcyt').scrollIntoView()")
    opened.page.wait_for_selector("nav a.here[href='#miflowcyt']")

    here, bar, heading = (
        opened.page.locator(part).bounding_box() for part in ("nav a.here", "#filter", "#miflowcyt h2")
    )
    assert here is not None
    assert bar is not None
    assert heading is not None
    assert 0 <= here["x"] <= 400 - here["width"]
    assert here["y"] + here["height"] <= bar["y"] + 1
    assert bar["y"] + bar["height"] <= 120
    assert bar["y"] + bar["height"] <= heading["y"]


@pytest.mark.parametrize("width", [1400, 400])
def test_page_is_never_wider_than_the_window(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 800})
    opened.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")

    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_other_sample_that_is_unpacked_later_is_filtered_too(opened: Opened) -> None:
    choose(opened, "subset", "DN")
    opened.page.evaluate(
        "() => { const row = document.createElement('p'); row.dataset.subset = 'transitional';"
        " row.id = 'late'; document.querySelector('#sample-view').append(row); }"
    )

    opened.page.wait_for_selector("#late.off", state="attached")


def test_each_table_is_saved_as_shown_with_whole_values(opened: Opened) -> None:
    choose(opened, "subset", "DN")
    with opened.page.expect_download() as saved:
        opened.page.click("#overview .save-table >> nth=0")

    rows = list(csv.reader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert saved.value.suggested_filename in ("overview.csv", "overview-1.csv")
    assert rows[0][0] == "Subset"
    assert [row[0] for row in rows[1:]] == ["DN"]
    tables = "main > section table:not(.multiples):not([data-saved])"
    assert opened.page.locator(".save-table").count() == opened.page.locator(tables).count()


def test_whole_hashes_are_saved_where_the_page_shows_their_head(opened: Opened) -> None:
    opened.page.click("#provenance summary")
    with opened.page.expect_download() as saved:
        opened.page.click("#provenance details .save-table")

    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 47
    assert {row["SHA-256"] for row in rows} == {"ab" * 32}
    assert rows[0]["Bytes"] == "3600000"


def test_methods_are_copied_as_text(opened: Opened) -> None:
    opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.page.click("[data-copy]")
    opened.page.wait_for_function("document.querySelector('[data-copied]').textContent !== ''")

    assert opened.page.inner_text("[data-copied]") == "Copied."
    text = opened.page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Samples and acquisition. 47 tubes of 6 patients")
    assert "References." in text


@pytest.fixture
def hostile_page(browser: Browser, tmp_path: Path) -> tuple[Opened, list[str]]:
    from report.opened import Opened

    names = ["=1+1", "\"'><img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "@P"]
    run = make_run(tmp_path / "run", subjects=names, weeks=(0, 4), n_previews=2)
    file = write_report(run, tmp_path / "report.html")
    return Opened(browser.new_page(accept_downloads=True), file), names


def test_names_with_tags_quotes_and_formulas_are_chosen_and_saved_as_text(
    hostile_page: tuple[Opened, list[str]],
) -> None:
    opened, names = hostile_page
    for name in names:
        choose(opened, "subject", name)
        assert opened.page.locator(VALUES).count() == 2 * 5
    choose(opened, "subject", names[0])
    with opened.page.expect_download() as saved:
        opened.page.click("#response .save-table >> nth=0")

    rows = list(csv.reader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert [row[0] for row in rows[1:]] == ["'=1+1"]
    assert opened.complaints == []
    assert opened.page.locator("img[src=x]").count() == 0
    opened.page.close()


def test_page_without_script_shows_all_and_no_dead_controls(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())

    assert page.locator("#filter").is_hidden()
    assert page.locator("[data-copy]").is_hidden()
    assert page.locator("#methods-text p:visible").count() > 5
    assert page.locator("table.checklist tr:visible").count() == 1 + 4 + 19
    assert page.locator("#values-table tbody tr:visible").count() == 47 * 5
    context.close()
