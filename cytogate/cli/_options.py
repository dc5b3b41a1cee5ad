"""Options that all commands share: how much is said on stderr, and whether errors show where they arose."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("cytogate")


@dataclass(slots=True)
class Session:
    """What the common options set for one call of the command line."""

    debug: bool = False
    quiet: bool = False


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-v``, ``-q`` and ``--debug`` to a command."""
    for option in (
        click.option(
            "--debug", is_flag=True, expose_value=False, callback=_debug, help="Show tracebacks of errors."
        ),
        click.option(
            "-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Errors only on stderr."
        ),
        click.option(
            "-v",
            "--verbose",
            count=True,
            expose_value=False,
            callback=_verbose,
            is_eager=True,
            help="Say more on stderr; twice for all.",
            show_default=False,
        ),
    ):
        function = option(function)
    return function


def session() -> Session:
    """Return what the common options of this call say."""
    return click.get_current_context().ensure_object(Session)


def warn(text: object) -> None:
    """Say on stderr what is worth knowing and stops nothing; not with ``-q``."""
    if not session().quiet:
        click.echo(f"warning: {text}", err=True)


def _debug(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it
    ctx.ensure_object(Session).debug |= value


def _quiet(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it
    ctx.ensure_object(Session).quiet |= value
    if value:
        log.setLevel(logging.ERROR)


def _verbose(ctx: click.Context, _option: click.Parameter, value: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel({0: logging.WARNING, 1: logging.INFO}.get(value, logging.DEBUG))
    ctx.find_root().call_on_close(lambda: log.removeHandler(handler))
