"""Many FCS files in a few lines: one for each file, instrument and kind of warning, and one for all."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

from cytogate.cli._output import fitted, numbered, shown, table
from cytogate.fcs.repairs.advice import advice_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Entry = dict[str, Any]

_LEAST_ADVICE = 30  # columns


def summary(reports: Sequence[Entry], width: int) -> str:
    """Return one line for each file, instrument and kind of warning, and one for all."""
    kinds = Counter(code for report in reports for code in _codes(report))
    ordered = sorted(kinds, key=lambda code: (-kinds[code], code))
    numbers = {code: n for n, code in enumerate(ordered, start=1)}
    parts = [_files(reports, numbers, width)]
    if instruments := _instruments(reports, width):
        parts.append(instruments)
    if kinds:
        parts.append(_warnings(numbers, kinds, width))
    return "\n\n".join([*parts, total(reports)])


def total(reports: Sequence[Entry]) -> str:
    """Return one line about several files."""
    read = [report for report in reports if "error" not in report]
    events = sum(report["n_events"] for report in read)
    parts = [f"{numbered(len(reports), 'file')}: {len(read)} read ({events:,} events)"]
    odd = sum(bool(report["warnings"]) for report in read)
    parts += [f"{odd} of them with warnings"] if odd else []
    parts += [f"{len(reports) - len(read)} refused"] if len(reports) > len(read) else []
    return ", ".join(parts)


def _codes(report: Entry) -> list[str]:
    return list(dict.fromkeys(entry["code"] for entry in report.get("warnings", ())))


def condition(report: Entry) -> str | None:
    """Return the condition number of the spillover matrix in words; None where there is no matrix."""
    matrix = report["spillover"]
    if matrix is not None:
        return f"{matrix['condition_number']:.3g}"
    return "not used" if any(code.startswith("spillover-") for code in _codes(report)) else None


def _files(reports: Sequence[Entry], numbers: Mapping[str, int], width: int) -> str:
    """Return the table of files, those of one folder below its name where there are several folders."""
    places = [_split(path) for path in _without_folder([report["file"] for report in reports])]
    rows: list[list[object]] = []
    for (_, name), report in zip(places, reports, strict=True):
        if "error" in report:
            rows.append([name, *[None] * 5])
            continue
        said = " ".join(str(n) for n in sorted(numbers[code] for code in _codes(report)))
        sizes = (report["n_events"], report["n_channels"])
        rows.append([name, report["version"], *sizes, condition(report), said])
    header = ["file", "FCS", "events", "channels", "condition", "warnings"]
    right = ["events", "channels", "condition"]
    first, *lines = table(header, rows, right=right, width=width).splitlines()
    out, folder = [first], ""
    name_width = first.index("FCS")
    for (place, name), report, line in zip(places, reports, lines, strict=True):
        if place != folder:
            out += ["", f"{shown(place) or '.'}/"]
            folder = place
        if "error" in report:
            line = f"{fitted(shown(name), name_width - 2)}  refused [{report['error']['code']}]"
        out.append(line)
    return "\n".join(out)


def _instruments(reports: Iterable[Entry], width: int) -> str:
    """Return one line for each instrument: how many files, and from when."""
    days: dict[tuple[str, str], list[str | None]] = {}
    for report in reports:
        if "error" not in report:
            found = report["acquisition"]
            key = found["cytometer"] or "not said", found["serial_number"] or ""
            days.setdefault(key, []).append(found["date"])
    if set(days) <= {("not said", "")}:
        return ""
    rows = []
    for (cytometer, serial), dates in sorted(days.items()):
        known = sorted({date for date in dates if date})
        acquired = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}" if known else None
        rows.append([cytometer, serial, len(dates), acquired])
    return table(["cytometer", "serial number", "files", "acquired"], rows, right=["files"], width=width)


def _warnings(numbers: Mapping[str, int], files: Mapping[str, int], width: int) -> str:
    """Return one entry for each kind of warning: its number, in how many files, and what to do."""
    rows = [[n, code, files[code]] for code, n in numbers.items()]
    head, *lines = table(["n", "warning", "files"], rows, right=["n", "files"]).splitlines()
    column = max(map(len, [head, *lines])) + 2
    if width - column < _LEAST_ADVICE:
        return "\n".join([head, *lines])
    said = [f"{head:<{column}}what to do"]
    for line, code in zip(lines, numbers, strict=True):
        indent = " " * column
        advice = textwrap.wrap(advice_on(code), width - column, break_on_hyphens=False) or [""]
        said += [f"{line:<{column}}{advice[0]}".rstrip(), *(f"{indent}{more}" for more in advice[1:])]
    return "\n".join(said)


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _without_folder(paths: Sequence[str]) -> list[str]:
    """Return the names of files without the folder that all of them lie in.

    Examples
    --------
    >>> _without_folder(["runs/a/1.fcs", "runs/b/1.fcs"]), _without_folder(["runs/1.fcs"])
    (['a/1.fcs', 'b/1.fcs'], ['1.fcs'])
    """
    folders = [path.replace("\\", "/").split("/")[:-1] for path in paths]
    levels = zip(*folders, strict=False)
    common = next((n for n, level in enumerate(levels) if len(set(level)) > 1), min(map(len, folders)))
    return ["/".join(path.replace("\\", "/").split("/")[common:]) for path in paths]
