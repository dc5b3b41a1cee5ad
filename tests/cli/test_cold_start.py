"""How `cytogate gate` starts: compiled once by whoever comes first, and quick from then on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="processor time of other processes is POSIX")

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled in this run"
)

HOUSE = Path(__file__).parents[2]
WARM_SECONDS = 1.5  # of processor time, which other work on the machine stretches less than wall time


def start(cache: Path, *words: object) -> subprocess.Popen[str]:
    """Start cytogate with its own folder for compiled kernels."""
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-m", "cytogate", *map(str, words)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def tube(trial: Path) -> Path:
    """One small file."""
    return min((trial / "fcs").rglob("*.fcs"))


@pytest.fixture(scope="module")
def cold(tube: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    """The cache, and what three processes said (stdout, stderr) that found it empty at the same time."""
    cache = tmp_path_factory.mktemp("cold") / "cache"
    running = [start(cache, "gate", tube, "--template", "sle_bcell", "--json", "-v") for _ in range(3)]
    said = [process.communicate(timeout=250) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    return cache, said


def compiled(err: str) -> list[str]:
    return [line for line in err.splitlines() if "_cache: compiling " in line]


def test_processes_that_start_at_once_count_the_same(cold):
    rows = [json.loads(out)["rows"] for out, _ in cold[1]]
    assert rows[0] == rows[1] == rows[2]
    assert len(rows[0]) > 5


def test_processes_that_start_at_once_share_one_compilation(cold):
    cache, said = cold
    everything = [line for _, err in said for line in compiled(err)]
    files = list(cache.rglob("*.nbc"))
    assert len(files) >= 10
    # a file for each compilation: nothing was compiled by two of them
    assert len(everything) == len(files), sorted(everything)


def test_the_first_use_says_that_it_compiles(cold):
    notes = [err.splitlines()[0] for _, err in cold[1]]
    assert "First use: compiling the gating kernels once, about 15 seconds." in notes


def test_a_small_file_is_gated_quickly_when_warm(cold, tube):
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        process = start(cold[0], "gate", tube, "--template", "sle_bcell", "-v")
        _, err = process.communicate(timeout=60)
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert compiled(err) == []
        assert "First use" not in err
        spent.append(min(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    assert min(spent) < WARM_SECONDS


def test_gating_when_warm_loads_neither_tables_nor_the_compilers_libraries(cold, tube):
    script = (
        "import sys\nfrom cytogate.cli.main import run\n"
        f"run(['gate', {str(tube)!r}, '--template', 'sle_bcell', '-q'])\n"
        "print(sorted({'pandas', 'scipy.linalg', 'sklearn', 'plotly', 'lxml', 'rich'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "NUMBA_CACHE_DIR": str(cold[0])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_after_the_warm_up_a_study_compiles_nothing(cold, trial, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "NUMBA_CACHE_DIR": str(cold[0])}
    warm_up = "from cytogate.gating.warm_up import compile_kernels; compile_kernels()"
    subprocess.run([sys.executable, "-c", warm_up], env=environment, check=True)
    words = ("run", trial / "study.yaml", "--out", tmp_path / "run", "--executor", "serial", "-v")
    process = start(cold[0], *words)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "INFO" in err
    assert compiled(err) == []
