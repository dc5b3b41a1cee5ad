"""Paths and references of populations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gating.tree import find, join, split

PATHS = ["/Live", "/Live/B", "/Live/B/DN", "/Live/T", "/Live/T/DN", r"/Live/CD4\/CD8"]


def test_unique_ending_finds_its_population():
    assert find("B/DN", PATHS) == "/Live/B/DN"
    assert find("T", PATHS) == "/Live/T"


def test_full_path_finds_its_population():
    assert find("/Live/B", PATHS) == "/Live/B"


def test_leading_slash_means_the_whole_path():
    with pytest.raises(GatingError, match=r"no population '/B'"):
        find("/B", PATHS)


def test_ambiguous_ending_lists_the_candidates():
    with pytest.raises(GatingError, match=r"'DN' is ambiguous.*/Live/B/DN, /Live/T/DN"):
        find("DN", PATHS)


def test_unknown_reference_names_the_nearest():
    with pytest.raises(GatingError, match=r"no population 'B/DM'.*Did you mean B/DN"):
        find("B/DM", PATHS)


def test_part_of_a_name_is_not_an_ending():
    with pytest.raises(GatingError, match="no population 'ive/B'"):
        find("ive/B", PATHS)


def test_slash_inside_a_name_is_escaped():
    assert find(r"CD4\/CD8", PATHS) == r"/Live/CD4\/CD8"
    assert split(r"/Live/CD4\/CD8") == (("Live", "CD4/CD8"), True)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_path_of_any_names_is_read_back(names):
    assert split(join(names)) == (tuple(names), True)
