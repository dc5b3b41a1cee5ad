from __future__ import annotations

import json

import pytest
from qc_tubes import simulated
from study.conftest import CHANNELS, tiny_events
from study.conftest import STUDY as STUDY_OF_TINY

import cytogate as cg
from cytogate.errors import StudyError
from cytogate.fcs.writing.write import write_fcs
from cytogate.gating.strategy import GatingStrategy
from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.definition.study import load_study
from cytogate.study.definition.study_parts import Endpoint
from cytogate.study.export.gated_again import gated_again, samples_with
from cytogate.study.planning.kept_part import kept_part
from cytogate.study.sample.sample_job import run_sample
from cytogate.study.sample.values import Job


@pytest.fixture(scope="module")
def clogged(tmp_path_factory) -> str:
    from cytogate.simulate.trial import write_tube

    place = tmp_path_factory.mktemp("clogged") / "tube.fcs"
    tube = simulated(1, 30_000, clog_probability=1.0)
    write_tube(tube, place, seed=1, study="clogs", enriched=True)
    return str(place)


def job(path: str, cleaning: Cleaning) -> Job:
    template = cg.load_template("sle_bcell")
    whole = next(path for path in template.populations if path.endswith("/B"))
    endpoint = Endpoint("DN", f"{whole}/DN", whole)
    return Job(0, "S", "tube.fcs", path, template, endpoints=(endpoint,), previews=False, cleaning=cleaning)


def test_by_default_every_check_reports_and_no_event_goes(clogged):
    plain, told = run_sample(job(clogged, Cleaning(report=()))), run_sample(job(clogged, Cleaning()))
    assert plain.failure is None
    assert (plain.qc, plain.track) == ((), None)
    assert told.counts == plain.counts
    assert {row["check"] for row in told.qc} == {
        "cleaning", "compensation", "dead_cells", "doublets", "drift", "flow_rate", "margins", "signal",
        "time",
    }  # fmt: skip
    assert [row["value"] for row in told.qc if row["metric"] == "removed_percent"] == [0.0]
    assert not any(span["removed"] for span in told.track["spans"])


def test_what_a_study_wants_out_is_out_and_can_be_applied_again(clogged, tmp_path):
    found = run_sample(job(clogged, Cleaning(remove=("flow_rate", "signal"))))
    kept = run_sample(job(clogged, Cleaning()))
    (lost,) = [row["value"] for row in found.qc if row["metric"] == "removed_percent"]
    assert lost > 5.0
    assert found.n_events == kept.n_events == 30_000
    assert [row["population"] for row in found.populations] == [row["population"] for row in kept.populations]
    strategy = GatingStrategy.from_dict(found.strategy["strategy"])
    source = cg.read_fcs(clogged)
    again = cg.gate(source, strategy)
    assert again.n_events == pytest.approx(30_000 * (1 - lost / 100))
    cg.write_gatingml(strategy, tmp_path / "cleaned.xml")
    from_file = cg.gate(source, cg.read_gatingml(tmp_path / "cleaned.xml"))
    for row in found.populations:
        assert again.count(row["population"]) == from_file.count(row["population"]) == row["count"]


@pytest.mark.parametrize("seed", [1, 4])
def test_what_is_left_of_cells_beside_what_is_left_of_the_volume_is_their_concentration(seed, tmp_path):
    """Cells are as dense in the fluid of a clog as in any: the flow falls, and with it the volume."""
    from cytogate.simulate.trial import write_tube

    tube = simulated(seed, 30_000, clog_probability=1.0)
    write_tube(tube, tmp_path / "tube.fcs", seed=seed, study="clogs", enriched=True)
    found = run_sample(job(str(tmp_path / "tube.fcs"), Cleaning(report=(), remove=("flow_rate", "signal"))))
    part = kept_part(found)
    strategy = GatingStrategy.from_dict(found.strategy["strategy"])
    kept = cg.gate(cg.read_fcs(str(tmp_path / "tube.fcs")), strategy).root_mask()
    assert part.events == pytest.approx(kept.mean(), abs=0.002)
    assert part.off_scale < 0.002
    cells = ~(tube.dead | tube.doublet | tube.debris)
    assert (cells & kept).sum() / part.events == pytest.approx(cells.sum(), rel=0.01)
    assert part.events - part.time > 0.03  # a clog takes more of the time than of the fluid


REMOVING = ("flow_rate", "margins", "signal")


@pytest.mark.parametrize(
    ("asked", "reporting", "removing"),
    [
        (Cleaning(report=()), (), ()),
        (Cleaning(report=("drift",), remove=("signal",)), ("drift", "signal"), ("signal",)),
        (Cleaning(report=(), remove=("all",)), REMOVING, REMOVING),
    ],
)  # fmt: skip
def test_checks_that_take_events_out_report_too(asked, reporting, removing):
    assert (asked.reporting(), asked.removing()) == (reporting, removing)


STUDY = """
format: cytogate.study
version: 1
name: S
samples: samples.csv
templates: {b: sle_bcell}
subsets: {DN: {population: B/DN, of: B}}
"""


def study(folder, text: str):
    (folder / "samples.csv").write_text("file,sample\n", encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY + text, encoding="utf-8")
    return load_study(folder / "study.yaml")


def test_a_study_says_what_is_taken_out(tmp_path):
    assert study(tmp_path, "").cleaning == Cleaning(report=("all",), remove=())
    assert study(tmp_path, "cleaning: {remove: all}\n").cleaning.remove == ("all",)
    asked = study(tmp_path, "cleaning: {report: [], remove: [signal, margins]}\n").cleaning
    assert asked == Cleaning(report=(), remove=("signal", "margins"))


def test_checks_that_there_are_not_or_that_take_nothing_out_are_refused_with_their_place(tmp_path):
    with pytest.raises(StudyError) as caught:
        study(tmp_path, "cleaning: {report: [signals], remove: [drift]}\n")
    assert [problem.code for problem in caught.value.problems] == ["check-unknown"] * 2
    assert "signal" in caught.value.problems[0].fix
    assert "takes events out" in caught.value.problems[1].message


def test_events_of_a_cleaned_run_are_exported_as_it_counted_them(trial):
    values = tiny_events(400, 0)
    values[:40, 0] = 262_143.0
    write_fcs(trial.folder / "fcs" / "P1_W0.fcs", values, CHANNELS)
    trial.study.write_text(f"{STUDY_OF_TINY}cleaning: {{remove: [margins]}}\n", encoding="utf-8")
    run = cg.run_study(trial.study, trial.out, executor="serial")
    assert set(run.qc["sample"]) == set(run.subsets["sample"])
    document = json.loads((run.path / "cleaning.json").read_text(encoding="utf-8"))
    assert document["remove"] == ["margins"]
    kept = samples_with(run, "/")[0]
    result = gated_again(run, kept, threads=1)
    assert result.n_events == kept.n_events == 360
    lost = run.qc[(run.qc["sample"] == kept.sample) & (run.qc["metric"] == "removed_percent")]["value"]
    assert lost.tolist() == pytest.approx([10.0])
