"""The ``cytogate`` command: imports a sub-command when it is run, and turns errors into exit codes.

Every module of this folder whose name does not begin with ``_`` is a command: it holds a click command
called ``command``, and the first line of its docstring is its one-line help. So ``cytogate --help`` imports
none of them.
"""

from __future__ import annotations

import ast
import importlib
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cytogate.cli._exits import INTERRUPTED, OK, TERMINATED, Terminated, describe, exit_code
from cytogate.cli._options import Session
from cytogate.errors import CytogateError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import TextIO

_FOLDER = Path(__file__).parent
_ONE_REQUEST = 1.0  # seconds: `timeout` and schedulers signal the process, and its group at once


class LazyGroup(click.Group):
    """A group whose commands are the modules of this folder, imported only when one is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, from the names of the files."""
        modules = sorted(path.stem for path in _FOLDER.glob("*.py"))
        return [name for name in modules if not name.startswith("_") and name != "main"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found = importlib.import_module(f"cytogate.cli.{cmd_name}").command
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; an unknown one names the nearest."""
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            ctx.fail(f"No such command {args[0]!r}. {nearest(args[0], known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the first lines of their docstrings."""
        rows = [(name, summary(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def summary(name: str) -> str:
    """Return the one-line help of a command: the first line of its module's docstring."""
    first = (_FOLDER / f"{name}.py").read_text(encoding="utf-8").split("\n", 1)[0].strip()
    return str(ast.literal_eval(first if first.count('"""') > 1 else f'{first}"""'))


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click calls
    if wanted:
        import cytogate

        click.echo(f"cytogate {cytogate.__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Gate the FCS files of a clinical trial, exactly and fast.

    \b
    Exit codes: 0 fine; 1 some files failed, or verify found a difference; 2 usage;
    3 invalid study, sheet or template; 4 environment (disk, permission, memory);
    130 interrupted; 143 terminated.
    """  # noqa: D301 - \b is click's mark for lines kept as they are


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``cytogate``; those of this process if not given.
    """
    session = Session()
    words = None if arguments is None else list(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = _show_warning
        try:
            outcome = cli.main(words, prog_name="cytogate", standalone_mode=False, obj=session)
        except click.Abort as abort:
            click.echo("interrupted", err=True)
            return TERMINATED if isinstance(abort.__cause__, Terminated) else INTERRUPTED
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (CytogateError, OSError, MemoryError) as error:
            if session.debug:
                raise
            click.echo(f"error: {describe(error)}", err=True)
            return exit_code(error)
    return outcome if isinstance(outcome, int) else OK


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"warning: {message}", err=True)


def _end_on_signals() -> None:
    """Let the first SIGINT or SIGTERM unwind what runs, and a later one stop the process at once."""
    owner = os.getpid()
    came: list[tuple[int, float]] = []

    def end(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != owner:
            signal.signal(number, signal.SIG_DFL)  # a forked worker ends at once
            os.kill(os.getpid(), number)
            return
        came.append((number, time.monotonic()))
        if len(came) > 1:
            if number == came[0][0] and came[-1][1] - came[0][1] < _ONE_REQUEST:
                return  # the same request, told twice
            os.write(2, b"\nstopped at once\n")  # whatever holds the streams
            os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)  # workers end with their parent
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and background jobs have it
            signal.signal(number, end)


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    _end_on_signals()
    sys.exit(run())
