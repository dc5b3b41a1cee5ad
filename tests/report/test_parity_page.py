"""The page of a comparison with FlowJo: what it says, that it is one file, and how it looks to a browser."""

from __future__ import annotations

import os
import re
import shutil

import parity_case
import pytest
from lxml import html

import cytogate as cg
from cytogate.interop.parity import Parity, PopulationParity, SampleParity, Verdict, compare
from cytogate.report.parity_page import parity_html, write_parity_page


@pytest.fixture(scope="module")
def parity(tmp_path_factory):
    workspace, tube = parity_case.make(tmp_path_factory.mktemp("parity"))
    return compare(cg.read_flowjo(workspace, on_unsupported="skip"), [cg.read_fcs(tube)])


@pytest.fixture(scope="module")
def page(parity):
    return html.fromstring(parity_html(parity))


def text_of(element):
    return re.sub(r"\s+", " ", element.text_content()).strip()


def test_the_first_sentence_says_what_was_found(page):
    (lead,) = page.xpath("//p[@class='lead']")
    assert text_of(lead) == (
        "9 populations of 1 sample: 1 count is equal; 5 differ for a known reason; 1 needs a look."
    )


def test_every_population_is_a_row_with_its_verdict(page):
    rows = page.xpath("//table[@class='parity']/tbody/tr")
    found = {row.xpath("string(th/@title)"): text_of(row.xpath("td[@class='why']/span")[0]) for row in rows}
    assert found == {path: Verdict[name.upper()].value for path, name in parity_case.EXPECTED.items()}


def test_what_needs_a_look_is_listed_first(page):
    listed = page.xpath("//h3[@id='look']/following::table[1]/tbody/tr/th")
    assert [text_of(cell) for cell in listed] == ["/Drawn <b>/Moved"]


def test_names_are_escaped_and_nothing_comes_from_outside(parity):
    text = parity_html(parity)
    assert "Drawn &lt;b&gt;" in text
    assert "Drawn <b>" not in text
    assert not re.search(r"<script|src=|https?://", text)


def test_a_workspace_without_files_says_so():
    text = parity_html(Parity("case.wsp", "10.8.1", (), ("a.fcs",)))
    assert "No sample of the workspace could be compared." in text
    assert "1 sample of the workspace without a file" in text


def test_of_many_samples_only_those_that_need_a_look_are_unfolded():
    def sample(name, verdict):
        row = PopulationParity("/P", None, "polygon", 1, 2, 2, 0, 2, 2, verdict)
        return SampleParity(name, f"{name}.fcs", "path", 10, (row,))

    samples = [sample(f"s{i}", Verdict.UNEXPLAINED if i == 3 else Verdict.EQUAL) for i in range(6)]
    page = html.fromstring(parity_html(Parity("w.wsp", "", tuple(samples))))
    unfolded = page.xpath("//section[starts-with(@id, 'sample-')]/details[@open]/summary/h2")
    assert [text_of(head) for head in unfolded] == ["s3"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 420])
def test_a_browser_shows_it_without_complaint_and_without_scrolling_sideways(parity, tmp_path, width):
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    place = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)
    if place is None:
        pytest.skip("no Chromium on PATH: install one or set BROWSER_PATH")
    complaints = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(write_parity_page(parity, tmp_path / "page.html").as_uri())
        assert page.locator("table.parity tbody tr").count() == 9
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert complaints == []
