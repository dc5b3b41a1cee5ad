"""The compiler's switch: what it says of the machine code on disk."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import numpy as np
from cytogate.kernels._jit import is_compiled
from cytogate.kernels.geometry import points_in_polygon
before = is_compiled(points_in_polygon)
points_in_polygon(*np.zeros((2, 3)), *np.eye(2, 3), np.zeros(3, dtype=np.bool_))
print(before, is_compiled(points_in_polygon))
"""


def test_a_kernel_is_compiled_once_a_machine(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    assert [run.stdout.split() for run in said] == [["False", "True"], ["True", "True"]]
