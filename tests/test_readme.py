"""README and docs hold: what they show of the library runs as it stands, their links lead somewhere."""

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


def test_the_page_on_the_library_runs_as_it_stands(tmp_path, monkeypatch):
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text("utf-8"), flags=re.DOTALL
    )
    (tmp_path / "sample_fcs").symlink_to(ROOT / "sample_fcs")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "library"}
    exec(compile("\n".join(blocks), "library.md", "exec"), names)
    assert (
        names["loaded"].result.count("B") == names["cg"].gate(names["tube"], names["changed"]).count("B") > 0
    )
    for other in ("again", "ours"):
        counts = names["cg"].gate(names["tube"], names[other]).counts
        assert counts.tolist() == names["cg"].gate(names["tube"], names["mine"]).counts.tolist()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_links_of_the_docs_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_link_leads_to_a_file(target):
    assert (ROOT / target).exists()
