"""Measure everything for docs/benchmarks.md, and write that page: one command on a quiet machine.

Runs the suite of this folder (pytest-benchmark) and `cytogate benchmark --against flowkit`, keeps their
figures in benchmarks/results, and makes the page from them. Exit code 1 if a part failed or counts differ.

    python benchmarks/suite.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cytogate.bench.machine import Watch, machine

HOUSE = Path(__file__).parents[1]
SUITE_FORMAT = "cytogate.benchmark_suite"


class Failures:
    """Remembers which parts of the suite failed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and report.nodeid not in self.names:
            self.names.append(report.nodeid)


def run_suite(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return what pytest-benchmark measured, without what the page does not need."""
    watch, failures, kept = Watch(), Failures(), folder / "pytest-benchmark.json"
    words = [
        str(HOUSE / "benchmarks"),
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={HOUSE}",
        "--timeout=3600",
    ]
    words += [f"--{name}={getattr(options, name)}" for name in ("events", "largest", "rounds")]
    words.append(f"--basetemp={folder / 'files'}")  # gone with the folder
    pytest.main([*words, f"--benchmark-json={kept}"], plugins=[failures])
    measured = json.loads(kept.read_text(encoding="utf-8"))["benchmarks"] if kept.is_file() else []
    return {
        "format": SUITE_FORMAT,
        "version": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "disturbance": watch.found(),
        "events": options.events,
        "rounds": options.rounds,
        "failed": failures.names,
        "tests": [
            {"name": one["name"], "median": one["stats"]["median"], **one["extra_info"]} for one in measured
        ],
    }


def run_command(options: argparse.Namespace, folder: Path) -> tuple[int, dict[str, Any]]:
    """Return exit code and result of `cytogate benchmark`, run as a user runs it."""
    words = ["benchmark", "--against", "flowkit", "--events", str(options.events)]
    words += ["--repeat", str(options.rounds), "--out"]
    command = [sys.executable, "-m", "cytogate", *words, str(folder)]
    path = os.pathsep.join([str(HOUSE), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path})
    found = json.loads((folder / "benchmark.json").read_text(encoding="utf-8"))
    return done.returncode, found | {"command": " ".join(["cytogate", *words, "runs/speed"])}


def main() -> int:
    """Measure, keep, and write the page."""
    from results_page import PAGE, RESULTS, render

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="of most files (default %(default)s)")
    parser.add_argument(
        "--largest", type=int, default=20_000_000, help="of the largest file (default %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="that count (default %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON files")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    if min(options.events, options.largest, options.rounds) < 1:
        parser.error("--events, --largest and --rounds must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        code, benchmark = run_command(options, Path(place))
        suite = run_suite(options, Path(place))
    for name, found in (("benchmark.json", benchmark), ("suite.json", suite)):
        (options.out / name).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    options.page.write_text(render(suite, benchmark), encoding="utf-8")
    print(f"written: {options.page}, {options.out}")
    return 1 if code != 0 or suite["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
