from __future__ import annotations

import re

from bench.scripts import run_script


def test_fitting_is_timed_and_its_memory_told(tmp_path):
    words = ("--template", "sle_bcell_fitted", "--events", "4000", "--repeat", "1", "--files", "1")
    printed = run_script("fitting.py", *words, cwd=tmp_path, timeout=250)
    assert re.search(r"sle_bcell_fitted: [1-9]\d* cuts and gates found in [1-9]\d* levels", printed)
    assert re.search(r"one file of 4,000 events: median \d\.\d\d s", printed)
    assert re.search(r"1 files -?\d+ MB, 4 files -?\d+ MB", printed)
