"""Faults put into the source of the FCS reader are found by its tests."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mutation import killers
from mutation.changes import changes, mutated
from mutation.equivalent import EQUIVALENT

ROOT = Path(__file__).parents[2]
SOURCE = '''
"""A module."""

def least(a: int = 1, b: bool = True) -> int:
    """Return the less."""
    if a < b and not b:
        print(f"{a + 1}")
        return min(a, b)
    raise ValueError(a + 2)
'''


def test_changes_are_told_in_words_and_prose_is_left_alone():
    found = [(change.line, change.what) for change in changes(ast.parse(SOURCE))]
    assert found == [
        (4, "1 -> 2"),
        (4, "1 -> 0"),
        (4, "True -> False"),
        (6, "if a < b and (not b) -> if not"),
        (6, "a < b and (not b): And -> Or"),
        (6, "a < b and (not b): without a < b"),
        (6, "a < b and (not b): without not b"),
        (6, "a < b: Lt -> LtE"),
        (6, "not b -> b"),
        (7, "without print(f'{a + 1}')"),
        (8, "return min(a, b) -> return None"),
        (8, "min(a, b): min -> max"),
        (9, "without raise ValueError(a + 2)"),
        (9, "a + 2: Add -> Sub"),
        (9, "2 -> 3"),
        (9, "2 -> 1"),
    ]


def test_each_change_is_made_alone():
    whole = ast.unparse(ast.parse(SOURCE))
    n = len(list(changes(ast.parse(SOURCE))))
    made = set()
    for number in range(n):
        tree = ast.parse(SOURCE)
        list(changes(tree))[number].apply()
        made.add(ast.unparse(tree))
    assert len(made) == n
    assert whole not in made
    names = {}
    exec(mutated(SOURCE, 0, "a.py"), names)
    assert names["least"].__defaults__ == (2, True)


def test_faults_that_change_nothing_are_those_of_the_source_as_it_is():
    known = set()
    for module in {module for module, _, _ in EQUIVALENT}:
        source = (killers.SOURCE / f"{module}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        known |= {(module, lines[one.line - 1].strip(), one.what) for one in changes(ast.parse(source))}
    assert set(EQUIVALENT) <= known


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "fork"), reason="faults are tried in forked processes")
def test_nine_of_ten_faults_are_found():
    own = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "HYPOTHESIS_PROFILE": "default"}
    done = subprocess.run(
        [sys.executable, "-m", "mutation", "--sample", "300", "--seed", "0", "--least", "90"],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
