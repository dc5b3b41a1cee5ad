"""FMO overlays: only with controls, each sample beside its own, bounded."""

from __future__ import annotations

import dataclasses

import pytest
from lxml import html
from report.synthetic import MadeRun, make_run

from cytogate.report.sections import controls


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_subjects=2, weeks=(0, 4), n_previews=3, failing=False)


def shown(run: MadeRun) -> html.HtmlElement:
    return html.fragment_fromstring(controls.build(run).body, create_parent=True)


def test_a_study_without_controls_has_no_section(run: MadeRun) -> None:
    assert controls.build(dataclasses.replace(run, beside={})) is None


def test_each_sample_names_its_control_and_what_lies_above_the_cut(run: MadeRun) -> None:
    tubes = shown(run).xpath(".//span[@data-sample]")
    assert [tube.get("data-sample") for tube in tubes] == ["P01-W0", "P01-W4", "P02-W0"]
    assert tubes[0].get("title").startswith("P01-W0 beside FMO-CD27: above the cut 25.")
    assert "FMO 0 % of 1,500" in tubes[0].get("title")
    assert "Across: CD27 BV605-A" in shown(run).text_content()


def test_a_sample_without_control_is_said(run: MadeRun) -> None:
    (cell,) = shown(run).xpath('.//tbody/tr[th="P02"]/td[2]')
    assert cell.text_content() == "no control"


def test_markers_stop_at_the_room_and_the_page_says_so(run: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    two = {sample: [*overlays, {**overlays[0], "marker": "IgD"}] for sample, overlays in run.beside.items()}
    both = dataclasses.replace(run, beside=two)
    assert list(controls.build(both).packed) == ["control-1"]
    monkeypatch.setattr(controls, "SHEET_BYTES", 1)
    assert not controls.build(both).packed
    assert "Of 2 markers and populations 1" in controls.build(both).body
