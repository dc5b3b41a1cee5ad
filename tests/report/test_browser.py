"""The page in a real Chromium, opened as a file: policy, lazy figures, choosing, saving, printing."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    place = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, NAMES)), None)
    if place is None:
        pytest.skip("no Chromium on PATH: install one or set BROWSER_PATH")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield started
        started.close()


class Opened:
    """A page with what went wrong and what it asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())

    def state(self, figure: str) -> str | None:
        return self.page.get_attribute(f'[data-figure="{figure}"]', "data-state")

    def draw(self, figure: str) -> None:
        """Scroll a figure into the window and wait until it is drawn."""
        self.page.locator(f'[data-figure="{figure}"]').scroll_into_view_if_needed()
        self.page.wait_for_selector(f'[data-figure="{figure}"][data-state="drawn"] .scatterlayer .trace')


@pytest.fixture
def opened(browser: Browser, report_file: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1300, "height": 700}, accept_downloads=True)
    yield Opened(context.new_page(), report_file)
    context.close()


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
    opened.page.fill("#values-filter", "p02 dn")

    shown = opened.page.locator("#values-table tbody tr:visible")
    assert shown.count() == 8
    assert "P02" in shown.first.inner_text()


def test_values_are_saved_as_csv(opened: Opened) -> None:
    with opened.page.expect_download() as saved:
        opened.page.click("[data-save]")

    text = saved.value.path().read_text(encoding="utf-8")
    assert saved.value.suggested_filename == "subsets.csv"
    assert text.startswith("sample,subject,visit,week")
    assert len(text.splitlines()) == 1 + 47 * 5


def test_printing_draws_every_figure(opened: Opened) -> None:
    opened.page.wait_for_function("() => window.Plotly", timeout=20_000)
    opened.page.pdf()

    opened.page.wait_for_selector('[data-figure="trend-4"][data-state="drawn"]')
    assert all(opened.state(f"trend-{i}") == "drawn" for i in range(5))


def test_figures_fit_the_paper_and_grow_again_after_printing(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 980, "height": 700})  # one wide column
    opened.draw("trend-0")
    width = "holder => Math.round(holder.querySelector('.main-svg').getBoundingClientRect().width)"
    before = opened.page.eval_on_selector('[data-figure="trend-0"]', width)

    opened.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    printed = opened.page.eval_on_selector('[data-figure="trend-0"]', width)
    opened.page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    after = opened.page.eval_on_selector('[data-figure="trend-0"]', width)

    assert printed == 690 < before
    assert after == before


def test_page_without_script_shows_its_static_parts(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())

    assert page.locator("#patients svg.course").count() == 30
    assert page.locator("#sample-view svg.gate-plot image").count() == 3
    assert page.locator("#values-table tbody tr").count() == 47 * 5
    assert page.locator(".plot").first.is_hidden()
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
