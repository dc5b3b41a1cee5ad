from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cytogate.interop.gatingml.ids import RESERVED, assign_ids

NAMES = st.text(max_size=12)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=12))
def test_ids_are_xml_names_and_differ(names):
    given_ids = assign_ids({at: tuple(name) for at, name in enumerate(names)})
    assert len(set(given_ids.values())) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", identity) for identity in given_ids.values())
    assert not RESERVED & set(given_ids.values())


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_ids_depend_on_nothing_but_the_names(names):
    wanted = dict(enumerate(names))
    assert assign_ids(wanted) == assign_ids(dict(wanted))


def test_name_that_is_an_id_keeps_it_whatever_stands_before():
    assert assign_ids({1: ("a b",), 2: ("a_b",)}) == {2: "a_b", 1: "a_b_2"}


def test_second_gate_of_a_name_is_told_by_its_parent():
    assert assign_ids({1: ("Live", "B"), 2: ("Live", "T")}) == {1: "Live", 2: "T.Live"}


def test_signs_of_quadrants_stay_apart():
    found = assign_ids({1: ("IgD+CD27-",), 2: ("IgD-CD27-",)})
    assert found == {1: "IgDposCD27-", 2: "IgD-CD27-"}


def test_name_of_the_root_is_not_taken_by_a_gate():
    assert assign_ids({1: ("root",)}) == {1: "root_2"}
