"""Write the statistics and the report of a finished run again, without gating."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any

    import pandas as pd


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--study",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The study file; the one of the run if not given.",
)
@click.option("--report/--no-report", default=True, help="Write report.html again too.")
@click.option("--all", "every", is_flag=True, help="Print every row, not only the primary ones of families.")
@common
def command(folder: Path, *, study: Path | None, report: bool, every: bool) -> None:
    """Write the statistics and the report of a finished run again, without gating.

    For when the clinical table, the table of analytes, or what the study file asks for has changed:
    statistics, families, response, baseline, partners, intensities.
    """
    from cytogate.report.page import write_report
    from cytogate.study.conclude import conclude_again

    done = conclude_again(folder, study)
    for warning in done.manifest["warnings"]:
        warn(warning)
    found = done.comparisons
    click.echo(f"{numbered(len(found), 'row')} of statistics")
    primary = found[found["family"] != ""]
    printed = found if every else primary
    if len(printed):
        click.echo(f"\n{_all(printed) if every else _families(printed)}")
    if len(printed) < len(found):
        what = "Above: the primary test of each family alone." if len(printed) else "No family is declared."
        click.echo(f"\n{what} All rows: --all, or comparisons.csv in the run folder.")
    click.echo(f"\nrun folder  {folder}")
    if report:
        click.echo(f"report      {write_report(done, folder / 'report.html')}")


_NUMBERS = ("n", "p", "least p", "q")


def _families(rows: pd.DataFrame) -> str:
    """Return the primary contrast of each measure of a declared family."""
    header = ["measure", "contrast", "n", "change", "interval", "p", "least p", "q"]
    lines = [[row["subset"], row["contrast"], *_figures(row)] for row in rows.to_dict("records")]
    return table(header, lines, right=_NUMBERS)


def _all(rows: pd.DataFrame) -> str:
    """Return every row: what was measured (a rate: by which way with what is missing), in whom, how."""
    from cytogate.study.concluding.rates import way_of

    header = ["measure", "of", "contrast", "group", "test"]
    header += ["n", "estimate", "interval", "p", "least p", "q"]
    lines = [
        [
            *(row[name] for name in ("subset", "measure")),
            ", ".join(filter(None, (row["contrast"], way_of(row["note"])))),
            *(row[name] for name in ("group", "test")),
            *_figures(row),
        ]
        for row in rows.to_dict("records")
    ]
    return table(header, lines, right=_NUMBERS)


def _figures(row: Mapping[Hashable, Any]) -> list[object]:
    """Return n, estimate, interval, p, least p and q as they are printed."""
    from cytogate.stats.comparison import FACTORS

    estimate = interval = None
    if not isnan(row["estimate"]):
        sign = "" if row["unit"] in ("%", *FACTORS) else "+"  # of differences
        estimate = f"{row['estimate']:{sign}.3g} {row['unit']}"
    if not isnan(row["ci_low"]):
        interval = f"{row['ci_low']:.3g} to {row['ci_high']:.3g}"
    return [row["n"], estimate, interval, *(_short(row[name]) for name in ("p", "p_floor", "q"))]


def _short(value: float) -> str | None:
    return None if isnan(value) else f"{value:.3g}"
