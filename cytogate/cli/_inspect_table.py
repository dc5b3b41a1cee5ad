"""What is in FCS files as one table for a spreadsheet: a line for each channel, or for each file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.study.run_folder.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entry = dict[str, Any]

_ACQUISITION = ("cytometer", "serial_number", "operator", "date", "begin", "end", "seconds", "microlitres")
_FILE = (
    *("file", "version", "n_events", "n_channels", *_ACQUISITION),
    *("spillover", "condition_number", "warnings", "error"),
)
_CHANNEL = (
    *("number", "name", "label", "kind", "type", "bits", "range", "gain", "log_decades", "log_offset"),
    *("minimum", "maximum", "n_nan", "n_infinite", "n_lost_bits"),
)


def table_text(reports: Iterable[Entry], *, by_channel: bool) -> str:
    """Return CSV of the entries that ``--json`` has; a file that is not read is one line with its error."""
    if not by_channel:
        return csv_text(_FILE, map(_file, reports))
    return csv_text((*_FILE, *_CHANNEL), _channels(reports))


def _file(report: Entry) -> Entry:
    line: Entry = dict.fromkeys(_FILE) | {"file": report["file"]}
    if "error" in report:
        return line | {"error": report["error"]["code"]}
    matrix = report["spillover"] or {}
    return (
        line
        | {key: report[key] for key in ("version", "n_events", "n_channels")}
        | {key: report["acquisition"][key] for key in _ACQUISITION}
        | {
            "spillover": matrix.get("keyword"),
            "condition_number": matrix.get("condition_number"),
            "warnings": " ".join(dict.fromkeys(entry["code"] for entry in report["warnings"])),
        }
    )


def _channels(reports: Iterable[Entry]) -> Iterator[Entry]:
    for report in reports:
        line = _file(report) | dict.fromkeys(_CHANNEL)
        for channel in report.get("channels", [{}]):
            decades, offset = channel.get("log") or (None, None)
            known = {key: channel[key] for key in _CHANNEL if key in channel}
            yield line | known | {"log_decades": decades, "log_offset": offset}
