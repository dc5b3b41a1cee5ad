"""List, show, check and propose gating templates."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cytogate.cli._options import common
from cytogate.cli._output import problem_entry, table, write_json


@click.group()
def command() -> None:
    """List, show, check and propose gating templates."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def list_command(*, as_json: bool) -> None:
    """List the built-in templates."""
    from cytogate.gating.template.library import list_templates, load_template

    loaded = [load_template(name) for name in list_templates()]
    if as_json:
        rows = [
            {
                "name": entry.name,
                "title": entry.title,
                "populations": entry.populations,
                "sha256": entry.sha256,
            }
            for entry in loaded
        ]
        write_json({"format": "cytogate.templates", "version": 1, "templates": rows})
    else:
        lines = [[entry.name, len(entry.populations), entry.title] for entry in loaded]
        click.echo(table(["name", "populations", "title"], lines, right=["populations"]))


@command.command("show")
@click.argument("name", required=False)
@click.option("--schema", is_flag=True, help="The JSON Schema of template files, for editors.")
@common
def show_command(name: str | None, *, schema: bool) -> None:
    """Print a template, as a start for your own; or the schema of all.

    What its definitions say, and their rivals, follow as comments.
    """
    from cytogate.gating.template.file import template_schema
    from cytogate.gating.template.library import load_template

    if schema == (name is not None):
        message = "Give either the name of a template or --schema."
        raise click.UsageError(message)
    if name is None:
        click.echo(json.dumps(template_schema(), indent=2, ensure_ascii=False))
    else:
        from cytogate.gating.template.describe import definition_notes

        template = load_template(name)
        text = Path(template.path).read_text(encoding="utf-8")
        click.echo(f"{text.rstrip()}\n{definition_notes(template)}", nl=False)


@command.command("check")
@click.argument("files", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def check_command(files: tuple[str, ...], *, as_json: bool) -> int:
    """Check template files or built-in names; list every problem."""
    from cytogate.cli._exits import INVALID, OK, describe
    from cytogate.errors import TemplateError
    from cytogate.gating.template.fitted_words import fitted_summary
    from cytogate.gating.template.library import load_template

    found: list[dict[str, object]] = []
    for file in files:
        try:
            loaded = load_template(file)
        except TemplateError as error:
            found.append({"file": file, "problems": [problem_entry(entry) for entry in error.problems]})
            click.echo(f"error: {describe(error)}", err=True)
        else:
            found.append({"file": file, "name": loaded.name, "sha256": loaded.sha256, "problems": []})
            if not as_json:
                counts = f"{len(loaded.gates)} gates, {len(loaded.populations)} populations"
                click.echo(", ".join(filter(None, [f"{file}: fine", counts, fitted_summary(loaded)])))
    if as_json:
        write_json({"format": "cytogate.check", "version": 1, "files": found})
    return INVALID if any(entry["problems"] for entry in found) else OK


@command.command("init")
@click.argument("file")
@click.option("--out", help="File to write; one that is there is never replaced.  [default: stdout]")
@click.option("--fixed", is_flag=True, help="Leave all gates where the built-in template has them.")
@common
def init_command(file: str, out: str | None, *, fixed: bool) -> int:
    """Propose a template for the panel of an FCS file.

    The built-in template that fits best, with the file's own channel names and without what cannot be gated.
    Its cuts are found in the data where a built-in template knows how.
    """
    from cytogate.cli._exits import INVALID, OK, describe
    from cytogate.errors import TemplateError
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.template.propose import propose_template

    try:
        proposal = propose_template(read_fcs(file), fixed=fixed)
    except TemplateError as error:
        click.echo(f"error: {describe(error)}", err=True)
        return INVALID
    if out is None:
        click.echo(proposal.text, nl=False)
    else:
        try:
            with Path(out).open("x", encoding="utf-8") as place:
                place.write(proposal.text)
        except FileExistsError as error:
            message = f"{out} is there already; name another file."
            raise click.UsageError(message) from error
    click.echo(f"Template {proposal.fit.template.name} fits best. It gates:", err=True)
    for name in proposal.fit.subsets:
        click.echo(f"  {name}", err=True)
    for path, reason in (*proposal.fit.skipped.items(), *proposal.fit.lost.items()):
        click.echo(f"  not {path.rsplit('/', 1)[1]}: {reason}", err=True)
    for note in proposal.notes[1:]:
        click.echo(note, err=True)
    return OK
