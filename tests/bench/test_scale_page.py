"""The page on many files: what it tells people to type exists, and its table is that of the simulation."""

from __future__ import annotations

import re

import click
import pytest
from bench.scripts import HOUSE, run_script

from cytogate.cli.main import cli

PAGE = (HOUSE / "docs" / "scale.md").read_text(encoding="utf-8")
TYPED = [
    line.partition("#")[0].split()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def options_of(words):
    return {word for word in words if word.startswith("--")}


def known_to(name):
    command = cli.get_command(click.Context(cli), name)
    return {name for option in command.params for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("words", [line for line in TYPED if line[0] == "cytogate"], ids=" ".join)
def test_options_of_the_command_exist(words):
    assert options_of(words)
    assert options_of(words) <= known_to(words[1])


@pytest.mark.parametrize("words", [line for line in TYPED if line[0] == "python"], ids=" ".join)
def test_options_of_the_script_exist(words):
    source = (HOUSE / words[1]).read_text(encoding="utf-8")
    assert options_of(words)
    assert {option for option in options_of(words) if f'"{option}"' not in source} == set()


def test_options_that_the_text_names_exist():
    named = set(re.findall(r"`(--[a-z-]+)", PAGE))
    known = known_to("run") | known_to("merge")
    script = (HOUSE / "benchmarks" / "scale.py").read_text(encoding="utf-8")
    elsewhere = {"--memory-limit"}  # of Dask
    assert len(named) > 8
    assert {name for name in named - known - elsewhere if f'"{name}"' not in script} == set()


COSTS = """
{"events": 1000, "template": "t", "costs": {
 "gate": {"work": 0.5, "n_bytes": 0, "requests": 0, "sent": 10, "answered": 10},
 "look": {"work": 0.0, "n_bytes": 0, "requests": 0, "sent": 0, "answered": 0},
 "looks": 0.0, "spread": 0.0, "schedule": 0.0, "keep": 0.0, "fit": 0.0, "check": 0.0, "after": 0.036,
 "file_bytes": 0, "kept_bytes": 1.0, "picture_bytes": 1.0, "table_bytes": 1.0, "pictures": 2.0}}
"""


def test_saved_costs_give_the_table_of_the_page(tmp_path):
    (tmp_path / "costs.json").write_text(COSTS, encoding="utf-8")
    ideal = ["--latency", "0", "--sync", "0", "--loss", "0"]
    told = run_script("scale.py", "--load", "costs.json", *ideal, cwd=tmp_path, timeout=300)
    header = next(line for line in told.splitlines() if line.startswith("| files"))
    assert header in PAGE
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("| 1")]
    assert len(rows) == 6
    hours = {(row[0], row[1]): (row[4], row[5], row[8]) for row in rows}
    assert hours["10,000", "16"] == (f"{10_000 * 0.5 / 16 / 3600:.3g}", "0.1", "workers, 100%")
    assert hours["1,000,000", "16"] == (f"{1_000_000 * 0.5 / 16 / 3600:.3g}", "10", "workers, 100%")
