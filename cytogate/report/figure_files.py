"""Figures of the report as files, with their captions beside them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, StoreError, nearest
from cytogate.platform import write_atomically
from cytogate.plots.rendering import KINDS, Kind, render
from cytogate.report.captions import caption_entries, captions_json, captions_kept, captions_markdown, merged
from cytogate.report.figure import report_figures
from cytogate.study.export.places import make_room
from cytogate.study.run_folder import blamed

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
    """Write the figures of the report as files, and ``captions.md`` and ``captions.json`` for them.

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
    own = [] if (place / "captions.json").exists() else [place / "captions.md"]  # alone it is somebody's own
    make_room([*targets, *own], force=force)
    entries = merged(kept, caption_entries(run, figures, kind))
    captions = {
        place / "captions.md": captions_markdown(run, entries),
        place / "captions.json": captions_json(run, entries),
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
    return (*targets, *captions)


def chosen(figures: Sequence[ReportFigure], only: Sequence[str]) -> tuple[ReportFigure, ...]:
    """Return the figures that names or patterns mean, in their own order; all where none is given.

    Raises
    ------
    CytogateError
        A name or pattern that no figure has.
    """
    for pattern in only:
        if not any(fnmatchcase(figure.name, pattern) for figure in figures):
            message = f"No figure {pattern!r}. {nearest(pattern, [figure.name for figure in figures])}"
            raise CytogateError(message)
    if not only:
        return tuple(figures)
    return tuple(figure for figure in figures if any(fnmatchcase(figure.name, one) for one in only))


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
