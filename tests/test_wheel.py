"""The wheel holds all that the package needs: built, installed in a clean environment, and run from there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]


def call(*words: str | Path, cwd: Path) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "CYTOGATE"))}
    done = subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=HOUSE)
    (built,) = folder.glob("cytogate-*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and borrows what it depends on from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    install = ("install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check")
    call(sys.executable, "-m", "pip", "--python", programs / "python", *install, wheel, cwd=folder)
    packages = call(
        programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    (Path(packages.strip()) / "borrowed.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )
    return programs


def test_wheel_holds_every_file_of_the_package_and_the_templates(wheel: Path):
    package = HOUSE / "cytogate"
    wanted = {
        path.relative_to(HOUSE).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    templates = HOUSE / "gating_templates"
    wanted |= {
        f"cytogate/_templates/{path.relative_to(templates).as_posix()}"
        for path in templates.rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_installed_package_is_the_one_that_runs(programs: Path, tmp_path: Path):
    code = "import cytogate; print(cytogate.__file__, cytogate.__version__)"
    place, version = call(programs / "python", "-c", code, cwd=tmp_path).split()
    assert Path(place).is_relative_to(programs.parent)
    assert version != "0+unknown"


def test_templates_are_found_in_the_installed_package(programs: Path, tmp_path: Path):
    listed = call(programs / "cytogate", "template", "list", cwd=tmp_path)
    assert {"sle_bcell", "treg_helios"} <= {line.split()[0] for line in listed.splitlines()}


def test_a_small_trial_runs_from_the_installed_package(programs: Path, tmp_path: Path):
    call(
        programs / "cytogate",
        "simulate",
        "trial",
        "--seed",
        "3",
        "--visits",
        "0,24",
        "--events",
        "1500",
        cwd=tmp_path,
    )
    call(programs / "cytogate", "run", "trial/study.yaml", "--out", "out", "--workers", "1", cwd=tmp_path)
    assert (tmp_path / "out" / "report.html").stat().st_size > 0
    assert (tmp_path / "out" / "subsets.parquet").is_file()
