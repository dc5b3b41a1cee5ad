"""Measure gating speed and memory on your files, or on a generated one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK
from cytogate.cli._gates import GATES, strategies
from cytogate.cli._inputs import require_folder_of, tubes
from cytogate.cli._options import common, warn
from cytogate.cli._output import table, write_json, write_text
from cytogate.cli._progress import Bar, announce_compiling
from cytogate.errors import CytogateError
from cytogate.platform import usable_cpus
from cytogate.study.sample.failure import said_of

if TYPE_CHECKING:
    from cytogate.bench.benchmark import Plan
    from cytogate.fcs.file import FcsFile

MOST = 1024  # threads or workers; more is a slip


class Numbers(click.ParamType[tuple[int, ...]]):
    """Whole numbers from 1 on, parted by commas."""

    name = "N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers, each once and in order."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = sorted({int(word) for word in str(value).split(",")})
        except ValueError:
            numbers = [0]
        if not 1 <= numbers[0] <= numbers[-1] <= MOST:
            self.fail(
                f"found {value!r}; expected whole numbers from 1 to {MOST} parted by commas, such as 1,2,4.",
                param,
                ctx,
            )
        return tuple(numbers)


def up_to(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4 and so on, and `most`.

    Examples
    --------
    >>> up_to(1), up_to(2), up_to(6)
    ((1,), (1, 2), (1, 2, 4, 6))
    """
    doubled = [1 << power for power in range(most.bit_length()) if 1 << power < most]
    return (*doubled, most)


@click.command()
@click.argument("files", nargs=-1, callback=tubes, type=click.Path(exists=True, path_type=Path))
@click.option("-t", "--template", help=f"{GATES}. Without it a tree is made from the channels of each file.")
@click.option(
    "--against", type=click.Choice(["flowkit"]), help="Do the same work with it, and compare all counts."
)
@click.option(
    "--events",
    type=click.IntRange(min=1),
    help="Events of the generated file; 1000000 if not given. Only without FILES.",
)
@click.option(
    "--threads", type=Numbers(), help="Numbers of threads to try; 1, 2, 4 ... all processors if not given."
)
@click.option("--workers", type=Numbers(), help="Numbers of processes to try; as threads if not given.")
@click.option(
    "--repeat", type=click.IntRange(min=1), default=5, help="Rounds that count, after one to warm up."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for benchmark.json and benchmark.html; made if it is not there.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(
    files: tuple[Path, ...],
    *,
    template: str | None,
    against: str | None,
    events: int | None,
    threads: tuple[int, ...] | None,
    workers: tuple[int, ...] | None,
    repeat: int,
    out: Path,
    as_json: bool,
) -> int:
    """Measure gating speed and memory on your files, or on a generated one.

    FILES may be folders. Without a template they are gated by a tree made from the channels of each file.
    Without FILES a file of 18 channels is generated, and gated by a tree
    of 13 populations. Exit code 1 where counts differ.
    """
    _refuse_contradictions(files, template=template, events=events)
    require_folder_of(out)
    from cytogate.bench.benchmark import run_benchmark
    from cytogate.bench.page import page_html
    from cytogate.bench.wording import remarks

    opened = _opened(files)
    if opened is None:
        return FAILED_SAMPLES
    announce_compiling(everything=True)
    plan = _plan(
        opened,
        template=template,
        events=events,
        threads=threads,
        workers=workers,
        repeat=repeat,
        against=against,
    )
    with Bar("measuring") as bar:
        found = run_benchmark(plan, bar.show)
    out.mkdir(exist_ok=True)
    write_text(out / "benchmark.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    write_text(out / "benchmark.html", page_html(found))
    for remark in remarks(found):
        warn(remark)
    if as_json:
        write_json(found)
    else:
        _print(found)
    click.echo(f"{out / 'benchmark.html'} shows it, {out / 'benchmark.json'} holds it.", err=True)
    return FAILED_SAMPLES if found["differing"] else OK


def _refuse_contradictions(files: tuple[Path, ...], *, template: str | None, events: int | None) -> None:
    if not files and template is not None:
        message = "--template needs FILES; the generated file has a tree of its own."
        raise click.UsageError(message)
    if files and events is not None:
        message = "--events is the size of the generated file; leave it out where FILES are given."
        raise click.UsageError(message)


def _opened(files: tuple[Path, ...]) -> list[FcsFile] | None:
    """Open all files; None, and each fault on stderr, where one cannot be read."""
    from cytogate.fcs.read import read_fcs

    opened = []
    for path in files:
        try:
            opened.append(read_fcs(path))
        except CytogateError as error:
            click.echo(f"error: {said_of(error, path=str(path), name=str(path))}", err=True)
    return opened if len(opened) == len(files) else None


def _plan(
    opened: list[FcsFile],
    *,
    template: str | None,
    events: int | None,
    threads: tuple[int, ...] | None,
    workers: tuple[int, ...] | None,
    repeat: int,
    against: str | None,
) -> Plan:
    from cytogate.bench.benchmark import GENERATED_EVENTS, Plan
    from cytogate.bench.generic import generic_tree
    from cytogate.bench.inputs import given_tubes

    strategy_of = generic_tree if template is None else strategies(template, opened)
    tried = threads or up_to(usable_cpus())
    return Plan(
        tubes=given_tubes(opened, strategy_of) if opened else (),
        events=events or GENERATED_EVENTS,
        threads=tried,
        workers=workers or up_to(usable_cpus()),
        repeat=repeat,
        against=against,
        command=_typed(),
    )


def _typed() -> str:
    """Return the command line as it was typed, to be repeated by a reader of the page."""
    context = click.get_current_context()
    words = ["cytogate", "benchmark"]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        given = context.get_parameter_source(parameter.name or "")
        if given is None or given.name not in ("COMMANDLINE", "ENVIRONMENT") or value in (None, False, ()):
            continue
        said = value if isinstance(value, tuple) else (value,)
        if isinstance(parameter, click.Argument):
            words += [str(word) for word in said]
        elif value is True:
            words.append(parameter.opts[-1])
        else:
            words += [parameter.opts[-1], ",".join(str(word) for word in said)]
    return shlex.join(words)


def _print(found: dict[str, Any]) -> None:
    from cytogate.bench.machine import in_words
    from cytogate.bench.wording import headline, tables, work_in_words

    click.echo(f"{work_in_words(found)}\n{in_words(found['machine'])}\n\n{headline(found)}")
    for one in tables(found):
        click.echo(f"\n{one.title}")
        click.echo(table(one.header, one.rows, right=one.header[1:]))
