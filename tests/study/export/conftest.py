"""A finished run of tiny tubes whose ids would act as formulas, tags, quotes or paths elsewhere."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs
from cytogate.study.run_study import run_study

if TYPE_CHECKING:
    from pathlib import Path

    from cytogate.study.run import Run

TEMPLATE = """\
format: cytogate.template
version: 1
name: tiny
panel:
  CD19: []
  CD27: [BV605-A]
compensation: file
scales:
  default: {kind: asinh, T: 262144, M: 4.5, A: 0}
gates:
  - name: Cells
    rectangle: {x: FSC-A, x_min: 1000, x_max: 200000}
  - name: B
    parent: Cells
    threshold: {x: CD19, above: 1000}
    display: CD27
  - name: Memory
    parent: B
    polygon: {x: CD27, y: CD19, vertices: [[500, 0], [500, 262144], [262144, 262144], [262144, 0]]}
definitions:
  B/Memory: {id: memory.cd27, text: "CD27+ B cells.", citation: "A source"}
"""
STUDY = """\
format: cytogate.study
version: 1
name: "<b>Tiny</b>"
data_root: .
samples: samples.csv
templates: {b: template.yaml}
subsets:
  memory: {population: B/Memory, of: B}
baseline: W0
statistics: []
limits: {lod_events: 5, lloq_events: 10, min_parent: 20}
"""
CHANNELS = (
    Channel("FSC-A", range=262144),
    Channel("B530-A", "CD19", range=262144),
    Channel("V610-A", "CD27 BV605", range=262144),
    Channel("Time", range=262144),
)
IDS = ('=HYPERLINK("http://x";1)', "<img src=x onerror=alert(1)>", "@SUM('a')\"", "p1", "P1")


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Five patients at two visits; ids of samples are those of the patients and the visit."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["file", "sample", "subject", "visit", "week", "panel", "batch", "role"])
    for number, subject in enumerate(IDS):
        for week in (0, 4):
            file = f"tube{number}_{week}.fcs"
            write_tube(folder / file, 300 + 50 * number + week, seed=10 * number + week)
            writer.writerow([file, f"{subject} W{week}", subject, f"W{week}", week, "b", "one", "sample"])
    (folder / "samples.csv").write_text(sheet.getvalue(), encoding="utf-8")
    return run_study(folder / "study.yaml", folder / "run", executor="serial")


def write_tube(path: Path, n: int, *, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scatter = rng.normal(80_000, 20_000, n)
    stained = rng.lognormal(6.5, 1.5, (n, 2)) @ np.array([[1.0, 0.2], [0.1, 1.0]])
    table = np.column_stack([scatter, stained, np.arange(n)]).astype(np.float32)
    keywords = {"$SPILLOVER": "2,B530-A,V610-A,1,0.2,0.1,1", "$CYT": "simulated"}
    write_fcs(path, table, CHANNELS, keywords)
