from __future__ import annotations

import ast
import inspect

import pytest

import cytogate


def test_all_is_sorted_and_names_nothing_twice():
    assert cytogate.__all__ == sorted(set(cytogate.__all__))


@pytest.mark.parametrize("name", cytogate.__all__)
def test_every_public_name_loads_and_is_documented(name: str):
    value = getattr(cytogate, name)
    assert inspect.getdoc(value)


def test_star_import_gives_exactly_the_public_names():
    names: dict[str, object] = {}
    exec("from cytogate import *", names)
    assert set(names) - {"__builtins__"} == set(cytogate.__all__)


def test_type_checkers_see_the_same_names(modules):
    guards = [node for node in modules["cytogate"].tree.body if isinstance(node, ast.If)]
    seen = {"__version__"}
    for node in ast.walk(guards[0]):
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.asname or alias.name for alias in node.names}
    assert seen == set(cytogate.__all__)


def test_public_names_come_from_the_module_that_defines_them():
    for name, home in cytogate._HOMES.items():
        value = getattr(cytogate, name)
        assert value.__module__ == home, name


def test_dir_lists_public_names():
    assert set(cytogate.__all__) <= set(dir(cytogate))


def test_an_unknown_name_says_where_the_known_ones_are():
    with pytest.raises(AttributeError, match=r"no attribute 'read_fsc'.*Did you mean read_fcs"):
        cytogate.read_fsc  # noqa: B018 - the access is the test


def test_transforms_are_reached_as_a_namespace():
    assert cytogate.transforms.Logicle(T=262144, W=0.5, M=4.5, A=0.0).forward(262144.0) == pytest.approx(1.0)


def test_version_is_text():
    assert isinstance(cytogate.__version__, str)
    assert cytogate.__version__
