"""Draw what the methods on two axes do: docs/images/methods/{singlets,cluster,shift,register}.png.

Run from the root of the repository: ``python docs/figures/shapes.py`` (needs kaleido and a browser). The
plots are those that the tests of the methods look at.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from drawn_plots import (  # noqa: E402 - after the path to it
    B_CELLS,
    DIMS,
    LYMPHOCYTES,
    SCATTER,
    SINGLETS,
    TRANSITIONAL,
    plot,
    pulses,
    seen,
)

from cytogate.methods.shapes.cluster import Cluster  # noqa: E402
from cytogate.methods.shapes.register import Register  # noqa: E402
from cytogate.methods.shapes.shift import Shift  # noqa: E402
from cytogate.methods.shapes.singlets import Singlets  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.base import Found, ShapeMethod
    from cytogate.methods.summary import Summary

PLACE = ROOT / "docs" / "images" / "methods"
FOUND, TEMPLATE = "#d62728", "#222222"
SIDE = 420  # pixels of a plot
LEGEND = {"template": "gate of the template", "found": "gate found"}


def density(summary: Summary) -> go.Heatmap:
    """Return the plane as a picture: the root of counts, white where there are no events."""
    plane = summary.plane.astype(float)
    x, y = (
        np.linspace(span.low, span.high, size + 1)
        for span, size in zip(summary.spans, plane.shape, strict=True)
    )
    plane[plane == 0] = np.nan
    colours = [(0.0, "#dbe7f3"), (0.25, "#8fb8dd"), (0.6, "#3f7fbf"), (1.0, "#08306b")]
    return go.Heatmap(
        x=(x[:-1] + x[1:]) / 2,
        y=(y[:-1] + y[1:]) / 2,
        z=np.sqrt(plane.T),
        colorscale=colours,
        showscale=False,
        hoverinfo="skip",
    )


def outline(vertices: NDArray[np.float64], role: str, *, legend: bool) -> go.Scatter:
    """Return a closed outline: dashed where the template has it, solid where it was found."""
    closed = np.vstack([vertices, vertices[:1]])
    style = (
        {"color": FOUND, "width": 2.5}
        if role == "found"
        else {"color": TEMPLATE, "width": 1.8, "dash": "dash"}
    )
    return go.Scatter(
        x=closed[:, 0], y=closed[:, 1], mode="lines", line=style, name=LEGEND[role], showlegend=legend
    )


def page(
    titles: list[str], axes: tuple[str, str], x: tuple[float, float], y: tuple[float, float]
) -> go.Figure:
    """Return an empty figure, one plot for each title."""
    figure = make_subplots(1, len(titles), subplot_titles=titles, horizontal_spacing=0.08, shared_yaxes=True)
    figure.update_xaxes(title=axes[0], range=x, showgrid=False, zeroline=False, linecolor="#888", mirror=True)
    figure.update_yaxes(range=y, showgrid=False, zeroline=False, linecolor="#888", mirror=True)
    figure.update_yaxes(title=axes[1], col=1)
    figure.update_layout(
        template="plotly_white",
        width=SIDE * len(titles) + 60,
        height=SIDE + 70,
        margin={"l": 60, "r": 20, "t": 50, "b": 90},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.17},
        font={"size": 13},
    )
    return figure


def compare(
    figure: go.Figure,
    column: int,
    events: NDArray[np.float64],
    method: ShapeMethod,
    template: NDArray[np.float64],
) -> Found:
    """Draw events with the gates of the template and of the method; return what the method found."""
    summary = seen(events)
    found = method.find(summary, template, REFERENCE)
    figure.add_trace(density(summary), 1, column)
    figure.add_trace(outline(template, "template", legend=column == 1), 1, column)
    vertices = method.place(DIMS, template, found.position).outline()
    figure.add_trace(outline(vertices, "found", legend=column == 1), 1, column)
    return found


def save(figure: go.Figure, name: str) -> None:
    """Write the picture that the page of the method shows."""
    PLACE.mkdir(parents=True, exist_ok=True)
    figure.write_image(PLACE / f"{name}.png", scale=1.5)


def singlets() -> None:
    """Draw the same strip with few and with many doublets."""
    titles = ["5 % doublets", "20 % doublets"]
    figure = page(titles, ("area (FSC-A)", "height (FSC-H)"), (0.0, 1.0), (-0.05, 1.0))
    for column, doublets in enumerate((0.05, 0.2), start=1):
        compare(figure, column, pulses(1, 40_000, doublets=doublets), Singlets(), SINGLETS)
    save(figure, "singlets")


def cluster() -> None:
    """Draw the ellipse of lymphocytes in two samples of different composition."""
    titles = ["usual sample", "few lymphocytes, larger"]
    figure = page(titles, ("FSC-A", "SSC-A"), (0.0, 0.75), (0.0, 0.9))
    compare(figure, 1, plot(1, 40_000, SCATTER), Cluster(K=4), LYMPHOCYTES)
    events = plot(2, 40_000, SCATTER, shift=(0.03, 0.02), lymphocytes=0.3, granulocytes=2.0)
    compare(figure, 2, events, Cluster(K=4), LYMPHOCYTES)
    save(figure, "cluster")


def shift() -> None:
    """Draw the gate that follows its landmarks, and the one that follows no proportions."""
    titles = ["reference", "half the naive cells", "staining shifted by (0.04, -0.03)"]
    figure = page(titles, ("CD24", "CD38"), (0.0, 1.0), (0.1, 1.0))
    compare(figure, 1, plot(0, 300_000, B_CELLS), Shift(), TRANSITIONAL)
    compare(figure, 2, plot(1, 40_000, B_CELLS, naive=0.5), Shift(), TRANSITIONAL)
    compare(figure, 3, plot(2, 40_000, B_CELLS, shift=(0.04, -0.03)), Shift(), TRANSITIONAL)
    save(figure, "shift")


def register() -> None:
    """Draw the gate under other proportions, and under staining that is shifted and stretched."""
    titles = [
        "reference",
        "a third of the naive, thrice the transitional",
        "high CD38 higher still",
    ]
    figure = page(titles, ("CD24", "CD38"), (0.0, 1.0), (0.1, 1.0))
    compare(figure, 1, plot(0, 300_000, B_CELLS), Register(), TRANSITIONAL)
    compare(figure, 2, plot(1, 40_000, B_CELLS, naive=0.33, transitional=3.0), Register(), TRANSITIONAL)
    events = plot(2, 40_000, B_CELLS)
    events[:, 1] += 0.02 + 0.2 * (events[:, 1] - 0.5)
    compare(figure, 3, events, Register(), TRANSITIONAL)
    save(figure, "register")


REFERENCE = seen(plot(0, 300_000, B_CELLS), "reference")

if __name__ == "__main__":
    for draw in (singlets, cluster, shift, register):
        draw()
