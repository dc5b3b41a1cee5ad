"""How many samples must speak."""

from __future__ import annotations

import pytest

from cytogate.methods.voices import Voices


@pytest.mark.parametrize(
    ("said", "asked", "is_quorum", "are_few"),
    [
        (0, 0, False, False),
        (0, 5, False, False),
        (1, 1, False, False),
        (1, 2, False, True),
        (2, 2, True, False),
        (2, 8, True, False),
        (2, 9, False, True),
        (25, 100, True, False),
        (24, 100, False, True),
    ],
)
def test_two_voices_and_a_quarter_of_those_asked(said, asked, is_quorum, are_few):
    voices = Voices(said, asked)
    assert (voices.is_quorum, voices.are_few) == (is_quorum, are_few)
    assert voices.silent == (0.0 if not asked else pytest.approx(1 - said / asked))


def test_who_speaks_was_asked():
    assert Voices.of([(True, False), (False, True), (False, False)]) == Voices(1, 2)
