"""Figures as SVG, PDF or PNG: kaleido drives one installed Chrome or Chromium for all of them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cytogate.errors import StoreError
from cytogate.plots.picture import Picture, as_plotly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import plotly.graph_objects as go

Kind = Literal["svg", "pdf", "png"]
KINDS: tuple[Kind, ...] = ("svg", "pdf", "png")
SCALE = 3  # pixels of a PNG for one of the figure: about 290 dots an inch
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
_NO_BROWSER = (
    "no Chrome or Chromium was found on PATH, and figures need one. Install one, or set BROWSER_PATH to the "
    "file that starts it."
)


def browser_path() -> str | None:
    """Return the browser that BROWSER_PATH names or PATH holds; None where neither does.

    Raises
    ------
    StoreError
        BROWSER_PATH names no file.
    """
    named = os.environ.get("BROWSER_PATH")
    if named:
        if not Path(named).is_file():
            message = f"BROWSER_PATH: {named} is no file. Set it to an installed Chrome or Chromium."
            raise StoreError(message)
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def render(
    figures: Iterable[Callable[[], go.Figure | Picture]],
    kind: Kind,
    receive: Callable[[int, bytes], None],
) -> None:
    """Draw figures one after the other in one browser; nothing is fetched from a network.

    Parameters
    ----------
    figures : iterable of callables
        Each returns a plotly figure or a picture.
    kind : {"svg", "pdf", "png"}
        Pictures that are SVG already need no browser for it.
    receive : callable
        Called with the number of a figure, from 0, and its file.

    Raises
    ------
    StoreError
        kaleido is not installed, there is no browser, or it fails.
    """
    waiting: list[tuple[int, Any]] = []
    for number, build in enumerate(figures):
        figure = build()
        if isinstance(figure, Picture) and kind == "svg":
            receive(number, figure.svg.encode("utf-8"))
        else:
            waiting.append((number, as_plotly(figure) if isinstance(figure, Picture) else figure))
    if waiting:
        _in_own_loop(waiting, kind, receive)


def _in_own_loop(
    figures: Sequence[tuple[int, Any]], kind: Kind, receive: Callable[[int, bytes], None]
) -> None:
    """Drive the browser in a thread of its own: the caller may run an event loop, as notebooks do."""
    if importlib.util.find_spec("kaleido") is None:
        message = "Figures need kaleido: pip install 'cytogate[figures]'."
        raise StoreError(message)
    browser = browser_path()
    with ThreadPoolExecutor(1, thread_name_prefix="cytogate-figures") as pool:
        pool.submit(asyncio.run, _drive(figures, kind, receive, browser)).result()


async def _drive(
    figures: Sequence[tuple[int, Any]],
    kind: Kind,
    receive: Callable[[int, bytes], None],
    browser: str | None,
) -> None:
    import kaleido
    from choreographer import errors as browser_errors
    from kaleido import errors

    faults = (
        errors.BrowserClosedError,
        errors.BrowserFailedError,
        errors.JavascriptError,
        errors.KaleidoError,
        browser_errors.BrowserDepsError,
        browser_errors.ChannelClosedError,
        browser_errors.DevtoolsProtocolError,
        asyncio.TimeoutError,
    )
    where = {} if browser is None else {"path": browser}
    scale = SCALE if kind == "png" else 1
    try:
        async with kaleido.Kaleido(n=1, mathjax=False, **where) as server:
            for number, figure in figures:
                receive(number, await server.calc_fig(figure, {"format": kind, "scale": scale}))
    except errors.ChromeNotFoundError as error:
        raise StoreError(_NO_BROWSER) from error
    except faults as error:
        message = f"the browser {browser} could not draw the figures: {str(error) or type(error).__name__}."
        raise StoreError(message) from error
