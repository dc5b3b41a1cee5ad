from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from bench.found import benchmark
from lxml import html

from cytogate.bench.page import page_html
from cytogate.plots.bars import Bar, bar_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

FIGURES = {"job", "stages", "workers", "cold", "memory"}
UNLIKE = {"file": "generated.fcs", "population": "/<i>", "cytogate": [9], "peer": [8]}


def parsed(found) -> html.HtmlElement:
    return html.document_fromstring(page_html(found))


def test_the_page_holds_a_figure_and_a_table_of_every_part():
    page = parsed(benchmark())
    content = json.loads(page.get_element_by_id("figures").text)
    assert set(content["figures"]) == FIGURES
    for name in FIGURES:
        assert page.xpath(f'//section[@id="{name}"]//div[@data-figure="{name}"]')
        assert page.xpath(f'//section[@id="{name}"]//tbody/tr')


def test_the_page_names_machine_load_and_how_to_repeat():
    text = parsed(benchmark()).text_content()
    for words in ("A processor, 2 cores, 16 GB", "0.1 before, 1.4 after", "cytogate benchmark --out 'a <b>'"):
        assert words in text


def test_the_page_asks_the_network_for_nothing():
    page = parsed(benchmark())
    assert not page.xpath("//@src | //link/@href")
    policy = page.xpath('//meta[@http-equiv="Content-Security-Policy"]/@content')[0]
    assert policy.startswith("default-src 'none';")


def test_names_are_escaped():
    page = parsed(benchmark(differing=[UNLIKE]))
    assert not page.xpath("//b | //i")
    assert "/<i>" in page.get_element_by_id("differing").text_content()


def test_a_warning_is_an_alert():
    page = parsed(benchmark(warning="Other work used 40% of the processors."))
    assert page.xpath('//*[@role="alert"]/text()') == ["Other work used 40% of the processors."]
    assert not parsed(benchmark()).xpath('//*[@role="alert"]')


def test_bars_start_at_zero_and_leave_room_for_their_values():
    figure = bar_figure(
        [Bar("a", 2.0, "two", "#000000", 1.5, 3.0), Bar("a", 1.0, "one", "#000000")], unit="s"
    )
    low, high = figure.layout.xaxis.range
    assert low == 0
    assert high > 3.0
    assert list(figure.data[0].x) == [2.0, 1.0]
    assert list(figure.data[0].error_x.array) == [1.0, 0.0]
    assert [note.text for note in figure.layout.annotations] == ["two", "one"]


def test_bars_of_nothing_and_of_zero_are_drawn():
    assert bar_figure([], unit="s").layout.xaxis.range[1] > 0
    assert bar_figure([Bar("a", 0.0, "0", "#000000")], unit="s").layout.xaxis.range[1] > 0


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    place = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)
    if place is None:
        pytest.skip("no Chromium on PATH: install one or set BROWSER_PATH")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.browser
def test_the_bars_are_there_in_a_browser(browser, tmp_path):
    file = tmp_path / "benchmark.html"
    file.write_text(page_html(benchmark()), encoding="utf-8")
    page = browser.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector('[data-figure="memory"][data-state="drawn"]')
    drawn = {
        name: page.locator(f'[data-figure="{name}"] .barlayer .point path').count()
        for name in sorted(FIGURES)
    }
    assert drawn == {"job": 4, "stages": 10, "workers": 4, "cold": 3, "memory": 2}
    widest = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widest[0] <= widest[1]
    assert complaints == []
    assert all(address.startswith(("file:", "blob:")) for address in requests)
    page.close()
