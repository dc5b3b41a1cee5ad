"""A finished run of tiny tubes whose ids would act as formulas, tags, quotes or paths elsewhere."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from study.conftest import CHANNELS, TEMPLATE, tiny_events

from cytogate.fcs.writing.write import write_fcs
from cytogate.study.run_study import run_study

if TYPE_CHECKING:
    from pathlib import Path

    from cytogate.study.run_folder.run import Run

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
MIXED = np.array([[1.0, 0.2], [0.1, 1.0]])
IDS = ('=HYPERLINK("http://x";1)', "<img src=x onerror=alert(1)>", "@SUM('a')\"", "p1", "P1")


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Five patients at two visits; ids of samples are those of the patients and the visit."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "template.yaml").write_text(
        TEMPLATE.replace("compensation: none", "compensation: file"), encoding="utf-8"
    )
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
    table = tiny_events(n, seed)
    table[:, 1:3] = table[:, 1:3] @ MIXED
    keywords = {"$SPILLOVER": "2,B530-A,V610-A,1,0.2,0.1,1", "$CYT": "simulated"}
    write_fcs(path, table, CHANNELS, keywords)
