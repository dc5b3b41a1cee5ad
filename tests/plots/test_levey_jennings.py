"""The chart says which tubes stand at its ends."""

from __future__ import annotations

from cytogate.plots.levey_jennings import MOST_LETTERS, levey_jennings_svg
from cytogate.stats.westgard import levey_jennings


def test_the_first_and_the_last_tube_stand_below_the_chart_and_fit():
    values = [1.0, 1.2, 0.9, 1.1, 1.3, 0.8, 1.0]
    names = [f"P{number}_<W0>" for number in range(1, 7)] + ["a tube with a very long name, export 12"]
    chart = levey_jennings(values)
    assert chart is not None
    svg = levey_jennings_svg(chart, names, label="x")
    below = [part.split("</text>")[0].split(">")[-1] for part in svg.split("<text")[-2:]]
    assert below[0] == "P1_&lt;W0&gt;"
    assert below[1] == names[-1][: MOST_LETTERS - 1] + "…"
