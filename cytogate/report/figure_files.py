"""Figures of the report as files, with their captions beside them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, StoreError, nearest
from cytogate.platform import write_atomically
from cytogate.plots.rendering import KINDS, Kind, render
from cytogate.report.captions import (
    TABLE,
    caption_entries,
    captions_json,
    captions_kept,
    captions_markdown,
    captions_table,
    merged,
)
from cytogate.report.figure import report_figures
from cytogate.study.export.places import make_room
from cytogate.study.run_folder.audit import record
from cytogate.study.run_folder.folder import blamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import plotly.graph_objects as go

    from cytogate.plots.picture import Picture
    from cytogate.report.figure import ReportFigure
    from cytogate.report.section import RunLike

TITLE_ROOM = 34  # pixels above a plotly figure for its title, which the page has as a heading
WIDTH = 640  # pixels of a figure that says none


def write_figures(
    run: RunLike,
    folder: str | Path,
    *,
    kind: Kind = "svg",
    only: Iterable[str] = (),
    force: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Path, ...]:
    """Write the figures of the report as files, with ``captions.md``, ``captions.json`` and ``captions.csv``.

    Captions that are there stay as long as their figures do.

    Parameters
    ----------
    run : Run
        An opened run folder.
    folder : str or Path
        Made where it is missing.
    kind : {"svg", "pdf", "png"}
        Format; PNG has three pixels for one of the figure.
    only : iterable of str
        Names of figures, ``*`` for any letters (``"trend-*"``); by default all.
    force : bool
        Write over files that are there.
    progress : callable, optional
        Called with the number of figures done, of all, and the last one's name.

    Returns
    -------
    tuple of Path
        The files written, the captions last.

    Raises
    ------
    CytogateError
        An unknown format, or a name that no figure has (the nearest are named).
    StoreError
        Files are there already or cannot be written; kaleido or a browser is missing, or fails. Figures that
        were complete by then stay.
    """
    if kind not in KINDS:
        message = f"Unknown format {kind!r} of figures. {nearest(kind, KINDS)}"
        raise CytogateError(message)
    figures = chosen(report_figures(run), tuple(only))
    if not figures:
        message = f"{run.path}: this run has nothing to draw, so there are no figures."
        raise StoreError(message)
    place = Path(folder)
    targets = [place / f"{figure.name}.{kind}" for figure in figures]
    kept = captions_kept(run, place, force=force)
    known = (place / "captions.json").exists()
    own = [] if known else [place / "captions.md", place / TABLE]  # alone they are somebody's own
    make_room([*targets, *own], force=force)
    entries = merged(kept, caption_entries(run, figures, kind))
    captions = {
        place / "captions.md": captions_markdown(run, entries),
        place / "captions.json": captions_json(run, entries),
        place / TABLE: captions_table(entries),
    }
    n_done = 0

    def receive(number: int, content: bytes) -> None:
        nonlocal n_done
        _write(targets[number], content)
        n_done += 1
        if progress is not None:
            progress(n_done, len(targets), figures[number].name)

    render([partial(file_figure, figure) for figure in figures], kind, receive)
    for target, words in captions.items():
        _write(target, words.encode("utf-8"))
    record(run.path, "figures", (*targets, *captions))
    return (*targets, *captions)


def chosen(figures: Sequence[ReportFigure], only: Sequence[str]) -> tuple[ReportFigure, ...]:
    """Return the figures that names or patterns mean, in their own order; all where none is given.

    Letters are large or small, and spaces and underscores are hyphens. What is no figure's whole name may be
    the kind or the end of several: ``trend``, ``dn``.

    Raises
    ------
    CytogateError
        A name or pattern that no figure has; those near it are named.
    """
    if not only:
        return tuple(figures)
    names = {_plain(figure.name): figure.name for figure in figures}
    wanted: set[str] = set()
    for pattern in only:
        found = _meant(_plain(pattern), tuple(names))
        if not found:
            near = [name for plain, name in names.items() if _plain(pattern.strip("*")) in plain]
            known = near[:5] or list(names.values())
            hint = f"Near it: {', '.join(known)}." if near else nearest(pattern, known)
            message = f"No figure {pattern!r}. {hint} cytogate figures --list names all."
            raise CytogateError(message)
        wanted |= set(found)
    return tuple(figure for figure in figures if _plain(figure.name) in wanted)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(" ", "-")


def _meant(pattern: str, names: Sequence[str]) -> list[str]:
    """Return the names that fit a pattern whole, else those that begin or end with it as a word."""
    whole = [name for name in names if fnmatchcase(name, pattern)]
    return whole or [n for n in names if n.startswith(f"{pattern}-") or n.endswith(f"-{pattern}")]


def file_figure(figure: ReportFigure) -> go.Figure | Picture:
    """Return a figure as its file has it: a plotly figure gets a size, and its title inside."""
    from html import escape

    from cytogate.plots.picture import Picture
    from cytogate.plots.trends import HEIGHT

    drawn = figure.build()
    if isinstance(drawn, Picture):
        return drawn
    margin = drawn.layout.margin.to_plotly_json() or drawn.layout.template.layout.margin.to_plotly_json()
    top = float(margin.get("t", 18))
    height = float(drawn.layout.height or HEIGHT) + TITLE_ROOM
    drawn.update_layout(
        width=drawn.layout.width or WIDTH,
        height=height,
        margin={**margin, "t": top + TITLE_ROOM},
        title={
            "text": escape(figure.title),
            "font": {"size": 15},
            "x": 0.02,
            "xanchor": "left",
            "y": 1 - 14 / height,
            "yanchor": "top",
        },
    )
    return drawn


def _write(target: Path, content: bytes) -> None:
    with blamed(target), write_atomically(target) as file:
        file.write(content)
