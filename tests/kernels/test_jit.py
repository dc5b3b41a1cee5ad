"""The compiler's switch: what it says of the machine code on disk."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import numpy as np
from cytogate.kernels._jit import is_compiled
from cytogate.kernels.operations import pack_bits
before = is_compiled(pack_bits)
pack_bits(3, np.ones(3, dtype=np.bool_), np.zeros(1, dtype=np.uint8))
print(before, is_compiled(pack_bits))
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
