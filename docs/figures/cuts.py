"""Draw the figures of docs/methods: ``python docs/figures/cuts.py`` writes docs/images/methods/*.svg."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.base import Bounds, CutMethod, Found
from cytogate.methods.cuts.fmo import Fmo
from cytogate.methods.cuts.mindensity import MinDensity
from cytogate.methods.cuts.quantile import Quantile
from cytogate.methods.cuts.reference import Reference
from cytogate.methods.cuts.shift import Shift
from cytogate.methods.cuts.tailgate import TailGate
from cytogate.methods.density import estimate
from cytogate.methods.summary import Span, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parents[1] / "images" / "methods"
SPAN = Span(-0.25, 1.03)
BLUE, RED, GREY, INK = "#0072B2", "#D55E00", "#8A8A8A", "#222222"
WIDTH, HEIGHT, TOP, BOTTOM, SIDE = 400, 250, 62, 214, 16
SEEN = (-0.1, 0.95)  # of the scale


@dataclass(frozen=True)
class Curve:
    """A density: its events, colour, name, and from where on it is shaded."""

    summary: Summary
    colour: str
    name: str
    shaded_from: float = math.inf


@dataclass(frozen=True)
class Line:
    """A cut: its place, colour, name; a fixed one is dashed, a found one has a band of two SD."""

    at: float
    colour: str
    name: str
    deviation: float = 0.0
    dashed: bool = False

    @classmethod
    def of(cls, found: Found, name: str = "cut ± 2 SD") -> Line:
        """Return the line of a cut that was found."""
        return cls(found.position[0], RED, name, math.sqrt(found.variance[0]))


def sample(n: int, *parts: tuple[float, float, float], seed: int = 1) -> Summary:
    """Return events of a mixture: share, mean and deviation of each population."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(mean, deviation, round(share * n)) for share, mean, deviation in parts]
    return Summary.of(np.concatenate(values), [SPAN])


def across(place: float) -> float:
    """Return the x of a place on the scale."""
    return SIDE + (place - SEEN[0]) / (SEEN[1] - SEEN[0]) * (WIDTH - 2 * SIDE)


def panel(title: str, curves: Sequence[Curve], lines: Sequence[Line], left: float) -> str:
    """Return one plot: densities of equal area, cuts, and a legend above that overlaps nothing."""
    parts = [f'<g transform="translate({left:g} 0)">']
    parts.append(f'<text x="{SIDE}" y="20" font-weight="bold">{escape(title)}</text>')
    drawn = [estimate(curve.summary, adjust=0.8) for curve in curves]
    top = max(float(one.height.max()) for one in drawn)
    for line in lines:
        half = 2 * line.deviation
        low, high = across(line.at - half), across(line.at + half)
        parts.append(
            f'<rect x="{low:.1f}" y="{TOP}" width="{high - low:.1f}" height="{BOTTOM - TOP}" '
            f'fill="{line.colour}" opacity="0.2"/>'
        )
    for curve, one in zip(curves, drawn, strict=True):
        seen = (one.x >= SEEN[0]) & (one.x <= SEEN[1])
        points = [
            (across(x), BOTTOM - 0.94 * (BOTTOM - TOP) * h / top)
            for x, h in zip(one.x[seen].tolist(), one.height[seen].tolist(), strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{curve.colour}" stroke-width="2"/>')
        tail = [(x, y) for x, y in points if x >= across(curve.shaded_from)]
        if tail:
            corners = [(tail[0][0], BOTTOM), *tail, (tail[-1][0], BOTTOM)]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
            parts.append(f'<polygon points="{path}" fill="{curve.colour}" opacity="0.45"/>')
    for line in lines:
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        x = across(line.at)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}" stroke="{line.colour}" '
            f'stroke-width="2"{dash}/>'
        )
    parts.append(legend(curves, lines))
    parts.append(f'<line x1="{SIDE}" x2="{WIDTH - SIDE}" y1="{BOTTOM}" y2="{BOTTOM}" stroke="{INK}"/>')
    for place in (0.0, 0.25, 0.5, 0.75):
        x = across(place)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 4}" stroke="{INK}"/>')
        parts.append(f'<text x="{x:.1f}" y="{BOTTOM + 17}" text-anchor="middle">{place:g}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{BOTTOM + 32}" text-anchor="middle">marker, logicle scale</text>')
    return "\n".join([*parts, "</g>"])


def legend(curves: Sequence[Curve], lines: Sequence[Line]) -> str:
    """Return the names of curves and lines in one row under the title."""
    entries = [(curve.name, curve.colour, "") for curve in curves]
    entries += [(line.name, line.colour, ' stroke-dasharray="5 4"' if line.dashed else "") for line in lines]
    parts, x = [], float(SIDE)
    for name, colour, dash in entries:
        parts.append(
            f'<line x1="{x:g}" x2="{x + 18:g}" y1="40" y2="40" stroke="{colour}" stroke-width="3"{dash}/>'
            f'<text x="{x + 23:g}" y="44">{escape(name)}</text>'
        )
        x += 23 + 6.3 * len(name) + 14
    return "\n".join(parts)


def write(name: str, label: str, *panels: tuple[str, Sequence[Curve], Sequence[Line]]) -> None:
    """Write the figure of a method."""
    width = WIDTH * len(panels)
    drawn = "\n".join(panel(*one, left=i * WIDTH) for i, one in enumerate(panels))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(label)}" font-family="sans-serif" font-size="12" '
        f'fill="{INK}">\n<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>\n{drawn}\n</svg>\n',
        encoding="utf-8",
    )


def cut(method: CutMethod, summary: Summary, fallback: float) -> Line:
    """Return the cut that a method finds, as a line."""
    return Line.of(method.find(summary, Bounds(fallback)))


def main() -> None:
    """Write all figures."""
    two = sample(5000, (0.75, 0.2, 0.06), (0.25, 0.62, 0.08))
    shoulder = sample(5000, (0.8, 0.25, 0.06), (0.2, 0.42, 0.05))
    write(
        "mindensity",
        "Left: the cut in the valley between two peaks. Right: the cut on the shoulder of a single peak.",
        ("A valley between two peaks", [Curve(two, BLUE, "sample")], [cut(MinDensity(), two, 0.45)]),
        ("One peak: its shoulder", [Curve(shoulder, BLUE, "sample")], [cut(MinDensity(), shoulder, 0.45)]),
    )

    tail = sample(8000, (0.9, 0.2, 0.06), (0.1, 0.55, 0.15))
    found = cut(TailGate(), tail, 0.45)
    write(
        "tailgate",
        "The cut where the right flank of the negative peak has run out; what is beyond is shaded.",
        ("The negative's flank runs out", [Curve(tail, BLUE, "sample", found.at)], [found]),
    )

    negative = sample(20_000, (1.0, 0.25, 0.07))
    found = cut(Quantile(0.99), negative, 0.5)
    write(
        "quantile",
        "The cut above which one percent of the negative reference population lies, shaded.",
        ("1 % of the events lie above", [Curve(negative, GREY, "population looked at", found.at)], [found]),
    )

    control = sample(20_000, (1.0, 0.25, 0.09))
    stained = sample(20_000, (0.9, 0.25, 0.09), (0.1, 0.6, 0.1), seed=2)
    found = cut(Fmo(), control, 0.5)
    write(
        "fmo",
        "The cut is a quantile of the control tube; what the sample has beyond it is shaded.",
        (
            "The control sets the cut",
            [Curve(control, GREY, "FMO control"), Curve(stained, BLUE, "sample", found.at)],
            [found],
        ),
    )

    naive, memory = sample(20_000, (1.0, 0.22, 0.07)), sample(20_000, (0.35, 0.25, 0.08), (0.65, 0.52, 0.1))
    found = cut(Reference({"kind": "quantile", "probability": 0.99}), naive, 0.5)
    write(
        "reference",
        "CD27 of naive B cells sets the cut for IgD-negative B cells, in which CD27 has no valley.",
        (
            "CD27: naive cells set the cut",
            [Curve(naive, GREY, "naive (IgD+)"), Curve(memory, BLUE, "IgD−", found.at)],
            [found],
        ),
    )

    study = sample(20_000, (0.7, 0.2, 0.06), (0.3, 0.6, 0.08))
    moved = sample(20_000, (0.6, 0.24, 0.06), (0.4, 0.64, 0.08))
    method = Shift().with_landmarks(Shift().landmarks_of(study))
    write(
        "cut_shift",
        "The template's cut, dashed, moves as far as the peaks of the sample are away from the study's.",
        (
            "The cut follows the peaks",
            [Curve(study, GREY, "study"), Curve(moved, BLUE, "sample")],
            [Line(0.4, GREY, "template's cut", dashed=True), cut(method, moved, 0.4)],
        ),
    )


if __name__ == "__main__":
    main()
