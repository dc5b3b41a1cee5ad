"""Write a synthetic trial whose truth is known."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._options import common
from cytogate.cli._progress import Bar


def _weeks(_ctx: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        message = f"{text!r}: expected weeks with commas between, such as 0,4,12,24."
        raise click.BadParameter(message) from None


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), required=True, help="The same seed gives the same bytes.")
@click.option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the trial is like (YAML); a small lupus trial if not given.",
)
@click.option(
    "--visits",
    callback=_weeks,
    help="Weeks of the visits, such as 0,4,12,24; the specification's if not given.",
)
@click.option(
    "--events", type=click.IntRange(min=1), help="Events of each file, instead of the specification's."
)
@common
def command(
    folder: Path, *, seed: int, spec: Path | None, visits: tuple[int, ...] | None, events: int | None
) -> None:
    """Write a synthetic trial whose truth is known.

    FOLDER gets FCS files, study.yaml, samples.csv, clinical.csv, analytes.csv and truth/.
    """
    from cytogate.simulate import simulate_trial

    with Bar("simulating") as bar:
        study = simulate_trial(folder, seed=seed, spec=spec, visits=visits, events=events, progress=bar.show)
    click.echo(study)
