"""docs/fcs.md holds: its tables are those of the code, its examples run, its codes are there."""

from __future__ import annotations

import re

import pytest
from fcs.tables_of_fcs_page import PAGE, with_tables

from cytogate.cli.main import run
from cytogate.fcs.repairs.codes import warning_codes

TEXT = PAGE.read_text(encoding="utf-8")
HOUSE = PAGE.parents[1]


def test_tables_are_those_of_the_code():
    assert with_tables(TEXT) == TEXT, "run: python tests/fcs/tables_of_fcs_page.py"


def test_python_examples_run_one_after_the_other(tmp_path, monkeypatch):
    (tmp_path / "sample_fcs").symlink_to(HOUSE / "sample_fcs")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(blocks) >= 3
    exec(compile("\n".join(blocks), "fcs.md", "exec"), {"__name__": "fcs"})


@pytest.mark.parametrize("line", re.findall(r"^cytogate inspect \S+ (--\S+)", TEXT, flags=re.MULTILINE))
def test_options_named_are_there(line, capsys):
    assert run(["inspect", "--help"]) == 0
    assert line in capsys.readouterr().out


def test_codes_that_examples_refuse_are_there():
    codes = re.findall(r"--refuse (\S+)", TEXT)
    codes += re.search(r"refuse: \[(.*?)\]", TEXT)[1].split(", ")
    assert len(codes) >= 5
    assert set(codes) <= set(warning_codes())
