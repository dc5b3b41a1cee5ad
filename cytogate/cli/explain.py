"""Say what the code of a warning or of an error means, and what to do about it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from cytogate.cli._exits import OK
from cytogate.cli._options import common
from cytogate.cli._output import line_width, table
from cytogate.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.argument("codes", nargs=-1, metavar="CODE...")
@click.option("--all", "every", is_flag=True, help="List all codes, with a few words on each.")
@common
def command(codes: tuple[str, ...], *, every: bool) -> int:
    """Say what the code of a warning or of an error means, and what to do about it.

    A code is what stands in brackets: [text-padded]. A file with a warning is read; one with an error is
    refused. Codes of templates, gates, studies and foreign gating files are explained too.
    """
    if not codes and not every:
        message = "name a CODE, or list them with --all."
        raise click.UsageError(message)
    from cytogate.cli.meanings import meanings
    from cytogate.fcs.repairs.codes import warning_codes
    from cytogate.fcs.repairs.refusals import REFUSALS
    from cytogate.interop.crosscheck.rules import RULES

    others = meanings()
    known = list(dict.fromkeys([*warning_codes(), *REFUSALS, *others, *RULES]))
    wanted = [code.strip("[],") for code in codes]
    for code in wanted:
        if code not in known:
            message = f"no note, warning or error has the code {code!r}. {nearest(code, known)}"
            raise click.BadParameter(message, param_hint="'CODE'")
    if every:
        warnings, refusals = sorted(warning_codes().items()), sorted(REFUSALS.items())
        click.echo(table(["warning", "what it is"], warnings))
        click.echo()
        click.echo(table(["refusal", "why"], [(code, why) for code, (why, _) in refusals]))
        click.echo()
        told = sorted((code, what) for code, (what, _) in others.items())
        click.echo(table(["message", "what it says"], told))
        click.echo()
        rules = sorted((code, rule.says) for code, rule in RULES.items())
        click.echo(table(["rule", "that other readers may break"], rules))
    else:
        click.echo("\n\n".join("\n".join(_explained(code)) for code in wanted))
    return OK


def _explained(code: str) -> Iterator[str]:
    """Yield the lines about a code; one may be of a warning and, where nothing is proven, of a refusal."""
    from cytogate.cli.meanings import meanings
    from cytogate.compensation.causes import CAUSES
    from cytogate.fcs.repairs.advice import advice_on
    from cytogate.fcs.repairs.codes import REPAIRS, is_lenient, warning_codes
    from cytogate.fcs.repairs.refusals import REFUSALS
    from cytogate.interop.crosscheck.rules import RULES

    yield code
    seen: tuple[str, ...] = ()
    if code in warning_codes():
        kind = "with --lenient only" if is_lenient(code) else "the file is read"
        if code in CAUSES:
            kind += ", and the matrix is used" if CAUSES[code].used else ", but the matrix is not used"
        yield from _fact("warning", f"{warning_codes()[code]} ({kind})")
        yield from _fact("what to do", advice_on(code))
        seen = REPAIRS[code].seen if code in REPAIRS else CAUSES[code].seen
    if code in REFUSALS:
        why, advice = REFUSALS[code]
        yield from _fact("refused", why)
        yield from _fact("what to do", advice)
    if code in meanings():
        what, advice = meanings()[code]
        yield from _fact("says", what)
        yield from _fact("what to do", advice)
    if code in RULES:
        section = f" ({RULES[code].section})" if RULES[code].section else ""
        yield from _fact("rule", f"{RULES[code].says}{section}")
        yield from _fact("what to do", f"Nothing to do here; {' and '.join(RULES[code].readers)} may err.")
    if seen:
        yield from _fact("seen in", ", ".join(seen))


def _fact(name: str, text: str) -> list[str]:
    head, indent = f"  {name:<12}", " " * 14
    return textwrap.wrap(
        text,
        line_width(),
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
