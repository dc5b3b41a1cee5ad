"""The page in a real Chromium, opened as a file: policy, lazy figures, choosing, saving, printing."""

from __future__ import annotations

import csv
import dataclasses
import json
from copy import deepcopy
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from report.opened import Opened
from report.synthetic import SUBSETS, MadeRun, make_run, with_statistics

from cytogate.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_page_is_quiet_and_asks_the_network_for_nothing(opened: Opened) -> None:
    for figure in ("trend-0", "trend-4"):
        opened.draw(figure)

    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "blob:", "data:"))] == []


def test_figures_are_drawn_when_scrolled_to_and_not_before(opened: Opened) -> None:
    assert opened.state("trend-4") is None

    opened.draw("trend-4")

    assert opened.page.locator('[data-figure="trend-4"] .scatterlayer .trace').count() == 6


def test_gaps_and_all_symbols_reach_the_screen(opened: Opened) -> None:
    opened.draw("trend-2")
    third = opened.page.locator('[data-figure="trend-2"] .scatterlayer .trace').nth(2)

    assert third.locator("path.js-line").count() == 2  # one line before the gap, one after
    symbols = opened.page.locator('[data-figure="trend-2"] .scatterlayer path.point')
    assert symbols.count() == 46


def test_policy_refuses_scripts_of_others(opened: Opened) -> None:
    opened.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
        " document.body.append(s); }"
    )

    assert opened.page.evaluate("() => window.bad") is None
    assert any("Content Security Policy" in text for text in opened.complaints)


def test_choosing_another_sample_swaps_the_pictures(opened: Opened) -> None:
    first = opened.page.inner_html("#sample-view")

    opened.page.select_option("#sample-select", "3")
    opened.page.wait_for_selector('#sample-view[data-sample="3"]')

    second = opened.page.inner_html("#sample-view")
    assert second != first
    assert "P01-W8" in second
    assert opened.page.locator("#sample-view svg.gate-plot").count() == 4


def test_previous_and_next_step_through_samples(opened: Opened) -> None:
    opened.page.click("#sample-next")
    opened.page.wait_for_selector('#sample-view[data-sample="1"]')
    opened.page.click("#sample-previous")
    opened.page.wait_for_selector('#sample-view[data-sample="0"]')

    assert "P01-W0" in opened.page.inner_text("#sample-view")


def test_second_sample_stands_below_the_first(opened: Opened) -> None:
    opened.page.select_option("#sample-other", "5")
    opened.page.wait_for_selector("#sample-view.two")

    assert opened.page.locator("#sample-view svg.gate-plot").count() == 8
    clips = opened.page.eval_on_selector_all("#sample-view clipPath", "found => found.map(clip => clip.id)")
    assert len(set(clips)) == 8


def test_back_gating_leaves_the_way_to_a_subset_and_lays_its_events_over_it(opened: Opened) -> None:
    page = opened.page
    traces, plots = page.locator("#sample-view .back:visible"), page.locator("#sample-view .panel:visible")
    assert (traces.count(), plots.count()) == (0, 4)

    page.check("#back-1")  # switched memory: not traced on the first plot

    assert (traces.count(), plots.count()) == (3, 3)
    assert "24 switched memory of" in plots.first.inner_text()
    assert page.locator("#sample-view .plain:visible").count() == 0
    assert page.locator(".not-here:visible").count() == 0
    page.click("#sample-next")  # another sample is shown the same way
    page.wait_for_selector('#sample-view[data-sample="1"]')
    assert (traces.count(), plots.count()) == (3, 3)
    assert opened.complaints == []
    page.evaluate("() => document.querySelectorAll('.on-1').forEach(panel => panel.classList.remove('on-1'))")
    assert plots.count() == 4  # a tube of another panel: its whole tree
    assert page.locator(".not-here:visible").count() == 1


def test_back_gating_needs_no_script(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())

    page.check("#back-0")

    assert page.locator("#sample-view .back:visible").count() == 4
    context.close()


def test_another_sheet_and_the_sample_of_a_thumbnail_are_shown(opened: Opened) -> None:
    page = opened.page
    first = page.inner_text("#sheet-view h3")

    page.select_option("#sheet-select", "1")
    page.wait_for_selector('#sheet-view[data-shown="1"]')
    assert page.inner_text("#sheet-view h3") != first
    assert page.locator("#sheet-view svg.thumb:visible").count() == 6

    assert page.locator("#sheet-view a.tube").count() == 6
    assert page.locator("#sheet-view span.tube").count() == 41  # no strategy of theirs is on the page
    page.click('#sheet-view [data-sample="P01-W4"]')
    page.wait_for_selector('#sample-view[data-sample="2"]')
    assert "P01-W4" in page.inner_text("#sample-view")
    assert opened.complaints == []


def test_a_gate_to_look_at_opens_the_strategy_of_its_sample_where_the_page_has_it(
    browser: Browser, made_run: MadeRun, tmp_path: Path
) -> None:
    common = {"rank": 1, "score": 0.9, "gate": "/B", "reasons": "far", "panel": "bcell", "parent_count": 9}
    places = [("P01-W4", "P01", "W4"), ("P05-W4", "P05", "W4")]  # the second has no pictures
    triage = pd.DataFrame(
        [common | dict(zip(("sample", "subject", "visit"), p, strict=True)) for p in places]
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(write_report(dataclasses.replace(made_run, triage=triage), tmp_path / "r.html").as_uri())

    assert page.locator("#triage-table a").all_text_contents() == ["P01-W4"]
    page.click("#triage-table a")
    page.wait_for_selector('#sample-view[data-sample="2"]')
    assert "P01-W4" in page.inner_text("#sample-view")
    context.close()


def test_controls_and_matrices_are_drawn_and_another_matrix_can_be_chosen(opened: Opened) -> None:
    page = opened.page
    assert page.locator("#control-view svg.overlay:visible").count() == 6
    assert "25.0" in page.locator("#matrix-view").inner_text()

    page.select_option("#matrix-select", "1")
    page.wait_for_selector('#matrix-view[data-shown="1"]')

    assert "50.0" in page.locator("#matrix-view").inner_text()
    assert opened.complaints == []


def test_chosen_patient_comes_forward_in_every_figure(opened: Opened) -> None:
    opened.draw("trend-0")
    opened.page.click('.patient-key [data-subject="P02"]')
    opened.draw("trend-1")

    opacities = "holder => holder.data.map(trace => trace.opacity)"
    for figure in ("trend-0", "trend-1"):
        found = opened.page.eval_on_selector(f'[data-figure="{figure}"]', opacities)
        assert found == [0.12, 1, 0.12, 0.12, 0.12, 0.12]


def test_table_sorts_by_number_with_missing_values_last(opened: Opened) -> None:
    percents = "rows => rows.map(row => row.cells[6].dataset.v)"
    for _ in range(2):
        opened.page.click("#values-table th >> nth=6")
        found = opened.page.eval_on_selector_all("#values-table tbody tr", percents)
        values = [float(value) for value in found if value]
        assert found[-5:] == [""] * 5
        order = opened.page.get_attribute("#values-table th >> nth=6", "aria-sort")
        assert values == sorted(values, reverse=order == "descending")


def test_filter_keeps_rows_with_all_words(opened: Opened) -> None:
    opened.page.fill("#filter [name=words]", "p02 dn")
    opened.page.locator(".tall:has(#values-table)").scroll_into_view_if_needed()  # laid out when seen

    shown = opened.page.locator("#values-table tbody tr:visible")
    assert shown.count() == 8
    assert "P02" in (shown.first.text_content() or "")


def test_values_are_saved_as_csv(opened: Opened) -> None:
    with opened.page.expect_download() as saved:
        opened.page.click("#values [data-save]")

    text = saved.value.path().read_text(encoding="utf-8")
    assert saved.value.suggested_filename == "subsets.csv"
    assert text.startswith("sample,subject,visit,week")
    assert len(text.splitlines()) == 1 + 47 * 5
    assert opened.page.inner_text("#values-shown") == "235 of 235 values shown"


def test_only_the_rows_shown_are_saved_in_their_order(opened: Opened) -> None:
    opened.page.fill("#filter [name=words]", "p02 dn")
    for _ in range(2):
        opened.page.click("#values-table th >> nth=2")  # by week, last first
    with opened.page.expect_download() as saved:
        opened.page.click("text=Save shown rows as CSV")

    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert {(row["subject"], row["subset"]) for row in rows} == {("P02", "DN")}
    assert [row["visit"] for row in rows] == ["W24", "W20", "W16", "W12", "W8", "W4", "W1", "W0"]
    assert opened.page.inner_text("#values-shown") == "8 of 235 values shown"


# The words of ticks that reach beyond their figure.
OUTSIDE = """found => found.filter(e => {
  const [word, plot] = [e, e.closest(".plot")].map(part => part.getBoundingClientRect());
  return word.left < plot.left - 1 || word.right > plot.right + 1;
}).map(e => e.textContent)"""


def test_comparisons_are_filtered_and_the_rows_shown_are_saved(
    browser: Browser, made_run: MadeRun, tmp_path: Path
) -> None:
    run = with_statistics(made_run)
    study = deepcopy(run.manifest["study"])
    study["subsets"]["switched_memory"]["label"] = "Switched memory B cells"
    run = dataclasses.replace(run, manifest=run.manifest | {"study": study})
    file = write_report(run, tmp_path / "report.html")
    context = browser.new_context(viewport={"width": 1300, "height": 700}, accept_downloads=True)
    page = Opened(context.new_page(), file)
    for figure in ("forest-fold", "before-after-DN", "sledai-change-DN", "sledai-within-DN"):
        page.draw(figure)
    assert page.page.eval_on_selector_all(".plot .ytick text, .plot .xtick text", OUTSIDE) == []
    page.page.fill("#comparisons-filter", "wilcoxon primary")
    assert page.page.locator("#comparisons-table tbody tr:visible").count() == 5
    with page.page.expect_download() as saved:
        page.page.click("#comparisons [data-save]")

    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert saved.value.suggested_filename == "comparisons.csv"
    assert [row["subset"] for row in rows] == list(SUBSETS)
    assert page.page.inner_text("#values-shown") == "235 of 235 values shown"
    assert page.complaints == []
    page.page.emulate_media(media="print")
    page.page.set_viewport_size({"width": PAPER, "height": 1000})
    beyond = "found => found.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.page.eval_on_selector_all("main *", beyond) == 0
    context.close()


PAPER = 700  # CSS pixels between the margins of A4; Letter has some more


def test_every_figure_is_whole_on_paper_with_its_caption_below(opened: Opened) -> None:
    opened.draw("trend-0")  # drawn on the screen or not yet: no difference
    opened.page.emulate_media(media="print")
    opened.page.set_viewport_size({"width": PAPER, "height": 1000})

    assert opened.state("trend-4") is None
    assert opened.page.locator(".plot:visible").count() == 0
    for figure in opened.page.locator("figure:has(.trend)").all():
        picture, caption = (figure.locator(part).bounding_box() for part in (".trend", "figcaption"))
        assert picture is not None
        assert caption is not None
        assert picture["width"] == 640
        assert 0 <= picture["x"] <= PAPER - 640
        assert picture["height"] == pytest.approx(268)
        assert picture["y"] + picture["height"] <= caption["y"]


def test_nothing_is_cut_off_at_the_edge_of_the_paper(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    opened.page.set_viewport_size({"width": PAPER, "height": 1000})

    beyond = "found => found.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    assert opened.page.eval_on_selector_all("main *", beyond) == 0


def test_pdf_holds_a_picture_of_every_subset(opened: Opened) -> None:
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
    whole = opened.page.pdf(format="A4", margin=margin)  # at once, before any figure is drawn
    opened.page.evaluate("() => document.querySelectorAll('.printed').forEach(picture => picture.remove())")
    without = opened.page.pdf(format="A4", margin=margin)

    assert opened.state("trend-4") is None
    pages = [data.count(b"/Type /Page\n") for data in (whole, without)]
    assert pages[0] > pages[1]  # five pictures take more than a page


def test_folded_parts_are_open_on_paper_and_then_as_they_were(opened: Opened) -> None:
    folds = "() => [...document.querySelectorAll('details')].map(part => part.open)"
    more = "<details><summary>more</summary>text</details>"
    opened.page.evaluate("more => document.querySelector('main').insertAdjacentHTML('beforeend', more)", more)
    opened.page.click("summary >> nth=0")
    before = opened.page.evaluate(folds)
    opened.page.evaluate(f"() => addEventListener('beforeprint', () => {{ window.printed = ({folds})(); }})")

    opened.page.pdf(format="A4")

    assert before[0] is True
    assert False in before
    assert opened.page.evaluate("() => window.printed") == [True] * len(before)
    opened.page.wait_for_function(f"({folds})().join() === '{','.join(map(str, before)).lower()}'")
    assert opened.complaints == []


def test_trends_heading_and_legend_stand_on_the_page_of_the_first_figure(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    # Columns as tall as a page break where pages do; the section is pushed down the page step by step.
    pages = """down => {
        const main = document.querySelector("main");
        main.style.cssText = `width: 700px; height: 1000px; columns: 700px; column-gap: 0; column-fill: auto`;
        const trends = document.querySelector("#trends");
        const space = document.createElement("div");
        space.style.height = `${down}px`;
        main.replaceChildren(space, trends);
        return ["h2", "p", ".patient-key", "h3", ".trend"].map((part) =>
            Math.floor((trends.querySelector(part).getBoundingClientRect().left + 1) / 700));
    }"""
    found = [opened.page.evaluate(pages, down) for down in range(0, 1000, 50)]

    assert found[0] == [0] * 5
    assert [1] * 5 in found
    assert [places for places in found if len(set(places)) > 1] == []


def test_names_of_faded_lines_fade_with_them(opened: Opened) -> None:
    opened.draw("trend-0")
    opened.page.click('.patient-key [data-subject="P02"]')
    opened.draw("trend-1")

    notes = "holder => holder.layout.annotations.map(note => [note.name ?? '', note.opacity ?? 1])"
    for figure in ("trend-0", "trend-1"):
        found = dict(opened.page.eval_on_selector(f'[data-figure="{figure}"]', notes))
        assert found == {"": 1, "P01": 0.2, "P02": 1, "P03": 0.2, "P04": 0.2, "P05": 0.2, "P06": 0.2}
    opened.page.click('.patient-key [data-subject="P02"]')
    assert {opacity for _, opacity in opened.page.eval_on_selector('[data-figure="trend-0"]', notes)} == {1}


@pytest.mark.parametrize("width", [1300, 800])
def test_remarks_and_directions_are_in_sight_or_a_hint_says_to_scroll(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 700})
    opened.page.wait_for_timeout(100)
    wide = "place => place.scrollWidth > place.clientWidth + 1"
    for place in opened.page.locator(".scroll").all():
        if not place.is_visible():
            continue
        hint = place.locator("xpath=preceding-sibling::p[1][contains(@class, 'sideways')]")
        assert hint.is_visible() == place.evaluate(wide)
        assert place.evaluate("place => place.classList.contains('more')") == place.evaluate(wide)
    assert not opened.page.locator("#overview .scroll:has(table.key)").evaluate(wide)
    if width == 1300:
        assert not opened.page.locator(".scroll:has(#values-table)").evaluate(wide)


def test_arrow_of_a_panel_that_begins_a_row_is_cut_off(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 1000, "height": 700})
    starts = (
        "panels => panels.map(panel => panel.getBoundingClientRect().left"
        " - panel.parentElement.getBoundingClientRect().left)"
    )
    found = opened.page.eval_on_selector_all(".panel + .panel", starts)

    assert 0 in found  # one does begin a row
    overflow = "row => getComputedStyle(row).overflowX"
    assert opened.page.eval_on_selector(".panels", overflow) == "hidden"


def test_rows_of_samples_of_two_panels_are_not_mixed(browser: Browser, tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=1, weeks=(0, 4), failing=False)
    for file in tmp_path.glob("previews/*/plots.json"):
        listed = json.loads(file.read_text(encoding="utf-8"))
        for plot in listed["plots"][2:]:  # branches that only this sample has
            plot["parent"] = f"/{listed['sample']} {plot['gate']}"
        file.write_text(json.dumps(listed), encoding="utf-8")
    page = browser.new_page()
    page.goto(write_report(made, tmp_path / "report.html").as_uri())

    page.select_option("#sample-other", "1")
    page.wait_for_selector("#sample-view.two")

    whose = (
        "place => [...place.querySelectorAll(':scope > .strip')].map(row => row.dataset.origin.split(' ')[0])"
    )
    rows = [place.evaluate(whose) for place in page.locator("#sample-view .strips").all()]
    assert rows == [[], ["P01-W0", "P01-W0"], ["P01-W4", "P01-W4"]]
    assert page.locator("#sample-view .pair .strip").count() == 2
    headings = page.locator("#sample-view h3:visible").all_inner_texts()
    assert [heading.split()[2] for heading in headings] == ["W0", "W4"]
    page.close()


def test_page_without_script_shows_its_static_parts(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())

    assert page.locator("#patients svg.course").count() == 30
    assert page.locator("#sample-view svg.gate-plot > image").count() == 3
    assert page.locator("#values-table tbody tr").count() == 47 * 5
    assert page.locator(".plot").first.is_hidden()
    assert page.locator("#trends svg.trend:visible").count() == 5
    assert page.locator("#before_after svg.trend:visible").count() == 5
    context.close()


def test_browser_that_cannot_unpack_says_so_and_keeps_the_rest(browser: Browser, report_file: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(report_file.as_uri())

    page.locator('[data-figure="trend-0"]').scroll_into_view_if_needed()
    page.wait_for_selector('[data-figure="trend-0"] .problem')

    assert "cannot be drawn here" in page.inner_text('[data-figure="trend-0"]')
    assert page.locator("#values-table tbody tr").count() == 47 * 5
    context.close()
