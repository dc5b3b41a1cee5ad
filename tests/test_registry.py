"""Kinds are all there for whoever asks, also while another thread looks them up for the first time."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cytogate.registry import Registry

MODULE = """
import time
import {package}.known
time.sleep(0.2)
{package}.known.kinds.register("{name}")("{name}")
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of kinds that take a while to load; returns its name and its folder."""
    name = f"kinds_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    known = f'from cytogate.registry import Registry\nkinds = Registry("kind", "{name}")\n'
    (folder / "known.py").write_text(known)
    for kind in ("first", "second"):
        (folder / f"{kind}.py").write_text(MODULE.format(package=name, name=kind))
    monkeypatch.syspath_prepend(tmp_path)
    yield name, folder
    for module in [entry for entry in sys.modules if entry.split(".")[0] == name]:
        del sys.modules[module]


def kinds_of(name: str) -> Registry[str]:
    return __import__(f"{name}.known", fromlist=["kinds"]).kinds


def test_every_thread_sees_all_kinds_at_the_first_look_up(package):
    kinds = kinds_of(package[0])
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(kinds.get, ["second", "first", "second", "first"])] == [
            "second", "first", "second", "first",
        ]  # fmt: skip


def test_kinds_that_did_not_load_are_loaded_at_the_next_look_up(package):
    name, folder = package
    whole = (folder / "second.py").read_text()
    (folder / "second.py").write_text("raise RuntimeError('broken')")
    kinds = kinds_of(name)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            kinds.get("first")
    (folder / "second.py").write_text(whole + "\n# and longer\n")
    assert kinds.names() == ("first", "second")
