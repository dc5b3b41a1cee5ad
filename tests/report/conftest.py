"""One made-up run for the tests of the report, and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from report.synthetic import MadeRun, make_run

from cytogate.report import write_report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_previews=6)


@pytest.fixture(scope="session")
def report_file(made_run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made_run, tmp_path_factory.mktemp("page") / "report.html")
