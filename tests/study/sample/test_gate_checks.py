"""A run whose gates are found in the data: intervals, triage and splits of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs
from cytogate.gating.template.library import load_template
from cytogate.study.run_study import run_study

CHANNELS = (
    Channel("FSC-A", range=262144),
    Channel("B530-A", "CD19", range=262144),
    Channel("V610-A", "CD27 BV605", range=262144),
    Channel("Time", range=262144),
)
FITTED = """\
format: cytogate.template
version: 1
name: fitted
panel:
  CD19: []
  CD27: [BV605-A]
compensation: none
scales:
  default: {kind: asinh, T: 262144, M: 4.5, A: 0}
cuts:
  b: {marker: CD19, of: Cells, method: mindensity, fallback: 1000}
gates:
  - name: Cells
    rectangle: {x: FSC-A, x_min: 1000, x_max: 200000}
  - name: B
    parent: Cells
    threshold: {x: CD19, above: {cut: b}}
  - name: Memory
    parent: B
    threshold: {x: CD27, above: 1000}
definitions:
  B/Memory: {id: memory.cd27, text: "CD27+ B cells.", citation: "A source"}
"""
STUDY_SUBSETS = "subsets:\n  b_cells: {population: B, of: Cells}\n  memory: {population: B/Memory, of: B}\n"


def tube(path, seed, *, brighter=1.0, share=0.3, n=4000):
    """B cells are bright for CD19, and half of them for CD27."""
    rng = np.random.default_rng(seed)
    is_b, is_memory = rng.uniform(size=n) < share, rng.uniform(size=n) < 0.5
    cd19 = np.where(is_b, 5_000, 500) * brighter * rng.lognormal(0, 0.5, n)
    cd27 = np.where(is_memory, 8_000, 200) * rng.lognormal(0, 0.5, n)
    table = np.column_stack([rng.normal(80_000, 20_000, n), cd19, cd27, np.arange(n)]).astype(np.float32)
    write_fcs(path, table, CHANNELS)


@pytest.fixture
def fitted(trial):
    """Three subjects at three visits; staining is brighter at the last, B cells fewer at the middle one."""
    trial.write("template.yaml", FITTED)
    text = trial.study.read_text()
    trial.write(
        "study.yaml", text.replace(text[text.index("subsets:") : text.index("baseline:")], STUDY_SUBSETS)
    )
    rows = []
    for subject in range(3):
        for visit, (brighter, share) in enumerate([(1.0, 0.3), (1.0, 0.15), (1.6, 0.3)]):
            name = f"P{subject + 1}_W{4 * visit}"
            tube(trial.folder / "fcs" / f"{name}.fcs", 10 * subject + visit, brighter=brighter, share=share)
            week = 4 * visit
            rows.append(f"fcs/{name}.fcs,{name},P{subject + 1},W{week},{week},b,batch{visit},sample,")
    trial.sheet(*rows)
    return trial


MADE: dict[str, Any] = {}


@pytest.fixture
def run(fitted, tmp_path_factory):
    """Its run, made once for all tests that only look at it."""
    if "run" not in MADE:
        MADE["run"] = run_study(fitted.study, tmp_path_factory.mktemp("run"), executor="serial")
    return MADE["run"]


def test_gate_intervals_hold_the_counting_intervals(run):
    subsets = run.subsets
    assert (subsets["gate_ci_low"] <= subsets["ci_low"]).all()
    assert (subsets["gate_ci_high"] >= subsets["ci_high"]).all()
    wider = (subsets["gate_ci_high"] - subsets["gate_ci_low"]) / (subsets["ci_high"] - subsets["ci_low"])
    assert (wider[subsets["subset"] == "b_cells"] > 1).any()
    assert wider.max() < 3  # the valley is clear


def test_gate_intervals_without_fitted_gates_are_those_of_counting(trial):
    subsets = run_study(trial.study, trial.out, executor="serial").subsets
    assert subsets["gate_ci_low"].equals(subsets["ci_low"])
    assert subsets["gate_ci_high"].equals(subsets["ci_high"])


def test_gate_intervals_of_a_failed_sample_are_empty(fitted):
    (fitted.folder / "fcs" / "P1_W4.fcs").write_bytes(b"x" * 500)
    subsets = run_study(fitted.study, fitted.out, executor="serial").subsets
    failed = subsets["sample"] == "P1_W4"
    assert subsets.loc[failed, "gate_ci_low"].isna().all()
    assert subsets.loc[~failed, "gate_ci_low"].notna().all()


def test_triage_has_every_gate_of_every_sample(run):
    triage = run.triage
    assert len(triage) == 9 * 3
    assert set(triage["gate"]) == {"/Cells", "/Cells/B", "/Cells/B/Memory"}
    assert triage["rank"].tolist() == list(range(1, 28))
    assert triage["score"].is_monotonic_decreasing
    own = triage["own_z"].notna()
    assert (own == (triage["gate"] == "/Cells/B")).all()


def test_splits_tell_staining_from_biology(run):
    splits = run.splits.set_index(["subset", "subject", "visit_a", "visit_b"])
    assert len(splits) == 2 * 3 * 3
    np.testing.assert_allclose(splits["gate"] + splits["biology"], splits["change"], atol=1e-9)
    cells = splits.loc["b_cells"]
    for subject in ("P1", "P2", "P3"):
        assert cells.loc[(subject, "W0", "W4"), "biology"] == pytest.approx(-15, abs=3)
        assert abs(cells.loc[(subject, "W0", "W8"), "biology"]) < 3
    assert cells["gate"].abs().max() < 2
    # At the same numbers the brighter staining would look like more B cells.
    assert (cells.xs(("W0", "W8"), level=("visit_a", "visit_b"))["at_unmoved_gates"] > 2).all()


def test_a_study_whose_gates_cannot_move_is_not_split(trial):
    found = run_study(trial.study, trial.out, executor="serial")
    assert len(found.splits) == 0
    assert len(found.triage) == 4 * 3


def test_tubes_of_few_events_stop_nothing(fitted):
    few = {"P1_W4": 0, "P2_W4": 1, "P3_W4": 10, "P1_W8": 100}
    for name, n in few.items():
        tube(fitted.folder / "fcs" / f"{name}.fcs", 1, n=n)
    found = run_study(fitted.study, fitted.out, executor="serial")
    assert len(found.failures) == 0
    cells = found.triage.query("gate == '/Cells/B'").set_index("sample")
    for name in few:
        assert cells.loc[name, "fallback"] == "few-events"
        assert cells.loc[name, "rank"] <= 2 * len(few)
    splits = found.splits.query("subset == 'b_cells'").set_index(["sample_a", "sample_b"])
    assert set(splits["subject"]) == {"P1", "P2", "P3"}
    assert splits.loc[("P3_W0", "P3_W4"), "parent_count_b"] == 10
    assert splits.loc[("P3_W0", "P3_W4"), "few_parent"]
    assert not splits.loc[("P3_W0", "P3_W8"), "few_parent"]


def test_a_split_says_how_many_events_it_stands_on(run):
    splits, values = run.splits, run.subsets.set_index(["sample", "subset"])["denominator_count"]
    for tube_of in "ab":
        keys = list(zip(splits[f"sample_{tube_of}"], splits["subset"], strict=True))
        assert splits[f"parent_count_{tube_of}"].tolist() == values.loc[keys].tolist()
    assert not splits["few_parent"].any()


def test_tables_do_not_depend_on_who_works(fitted, run):
    again = run_study(fitted.study, fitted.folder / "other", executor="thread", workers=3)
    for name in ("subsets", "triage", "splits"):
        assert getattr(again, name).equals(getattr(run, name))


def test_a_gate_set_wrongly_by_hand_is_found_and_told_from_biology(fitted):
    fitted.write("template.yaml", FITTED.replace("definitions:", "adjustable: [B]\ndefinitions:"))
    fitted.write("study.yaml", fitted.study.read_text() + "adjustments: adjustments.yaml\n")
    sha = load_template(fitted.folder / "template.yaml").sha256
    fitted.write(
        "adjustments.yaml",
        "- {sample: P2_W4, gate: B, change: {above: 5000}, reason: A slip., author: A. Analyst, "
        f"time: '2026-03-02T10:15:00+00:00', template_sha256: {sha}}}\n",
    )
    found = run_study(fitted.study, fitted.out, executor="serial")
    first = found.triage.iloc[0]
    assert (first["sample"], first["gate"]) == ("P2_W4", "/Cells/B")
    subset = found.subsets.query("sample == 'P2_W4' and subset == 'b_cells'").iloc[0]
    assert subset["gate_ci_low"] == subset["ci_low"]  # what a person set is not drawn anew
    change = found.splits.query("sample_a == 'P2_W0' and sample_b == 'P2_W4' and subset == 'b_cells'").iloc[0]
    assert change["gate"] < -4
    # The change is 15 points at the right gate, and half of that at one through the middle of the B cells.
    assert change["biology"] == pytest.approx(-11, abs=2)
