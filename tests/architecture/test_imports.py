from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAVY = ("numba", "pandas", "scipy", "sklearn", "plotly", "flowkit", "dask")

# foreign package -> where in cytogate it may be imported, at any depth of a module
HOMES = {
    "click": ("cytogate.cli",),
    "rich": ("cytogate.cli",),
    "plotly": ("cytogate.plots", "cytogate.report", "cytogate.app"),
    "starlette": ("cytogate.app",),
    "uvicorn": ("cytogate.app", "cytogate.cli.review"),
    "dask": ("cytogate.study.running.dask_cluster",),
    "distributed": ("cytogate.study.running.dask_cluster",),
    "flowkit": ("cytogate.interop", "cytogate.bench"),
    "flowio": ("cytogate.interop", "cytogate.bench"),
    "fcsparser": ("cytogate.interop", "cytogate.bench"),
    "numba": ("cytogate.kernels",),
}


def imported(tree: ast.AST, *, top_only: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (module, names taken from it) of the imports that run; `top_only`: not those in functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", tuple(alias.name for alias in node.names)
        else:
            yield from imported(node, top_only=top_only)


def own_imports(module, modules) -> set[str]:
    """Return the modules of cytogate that `module` imports when it is itself imported."""
    found = set()
    for source, names in imported(module.tree, top_only=True):
        for candidate in (*(f"{source}.{name}" for name in names), source):
            if candidate in modules:
                found.add(candidate)
    # a package that re-exports is loaded before its own modules: only the direct target counts
    return {target for target in found if not module.name.startswith(f"{target}.") and target != module.name}


def test_modules_do_not_import_each_other_in_a_circle(modules):
    graph = {name: own_imports(module, modules) for name, module in modules.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_a_circle_would_be_found():
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_imports_go_down_the_layers(house: Path):
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(house / "pyproject.toml"), no_cache=True, no_logo=True) == 0


def test_foreign_packages_are_imported_only_where_they_belong(modules):
    strays = [
        f"{name} imports {source}"
        for name, module in modules.items()
        for source, _ in imported(module.tree, top_only=False)
        for package in [source.split(".")[0]]
        if package in HOMES
        and not any(name == home or name.startswith(f"{home}.") for home in HOMES[package])
    ]
    assert strays == []


def test_imports_are_absolute(modules):
    relative = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert relative == []


def loaded_by(code: str, house: Path) -> set[str]:
    script = f"import sys, json\n{code}\nprint()\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=house, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_cytogate_loads_no_heavy_library(house: Path):
    loaded = loaded_by("import cytogate", house)
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)
    assert "numpy" not in loaded


def test_help_loads_no_heavy_library_and_no_command(house: Path):
    loaded = loaded_by("from cytogate.cli.main import run; assert run(['--help']) == 0", house)
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)
    commands = {name for name in loaded if name.startswith("cytogate.cli.")}
    assert commands == {"cytogate.cli.main", "cytogate.cli._exits", "cytogate.cli._options"}


def test_heavy_libraries_would_be_seen(house: Path):
    assert "json.decoder" in loaded_by("import json.decoder", house)


def test_help_takes_less_than_a_third_of_a_second(house: Path):
    resource = pytest.importorskip("resource", reason="POSIX accounting")

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "cytogate", "--help"], cwd=house, check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.3
