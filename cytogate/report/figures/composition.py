"""Figures: how the cells of a denominator divide into subsets, a bar per patient and visit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.composition import HEIGHT, WIDTH, composition_svg, parts_key
from cytogate.plots.heat import MOST_NUMBERS
from cytogate.plots.picture import Picture, Words, compose
from cytogate.plots.words import shortened
from cytogate.report import facts
from cytogate.report.compositions import compositions
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.section import asset_rules
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.compositions import Composition
    from cytogate.report.section import RunLike

IN_ROW, GAP, HEAD = 4, 14, 34


def shown(run: RunLike) -> tuple[Composition, ...]:
    """Return the compositions that can be drawn: their parts have no events in common."""
    return tuple(found for found in compositions(run) if found.bars and not found.overlapping)


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every denominator that divides into at least two subsets."""
    found = shown(run)
    names = [f"{one.of} {i}" if i else one.of for i, one in enumerate(found)]
    stems = file_stems(names)
    for name, one in zip(names, found, strict=True):
        yield ReportFigure(
            name=f"composition-{stems[name]}",
            title=f"Composition of {one.denominator}",
            caption=caption(one),
            build=partial(draw, run, one),
            subjects_of_tests=tuple(part.name for part in one.parts),
            legend="A bar is a visit, and 100 % of its denominator. Dashed frames: no value. Where one part "
            "grows others must shrink: these are shares, not numbers of cells.",
        )


def caption(found: Composition) -> str:
    """Say what is drawn of what, and what is not drawn apart."""
    parts = ", ".join(part.label for part in found.parts)
    n = len(found.bars)
    n_bars = sum(stack is not None for bars in found.bars.values() for _, stack in bars)
    left = f" Not drawn apart: {', '.join(found.left_out)}." if found.left_out else ""
    return (
        f"Each as % of {found.denominator}, adding up to 100 %: {parts}; other: all else of "
        f"{found.denominator}. {n} patient{'' if n == 1 else 's'}, {n_bars} visits.{left}"
    )


def panels(run: RunLike, found: Composition) -> dict[str, str]:
    """Return one picture per patient."""
    styles = facts.styles(run)
    names = [part.title for part in found.parts]
    made = {}
    for subject, bars in found.bars.items():
        style = styles[subject]
        title = subject if style.responder is None else f"{shortened(subject, 9)}, {style.words}"
        made[subject] = composition_svg(
            title,
            bars,
            names,
            titles=len(found.bars) <= MOST_NUMBERS,
            label=f"{subject}: composition of {found.denominator} at each visit",
        )
    return made


def draw(run: RunLike, found: Composition) -> Picture:
    """Return the patients' pictures side by side, with the key of the parts."""
    drawn = panels(run, found).values()
    columns = min(IN_ROW, len(drawn))
    width = max(columns * (WIDTH + GAP) + 150, 480)
    places = [
        (svg, 6.0 + (i % IN_ROW) * (WIDTH + GAP), HEAD + (i // IN_ROW) * (HEIGHT + GAP))
        for i, svg in enumerate(drawn)
    ]
    words = [Words(shortened(f"Composition of {found.denominator}", 70), 10, 20, 14, weight=600)]
    x = columns * (WIDTH + GAP) + 10
    for i, (name, colour) in enumerate(parts_key([part.title for part in found.parts])):
        words.append(Words("■", x, HEAD + 20 + 18 * i, 14, colour=colour))
        words.append(Words(shortened(name, 20), x + 16, HEAD + 19 + 18 * i, 11))
    rows = -(-len(drawn) // IN_ROW)
    size = (width, HEAD + rows * (HEIGHT + GAP))
    style = asset_rules("page.css", ".parts")
    return compose(places, words, size=size, style=style, title=f"Composition of {found.denominator}")


figure_kinds.register("composition")(FigureKind(order=22, figures=figures))
