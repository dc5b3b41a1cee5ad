from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def test_comparison_counts_what_flowkit_counts_and_leaves_its_figures(tmp_path):
    command = [sys.executable, str(HOUSE / "benchmarks" / "compare_flowkit.py")]
    command += ["--events", "5000", "--repeat", "1", "--out", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "counts: all equal" in done.stdout
    found = json.loads((tmp_path / "compare_flowkit-5000.json").read_text())
    assert (found["channels"], found["compensated_channels"], len(found["counts"])) == (18, 13, 13)
    assert min(found["counts"].values()) > 10
    assert found["differing"] == {}
    assert all(memory["peak_mb"] >= memory["before_mb"] > 0 for memory in found["memory"].values())
