"""How FCS files are read: the options that all commands share which read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from cytogate.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _known(_ctx: click.Context, _option: click.Parameter, codes: Sequence[str]) -> frozenset[str]:
    """Return the codes; one that no warning has names the nearest."""
    if not codes:
        return frozenset()
    from cytogate.fcs.repairs.codes import warning_codes

    known = list(warning_codes())
    for code in codes:
        if code not in known:
            message = f"no warning has the code {code!r}. {nearest(code, known)}"
            raise click.BadParameter(message)
    return frozenset(codes)


def _completed(_ctx: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes that begin like what was typed, with what each means."""
    from cytogate.fcs.repairs.codes import warning_codes

    return [
        CompletionItem(code, help=what)
        for code, what in warning_codes().items()
        if code.startswith(incomplete)
    ]


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--dataset``, ``--lenient`` and ``--refuse`` to a command, named as `read_fcs` takes them."""
    for option in (
        click.option(
            "--refuse",
            metavar="CODE",
            multiple=True,
            callback=_known,
            shell_complete=_completed,
            help="Refuse files with this warning (`cytogate explain --all` lists the codes); repeatable.",
        ),
        click.option("--lenient", is_flag=True, help="Read damaged files as far as they go, with a warning."),
        click.option(
            "--dataset", type=click.IntRange(min=0), default=0, help="Which data set of a file, from 0."
        ),
    ):
        function = option(function)
    return function
