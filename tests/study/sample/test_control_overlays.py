"""Overlays beside FMO tubes, spreading of single stains and matrices, as a run keeps them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from study.conftest import CHANNELS, tiny_events

import cytogate as cg
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate, with_cleaning
from cytogate.gating.views import Axis, views
from cytogate.study.run_study import run_study
from cytogate.study.sample.control_overlays import Control, _cuts, overlays

FMO = "fcs/fmo.fcs,fmo,,,,b,batch1,fmo,CD19"


def test_a_marker_stands_beside_its_control_by_the_gates_of_the_sample(trial):
    trial.tube("fmo.fcs", 900, seed=9)
    trial.sheet(*trial.rows, FMO)
    run = run_study(trial.study, trial.out, executor="serial")
    (overlay,) = [entry for entry in run.overlays("P1_W0") if entry["parent"] == "/Cells"]
    assert (overlay["marker"], overlay["control"]) == ("CD19", "fmo")
    assert [len(overlay[f"{which}_bins"]) for which in ("sample", "control")] == [128, 128]
    counts = run.populations.set_index(["sample", "population"])["count"]
    control = tiny_events(900, 9)
    of_cells = (control[:, 0] >= 1000) & (control[:, 0] < 200_000)
    assert overlay["sample_events"] == sum(overlay["sample_bins"]) == counts["P1_W0", "/Cells"]
    assert overlay["control_events"] == sum(overlay["control_bins"]) == of_cells.sum()
    (gate,) = overlay["gates"]
    assert gate["control_percent"] == pytest.approx(100 * (control[of_cells, 1] >= 1000).mean())
    assert gate["sample_percent"] == pytest.approx(
        100 * counts["P1_W0", "/Cells/B"] / counts["P1_W0", "/Cells"]
    )
    (cut,) = overlay["cuts"]
    scale = cg.transforms.Asinh(**{key: overlay["axis"]["transform"][key] for key in "TMA"})
    assert float(scale.inverse(cut)) == pytest.approx(1000)


def test_a_study_without_controls_has_no_overlays(trial):
    run = run_study(trial.study, trial.out, executor="serial")
    assert run.overlays("P1_W0") == []


def test_a_control_that_cannot_be_read_costs_its_overlay_only(trial):
    trial.write("fcs/fmo.fcs", b"no FCS file")
    trial.sheet(*trial.rows, FMO)
    run = run_study(trial.study, trial.out, executor="serial")
    assert run.overlays("P1_W0") == []
    assert len(run.failures) == 0


def test_a_run_whose_fmo_changed_is_not_up_to_date(trial):
    trial.tube("fmo.fcs", 900, seed=9)
    trial.sheet(*trial.rows, FMO)
    run_study(trial.study, trial.out, executor="serial")
    assert run_study(trial.study, trial.out, executor="serial").up_to_date
    trial.tube("fmo.fcs", 800, seed=9)
    again = run_study(trial.study, trial.out, executor="serial")
    assert not again.up_to_date
    assert again.manifest["resumed"]["gated"] > 0


def test_the_times_that_leave_a_sample_do_not_leave_its_control(trial):
    trial.tube("fmo.fcs", 900, seed=9)
    source = cg.read_fcs(trial.tube("P1_W0.fcs", 400))
    plain = cg.load_template(trial.folder / "template.yaml").resolve(source)
    times = RectangleGate((Dimension("Time"),), (0.0,), (300.0,))
    cleaned = with_cleaning(plain, [CleaningGate("Time 0 to 300", times, keeps=False)])
    found = []
    for strategy in (plain, cleaned):
        drawn = views(source, strategy, cg.gate(source, strategy))
        control = Control("CD19", "fmo", str(trial.folder / "fcs" / "fmo.fcs"))
        found.append(overlays([control], drawn, strategy, {"CD19": "B530-A"}, (), cg.read_fcs)[0])
    assert found[1]["sample_events"] < found[0]["sample_events"]
    assert found[1]["control_events"] == found[0]["control_events"]


def test_cuts_are_where_an_outline_runs_straight_across_the_axis():
    inf = np.inf
    box = np.array([[0.2, -inf], [inf, -inf], [inf, 0.7], [0.2, 0.7]])
    axis = Axis(Dimension("A"), "A", 0.1, 0.9, None)
    assert (_cuts(box, "x", axis), _cuts(box, "y", axis)) == ([0.2], [0.7])
    strip = np.array([[-inf, 0.4]])
    assert (_cuts(strip, "x", axis), _cuts(strip, "y", axis)) == ([0.4], [])
    assert _cuts(np.array([[0.0, 0.0], [1.0, 0.5], [0.2, 1.0]]), "x", axis) == []
    assert _cuts(np.array([[0.95, 0.0], [0.95, 0.5], [0.2, 1.0]]), "x", axis) == []  # beyond the axis


# Matrices and spreading -----------------------------------------------------------------------------------

SPILL = CompensationMatrix(("B530-A", "V610-A"), ("B530-A", "V610-A"), [[1.0, 0.25], [0.125, 1.0]])


def compensated(trial) -> None:
    text = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", text.replace("compensation: none", "compensation: file"))


def stained(trial, name: str, values: np.ndarray, matrix: CompensationMatrix) -> None:
    measured = values.copy()
    measured[:, 1:3] = values[:, 1:3] @ matrix.values
    numbers = ",".join(f"{value:g}" for value in matrix.values.ravel())
    text = f"{len(matrix.detectors)},{','.join(matrix.detectors)},{numbers}"
    write_fcs(trial.folder / "fcs" / name, measured.astype(np.float32), CHANNELS, {"$SPILLOVER": text})


def test_matrices_are_kept_once_with_their_samples(trial):
    compensated(trial)
    other = CompensationMatrix(SPILL.detectors, SPILL.fluorochromes, [[1.0, 0.5], [0.0, 1.0]])
    for i, row in enumerate(trial.rows):
        stained(
            trial, row.split(",")[0].removeprefix("fcs/"), tiny_events(500, i), other if i == 2 else SPILL
        )
    run = run_study(trial.study, trial.out, executor="serial")
    found = {entry["sha256"]: entry for entry in run.matrices["matrices"]}
    assert found[SPILL.sha256]["samples"] == ["P1_W0", "P1_W4", "P2_W4"]
    assert found[other.sha256]["samples"] == ["P2_W0"]
    assert found[SPILL.sha256]["spillover"] == [[1.0, 0.25], [0.125, 1.0]]
    assert found[SPILL.sha256]["condition_number"] == pytest.approx(np.linalg.cond(SPILL.values))
    assert run.matrices["not_compensated"] == []
    assert run.matrices["spreading"] == []


def test_samples_gated_without_matrix_are_named(trial):
    run = run_study(trial.study, trial.out, executor="serial")
    assert run.matrices["matrices"] == []
    assert run.matrices["not_compensated"] == ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]


def test_single_stains_give_spreading_or_the_reason(trial):
    compensated(trial)
    for i, row in enumerate(trial.rows):
        stained(trial, row.split(",")[0].removeprefix("fcs/"), tiny_events(500, i), SPILL)
    rng = np.random.default_rng(4)
    values = rng.normal(0, 50, (8000, 4))
    values[:4000, 1] += 20_000
    values[:4000, 2] += rng.normal(0, 3 * np.sqrt(20_000), 4000)
    stained(trial, "ss19.fcs", values, SPILL)
    stained(trial, "ss27.fcs", rng.normal(0, 50, (8000, 4)), SPILL)
    stain = "fcs/{0}.fcs,{0},,,,b,batch1,single_stain,{1}"
    trial.sheet(*trial.rows, stain.format("ss19", "CD19"), stain.format("ss27", "CD27"))
    run = run_study(trial.study, trial.out, executor="serial")
    spread = {row["marker"]: row for row in run.matrices["spreading"]}
    assert spread["CD19"]["detectors"] == ["B530-A", "V610-A"]
    assert spread["CD19"]["spreading"] == [None, pytest.approx(3.0, rel=0.1)]
    assert spread["CD27"]["why"] == "positive and negative events do not stand apart"
    told = run.qc[run.qc["check"] == "spreading"].set_index("metric")
    assert told.loc["times_wider CD19 in V610-A", "value"] == pytest.approx(8.5, rel=0.1)
    assert told.loc["times_wider CD19 in V610-A", ["sample", "verdict"]].tolist() == ["ss19", "note"]
    assert told.loc["largest_times_wider", "verdict"].tolist() == ["note", "not checked"]
    assert json.loads((trial.out / "matrices.json").read_text())["format"] == "cytogate.matrices"
