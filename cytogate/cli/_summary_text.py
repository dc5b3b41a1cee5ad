"""Many FCS files in a few lines: one for each file, one for each kind of warning, and one for all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cytogate.cli._output import numbered, table

if TYPE_CHECKING:
    from collections.abc import Sequence

Entry = dict[str, Any]


def summary(reports: Sequence[Entry], width: int) -> str:
    """Return one line for each file, one for each kind of warning, and one for all."""
    names = _without_folder([report["file"] for report in reports])
    rows: list[list[object]] = []
    kinds: Counter[str] = Counter()
    for name, report in zip(names, reports, strict=True):
        if "error" in report:
            rows.append([name, None, None, None, f"refused [{report['error']['code']}]"])
            continue
        codes = {entry["code"] for entry in report["warnings"]}
        kinds.update(codes)
        said = numbered(len(codes), "kind") if codes else None
        rows.append([name, report["version"], report["n_events"], report["n_channels"], said])
    header = ["file", "FCS", "events", "channels", "warnings"]
    parts = [table(header, rows, right=["events", "channels"], width=width)]
    if kinds:
        counts = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
        parts.append(table(["warning", "files"], counts, right=["files"], width=width))
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
