"""Stacked bars: heights are shares, and add up to the whole."""

from __future__ import annotations

import pytest
from lxml import etree

from cytogate.plots.composition import OTHER, PARTS, composition_svg, parts_key


def drawn(*bars: tuple[str, tuple[float, ...] | None], **more: bool) -> etree._Element:
    return etree.fromstring(composition_svg("<P1>", bars, ["DN", "<SWM>"], **more))


def heights(svg: etree._Element) -> list[float]:
    return [float(str(piece.get("height"))) for piece in svg.iter("rect")]


def test_heights_are_shares_and_what_remains_is_other() -> None:
    svg = drawn(("W0", (25.0, 50.0)))

    dn, swm, other = heights(svg)
    assert swm == pytest.approx(2 * dn, abs=0.1)
    assert other == pytest.approx(dn, abs=0.1)
    assert [piece.get("fill") for piece in svg.iter("rect")] == [*PARTS[:2], OTHER]


def test_every_bar_is_as_high_as_the_whole() -> None:
    first, second = heights(drawn(("W0", (1.0, 2.0)))), heights(drawn(("W0", (60.0, 40.0))))

    assert sum(first) == pytest.approx(sum(second), abs=0.2)
    assert second[-1] == 0


def test_a_missing_visit_is_an_empty_frame() -> None:
    svg = drawn(("W0", (10.0, 20.0)), ("W4", None))

    assert len(svg.xpath('//*[@class="none"]')) == 1
    assert len(heights(svg)) == 3


def test_pieces_say_what_they_are_unless_they_are_many() -> None:
    said = [title.text for title in drawn(("W0", (10.0, 20.0))).iter("title")]

    assert said == ["W0: DN 10.0 %", "W0: <SWM> 20.0 %", "W0: other 70.0 %"]
    assert not list(drawn(("W0", (10.0, 20.0)), titles=False).iter("title"))


def test_the_key_runs_from_the_top_of_a_bar_to_its_bottom() -> None:
    assert parts_key(["a", "b"]) == (("other", OTHER), ("b", PARTS[1]), ("a", PARTS[0]))
