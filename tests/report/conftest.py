"""One made-up run for the tests of the report, and its page."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from report.opened import Opened
from report.synthetic import MadeRun, make_run

from cytogate.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"), n_previews=6)


@pytest.fixture(scope="session")
def report_file(made_run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made_run, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    place = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, NAMES)), None)
    if place is None:
        pytest.skip("no Chromium on PATH: install one or set BROWSER_PATH")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, report_file: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1300, "height": 700}, accept_downloads=True)
    yield Opened(context.new_page(), report_file)
    context.close()
