"""The table of triage is the ranked rows, however many gates it was put together from."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
from study.writing.test_triage import trial

from cytogate.study.run_folder.store import RunWriter, arrow_table
from cytogate.study.sample.looks import FittedGate
from cytogate.study.writing.triage import triage_rows
from cytogate.study.writing.triage_table import write_triage


def written(tmp_path, samples):
    with RunWriter(tmp_path / "run") as writer:
        write_triage(writer, samples, min_parent=100)
        return pq.read_table(writer.aside / "triage.parquet")


def test_the_table_holds_the_ranked_rows(tmp_path):
    lost = (FittedGate("cut", fallback="no-control"),)
    samples = [
        replace(
            sample,
            sample=f"{name}{sample.sample}",  # names whose order differs between letters and bytes of one
            gates=tuple(
                replace(gate, fitted=lost) if gate.gate == "/Live" else gate for gate in sample.gates
            ),
        )
        for name, sample in zip("aéZ€𝛼z" * 8, trial(), strict=True)
    ]
    rows = triage_rows(samples, min_parent=100)
    assert sum(row["sample"] == "" for row in rows) == 1  # one line for all samples
    assert written(tmp_path, samples).equals(arrow_table("triage", rows))


def test_a_study_without_gates_has_an_empty_table(tmp_path):
    assert written(tmp_path, []).equals(arrow_table("triage", []))
