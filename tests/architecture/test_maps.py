"""The maps of the house are true: what docstrings of packages and docs/architecture.md name is there."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANY = 8  # modules; a package of more needs a map, unless each is one kind of the same thing
ONE_KIND_A_FILE = re.compile(r"one (kind|file|statistic)\b|one section a", re.IGNORECASE)
NAMED = re.compile(r"(?<!`)`([a-z_]+)/?`(?!`)")


def maps(modules) -> dict[str, tuple[set[str], set[str]]]:
    """Return package -> modules it has, words its docstring sets in single backticks; maps only."""
    found = {}
    for name, module in modules.items():
        depth = name.count(".") + 1
        inside = {
            other.rsplit(".", 1)[1]
            for other in modules
            if other.startswith(f"{name}.") and other.count(".") == depth
        }
        listed = {entry for entry in inside if not entry.startswith("__")}
        text = ast.get_docstring(module.tree) or ""
        if module.is_package and len(listed) > MANY and not ONE_KIND_A_FILE.search(text.split("\n\n")[0]):
            found[name] = listed, set(NAMED.findall(text))
    return found


def test_there_are_maps(modules):
    assert {"cytogate.gating", "cytogate.fcs", "cytogate.study", "cytogate.bench"} <= set(maps(modules))


def test_docstring_of_a_large_package_names_each_of_its_modules(modules):
    assert {name: sorted(has - named) for name, (has, named) in maps(modules).items() if has - named} == {}


def test_docstring_of_a_package_names_nothing_that_is_not_there(modules):
    assert {name: sorted(named - has) for name, (has, named) in maps(modules).items() if named - has} == {}


def test_files_named_in_the_architecture_page_are_there(house: Path):
    text = (house / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = {one for one in re.findall(r"`([\w./*]+(?:/|\.py|\.toml))`", text) if "/" in one}
    missing = {one for one in paths if not any(any(root.glob(one)) for root in (house, house / "cytogate"))}
    assert len(paths) > 20
    assert missing == set()
