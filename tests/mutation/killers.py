"""Killers: the quick tests of the reader, and which lines of its source each of them runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "cytogate" / "fcs"
MODULES = (
    *(
        f"structure/{name}"
        for name in ("header", "segments", "claims", "remains", "text_segment", "datasets")
    ),
    *(f"text/{name}" for name in ("collect", "keywords", "marks", "numbers", "parse", "words")),
    *(f"data/{name}" for name in ("records", "ascii", "ascii_place", "byte_order", "layout")),
    *(f"channels/{name}" for name in ("parameters", "amplification")),
)
FILES = (
    *(
        "header",
        "segments",
        "claims",
        "remains",
        "doubtful",
        "datasets",
        "text",
        "collect",
        "notes",
        "parameters",
    ),
    *("panel", "ascii", "values", "versions", "read", "read_malformed", "repairs", "acquisition"),
    *("interactions", "numbers", "events"),
)
_SLOW = 2.0  # seconds; a test that takes longer is left out


def baseline(folder: Path) -> dict[str, dict[int, list[str]]]:
    """Run all killers on the source as it is; return which run a line, the quick first, by file and line.

    Lines that run at import alone are run by all of them, under line 0.

    Raises
    ------
    RuntimeError
        When one of them fails.
    """
    import coverage

    watch = coverage.Coverage(data_file=None, source=[str(SOURCE)], config_file=False)
    watch.start()
    names = []
    for name, check in corpus_checks().items():
        watch.switch_context(name)
        check(folder)
        names.append(name)
    watch.switch_context("collection")
    plugin = _Watched(watch)
    tests = [str(path) for name in FILES for path in (ROOT / "tests" / "fcs").rglob(f"test_{name}.py")]
    status = _pytest([*tests, *(str(SOURCE / f"{module}.py") for module in MODULES)], plugin)
    watch.stop()
    if status != 0:
        message = f"the tests fail before anything is changed: {plugin.failed}"
        raise RuntimeError(message)
    slow = {name for name, seconds in plugin.seconds.items() if seconds > _SLOW}
    names += sorted((name for name in plugin.seconds if name not in slow), key=plugin.seconds.__getitem__)
    data, known, found = watch.get_data(), set(names), {}
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        lines = {line: known & set(contexts) for line, contexts in by_line.items()}
        found[file] = {0: names}
        found[file] |= {line: [n for n in names if n in some] for line, some in lines.items() if some}
    return found


def first_failure(names: list[str], folder: Path) -> str:
    """Run killers until the first fails; return its name, or nothing."""
    checks, chosen = corpus_checks(), []
    for name in names:
        if name not in checks:
            chosen.append(name)
            continue
        try:
            checks[name](folder)
        except BaseException:  # noqa: BLE001 - whatever goes wrong: the fault is found
            return name
    if not chosen:
        return ""
    plugin = _Chosen(chosen)
    status = _pytest(sorted({name.partition("::")[0] for name in chosen}), plugin)
    return "" if status == 0 else plugin.failed or f"pytest exits with {status}"


def corpus_checks() -> dict[str, Any]:
    """Return the cases of the corpus, strict and lenient, as functions of a folder."""
    from fcs.corpus import CASES
    from fcs.test_corpus import test_case_is_answered_as_the_standard_and_the_policy_say as check

    return {
        f"{case} ({'lenient' if lenient else 'strict'})": (
            lambda folder, case=case, lenient=lenient: check(folder, case, lenient)
        )
        for lenient in (False, True)
        for case in CASES
    }


def _pytest(paths: list[str], plugin: object) -> int:
    os.chdir(ROOT)
    options = ["-x", "-q", "-m", "not soak", "-p", "no:cacheprovider", "-o", "timeout=0"]
    return int(pytest.main([*options, *paths], plugins=[plugin]))


class _Watched:
    """Tells coverage which test runs, and notes how long it takes."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch
        self.seconds: dict[str, float] = {}
        self.failed = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._watch.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid
        elif report.passed:
            self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


class _Chosen:
    """Keeps the tests with some names, in that order, and notes which fails."""

    def __init__(self, names: list[str]) -> None:
        self._places = {name: i for i, name in enumerate(names)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(kept, key=lambda item: self._places[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


def forget() -> None:
    """Drop all modules that know the reader, so that the next import reads them anew; kernels stay."""
    for name in list(sys.modules):
        known = name.startswith(("cytogate.fcs", "fcs.test_", "tests.")) or name == "fcs.corpus.ours"
        if known:
            del sys.modules[name]
            package, _, own = name.rpartition(".")
            if package in sys.modules:  # or `from package import own` finds it
                vars(sys.modules[package]).pop(own, None)
