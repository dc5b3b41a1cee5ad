from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MOST_LINES = 350

# Split, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a machine path": r"(?<![\w.~<-])/(?:wo" + r"rk|ho" + r"me|Us" + r"ers|ro" + r"ot/\.)/?\w",
    "a package index": r"py" + r"pi\.org|python" + r"hosted|arti" + r"factory|--(?:extra-)?index-" + r"url",
}


def test_every_module_begins_with_a_docstring_of_one_sentence(modules):
    wrong = []
    for name, module in modules.items():
        first = (ast.get_docstring(module.tree) or "").split("\n\n")[0].strip()
        if not first.endswith("."):
            wrong.append(name)
    assert wrong == []


def test_no_module_is_longer_than_a_few_screens(modules):
    long = {name: n for name, module in modules.items() if (n := module.text.count("\n")) > MOST_LINES}
    assert long == {}


def test_library_has_no_assert(modules):
    found = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_library_does_not_print(modules):
    found = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []


def test_only_borders_to_samples_and_foreign_code_catch_everything(modules):
    allowed = {"cytogate.study.sample.sample_job", "cytogate.registry", "cytogate.interop.crosscheck.readers"}
    allowed.add("cytogate.study.running.fit_crew")  # the same border, for the looks that fits need
    allowed.add("cytogate.fcs.storage.filesystems")  # of fsspec, whose file systems raise what they like
    allowed.add("cytogate.study.concluding.conclusions")  # of tests of trends, which plug-ins may offer
    allowed.add("cytogate.kernels._cache")  # of numba, whose inner parts may change
    found = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        if name not in allowed
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node)
    ]
    assert found == []


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(entry, ast.Name) and entry.id in {"Exception", "BaseException"} for entry in kinds)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_kept_file_names(what: str, kept_files: list[Path], house: Path):
    pattern = re.compile(FORBIDDEN[what].encode(), re.IGNORECASE)
    found = [
        f"{path.relative_to(house)}: {match[0].decode(errors='replace')}"
        for path in kept_files
        if (match := pattern.search(path.read_bytes()))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [("a machine path", "see /wo" + "rk/main"), ("a package index", "https://py" + "pi.org/simple")],
)
def test_forbidden_words_would_be_found(what: str, text: str):
    assert re.search(FORBIDDEN[what], text)
