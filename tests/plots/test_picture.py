from __future__ import annotations

import pytest
from lxml import etree

from cytogate.plots.picture import Words, as_plotly, compose

PANEL = '<svg class="course" viewBox="0 0 20 10" role="img" aria-label="a"><path d="M0 0h3"/></svg>'


def test_panels_keep_their_size_and_texts_are_escaped():
    made = compose(
        [(PANEL, 5, 7)], [Words("<b>&", 1, 2)], size=(40, 30), style=".course path{fill:none}", title="<i>"
    )
    root = etree.fromstring(made.svg)
    (group,) = root.findall("{*}g")
    assert (group.get("class"), group.get("transform")) == ("course", "translate(5 7)")
    assert group[0].get("d") == "M0 0h3"
    assert root.find("{*}text").text == "<b>&"
    assert root.find("{*}title").text == "<i>"
    assert (root.get("width"), root.get("height")) == ("40", "30")


@pytest.mark.parametrize("panel", ["<p>no panel</p>", '<svg width="3"></svg>'])
def test_what_is_no_panel_is_refused(panel):
    with pytest.raises(ValueError, match="not a panel"):
        compose([(panel, 0, 0)], [], size=(1, 1), style="", title="")


def test_a_picture_fills_the_figure_that_stands_for_it():
    made = compose([(PANEL, 0, 0)], [], size=(40, 30), style="", title="x")
    layout = as_plotly(made).layout
    assert (layout.width, layout.height) == (40, 30)
    assert layout.images[0].source.startswith("data:image/svg+xml;base64,")
    assert (layout.images[0].sizex, layout.images[0].sizey) == (1, 1)
