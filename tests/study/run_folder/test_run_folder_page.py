"""The page about the run folder names everything that a run writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from cytogate.stats.limits import Flag
from cytogate.study.run_folder.folder import OWN_FILES
from cytogate.study.run_folder.tables import FAILURE_FIELDS, TABLES
from cytogate.study.sheets.sheet import ROLES

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "run_folder.md").read_text(encoding="utf-8")


def words_below(page: str, title: str) -> set[str]:
    part = re.split(rf"^## .*\b{title}\b", page, flags=re.M)[1].split("\n## ")[0]
    return set(re.findall(r"\w+", part))


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_every_table_is_named(page, table):
    missing = [column for column in TABLES[table] if column not in words_below(page, table)]
    assert missing == []


def test_every_file_failure_field_flag_and_role_is_named(page):
    assert [name for name in OWN_FILES if name not in page] == []
    assert set(FAILURE_FIELDS) <= words_below(page, "failures")
    assert set(get_args(Flag)) <= words_below(page, "Flags")
    assert set(ROLES) <= words_below(page, "Which tubes")


def test_the_index_links_the_page():
    assert "(run_folder.md)" in (DOCS / "index.md").read_text(encoding="utf-8")
