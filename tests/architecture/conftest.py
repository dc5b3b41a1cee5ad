"""The package's modules, parsed once for all tests of the house."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One module of the package: its dotted name, file, text and syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


def _name(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="session")
def house() -> Path:
    """The folder that holds pyproject.toml."""
    return HOUSE


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    """All modules of the package by dotted name."""
    found = {}
    for path in sorted((HOUSE / "cytogate").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found[_name(path)] = Module(_name(path), path, text, ast.parse(text, str(path)))
    return found


@pytest.fixture(scope="session")
def kept_files(house: Path) -> list[Path]:
    """All files that are, or would be, under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=house,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a checkout of the repository")
    names = [name for name in listing.stdout.decode().split("\0") if name]
    return [house / name for name in names if (house / name).is_file()]
