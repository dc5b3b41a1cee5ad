"""A study whose template has cuts that are found in the data: fits, gates and warnings of its run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stand_in_methods import stand_ins

from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.gating.fitting.jobs import here
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_study import run_study
from cytogate.study.running.fitting import fit_panel
from cytogate.study.running.split_job import SplitJob, run_splits


@pytest.fixture(autouse=True)
def methods():
    with stand_ins():
        yield


CUTS = """\
cuts:
  b: {marker: CD19, method: middle, fallback: 1000, anchor: subject}
  fmo: {marker: CD27, method: of_control, fallback: 500, anchor: none, of: B}
gates:
"""


@pytest.fixture
def fitted(trial):
    text = (trial.folder / "template.yaml").read_text()
    text = text.replace("gates:\n", CUTS).replace("above: 1000", "above: {cut: b}")
    memory = text[text.index("    polygon:") : text.index("definitions:")]
    trial.write("template.yaml", text.replace(memory, "    threshold: {x: CD27, above: {cut: fmo}}\n"))
    trial.tube("fmo.fcs", 500, seed=9)
    trial.sheet(*trial.rows, "fcs/fmo.fcs,fmo,,,,b,batch1,fmo,CD27")
    return trial


def test_each_tube_has_its_own_cuts_and_the_run_keeps_them(fitted):
    run = run_study(fitted.study, fitted.out, executor="serial")
    stored = json.loads((fitted.out / "fits.json").read_text())["panels"]["b"]
    assert stored["version"] == 2
    assert list(stored["placements"]) == [f"fcs/{name}.fcs" for name in ("P1_W0", "P1_W4", "P2_W0", "P2_W4")]
    gates = [json.loads(line) for line in (fitted.out / "gates.jsonl").read_text().splitlines()]
    for line in gates:
        placed = stored["placements"][f"fcs/{line['sample']}.fcs"]
        by_name = {gate["name"]: gate["gate"] for gate in line["strategy"]["gates"]}
        assert by_name["B"]["minimum"] == placed["b"]["position"]
        assert by_name["Memory"]["minimum"] == placed["fmo"]["position"]
        assert placed["fmo"]["fallback"] == ""
    assert len(run.subsets) == 4


def test_a_tube_without_events_falls_back_with_a_warning_and_stops_nothing(fitted):
    fitted.tube("P2_W4.fcs", 0, seed=1)
    run = run_study(fitted.study, fitted.out, executor="serial")
    assert len(run.failures) == 0
    told = "gate B, cut b: stands where the other samples say: too few events to look at (0 events)."
    assert told in run.samples.set_index("sample").loc["P2_W4", "warnings"]


def test_fitting_knows_subjects_and_controls(fitted):
    fits = fit_panel(plan_study(fitted.study), "b", here, threads=None)
    assert set(fits.common["b"].common.groups) == {"P1", "P2"}
    assert all(placed["fmo"].fallback == "" for placed in fits.placements.values())


def test_a_run_whose_control_changed_is_done_again(fitted):
    run_study(fitted.study, fitted.out, executor="serial")
    assert run_study(fitted.study, fitted.out, executor="serial").up_to_date
    fitted.tube("fmo.fcs", 500, seed=10)
    assert not run_study(fitted.study, fitted.out, executor="serial").up_to_date


def test_a_bridge_tube_is_placed_with_its_batch_and_control(fitted):
    fitted.tube("bridge.fcs", 500, seed=11)
    rows = [*fitted.rows, "fcs/fmo.fcs,fmo,,,,b,batch1,fmo,CD27", "fcs/bridge.fcs,bridge,,,,b,batch1,bridge,"]
    fitted.sheet(*rows)
    run = run_study(fitted.study, fitted.out, executor="serial")
    stored = json.loads((fitted.out / "fits.json").read_text())["panels"]["b"]
    assert "fcs/bridge.fcs" not in stored["placements"]
    assert stored["groups"]["fcs/bridge.fcs"]["controls"] == {"CD27": "fcs/fmo.fcs"}
    assert run.samples.set_index("sample").loc["bridge", "warnings"] == ""


def test_a_split_opens_control_tubes_as_the_study_says(fitted):
    """Of a subject whom the fits do not know: what a cut-short control has left is read where lenient."""
    plan = plan_study(fitted.study)
    fits = replace(fit_panel(plan, "b", here, threads=None), placements={})
    tubes = tuple(row for row in plan.gated if row.subject == "P1")
    job = SplitJob("P1", "b", tubes, plan.templates["b"], fits, plan.endpoints_of("b"))
    control = fitted.folder / "fcs" / "fmo.fcs"
    cut_short, source = control.read_bytes()[:-12], read_fcs(control)  # without the end of the last event
    write_fcs(control, source.events()[:-1], source.channels)
    whole = run_splits(job)
    control.write_bytes(cut_short)
    assert run_splits(replace(job, lenient=True)) == whole
    assert run_splits(job) != whole


@pytest.mark.parametrize("name", ["P1_W4.fcs", "fmo.fcs"])
def test_fits_without_a_tube_whose_disk_failed_are_found_again(fitted, monkeypatch, name):
    def fails(path, **how):
        if str(path).endswith(name):
            raise OSError(5, "Input/output error")
        return read_fcs(path, **how)

    with monkeypatch.context() as away:
        away.setattr("cytogate.fcs.read.read_fcs", fails)
        run_study(fitted.study, fitted.out, executor="serial")
    stored = json.loads((fitted.out / "fits.json").read_text())["panels"]["b"]
    assert [entry["code"] for entry in stored["skipped"]] == ["fit-unread"]
    run_study(fitted.study, fitted.out, executor="serial")
    run_study(fitted.study, fitted.folder / "anew", executor="serial")
    assert (fitted.out / "fits.json").read_bytes() == (fitted.folder / "anew" / "fits.json").read_bytes()
