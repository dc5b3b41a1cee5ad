from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cytogate.fcs.write import write_fcs

if TYPE_CHECKING:
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


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def tube(path: Path, rows: list[tuple[float, float]], names: tuple[str, str] = ("A", "B")) -> Path:
    write_fcs(path, np.array(rows, dtype=np.float32), list(names))
    return path


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    return tube(tmp_path / "bright.fcs", [(20, 20), (20, 5), (10, 10), (9, 50)])


@pytest.fixture
def dim(tmp_path: Path) -> Path:
    return tube(tmp_path / "dim.fcs", [(1, 1), (2, 2)])


def test_the_tree_is_printed_with_counts_and_percentages(call, template, bright, dim):
    outcome = call("gate", bright, dim, "--template", template)
    assert outcome.code == 0
    blocks = outcome.out.strip().split("\n\n")
    assert blocks[0].splitlines() == [
        f"{bright}: 4 events",
        "population  count  % parent",
        "A+              3     75.00",
        "  B+            2     66.67",
    ]
    assert blocks[1].splitlines()[-1].split() == ["B+", "0", "–"]


def test_csv_holds_a_row_for_every_population_of_every_file(call, template, bright, dim, tmp_path):
    out = tmp_path / "counts.csv"
    outcome = call("gate", bright, dim, "--template", template, "--out", out)
    assert (outcome.code, outcome.out) == (0, "")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["count"] for row in rows] == ["3", "2", "0", "0"]
    assert rows[1] == {
        "file": str(bright),
        "population": "/A+/B+",
        "parent": "/A+",
        "count": "2",
        "parent_count": "3",
        "percent_of_parent": str(200 / 3),
    }
    assert rows[3]["percent_of_parent"] == ""


def test_json_is_one_object(call, template, dim):
    report = json.loads(call("gate", dim, "--template", template, "--json").out)
    assert (report["format"], report["version"]) == ("cytogate.gate", 1)
    assert [row["count"] for row in report["rows"]] == [0, 0]
    assert report["rows"][1]["percent_of_parent"] is None
    assert report["errors"] == {}


def test_a_file_that_cannot_be_gated_is_named_and_the_others_are_gated(call, template, bright, tmp_path):
    other = tube(tmp_path / "other.fcs", [(1, 1)], names=("C", "D"))
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"no FCS file at all")
    outcome = call("gate", other, damaged, bright, "--template", template)
    assert outcome.code == 1
    assert "other.fcs" in outcome.err
    assert "damaged.fcs" in outcome.err
    assert "Traceback" not in outcome.err
    assert f"{bright}: 4 events" in outcome.out


def test_an_unknown_template_is_invalid(call, bright):
    outcome = call("gate", bright, "--template", "sle_bcel")
    assert outcome.code == 3
    assert "Did you mean sle_bcell?" in outcome.err


def test_a_gatingml_file_is_a_template_too(call, template, bright, tmp_path):
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.library import load_template
    from cytogate.interop.gatingml import write_gatingml

    path = tmp_path / "two.xml"
    write_gatingml(load_template(template).resolve(read_fcs(bright)), path)
    by_template, by_gatingml = (call("gate", bright, "--template", name) for name in (template, path))
    assert by_gatingml.code == 0
    assert by_gatingml.out == by_template.out
