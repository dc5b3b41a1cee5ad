"""Write the statistics and the report of a finished run again, without gating."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, table

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--study",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The study file; the one of the run if not given.",
)
@click.option("--report/--no-report", default=True, help="Write report.html again too.")
@common
def command(folder: Path, *, study: Path | None, report: bool) -> None:
    """Write the statistics and the report of a finished run again, without gating.

    For when the clinical table, the table of analytes, or what the study file asks for has changed:
    statistics, families, response, baseline, partners, intensities.
    """
    from cytogate.report.page import write_report
    from cytogate.study.conclude import conclude_again

    done = conclude_again(folder, study)
    for warning in done.manifest["warnings"]:
        warn(warning)
    click.echo(f"{numbered(len(done.comparisons), 'row')} of statistics")
    if text := _families(done.comparisons):
        click.echo(f"\n{text}")
    click.echo(f"\nrun folder  {folder}")
    if report:
        click.echo(f"report      {write_report(done, folder / 'report.html')}")


def _families(comparisons: pd.DataFrame) -> str:
    """Return the primary contrast of each measure of a declared family; empty where there is none."""
    rows: list[list[object]] = []
    for row in comparisons[comparisons["family"] != ""].to_dict("records"):
        numbers = [_short(row[name]) for name in ("p", "p_floor", "q")]
        change = interval = None
        if not isnan(row["estimate"]):
            change = f"{row['estimate']:+.3g} {row['unit']}"
            interval = f"{row['ci_low']:.3g} – {row['ci_high']:.3g}"
        rows.append([row["subset"], row["contrast"], row["n"], change, interval, *numbers])
    header = ["measure", "contrast", "n", "change", "interval", "p", "least p", "q"]
    return table(header, rows, right=["n", "p", "least p", "q"]) if rows else ""


def _short(value: float) -> str | None:
    return None if isnan(value) else f"{value:.3g}"
