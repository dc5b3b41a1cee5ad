"""A study of a few tiny tubes, to be bent in every way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """\
format: cytogate.template
version: 1
name: tiny
panel:
  CD19: []
  CD27: [BV605-A]
compensation: none
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
name: Tiny
data_root: .
samples: samples.csv
templates: {b: template.yaml}
clinical: clinical.csv
subsets:
  memory: {population: B/Memory, of: B}
baseline: W0
response: {rule: sri4, profile: furie2009, at: W4}
statistics: []
families: {primary: [memory]}
limits: {lod_events: 5, lloq_events: 10, min_parent: 20}
"""
CLINICAL = """\
subject,visit,week,sledai_total,bilag_renal,pga,prednisone_mg_day
P1,W0,0,12,C,1.0,20
P1,W4,4,6,C,0.5,10
P2,W0,0,10,C,1.0,20
P2,W4,4,9,C,0.5,10
"""
HEADER = "file,sample,subject,visit,week,panel,batch,role,control_for"
CHANNELS = (
    Channel("FSC-A", range=262144),
    Channel("B530-A", "CD19", range=262144),
    Channel("V610-A", "CD27 BV605", range=262144),
    Channel("Time", range=262144),
)


def tiny_events(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scatter = rng.normal(80_000, 20_000, n)
    fluorescence = rng.lognormal(6.5, 1.5, (n, 2))
    return np.column_stack([scatter, fluorescence, np.arange(n)]).astype(np.float32)


@dataclass
class TinyTrial:
    """The files of a study in a folder; each may be written again before the study is run."""

    folder: Path
    rows: list[str] = field(default_factory=list)

    @property
    def study(self) -> Path:
        return self.folder / "study.yaml"

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def write(self, name: str, text: str | bytes) -> Path:
        place = self.folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return place

    def sheet(self, *rows: str, header: str = HEADER) -> Path:
        return self.write("samples.csv", "\n".join([header, *(rows or self.rows)]) + "\n")

    def tube(self, name: str, n: int = 400, *, seed: int = 0, channels=CHANNELS) -> Path:
        (self.folder / "fcs").mkdir(exist_ok=True)
        return write_fcs(self.folder / "fcs" / name, tiny_events(n, seed)[:, : len(channels)], channels)


def bend(trial: TinyTrial, name: str, old: str, new: str) -> Path:
    """Change a text in a file of the study, which must hold it; return the study file."""
    text = (trial.folder / name).read_text()
    assert old in text
    trial.write(name, text.replace(old, new))
    return trial.study


def small_trial(folder: Path) -> TinyTrial:
    """Four tubes of two patients at two visits, in a folder."""
    made = TinyTrial(folder)
    made.write("template.yaml", TEMPLATE)
    made.write("study.yaml", STUDY)
    made.write("clinical.csv", CLINICAL)
    for number, (subject, visit) in enumerate([("P1", 0), ("P1", 4), ("P2", 0), ("P2", 4)]):
        sample = f"{subject}_W{visit}"
        made.tube(f"{sample}.fcs", 400 + 50 * number, seed=number)
        made.rows.append(f"fcs/{sample}.fcs,{sample},{subject},W{visit},{visit},b,batch1,sample,")
    made.sheet()
    return made


@pytest.fixture
def trial(tmp_path: Path) -> TinyTrial:
    return small_trial(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyTrial:
    """The same with its run; not to be changed: a copy is made with `replace(finished, folder=...)`."""
    from cytogate.study.run_study import run_study

    made = small_trial(tmp_path_factory.mktemp("finished"))
    run_study(made.study, made.out, executor="serial")
    return made
