"""Safe names of files and folders."""

from __future__ import annotations

import pytest

from cytogate.study.files.names import file_stems, slug, unique_slug


def test_names_that_are_no_utf8_have_slugs_of_their_own():
    one, other = unique_slug("M\udcfcller"), unique_slug("M\udcf6ller")
    assert one != other
    assert one.startswith("M-ller-")
    assert one.isascii()


@pytest.mark.parametrize("name", ["CON", "con.", "nul", "Com1", "LPT9", "aux "])
def test_names_of_devices_are_no_names_of_files(name):
    assert slug(name) == f"{name.rstrip('. ')}-x"


def test_a_name_that_ends_like_a_hash_takes_no_other_name_s_file():
    names = ["A B", "A-B"]
    stems = file_stems([*names, unique_slug("A B")])
    assert len({stem.casefold() for stem in stems.values()}) == 3
