"""The README holds: its library example runs as it stands, its links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_library_example_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    shutil.copytree(ROOT / "sample_fcs", tmp_path / "sample_fcs", ignore=shutil.ignore_patterns("truth"))
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out
    assert "V610-A" in printed
    assert "/Singlets/Singlets2/Lymphocytes/Live/B/DN" in printed
    assert (tmp_path / "runs" / "mine" / "report.html").stat().st_size > 1_000_000


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_link_leads_to_a_file(target):
    assert (ROOT / target).exists()
