from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import naive
import pytest

if TYPE_CHECKING:
    from pathlib import Path


# Kernels whose slow twin goes by another name: the test file that compares them, and the twin in it.
TWINS_OF_OTHER_NAMES = {
    # loops over a kernel of one event
    "points_in_polygon": ("tests/kernels/test_geometry.py", "naive.point_in_polygon"),
    "points_in_quadric": ("tests/kernels/test_geometry.py", "naive.in_quadric"),
    # one kernel, a twin for each scale; what inverts is held to invert
    "forward_scalar": ("tests/transforms/test_logicle.py", "naive.forward_logicle"),
    "forward_into": ("tests/transforms/test_logicle.py", "naive.forward_logicle"),
    "search": ("tests/kernels/test_transforms.py", "naive.hyperlog_position("),
    "settle": ("tests/kernels/test_transforms.py", "kernels.settle("),
    "inverse_scalar": ("tests/transforms/test_logicle.py", "scale.inverse(scale.forward(x))"),
    "inverse_into": ("tests/transforms/test_logicle.py", "scale.inverse(scale.forward(x))"),
    # parts of the engine's driver, which is compared as a whole with the plainest way to gate
    "fill_slot": ("tests/gating/test_engine.py", "plainly("),
    "rows_of": ("tests/gating/test_engine.py", "plainly("),
    "to_scale": ("tests/gating/test_engine.py", "plainly("),
    "rows_in_polygon": ("tests/gating/test_engine.py", "plainly("),
    "rows_in_quadric": ("tests/gating/test_engine.py", "plainly("),
    "rows_in_cells": ("tests/gating/test_engine.py", "plainly("),
    "run_program": ("tests/gating/test_engine.py", "plainly("),
    "run_columns": ("tests/gating/test_result.py", "np.median("),
    # a driver too, compared with what is counted in whole columns
    "look_at": ("tests/gating/test_looking.py", "plain_looks("),
    # three steps of one selection, and the inverse of a bucket
    "assign_places": ("tests/kernels/test_quantiles.py", "naive.select_targets("),
    "place_found": ("tests/kernels/test_quantiles.py", "naive.select_targets("),
    "first_key": ("tests/kernels/test_quantiles.py", "naive.bucket("),
    # the same for some rows
    "unpack_rows": ("tests/kernels/test_unpack.py", "naive.unpack_column"),
    "add_terms_of_rows": ("tests/kernels/test_operations.py", "naive.add_terms"),
    "pack_bits_of_rows": ("tests/kernels/test_operations.py", "naive.pack_bits"),
    "apply_interval_to_rows": ("tests/kernels/test_operations.py", "naive.apply_interval"),
    "look_up_rows": ("tests/kernels/test_rasters.py", "naive.look_up"),
    "cells_of": ("tests/kernels/test_rasters.py", "naive.cell_of"),
    # rasters are held to the exact test, thresholds and steps to what they border
    "raster_polygon": ("tests/gating/test_rasters.py", "gate.contains(positions)"),
    "raster_quadric": ("tests/gating/test_rasters.py", "gate.contains(positions)"),
    "raster_cells": ("tests/gating/test_rasters.py", "cell_is_marked("),
    "set_ring": ("tests/gating/test_rasters.py", "SPECIAL"),
    "step_positions": ("tests/kernels/test_rasters.py", "naive.cell_of"),
    "pull_back_scalar": ("tests/transforms/test_pullback.py", "scale.forward(x) >= t"),
}


def kernels(modules) -> dict[str, str]:
    """Return kernel name -> module; those with ``_`` and those inlined serve one that has a twin."""
    decorators = {"kernel", "part"}
    found = {}
    for name, module in modules.items():
        if name.startswith("cytogate.kernels."):
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    marks = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
                    if marks & decorators:
                        found[node.name] = name
    return found


def test_there_are_kernels(modules):
    assert {"forward_scalar", "point_in_polygon", "unpack_column"} <= set(kernels(modules))


def test_every_kernel_has_a_slow_twin(modules):
    missing = [
        f"{module}.{name}"
        for name, module in kernels(modules).items()
        if not hasattr(naive, name) and name not in TWINS_OF_OTHER_NAMES
    ]
    assert missing == []


def test_every_twin_is_compared_in_a_test(modules, house: Path):
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (house / "tests").rglob("test_*.py"))
    named = [name for name in kernels(modules) if name not in TWINS_OF_OTHER_NAMES]
    unused = [name for name in named if not re.search(rf"\bnaive\.{name}\b|\b{name}\(", tests)]
    assert unused == []


@pytest.mark.parametrize("name", TWINS_OF_OTHER_NAMES)
def test_a_twin_of_another_name_is_where_the_list_says(name: str, modules, house: Path):
    file, twin = TWINS_OF_OTHER_NAMES[name]
    assert name in kernels(modules)
    assert not hasattr(naive, name)
    assert twin in (house / file).read_text(encoding="utf-8")


def test_kernels_are_compiled_by_the_one_decorator(modules):
    strays = [
        name
        for name, module in modules.items()
        if name not in {"cytogate.kernels._jit"} and re.search(r"\bnjit\b|@jit\b|guvectorize", module.text)
    ]
    assert strays == []


def digest_of(folder: Path) -> str:
    spec = importlib.util.spec_from_file_location("_jit_copy", folder / "_jit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sources_digest()


@pytest.fixture
def kernel_copy(tmp_path: Path, house: Path) -> Path:
    return shutil.copytree(
        house / "cytogate" / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__")
    )


def test_a_change_in_any_kernel_file_changes_the_stamp(kernel_copy: Path):
    seen = {digest_of(kernel_copy)}
    sources = sorted(kernel_copy.glob("*.py"))
    for source in sources:
        source.write_bytes(source.read_bytes() + b"\n")
        seen.add(digest_of(kernel_copy))
    assert len(seen) == len(sources) + 1


def test_a_new_kernel_file_changes_the_stamp(kernel_copy: Path):
    before = digest_of(kernel_copy)
    (kernel_copy / "zzz.py").write_text("")
    assert digest_of(kernel_copy) != before


def test_an_unchanged_folder_keeps_its_stamp(kernel_copy: Path):
    assert digest_of(kernel_copy) == digest_of(kernel_copy)


def test_a_cached_kernel_sees_a_change_in_a_kernel_it_calls(tmp_path: Path, house: Path):
    shutil.copy(house / "cytogate" / "kernels" / "_jit.py", tmp_path / "_jit.py")
    (tmp_path / "outer.py").write_text(
        "from _jit import kernel\nfrom inner import inner\n@kernel\ndef outer(x):\n    return inner(x) + 1\n"
    )

    def result(factor: int) -> str:
        (tmp_path / "inner.py").write_text(
            f"from _jit import kernel\n@kernel\ndef inner(x):\n    return x * {factor}.0\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", "from outer import outer; print(outer(10.0))"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout.strip()

    assert [result(2), result(2), result(3)] == ["21.0", "21.0", "31.0"]
