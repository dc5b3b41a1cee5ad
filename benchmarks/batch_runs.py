"""Whole runs in fresh processes, and where their time went: start-up, engine, other work, overhead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ENGINE = ("read", "gate")  # open, decode, compensate, transform, gate, count
ASKED = {"clean": "cleaning checks", "measure": "intensities", "check": "looks at gates", "draw": "pictures"}
SETTLED = 2  # samples a worker, after which it has started, imported and loaded its kernels
STUDY = """\
format: cytogate.study
version: 1
name: Batch
data_root: .
samples: samples.csv
templates: {b: TEMPLATE}
subsets:
  DN: {population: B/DN, of: B}
statistics: []
"""
_RUN = """\
import json, resource, sys, time
began = time.perf_counter()
from cytogate.platform import peak_memory
from cytogate.study.running.events import SampleDone, StageBegan
from cytogate.study.run_study import run_study

def now():
    return time.perf_counter() - began, time.process_time()

def tell(event):
    if isinstance(event, StageBegan):
        stages.append((event.stage, *now()))
    elif isinstance(event, SampleDone) and not event.reused:
        samples.append((*now(), event.seconds, event.stages))

if __name__ == "__main__":  # for Dask, whose workers import this script
    stages, samples = [], []
    run = run_study(sys.argv[1], sys.argv[2], observe=tell, **json.loads(sys.argv[3]))
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"stages": [*stages, ("end", *now())], "samples": samples, "peak": peak_memory(),
                      "workers": workers.ru_utime + workers.ru_stime, "up_to_date": run.up_to_date}))
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One run.

    Attributes
    ----------
    workers : int
    stages : tuple of (str, float, float)
        Name, and when it began: seconds of the clock, and of this process's processor time; the last is the
        end.
    samples : tuple of (float, float, float, dict)
        When each came back (both clocks), the seconds of the work on it, and those of its parts.
    worker_seconds : float
        Processor time of all workers.
    peak_mb : float
        Resident memory of the parent.
    """

    workers: int
    stages: tuple[tuple[str, float, float], ...]
    samples: tuple[tuple[float, float, float, Mapping[str, float]], ...]
    worker_seconds: float
    peak_mb: float
    up_to_date: bool

    @property
    def seconds(self) -> float:
        """From the start of the interpreter to the end of the run."""
        return self.stages[-1][1]

    def stage(self, name: str, clock: int = 0) -> float:
        """Return the seconds of a stage: of the clock (0), or of the parent's processor time (1)."""
        return sum(b[1 + clock] - a[1 + clock] for a, b in pairwise(self.stages) if a[0] == name)

    @property
    def start_up(self) -> float:
        """Seconds from the first job handed out until a worker works on it."""
        began = next(when for name, when, _ in self.stages if name == "gate")
        return self.samples[0][0] - began - self.samples[0][2]

    @property
    def settled(self) -> Sequence[tuple[float, float, float, Mapping[str, float]]]:
        """The samples that came back when all workers had started."""
        return self.samples[SETTLED * self.workers :]

    def window(self, clock: int = 0) -> float:
        """Return the seconds a settled sample, all workers together."""
        before = self.samples[SETTLED * self.workers - 1]
        return (self.samples[-1][clock] - before[clock]) / len(self.settled)

    def parts(self) -> dict[str, float]:
        """Return the mean seconds of the parts of the work on a settled sample."""
        names = dict.fromkeys(name for *_, stages in self.settled for name in stages)
        return {name: float(np.mean([found.get(name, 0.0) for *_, found in self.settled])) for name in names}

    @property
    def engine(self) -> float:
        """Seconds a sample that the engine takes."""
        return sum(self.parts().get(name, 0.0) for name in ENGINE)

    @property
    def asked(self) -> float:
        """Seconds a sample of checks, intensities and pictures."""
        return sum(self.parts().get(name, 0.0) for name in ASKED)

    @property
    def overhead(self) -> float:
        """Seconds a sample that are neither: resolving the template, sending, keeping; of one worker."""
        return self.window() - self.engine - self.asked


def timed(study: Path, out: Path, *, workers: int = 1, **options: object) -> Timed:
    """Run a study in a fresh process."""
    script = out.parent / "batch_run.py"
    script.write_text(_RUN, encoding="utf-8")
    words = [sys.executable, "-P", script, study, out, json.dumps({"workers": workers, **options})]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return Timed(
        workers=workers,
        stages=tuple(map(tuple, found["stages"])),
        samples=tuple(map(tuple, found["samples"])),
        worker_seconds=found["workers"],
        peak_mb=found["peak"] / 1e6,
        up_to_date=found["up_to_date"],
    )


def linked(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Return so many files under names of their own that are links to a few: neither disk nor time grows."""
    folder.mkdir(parents=True)
    places = [folder / f"T{number}.fcs" for number in range(count)]
    for number, place in enumerate(places):
        os.link(files[number % len(files)], place)
    return places


def write_study(folder: Path, files: Sequence[Path], template: str = "sle_bcell") -> Path:
    """Write a study of some files and return its place."""
    lines = ["file,sample,subject,visit,week,panel"]
    lines += [f"{place.relative_to(folder)},S{number},P{number},W0,0,b" for number, place in enumerate(files)]
    name = f"study-{len(files)}"
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    study = folder / f"{name}.yaml"
    text = STUDY.replace("samples.csv", f"{name}.csv").replace("TEMPLATE", template)
    study.write_text(text, encoding="utf-8")
    return study
