"""Heat maps: what a cell says by number, colour, hatching and ring."""

from __future__ import annotations

import itertools

import pytest
from lxml import etree

from cytogate.plots.heat import CELL_WIDTH, ENDS, INK, contrast, heat_key_svg, heat_svg, shade

VISITS = [("W0", ""), ("<b>W4</b>", "week 4")]


def drawn(rows: dict[str, list[float | None]], **more: object) -> etree._Element:
    return etree.fromstring(heat_svg(rows, VISITS, **more))  # type: ignore[arg-type]


def texts(svg: etree._Element) -> list[str]:
    return [str(text.text) for text in svg.iter("text")]


def test_cells_say_the_factor() -> None:
    assert texts(drawn({"P1": [0.0, -1.0]}))[-3:] == ["P1", "1.00", "0.50"]


def test_a_missing_cell_is_hatched_within_its_borders() -> None:
    svg = drawn({"P1": [None, 1.0]})

    (hatch,) = svg.xpath('//*[@class="hatch"]')
    starts = [float(step.split(" ")[0]) for step in str(hatch.get("d")).split("M")[1:]]
    left = min(starts)
    assert all(left <= start <= left + CELL_WIDTH - 24 for start in starts)
    assert not drawn({"P1": [0.5, 1.0]}).xpath('//*[@class="hatch"]')


def test_a_cell_of_too_few_events_has_a_ring() -> None:
    svg = drawn({"P1": [0.0, 1.0], "P2": [0.0, 1.0]}, uncertain=[("P2", 1)])

    (ring,) = svg.iter("circle")
    rows = {str(text.text): float(str(text.get("y"))) for text in svg.xpath('//*[@class="row"]')}
    assert abs(float(str(ring.get("cy"))) - rows["P2"]) < 12


def test_more_and_less_differ_and_darken_evenly_to_the_ends() -> None:
    def light(value: float) -> int:
        return sum(int(shade(value)[i : i + 2], 16) for i in (1, 3, 5))

    for sign in (1, -1):
        steps = [light(sign * ENDS * i / 8) for i in range(9)]
        assert all(a > b for a, b in itertools.pairwise(steps))
    assert shade(1.0) != shade(-1.0)
    assert shade(50.0) == shade(ENDS)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # a published near miss of 4.5


def test_numbers_stand_out_from_every_shade() -> None:
    for step in range(-16, 17):
        value = ENDS * step / 16
        pale = drawn({"P": [value, None]}).xpath('//*[@class="pale"]')
        assert contrast(shade(value), "#ffffff" if pale else INK) > 3.4


def test_of_many_patients_cells_are_low_and_hold_no_numbers() -> None:
    few = drawn({f"P{i}": [0.0, 1.0] for i in range(14)})
    many = drawn({f"P{i}": [0.0, 1.0] for i in range(15)})

    assert ("2.00" in texts(few), "2.00" in texts(many)) == (True, False)
    assert float(str(many.get("viewBox")).split()[3]) < float(str(few.get("viewBox")).split()[3])


def test_hostile_names_stay_text() -> None:
    svg = drawn({'<script>"': [0.0, 1.0]}, label='"<i>')

    assert not list(svg.iter("script", "b"))
    assert '<script>"' in texts(svg)


@pytest.mark.parametrize("words", ["≤ 0.25", "≥ 4", "no value", "too few events"])
def test_the_key_says_what_colours_mean(words: str) -> None:
    assert words in texts(etree.fromstring(heat_key_svg()))
