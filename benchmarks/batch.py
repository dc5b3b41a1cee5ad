"""Time whole runs of a study of many small files: one worker against two, overhead, memory, and going on.

Files are simulated tubes, gated with fixed gates. Exit code 1 if a promise is broken. Times are of the clock,
so that other work on the machine makes them longer; the load is told beside them.

    python benchmarks/batch.py --files 200 --events 100000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cytogate.bench.fitting import simulated_tubes
from cytogate.bench.machine import in_words, machine
from cytogate.platform import usable_cpus

LEAST_SPEED_UP = 1.8  # of two workers over one
MOST_OVERHEAD = 0.015  # seconds a file, beyond the work on it
MOST_GROWTH_MB = 64.0  # of the parent, from the few files to the many
MOST_RESUMED = 3.0  # seconds, with hashing
MOST_TRUSTED = 1.0
FEW = 10  # the part of the files that the small study has

STUDY = """\
format: cytogate.study
version: 1
name: Batch
data_root: .
samples: samples.csv
templates: {b: sle_bcell}
subsets:
  DN: {population: B/DN, of: B}
statistics: []
"""
_RUN = """\
import json, sys, time
began = time.perf_counter()
from cytogate.platform import peak_memory
from cytogate.study.running.events import RunDone, SampleDone, StageBegan
from cytogate.study.run_study import run_study
stages, seconds = [], []
def tell(event):
    if isinstance(event, StageBegan):
        stages.append((event.stage, time.perf_counter()))
    elif isinstance(event, SampleDone):
        seconds.append(event.seconds)
        stages.append(("sample", time.perf_counter()))
options = json.loads(sys.argv[3])
run = run_study(sys.argv[1], sys.argv[2], observe=tell, **options)
end = time.perf_counter()
print(json.dumps({"seconds": end - began, "work": sum(seconds), "stages": stages, "end": end,
                  "peak": peak_memory(), "up_to_date": run.up_to_date}))
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One run: its seconds, those of the work on files, from the first worker's start to the last file."""

    seconds: float
    work: float
    gating: float
    rest: float
    peak_mb: float
    up_to_date: bool


def write_study(folder: Path, files: list[Path]) -> Path:
    """Write a study of some files and return its place."""
    lines = ["file,sample,subject,visit,week,panel"]
    lines += [f"{place.relative_to(folder)},S{number},P{number},W0,0,b" for number, place in enumerate(files)]
    name = f"study-{len(files)}"
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    study = folder / f"{name}.yaml"
    study.write_text(STUDY.replace("samples.csv", f"{name}.csv"), encoding="utf-8")
    return study


def timed(study: Path, out: Path, **options: object) -> Timed:
    """Run in a fresh process."""
    told = subprocess.run(
        [sys.executable, "-c", _RUN, study, out, json.dumps(options)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(told.stdout)
    samples = [when for name, when in found["stages"] if name == "sample"]
    gate = [when for name, when in found["stages"] if name == "gate"]
    gating = samples[-1] - gate[0] if samples else 0.0
    rest = found["seconds"] - gating
    return Timed(found["seconds"], found["work"], gating, rest, found["peak"] / 1e6, found["up_to_date"])


def command_line(study: Path, out: Path, *words: str) -> float:
    """Return the seconds of a whole call of the command line, with its start."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cytogate", "run", study, "--out", out, "--no-report", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=200, help="of the study (default %(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="of each (default %(default)s)")
    options = parser.parse_args()
    if options.files < FEW or options.events < 1:
        parser.error(f"--files must be {FEW} or more, and --events 1 or more")
    print(in_words(machine()))
    print(f"load before {os.getloadavg()[0]:.1f} on {usable_cpus()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = simulated_tubes(folder / "fcs", options.files, options.events)
        whole, few = write_study(folder, files), write_study(folder, files[: options.files // FEW])
        timed(few, folder / "warm", workers=2)  # compiles, and fills the page cache
        small = timed(few, folder / "few", workers=2)
        one = timed(whole, folder / "one", workers=1)
        two = timed(whole, folder / "two", workers=2)
        resumed = timed(whole, folder / "two", workers=2)
        trusted = timed(whole, folder / "two", workers=2, trust_mtime=True)
        called = command_line(whole, folder / "two", "--trust-mtime")
    print(f"load after {os.getloadavg()[0]:.1f}")
    overhead = (one.seconds - one.work) / options.files
    checks = [
        ("two workers over one, gating", one.gating / two.gating, LEAST_SPEED_UP, ">="),
        ("overhead a file, s (one worker)", overhead, MOST_OVERHEAD, "<="),
        ("growth of the parent, MB", two.peak_mb - small.peak_mb, MOST_GROWTH_MB, "<="),
        ("resumed with hashing, s", resumed.seconds, MOST_RESUMED, "<="),
        ("resumed with --trust-mtime, s", trusted.seconds, MOST_TRUSTED, "<="),
    ]
    print(f"{options.files} files of {options.events} events: one worker {one.seconds:.1f} s")
    print(f"  work on files {one.work:.1f} s, gating stage {one.gating:.1f} s, all else {one.rest:.1f} s")
    print(f"two workers {two.seconds:.1f} s, gating stage {two.gating:.1f} s; parent {two.peak_mb:.0f} MB")
    print(f"the command line on the finished run with --trust-mtime: {called:.2f} s")
    broken = not (resumed.up_to_date and trusted.up_to_date)
    for what, value, promised, sign in checks:
        held = value >= promised if sign == ">=" else value <= promised
        broken |= not held
        print(f"{what:40} {value:8.3f}  {sign} {promised}  {'yes' if held else 'NO'}")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
