"""Safe names of files and folders."""

from __future__ import annotations

from cytogate.study.names import unique_slug


def test_names_that_are_no_utf8_have_slugs_of_their_own():
    one, other = unique_slug("M\udcfcller"), unique_slug("M\udcf6ller")
    assert one != other
    assert one.startswith("M-ller-")
    assert one.isascii()
