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

pytestmark = [
    pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled in this run"),
    pytest.mark.timeout(900),
]

HOUSE = Path(__file__).parents[2]
PATIENCE = 800  # seconds: half a minute of work, on a machine that may do much else
WARM_SECONDS = (
    5.0  # of processor time; the first use takes five times that. benchmarks/ measure the real figure
)


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
def cold(
    tube: Path, trial: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[tuple[str, str]]]:
    """The cache, and what (stdout, stderr) two that gate and a study said who found it empty at once."""
    folder = tmp_path_factory.mktemp("cold")
    gating = ("gate", tube, "--template", "sle_bcell", "--json", "-v")
    study = ("run", trial / "study.yaml", "--out", folder / "run", "--executor", "serial", "-v")
    running = [start(folder / "cache", *words) for words in (gating, gating, study)]
    try:
        said = [process.communicate(timeout=PATIENCE) for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert [process.returncode for process in running] == [0, 0, 0], said
    return folder / "cache", said


def compiled(err: str) -> list[str]:
    return [line for line in err.splitlines() if "_cache: compiling " in line]


def test_processes_that_start_at_once_count_the_same(cold):
    rows = [json.loads(out)["rows"] for out, _ in cold[1][:2]]
    assert rows[0] == rows[1]
    assert len(rows[0]) > 5


def test_processes_that_start_at_once_share_one_compilation(cold):
    cache, said = cold
    everything = [line for _, err in said for line in compiled(err)]
    files = list(cache.rglob("*.nbc"))
    assert len(files) >= 10
    # a file for each compilation: nothing was compiled by two of them
    assert len(everything) == len(files), sorted(everything)


def test_the_first_use_says_that_it_compiles(cold):
    gated, _, studied = (err.splitlines()[0] for _, err in cold[1])
    assert gated == "First use: compiling the gating kernels once, about 20 seconds."
    assert studied == "First use: compiling all kernels once, about half a minute."


def test_a_study_compiles_before_it_shares_out_the_work(cold):
    before, shared, after = cold[1][2][1].partition("gating: gating ")
    assert compiled(before)
    assert shared
    assert compiled(after) == []


def test_a_small_file_is_gated_quickly_when_warm(cold, tube):
    spent: list[float] = []
    while (
        len(spent) < 5 and min(spent, default=WARM_SECONDS) >= WARM_SECONDS
    ):  # what is quick once can be quick
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
