"""Heat maps: every cell with its number, darker for more, names inert."""

from __future__ import annotations

from lxml import html

from cytogate.plots.heat_maps import Cell, colour, heat_map_svg, on_log


def drawn(rows: list[str], columns: list[str]) -> html.HtmlElement:
    def cell(i: int, j: int) -> Cell:
        return Cell(f"{i}:{j}", j / 10, f"{rows[i]} into {columns[j]}")

    svg = heat_map_svg(rows, columns, cell, label="L", rows_title="from", columns_title="into")
    return html.fragment_fromstring(svg)


def test_every_cell_has_its_number_and_says_where_it_is():
    svg = drawn(["a", "b"], ["x", "y", "z"])
    cells = svg.xpath(".//g")
    assert [cell.xpath("string(text)") for cell in cells] == ["0:0", "0:1", "0:2", "1:0", "1:1", "1:2"]
    assert cells[5].xpath("string(title)") == "b into z"
    assert len({(c.xpath("string(rect/@x)"), c.xpath("string(rect/@y)")) for c in cells}) == 6


def test_more_is_darker_also_in_grey():
    greys = [
        sum(int(colour(step / 20)[at : at + 2], 16) * weight for at, weight in ((1, 3), (3, 6), (5, 1)))
        for step in range(21)
    ]
    assert greys == sorted(greys, reverse=True)
    assert len(set(greys)) == 21


def test_values_off_the_scale_take_its_ends():
    assert [on_log(value, 0.1, 10.0) for value in (-5.0, 0.0, 0.1, 1.0, 10.0, 1e9)] == [0, 0, 0, 0.5, 1, 1]


def test_names_are_inert():
    svg = drawn(["<script>"], ['"><img src=x>'])
    assert not list(svg.iter("script", "img"))
    assert "<script>" in svg.text_content()
