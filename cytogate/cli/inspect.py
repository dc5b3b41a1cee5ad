"""Show header, channels, spillover and warnings of FCS files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK, describe
from cytogate.cli._inputs import tubes
from cytogate.cli._options import common
from cytogate.cli._output import problem_entry, table, write_json
from cytogate.errors import FcsError

if TYPE_CHECKING:
    from cytogate.fcs.file import FcsFile

_SHOWN_KEYWORDS = ("$DATATYPE", "$BYTEORD", "$CYT", "$DATE", "$BTIM", "$SRC", "$FIL", "$OP", "$INST")


@click.command()
@click.argument(
    "files", nargs=-1, required=True, callback=tubes, type=click.Path(exists=True, path_type=Path)
)
@click.option("--dataset", type=click.IntRange(min=0), default=0, help="Which data set of a file, from 0.")
@click.option("--lenient", is_flag=True, help="Read damaged files as far as they go, with a warning.")
@click.option("--cross-check", "cross", is_flag=True, help="Also show what flowio and fcsparser read.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(files: tuple[Path, ...], *, dataset: int, lenient: bool, cross: bool, as_json: bool) -> int:
    """Show header, channels, spillover and warnings of FCS files.

    FILES may be folders: their .fcs and .lmd files are shown.
    """
    from cytogate.fcs.read import read_fcs

    reports: list[dict[str, Any]] = []
    for path in files:
        try:
            file = read_fcs(path, dataset=dataset, lenient=lenient)
            reports.append(_report(file) | (_cross_check(file) if cross else {}))
        except FcsError as error:
            reports.append({"file": str(path), "error": {"code": error.code, "message": describe(error)}})
            click.echo(f"error: {describe(error)}", err=True)
    if as_json:
        write_json({"format": "cytogate.inspect", "version": 1, "files": reports})
    elif readable := [_text(report) for report in reports if "error" not in report]:
        click.echo("\n\n".join(readable))
    return FAILED_SAMPLES if any("error" in report for report in reports) else OK


def _report(file: FcsFile) -> dict[str, Any]:
    matrix = file.spillover
    return {
        "file": file.path,
        "version": file.version,
        "n_events": file.n_events,
        "n_datasets": file.n_datasets,
        "keywords": {key: file.keywords[key] for key in _SHOWN_KEYWORDS if file.keywords.get(key)},
        "channels": [
            {
                "name": channel.name,
                "label": channel.label,
                "kind": channel.kind,
                "range": channel.range,
                "bits": channel.bits,
                "gain": channel.gain,
                "log": channel.log,
            }
            for channel in file.channels
        ],
        "spillover": None if matrix is None else {"detectors": list(matrix.detectors)},
        "warnings": [problem_entry(entry) for entry in file.warnings],
    }


def _cross_check(file: FcsFile) -> dict[str, Any]:
    from cytogate.interop.crosscheck import cross_check

    return {"cross_check": [asdict(witness) | {"agrees": witness.agrees} for witness in cross_check(file)]}


def _text(report: dict[str, Any]) -> str:
    facts = [
        ("version", f"FCS {report['version']}"),
        ("events", report["n_events"]),
        ("data sets", report["n_datasets"]),
        *report["keywords"].items(),
        ("spillover", _spillover(report["spillover"], report["warnings"])),
    ]
    channels = [
        [
            number,
            entry["name"],
            entry["label"],
            entry["kind"],
            f"{entry['range']:g}",
            entry["bits"],
            entry["gain"],
        ]
        for number, entry in enumerate(report["channels"], start=1)
    ]
    header = ["n", "name", "label", "kind", "range", "bits", "gain"]
    lines = [
        report["file"],
        *(f"  {name:<10} {value}" for name, value in facts),
        "",
        table(header, channels, right=["n", "range", "bits", "gain"]),
        *(f"warning [{entry['code']}] {_warning(entry, report['file'])}" for entry in report["warnings"]),
        *(_witness(entry) for entry in report.get("cross_check", ())),
    ]
    return "\n".join(lines)


def _spillover(found: dict[str, Any] | None, warnings: list[dict[str, str]]) -> str:
    if found is None:
        is_broken = any(entry["code"].startswith("spillover-") for entry in warnings)
        return "there, but it cannot be used (see the warnings)" if is_broken else "none"
    size = len(found["detectors"])
    return f"{size} x {size}: {', '.join(found['detectors'])}"


def _warning(entry: dict[str, str], file: str) -> str:
    place = entry["location"].removeprefix(file).removeprefix(": ")
    place = f"{place}: " if place else ""
    return f"{place}{entry['message']} {entry['fix']}".rstrip()


def _witness(entry: dict[str, Any]) -> str:
    head = f"{entry['reader']} {entry['version']}"
    if entry["problem"]:
        return f"{head} cannot read the file: {entry['problem']}"
    size = f"{entry['n_events']} events, {entry['n_channels']} channels"
    if entry["agrees"]:
        return f"{head} agrees: {size}, the same values"
    difference = entry["largest_difference"]
    return f"{head} differs: {size}" + ("" if difference is None else f", values by up to {difference:g}")
