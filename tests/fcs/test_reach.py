"""What values reach: numpy finds it in small files as kernels do, and inspecting those loads no kernels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from fcs.build import build, keywords

import cytogate.fcs.data.values
from cytogate.fcs.read import read_fcs


def a_file(path, values, step):
    words = keywords(2, len(values), datatype="D", bits=64, names=["FL1-A", "Time"])
    path.write_bytes(build(words | {"$TIMESTEP": step}, values.astype("<f8").tobytes(), version="3.0"))
    return path


@pytest.mark.parametrize("step", ["0.01", "1e90", "1e-90"])
@pytest.mark.parametrize("most", [0, 2**26], ids=["kernels", "numpy"])
def test_kernels_and_numpy_find_the_same_reach(tmp_path, monkeypatch, step, most):
    monkeypatch.setattr(cytogate.fcs.data.values, "MOST_WITHOUT_KERNELS", most)
    stored = np.array([[1.5, 3.0], [-2.5, 0.1], [0.0, 7.0], [1e300, 1e300]])
    summary = read_fcs(a_file(tmp_path / "a.fcs", stored, step)).value_summary()
    with np.errstate(over="ignore"):
        times = stored[:, 1] * float(step)
    finite = times[np.isfinite(times)]
    assert summary.minimum.tolist() == [-2.5, finite.min()]
    assert summary.maximum.tolist() == [1e300, finite.max()]
    assert summary.n_infinite.tolist() == [0, len(times) - len(finite)]


def test_inspecting_a_plain_file_loads_neither_kernels_nor_remote_storage(tmp_path):
    path = a_file(tmp_path / "a.fcs", np.array([[1.5, 3.0], [-2.5, 0.1]]), "0.01")
    code = (
        "import sys\n"
        "from cytogate.cli.main import run\n"
        f"code = run(['inspect', {str(path)!r}])\n"
        "slow = {'numba', 'fsspec', 'aiohttp', 'pandas', 'socket', 'concurrent.futures', 'scipy'}\n"
        "sys.exit(f'loaded: {slow & set(sys.modules)}' if code or slow & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
