"""The end of a process: threads that read ahead or share the events never keep it, nor make it crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fcs.build import build, keywords

import cytogate

REPEATS = 4  # by day; the soak takes more

ENDS = {
    "after reading": "f = cg.read_fcs(path); f.events()",
    "with a reader left open": "reader = cg.read_fcs(path).reader(); reader.__enter__()",
    "while a thread reads": """
import threading
f = cg.read_fcs(path)
threading.Thread(target=f.events, daemon=True).start()
""",
    "while a pool reads": """
from concurrent.futures import ThreadPoolExecutor
f = cg.read_fcs(path)
pool = ThreadPoolExecutor(2)
tasks = [pool.submit(f.events) for _ in range(3)]
""",
    "with shared ranges that fail": """
from cytogate.fcs.data.ranges import share_ranges
def run(first, count):
    raise ValueError(first)
try:
    share_ranges(100, 1, run, 4)
except ValueError:
    pass
""",
    "from memory behind a URL": """
import fsspec
with fsspec.open("memory://a.fcs", "wb") as out:
    out.write(open(path, "rb").read())
f = cg.read_fcs("memory://a.fcs"); f.events()
""",
}


@pytest.mark.parametrize("repeats", [REPEATS, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", ENDS)
def test_a_process_ends_cleanly(tmp_path, name, repeats):
    if "fsspec" in ENDS[name]:
        pytest.importorskip("fsspec")
    path = tmp_path / "a.fcs"
    values = np.zeros((100_000, 6), np.float32)
    path.write_bytes(build(keywords(6, len(values)), values.tobytes()))
    code = f"import cytogate as cg\npath = {str(path)!r}\n{ENDS[name]}"
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    env = os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    for _ in range(0, repeats, 4):
        running = [
            subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for process in running:
            out, err = process.communicate(timeout=120)
            assert (process.returncode, out, err) == (0, "", "")
