"""Progress on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

import click

from cytogate.cli._options import session

if TYPE_CHECKING:
    from types import TracebackType

EVERY = 10.0  # seconds between lines where there is no terminal


class Bar:
    """A bar that counts samples; a line every ten seconds at most where nobody watches.

    Parameters
    ----------
    what : str
        What is done, shown at the left.
    total : int or None
        How many steps there are; None where `show` tells it later.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what = what
        self._total = total
        self._failed = 0
        self._said = time.monotonic()
        self._progress: Any = None  # rich is imported for terminals only
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not session().quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task(self._what, total=self._total)
        return self

    def step(self) -> None:
        """Move on by one."""
        if self._progress is not None:
            self._progress.advance(self._task)

    def show(self, done: int, total: int, name: str, succeeded: bool = True) -> None:  # noqa: FBT001, FBT002
        """Show that `done` of `total` are done, `name` the last; a progress callback of the library."""
        self._failed += not succeeded
        note = f", {self._failed} failed" if self._failed else ""
        if self._progress is None:
            now = time.monotonic()
            if now - self._said >= EVERY and not session().quiet:
                self._said = now
                click.echo(f"{self._what}: {done} of {total}{note}", err=True)
        else:
            self._progress.update(
                self._task, completed=done, total=total, description=f"{self._what} {name}{note}"
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()


def announce_compiling(*, everything: bool = False) -> None:
    """Say that the first use on a machine takes longer, when it is the first.

    Parameters
    ----------
    everything : bool
        Whether all kernels are needed, those of intensities and plots too; else those that gate.
    """
    from cytogate.kernels._jit import is_compiled, is_kept
    from cytogate.kernels.program import run_program

    if session().quiet:
        return
    if everything:
        from cytogate.gating.warm_up import is_warm

        ready, what = is_warm(), "all kernels"
    else:
        ready, what = is_compiled(run_program), "the gating kernels"
    if ready:
        return
    if is_kept(run_program):
        click.echo(f"First use: compiling {what} once, about half a minute.", err=True)
    else:
        message = (
            f"Compiling {what}, about half a minute in every process. They cannot be kept: no cache folder "
            "can be written. Name one in the environment variable NUMBA_CACHE_DIR."
        )
        click.echo(message, err=True)
