"""The whole page in a real Chromium: each section is there, obeys the filter or says why not, landed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from report.opened import Opened
from report.synthetic import MadeRun, with_clinic, with_statistics

from cytogate.report import write_report
from cytogate.report.section import section_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
FIRST = {
    "overview",
    "response",
    "trends",
    "composition",
    "activity",
    "gating",
    "contact_sheet",
    "values",
    "methods",
}
SECTIONS = "() => [...document.querySelectorAll('main > section')].map(part => part.id)"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 420, "height": 800}


@pytest.fixture(scope="module")
def whole_run(made_run: MadeRun) -> MadeRun:
    return with_statistics(with_clinic(made_run))


@pytest.fixture(scope="module")
def whole_file(whole_run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(whole_run, tmp_path_factory.mktemp("whole") / "report.html")


@pytest.fixture
def whole(browser: Browser, whole_file: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport=WIDE)
    yield Opened(context.new_page(), whole_file)
    context.close()


def choose(opened: Opened, **choices: str) -> None:
    for facet, value in choices.items():
        opened.page.select_option(f"#filter [name={facet}]", value)


def test_every_section_is_there_with_something_to_see(whole: Opened, whole_run: MadeRun) -> None:
    built = {name for name in section_kinds.names() if section_kinds.get(name).build(whole_run) is not None}
    assert set(whole.page.evaluate(SECTIONS)) == built >= FIRST
    seen = "found => found.filter(part => part.innerText.length > 60).map(part => part.id)"
    assert set(whole.page.eval_on_selector_all("main > section", seen)) == set(whole.page.evaluate(SECTIONS))
    for figure in whole.page.locator("[data-figure]").all()[::4]:
        whole.draw(figure.get_attribute("data-figure") or "")
    assert whole.complaints == []
    assert [url for url in whole.requests if not url.startswith(("file:", "blob:", "data:"))] == []


@pytest.mark.parametrize(
    ("facet", "value"), [("subject", "P02"), ("visit", "W8"), ("subset", "switched_memory")]
)
def test_every_section_obeys_the_filter_or_says_that_it_does_not(
    whole: Opened, facet: str, value: str
) -> None:
    choose(whole, **{facet: value})

    found = whole.page.evaluate(
        """([facet, plural]) => [...document.querySelectorAll("main > section")].map((part) => ({
            id: part.id,
            narrowed: part.querySelector(".off") !== null || part.matches(".none-left"),
            traced: facet === "subset" && part.querySelector("[data-back]:checked") !== null,
            fades: facet === "subject" && part.querySelector("[data-fades]") !== null,
            note: part.querySelector(":scope > .whole")?.textContent.includes(plural) ?? false,
        }))""",
        [facet, {"subject": "patients", "visit": "visits", "subset": "subsets"}[facet]],
    )
    obeys = [one["id"] for one in found if one["narrowed"] or one["fades"] or one["traced"]]
    says = [one["id"] for one in found if one["note"]]
    assert sorted(obeys + says) == sorted(one["id"] for one in found)  # one of the two, never both


def test_chosen_patient_narrows_composition_activity_and_heat_maps(whole: Opened) -> None:
    page = whole.page
    choose(whole, subject="P02")

    assert page.locator("#composition figure:visible").count() == 1
    assert page.locator("#activity .grid figure:visible").count() == 1
    veiled = page.locator("#changes figure:first-of-type .veil.off")
    assert veiled.evaluate_all("found => found.map(veil => veil.dataset.subject)") == [
        "P01", "P03", "P04", "P05", "P06",
    ]  # fmt: skip
    assert float(veiled.first.evaluate("veil => getComputedStyle(veil).opacity")) > 0.5
    page.click("#filter button")
    assert page.locator("#composition figure:visible").count() == 6
    assert page.locator("svg .off").count() == 0
    assert page.locator(".whole:visible").count() == 0


def test_chosen_visit_and_subset_leave_their_bar_and_fade_the_others(whole: Opened) -> None:
    choose(whole, visit="W8", subset="DN")
    bars = whole.page.locator("#composition figure:first-of-type rect")

    bright = bars.evaluate_all(
        "found => found.filter(bar => !bar.closest('.off')).map(bar => "
        "[bar.parentNode.dataset.visit, bar.dataset.subset])"
    )
    assert bright == [["W8", "DN"]]
    assert whole.page.locator("#composition rect:visible").count() > 100  # the bars keep their shape


def test_no_gates_stand_below_a_heading_that_says_that_there_are_none(whole: Opened) -> None:
    choose(whole, subject="P05")  # no pictures of this patient's gates are on the page

    assert "none-left" in (whole.page.get_attribute("#gating", "class") or "")
    assert whole.page.locator("#sample-view").is_hidden()
    assert whole.page.locator("#sheet-view .tube:visible").count() == 8
    whole.page.click("#filter button")
    assert whole.page.locator("#sample-view").is_visible()


def test_chosen_subset_is_traced_back_and_its_sheet_is_shown(whole: Opened) -> None:
    page = whole.page
    choose(whole, subset="switched_memory")

    assert page.is_checked("[data-back=switched_memory]")
    assert page.locator("#sheet-select option:not(:disabled)").count() >= 1
    assert not page.locator("#sheet-select option:checked").is_disabled()
    page.emulate_media(media="print")
    assert page.locator("#sample-view .panel:visible").count() == 4  # paper has the whole tree
    page.emulate_media(media="screen")
    page.click("#filter button")
    assert not page.is_checked("[data-back=switched_memory]")


def test_steps_skip_samples_that_the_filter_leaves_out(whole: Opened) -> None:
    choose(whole, visit="W8")
    whole.page.wait_for_selector('#sample-view[data-sample="3"]')
    whole.page.click("#sample-next")

    assert whole.page.locator("#sample-select option:checked").get_attribute("data-sample") == "P01-W8"


LANDED = """id => [
    document.getElementById(id).getBoundingClientRect().top
        - document.querySelector("#filter").getBoundingClientRect().bottom,
    document.querySelector("nav a.here")?.hash,
]"""
STILL = """() => ![...document.querySelectorAll(".plot:not([data-state=drawn])")].some((plot) => {
    const { top, bottom, width } = plot.getBoundingClientRect();
    return width && top < innerHeight + 250 && bottom > -250;
})"""


@pytest.mark.parametrize(("window", "motion"), [(WIDE, "no-preference"), (NARROW, "reduce")])
def test_jumps_land_on_their_section_and_stay_there_while_figures_are_drawn(
    browser: Browser, whole_file: Path, window: dict[str, int], motion: str
) -> None:
    context = browser.new_context(viewport=window, reduced_motion=motion, bypass_csp=True)
    opened = Opened(context.new_page(), whole_file)
    names = opened.page.evaluate(SECTIONS)
    for name in [names[-1], *names[1::3], names[0]]:
        opened.page.evaluate("id => document.querySelector(`nav a[href='#${id}']`).click()", name)
        opened.page.wait_for_function(STILL)
        opened.page.wait_for_function(
            "id => document.querySelector('nav a.here')?.hash === `#${id}`", arg=name
        )
        below, here = opened.page.evaluate(LANDED, name)
        assert 0 <= below <= 20, name
        assert here == f"#{name}"
    assert opened.complaints == []
    context.close()


@pytest.mark.parametrize("window", [WIDE, NARROW])
def test_a_link_to_a_section_opens_the_page_there(
    browser: Browser, whole_file: Path, window: dict[str, int]
) -> None:
    context = browser.new_context(viewport=window, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{whole_file.as_uri()}#sledai_within")
    page.wait_for_function(STILL)
    page.wait_for_selector("nav a.here[href='#sledai_within']")

    below, _ = page.evaluate(LANDED, "sledai_within")
    assert 0 <= below <= 20
    context.close()


def test_a_reader_who_scrolls_on_is_not_held(whole: Opened) -> None:
    page = whole.page
    page.evaluate("document.querySelector(`nav a[href='#trends']`).click()")
    page.wait_for_selector("nav a.here[href='#trends']")
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 700)
    page.wait_for_function("() => document.querySelector('#trends').getBoundingClientRect().top < -300")
    page.evaluate("document.querySelector('#overview').style.paddingTop = '50px'")  # a late change of layout
    page.wait_for_timeout(100)

    assert page.evaluate("document.querySelector('#trends').getBoundingClientRect().top") < -300


def test_paper_has_every_section_whole_and_no_bar(whole: Opened) -> None:
    choose(whole, subject="P02", visit="W8")
    whole.page.emulate_media(media="print")

    seen = "found => found.filter(part => part.innerText.length > 60).map(part => part.id)"
    assert set(whole.page.eval_on_selector_all("main > section", seen)) == set(whole.page.evaluate(SECTIONS))
    for part in ("#filter", "nav", ".chooser", ".whole", ".save-table", ".plot"):
        assert whole.page.locator(f"{part}:visible").count() == 0, part
    cut = "found => found.filter(e => getComputedStyle(e).overflowY !== 'visible').length"
    assert whole.page.eval_on_selector_all("main .scroll", cut) == 0
    faded = "found => found.filter(e => getComputedStyle(e).opacity !== '1' && !e.matches('.veil')).length"
    assert whole.page.eval_on_selector_all("svg .off", faded) == 0
