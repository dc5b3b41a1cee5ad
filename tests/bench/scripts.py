"""Run a script of the folder ``benchmarks`` on the package of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def run_script(name: str, *words: str | Path, cwd: Path, timeout: float) -> str:
    """Return what it prints; it must end well."""
    done = subprocess.run(
        [sys.executable, str(HOUSE / "benchmarks" / name), *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
