from __future__ import annotations

import json

from bench.scripts import run_script


def test_comparison_counts_what_flowkit_counts_and_leaves_its_figures(tmp_path):
    words = ("--events", "5000", "--repeat", "1", "--out", tmp_path)
    printed = run_script("compare_flowkit.py", *words, cwd=tmp_path, timeout=250)
    assert "counts: all equal" in printed
    found = json.loads((tmp_path / "compare_flowkit-5000.json").read_text())
    assert (found["channels"], found["compensated_channels"], len(found["counts"])) == (18, 13, 13)
    assert min(found["counts"].values()) > 10
    assert found["differing"] == {}
    assert all(memory["peak_mb"] >= memory["before_mb"] > 0 for memory in found["memory"].values())
