from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from bench.found import benchmark
from bench.scripts import HOUSE, run_script

if TYPE_CHECKING:
    from types import ModuleType


def page_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results_page", HOUSE / "benchmarks" / "results_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = page_module()
NO_PROMISE = {"at_least": None, "at_most": None, "seconds": None}


def part(median: float = 0.05, **more: Any) -> dict[str, Any]:
    return {
        "name": "test_it",
        "what": "it | all",
        "median": median,
        "seconds": [median],
        "per": {"events": 1_000_000},
        "promise": NO_PROMISE,
        **more,
    }


def beside(times_faster: float, **promise: float) -> dict[str, Any]:
    ratio = {"of_medians": times_faster, "lowest_pair": times_faster / 2, "highest_pair": times_faster * 2}
    peer = {"name": "FlowKit 1.3.2", "seconds": [3.0], "median": 3.0}
    return part(peer=peer, times_faster=ratio, promise=NO_PROMISE | promise)


def suite(*tests: dict[str, Any], failed: tuple[str, ...] = ()) -> dict[str, Any]:
    found = benchmark()
    return {
        "format": "cytogate.benchmark_suite",
        "version": 1,
        "created": found["created"],
        "machine": found["machine"],
        "disturbance": found["disturbance"],
        "events": 1_000_000,
        "rounds": 7,
        "failed": list(failed),
        "tests": list(tests),
    }


@pytest.mark.parametrize(
    ("test", "measured", "kept"),
    [
        (beside(60.0, at_least=50.0), "60.0 (30.0 to 120) times", True),
        (beside(49.0, at_least=50.0), "49.0 (24.5 to 98.0) times", False),
        (beside(0.25, at_most=5.0), "4.00 (2.00 to 8.00) times", True),
        (beside(0.125, at_most=5.0), "8.00 (4.00 to 16.0) times", False),
        (part(0.014, promise=NO_PROMISE | {"seconds": 0.015}), "14.0 ms", True),
        (part(0.016, promise=NO_PROMISE | {"seconds": 0.015}), "16.0 ms", False),
        (part(extra_mb=20.0, most_extra_mb=96.0), "20 MB", True),
        (part(extra_mb=97.0, most_extra_mb=96.0), "97 MB", False),
    ],
)
def test_a_promise_is_kept_or_missed(test, measured, kept):
    ((_, _, said, holds),) = PAGE.verdicts(test)
    assert (said, holds) == (measured, kept)


def test_a_part_that_promises_nothing_has_no_verdict():
    assert PAGE.verdicts(beside(10.0)) == []


def test_what_is_missed_or_failed_stands_out():
    page = PAGE.render(suite(beside(49.0, at_least=50.0), failed=("test_x",)), benchmark())
    assert "| **missed** |" in page
    assert "**This part of the suite failed: `test_x`.**" in page


def test_a_disturbed_measurement_stands_out():
    page = PAGE.render(suite(), benchmark(warning="Other work used 40% of the processors."))
    assert "**Other work used 40% of the processors.**" in page


def test_every_row_of_a_table_has_as_many_cells():
    page = PAGE.render(
        suite(beside(60.0, at_least=50.0), part(extra_mb=20.0, most_extra_mb=96.0)), benchmark()
    )
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) >= 8
    for table in tables:
        bare = table.replace(r"\|", "")
        assert len({line.count("|") for line in bare.splitlines()}) == 1, table


def test_figures_that_are_not_there_are_told_with_what_makes_them(tmp_path):
    with pytest.raises(SystemExit, match=r"suite\.py makes it"):
        PAGE.load("suite.json", tmp_path)


def test_the_page_of_the_house_is_what_its_figures_make():
    assert PAGE.PAGE.read_text(encoding="utf-8") == PAGE.render(
        PAGE.load("suite.json"), PAGE.load("benchmark.json")
    )


@pytest.mark.soak
def test_the_suite_runs_and_writes_its_page(tmp_path):
    words = ["--events", "5000", "--largest", "40000", "--rounds", "1"]
    words += ["--out", str(tmp_path / "results"), "--page", str(tmp_path / "page.md")]
    run_script("suite.py", *words, cwd=tmp_path, timeout=3000)
    found = json.loads((tmp_path / "results" / "suite.json").read_text(encoding="utf-8"))
    assert found["failed"] == []
    assert len(found["tests"]) > 20
    assert "## What is promised, and what is measured" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_scripts_that_the_page_names_are_there():
    named = re.findall(r"python (benchmarks/\w+\.py)", PAGE.INTRODUCTION)
    assert {"benchmarks/accuracy.py", "benchmarks/fitting.py"} <= set(named)
    assert [name for name in named if not (HOUSE / name).is_file()] == []
