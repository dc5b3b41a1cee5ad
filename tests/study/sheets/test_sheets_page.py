"""The page on sheets holds: its examples can be planned, its patterns fit the names beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cytogate.study.first_sheet.name_pattern import FIELDS, parse_pattern
from cytogate.study.planning.plan import plan_study
from cytogate.study.sheets.sheet import OPTIONAL, REQUIRED, ROLES

PAGE = (Path(__file__).parents[3] / "docs" / "sheets.md").read_text(encoding="utf-8")
CSV = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
PLAIN, REMOTE, VERSIONS = CSV
ALLOWED, ALIASES, PANELS = YAML
BASE = """\
format: cytogate.study
version: 1
name: Page
samples: samples.csv
subsets: {DN: {population: B/DN, of: B}}
"""
TEMPLATES = "templates: {bcell: sle_bcell}\n"


@pytest.fixture
def plan(tmp_path):
    """Plan a study of keys and a sheet of the page; its files are there, and empty."""

    def make(sheet: str, keys: str):
        for place in re.findall(r"^fcs/[^,]+", sheet, flags=re.MULTILINE):
            (tmp_path / "fcs").mkdir(exist_ok=True)
            (tmp_path / place).write_bytes(place.encode())
        (tmp_path / "samples.csv").write_text(sheet, encoding="utf-8")
        (tmp_path / "study.yaml").write_text(BASE + keys, encoding="utf-8")
        return plan_study(tmp_path / "study.yaml")

    return make


def test_the_first_sheet_can_be_planned(plan):
    found = plan(PLAIN, TEMPLATES)
    assert [row.role for row in found.rows] == ["sample", "sample", "fmo"]
    assert not found.warnings


def test_the_sheet_with_urls_can_be_planned(plan):
    found = plan(REMOTE, TEMPLATES + ALLOWED)
    assert [row.path for row in found.rows] == [row.file for row in found.rows]
    assert all("://" in row.path for row in found.rows)


def test_the_aliases_are_taken(plan):
    found = plan(PLAIN, TEMPLATES + ALIASES)
    assert "CD27 new lot" in found.templates["bcell"].panel["CD27"]
    assert "IGHD" in found.templates["bcell"].panel["IgD"]


def test_the_versions_are_told_by_batch_or_by_the_sheet_and_the_bridge_joins_them(plan):
    found = plan(VERSIONS, PANELS)
    old, new = "bcell_2023", "bcell_2024"
    assert [row.panel for row in found.rows] == [old, new, old, new, old, new]
    assert [warning.code for warning in found.warnings] == []
    without = "\n".join(line for line in VERSIONS.splitlines() if "QC_2024" not in line) + "\n"
    assert [warning.code for warning in plan(without, PANELS).warnings] == ["panel-unbridged"]


def test_the_table_of_columns_names_them_all():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.split("## Begin")[0], flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == {*REQUIRED, *OPTIONAL}
    assert all(f"`{role}`" in PAGE for role in ROLES)


@pytest.mark.parametrize(
    ("pattern", "name"), re.findall(r"^\| `([^`]*\{[^`]*)` \| `([^`]+)\.fcs`", PAGE, flags=re.MULTILINE)
)
def test_a_pattern_of_the_page_fits_its_name(pattern, name):
    said = parse_pattern(pattern).read(name)
    assert said is not None
    assert {"subject", "visit"} <= set(said) <= set(FIELDS)
