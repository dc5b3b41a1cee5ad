"""Random streams by name."""

from __future__ import annotations

from cytogate.simulate.seeds import stream


def test_names_that_are_no_utf8_have_streams_of_their_own():
    drawn = [stream(1, "tube", name).random() for name in ("M\udcfcller", "M\udcf6ller", "M\udcfcller")]
    assert drawn[0] == drawn[2] != drawn[1]
