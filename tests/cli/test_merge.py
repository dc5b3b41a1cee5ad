"""``cytogate run --shard`` and ``cytogate merge``: parts that become a whole."""

from __future__ import annotations

import cytogate


def test_shards_are_merged_into_the_run_of_all(call, trial, run_folder, tmp_path):
    parts = [tmp_path / "part-1", tmp_path / "part-2"]
    for number, part in enumerate(parts, start=1):
        words = ("--shard", f"{number}/2", "--executor", "serial", "--no-report")
        assert call("run", trial / "study.yaml", "--out", part, *words).code == 0
    missing = call("merge", parts[0], "--out", tmp_path / "whole")
    assert (missing.code, "Shards are missing: 2/2." in missing.err) == (4, True)
    outcome = call("merge", *parts, "--executor", "serial", "--no-report")
    assert outcome.code == 0
    whole, once = cytogate.open_run(tmp_path / "merged"), cytogate.open_run(run_folder)
    assert whole.manifest["resumed"]["gated"] == 0
    for name in ("subsets", "populations", "intensities", "comparisons", "triage", "qc"):
        assert getattr(whole, name).equals(getattr(once, name)), name
