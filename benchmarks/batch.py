"""Time whole runs of a study: one worker against two, what a file costs and where, memory, and going on.

Files are a few simulated tubes under many names, gated with fixed gates. What a file costs is told apart:

- the engine: open, decode, compensate, transform, gate and count;
- what the run was asked for besides: cleaning checks, intensities, looks at gates, pictures;
- overhead, all else between two samples of one worker: the template met with the file, the job sent, the
  result sent back and kept, waiting;
- what is there once for each file before and after: hashing, fitting, tables.

Start-up of workers is in none of these, and reported. Times are of the clock, so that other work on the
machine makes them longer; processor seconds stand beside them. Exit code 1 if a promise is broken.

    python benchmarks/batch.py --files 200 --events 100000
    python benchmarks/batch.py --many          # the parent's memory with 200 and with 2,000 small files
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from batch_runs import ASKED, SETTLED, Timed, linked, timed, write_study
from verdicts import Row, table

from cytogate.bench.fitting import simulated_tubes
from cytogate.bench.machine import in_words, machine
from cytogate.platform import usable_cpus

LEAST_SPEED_UP = 1.8  # of two workers over one
MOST_OVERHEAD = 0.015  # seconds a file, beyond the work on it
MOST_RESUMED = 3.0  # seconds, with hashing
MOST_TRUSTED = 1.0
MOST_CLEANING = 0.5  # of the time of all else that a sample takes
MOST_GROWTH = 0.1  # of the parent, from the few files to the many
MOST_SLOWER = 1.25  # a file's tables, from the few files to the many: the work grows with the files alone
TUBES = 10  # that are simulated; all files are these under other names
FEW, MANY, SMALL = 200, 2000, 2000  # files of the two studies, and events of each


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


def speed(folder: Path, n_files: int, n_events: int, *, dask: bool) -> list[Row]:
    """Return what whole runs take."""
    tubes = simulated_tubes(folder / "tubes", TUBES, n_events)
    whole = write_study(folder, linked(tubes, folder / "fcs", n_files))
    timed(write_study(folder, tubes), folder / "warm")  # compiles, and fills the page cache
    one = timed(whole, folder / "one")
    two = timed(whole, folder / "two", workers=2)
    resumed = timed(whole, folder / "two", workers=2)
    trusted = timed(whole, folder / "two", workers=2, trust_mtime=True)
    called = command_line(whole, folder / "two", "--trust-mtime")
    of = f"{n_files} files of {n_events} events"
    again = f"{of}, finished"
    rows = [
        *parts(one, of, n_files),
        Row.measured_as("start-up of one worker, then of two", of, one.start_up, " s"),
        Row.measured_as("", of, two.start_up, " s"),
        Row.measured_as(
            "two workers over one", of, one.window() / two.window(), " times", least=LEAST_SPEED_UP
        ),
        Row.measured_as("whole run, one worker, then two", of, one.seconds, " s"),
        Row.measured_as("", of, two.seconds, " s"),
        Row.measured_as("the same run again, hashing", again, resumed.seconds, " s", most=MOST_RESUMED),
        Row.measured_as("with --trust-mtime", again, trusted.seconds, " s", most=MOST_TRUSTED),
        Row.measured_as("cytogate run --trust-mtime, from the shell", again, called, " s"),
    ]
    if not (resumed.up_to_date and trusted.up_to_date):
        rows.append(Row("the same run again", again, "gated", "nothing to do", holds=False))
    if dask:
        cluster = timed(whole, folder / "dask", workers=2, executor="dask")
        rows.append(
            Row.measured_as("two workers of Dask over one process", of, _over(one, cluster), " times")
        )
        rows.append(Row.measured_as("start-up of the cluster", of, cluster.start_up, " s"))
    return rows


def _over(one: Timed, other: Timed) -> float:
    return one.window() / other.window()


def parts(one: Timed, of: str, n_files: int) -> list[Row]:
    """Return what a file costs a run with one worker, part by part."""
    found = one.parts()
    rest = sum(seconds for name, seconds in found.items() if name != "clean")
    cleaning = found.get("clean", 0.0)
    return [
        _ms("the engine, a file", of, one.engine),
        *(_ms(f"asked besides: {what}", of, found.get(name, 0.0)) for name, what in ASKED.items()),
        _ms("overhead, a file", of, one.overhead, most=1000 * MOST_OVERHEAD),
        _ms("of it, the template met with the file", of, found.get("resolve", 0.0)),
        _ms("processor time of the parent, gating", of, one.window(1)),
        _ms("hashing and checks before, a file", of, one.stage("check") / n_files),
        _ms("fitting before, a file", of, one.stage("fit") / n_files),
        _ms("tables after, a file", of, (one.stage("conclude") + one.stage("write")) / n_files),
        _ms("processor time of a worker, a file", of, one.worker_seconds / n_files),
        Row.measured_as("cleaning, beside all else of a sample", of, cleaning / rest, "", most=MOST_CLEANING),
        Row.measured_as("cleaning, beside the engine alone", of, cleaning / one.engine, ""),
    ]


def _ms(bar: str, of: str, seconds: float, **ends: float) -> Row:
    return Row.measured_as(bar, of, 1000 * seconds, " ms", **ends)


def memory(folder: Path) -> list[Row]:
    """Return how the parent's memory grows from few files to many."""
    tubes = simulated_tubes(folder / "small", TUBES, SMALL)
    found = {}
    for count in (FEW, MANY):
        study = write_study(folder, linked(tubes, folder / f"fcs-{count}", count))
        found[count] = timed(study, folder / f"out-{count}", workers=2)
    few, many = found[FEW].peak_mb, found[MANY].peak_mb
    of = f"{FEW} to {MANY} files of {SMALL} events"
    return [
        Row.measured_as("peak memory of the parent, few files", of, few, " MB"),
        Row.measured_as("peak memory of the parent, many files", of, many, " MB"),
        Row.measured_as("growth", of, many / few - 1, "", most=MOST_GROWTH),
        Row.measured_as("growth, a file", of, 1000 * (many - few) / (MANY - FEW), " kB"),
        _ms("tables after, a file, few files: processor", of, _after(found[FEW], FEW)),
        _ms("tables after, a file, many files: processor", of, _after(found[MANY], MANY)),
        Row.measured_as(
            "many over few",
            of,
            _after(found[MANY], MANY) / _after(found[FEW], FEW),
            " times",
            most=MOST_SLOWER,
        ),
    ]


def _after(run: Timed, n_files: int) -> float:
    return (run.stage("conclude", 1) + run.stage("write", 1)) / n_files


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=200, help="of the study (default %(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="of each (default %(default)s)")
    parser.add_argument("--many", action="store_true", help=f"memory with {FEW} and {MANY} files instead")
    parser.add_argument("--no-dask", action="store_true", help="leave the cluster out")
    options = parser.parse_args()
    if options.files <= 2 * SETTLED or options.events < 1:
        parser.error(f"--files must be more than {2 * SETTLED}, and --events 1 or more")
    print(in_words(machine()))
    print(f"load before {os.getloadavg()[0]:.1f} on {usable_cpus()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.many:
            rows = memory(folder)
        else:
            rows = speed(folder, options.files, options.events, dask=not options.no_dask)
    print(f"load after {os.getloadavg()[0]:.1f}\n\n{table(rows)}")
    return 1 if any(row.holds is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
