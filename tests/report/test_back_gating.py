"""Back-gating in the gating section: which plots lie on the way to a subset, and what is laid over them."""

from __future__ import annotations

import base64
import copy

import pytest
from lxml import html
from report.synthetic import MadeRun, make_run

from cytogate.plots.gating import plot_svg
from cytogate.report import facts
from cytogate.report.sections import gating


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_subjects=1, weeks=(0, 4), failing=False)


@pytest.fixture(scope="module")
def section(run: MadeRun) -> html.HtmlElement:
    return html.fragment_fromstring(gating.build(run).body, create_parent=True)


def test_each_traced_subset_can_be_chosen_and_the_whole_tree_is_shown_first(
    section: html.HtmlElement,
) -> None:
    choices = section.xpath('.//fieldset//label[input[@type="radio"]]')
    assert [choice.text_content().strip() for choice in choices] == ["whole tree", "DN", "switched memory"]
    assert [choice.xpath("input/@value")[0] for choice in choices if choice.xpath("input/@checked")] == [""]


def test_plots_are_marked_that_lie_on_the_way(section: html.HtmlElement) -> None:
    panels = section.xpath('.//*[starts-with(@class, "panel")][.//*[local-name()="svg"]]')
    marks = [panel.get("class").split()[1:] for panel in panels if panel.get("class") != "panels"]
    assert marks == [["on-0"], ["on-0", "on-1"], ["on-0", "on-1"], ["on-0", "on-1"]]


def test_style_has_a_rule_for_each_subset_and_no_more(section: html.HtmlElement) -> None:
    (rules,) = section.xpath(".//style")
    assert "#back-1:checked" in rules.text
    assert "#back-2" not in rules.text


def test_trace_says_how_many_events_of_how_many(run: MadeRun) -> None:
    plot = run.previews("P01-W0")[0]
    svg = plot_svg(plot, identifier="a", subsets={"DN": (3, "DN <b>")})
    assert 'class="back back-3"' in svg
    assert f"24 DN &lt;b&gt; of {plot['parent_count']:,}" in svg
    assert "back" not in plot_svg(plot, identifier="a")


def test_what_is_no_picture_is_not_laid_over(run: MadeRun) -> None:
    plot = copy.deepcopy(run.previews("P01-W0")[0])
    for png in ("%%%", base64.b64encode(b"<svg onload=x>").decode()):
        plot["back"][0]["png"] = png
        svg = plot_svg(plot, identifier="a", subsets={"DN": (0, "DN")})
        assert svg.count("<image") == 1  # the density


def test_runs_without_traces_offer_none(run: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {
        sample: [{**plot, "back": []} for plot in run.previews(sample)] for sample in run.manifest["samples"]
    }
    monkeypatch.setattr(MadeRun, "previews", lambda _, sample: plain[sample])
    body = gating.build(run).body
    assert "Back-gating" not in body
    assert len(facts.subsets(run)) == 5
