"""The command line, called in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from cytogate.cli.main import run
from cytogate.simulate.trial import simulate_trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


TEMPLATE = """\
format: cytogate.template
version: 1
name: two_steps
title: Bright on A, then bright on B
panel:
  A: []
  B: []
compensation: none
scales:
  default: {kind: linear, T: 1000}
gates:
  - name: A+
    threshold: {x: A, above: 10}
  - name: B+
    parent: A+
    threshold: {x: B, above: 10}
"""


class Outcome(NamedTuple):
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call the command line with words and return exit code, stdout and stderr."""

    def act(*words: object) -> Outcome:
        capsys.readouterr()
        code = run([str(word) for word in words])
        return Outcome(code, *capsys.readouterr())

    return act


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small simulated trial, gated with fixed gates, which is quick; not to be changed."""
    folder = tmp_path_factory.mktemp("cli") / "trial"
    simulate_trial(folder, seed=3, visits=(0, 24), events=1500)
    study = folder / "study.yaml"
    study.write_text(study.read_text(encoding="utf-8").replace("_fitted", ""), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def run_folder(trial: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of that trial, with its report; not to be changed."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    assert run(["run", str(trial / "study.yaml"), "--out", str(folder), "--executor", "serial", "-q"]) == 0
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template of two thresholds, one below the other."""
    path = tmp_path / "two.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path
