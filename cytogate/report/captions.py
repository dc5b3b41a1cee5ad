"""Captions of figures as text of their own: what is drawn, of what, of how many, and what tests say."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.report.findings import ALL_TREATED, WILCOXON, contrast_of, name_of
from cytogate.report.plain import plain, text
from cytogate.study.run_folder.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cytogate.report.figure import ReportFigure
    from cytogate.report.section import RunLike

FORMAT = "cytogate.captions"
TABLE = "captions.csv"  # beside the captions: all tests of all figures
NUMBERS = ("estimate", "ci_low", "ci_high", "effect", "n", "p", "p_floor", "q")
TEXTS = ("subset", "measure", "contrast", "group", "test", "unit", "effect_name", "family", "note")
_MARKS = re.compile(r"([\\`*_{}\[\]#|~!])")  # what Markdown would act on; tags are escaped as HTML


def comparisons_of(run: RunLike, figure: ReportFigure) -> list[dict[str, Any]]:
    """Return the rows of ``comparisons`` that belong under a figure, as plain values; None where missing."""
    table = run.comparisons
    if not len(table) or not figure.subjects_of_tests:
        return []
    rows = table[table["subset"].isin(figure.subjects_of_tests)].to_dict("records")
    if figure.tests:
        rows = [row for row in rows if text(row.get("test")).startswith(figure.tests)]
    return [
        {key: text(row.get(key)) for key in TEXTS} | {key: plain(row.get(key)) for key in NUMBERS}
        for row in rows
    ]


def comparison_sentence(row: dict[str, Any]) -> str:
    """Say a test in a line: what was compared, estimate with interval, n, p with its floor, q.

    Examples
    --------
    >>> row = dict.fromkeys((*TEXTS, *NUMBERS)) | {"test": "Wilcoxon signed-rank", "contrast": "W24 - W0"}
    >>> comparison_sentence(row | {"subset": "DN", "n": 5, "p": 0.0625, "p_floor": 0.0625})
    'DN, W24 - W0, Wilcoxon signed-rank: n = 5, p = 0.0625 (smallest possible 0.0625)'
    """
    what = ", ".join(str(row[key]) for key in ("subset", "measure", "contrast", "group", "test") if row[key])
    said = []
    if row["estimate"] is not None:
        estimate = f"estimate {row['estimate']:.3g} {row['unit'] or ''}".rstrip()
        if row["ci_low"] is not None and row["ci_high"] is not None:
            estimate += f" ({row['ci_low']:.3g} to {row['ci_high']:.3g})"
        said.append(estimate)
    if row["n"] is not None:
        said.append(f"n = {row['n']:g}")
    if row["p"] is not None:
        floor = "" if row["p_floor"] is None else f" (smallest possible {row['p_floor']:.3g})"
        said.append(f"p = {row['p']:.3g}{floor}")
    if row["q"] is not None:
        said.append(f"q = {row['q']:.3g} in family {row['family'] or '?'}")
    if row["note"]:
        said.append(str(row["note"]))
    return f"{what}: {', '.join(said)}" if said else what


def caption_entries(run: RunLike, figures: Sequence[ReportFigure], ending: str) -> list[dict[str, Any]]:
    """Return what is said of each figure, as ``captions.json`` has it; the tests as numbers."""
    return [
        {
            "name": figure.name,
            "file": f"{figure.name}.{ending}",
            "title": figure.title,
            "caption": figure.caption,
            "legend": figure.legend,
            "tests": comparisons_of(run, figure),
        }
        for figure in figures
    ]


def captions_markdown(run: RunLike, entries: Sequence[dict[str, Any]]) -> str:
    """Return captions, of `caption_entries`, as Markdown in which no text of the data is markup.

    A caption names its one primary test; all others are in `captions_table`.
    """
    name = text(run.manifest.get("name")) or "Untitled study"
    parts = [f"# Figures of {_inert(name)}\n"]
    for entry in entries:
        words = _inert(f"{entry['caption']} {entry['legend']}")
        parts.append(f"## {_inert(entry['title'])}\n\nFile: `{entry['file']}`\n\n{words}\n")
        primary = None if " p = " in entry["caption"] else primary_test(entry["tests"])
        if primary is not None:
            named = {"subset": name_of(run, primary["subset"]), "measure": "", "note": ""}
            named["contrast"] = contrast_of(run, primary["contrast"])
            parts.append(f"Primary test: {_inert(comparison_sentence(primary | named))}.\n")
        if entry["tests"]:
            n = len(entry["tests"])
            parts.append(f"{n} test{'' if n == 1 else 's'} and estimates of it: `{TABLE}`.\n")
    return "\n".join(parts)


def primary_test(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the one test that a caption names: that of the declared family, else Wilcoxon's, of all treated.

    None for a figure of several measures, of which no one is the figure's.
    """
    if len({row["subset"] for row in rows}) != 1:
        return None
    asked = [row for row in rows if row["p"] is not None and row["group"] == ALL_TREATED]
    of_family = [row for row in asked if row["family"]]
    others = [row for row in asked if row["test"].startswith(WILCOXON)]
    return next(iter([*of_family, *others]), None)


def captions_table(entries: Sequence[dict[str, Any]]) -> str:
    """Return every test and estimate of every figure as CSV, a row each."""
    rows = (
        {"figure": entry["name"], "file": entry["file"]} | {key: row[key] for key in (*TEXTS, *NUMBERS)}
        for entry in entries
        for row in entry["tests"]
    )
    return csv_text(["figure", "file", *TEXTS, *NUMBERS], rows)


def captions_json(run: RunLike, entries: Sequence[dict[str, Any]]) -> str:
    """Return captions, of `caption_entries`, as JSON."""
    return json.dumps(_head(run) | {"figures": list(entries)}, indent=1, allow_nan=False) + "\n"


def captions_kept(run: RunLike, place: Path, *, force: bool) -> list[dict[str, Any]]:
    """Return the entries of a folder's ``captions.json`` whose figures are still beside it.

    Raises
    ------
    StoreError
        The file is none that `captions_json` writes for this study, and `force`, to forget it, is not given.
    """
    target = place / "captions.json"
    if not target.exists():
        return []
    try:
        data = json.loads(target.read_bytes())
        known = all(data[key] == _head(run)[key] for key in ("format", "version", "study"))
        entries = data["figures"]
        if known and all(map(_is_entry, entries)):
            return [entry for entry in entries if (place / entry["file"]).is_file()]
    except (OSError, ValueError, TypeError, KeyError):
        pass  # as any other file that is no captions of ours
    if force:
        return []
    message = (
        f"{target}: this file does not hold captions of this study, so those of new figures cannot be added. "
        "Choose another folder (--out), or write over it with --force."
    )
    raise StoreError(message)


def _is_entry(entry: Any) -> bool:
    words = all(isinstance(entry[key], str) for key in ("name", "file", "title", "caption", "legend"))
    numbers = [row[key] for row in entry["tests"] for key in NUMBERS]
    named = all(key in row for row in entry["tests"] for key in TEXTS)
    return words and named and all(number is None or isinstance(number, int | float) for number in numbers)


def merged(kept: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all entries, a new one in the place of the kept one of its file, others behind.

    Examples
    --------
    >>> old = [{"file": "a.svg", "title": "A"}, {"file": "b.svg", "title": "B"}]
    >>> new = [{"file": "c.svg", "title": "C"}, {"file": "a.svg", "title": "N"}]
    >>> [entry["title"] for entry in merged(old, new)]
    ['N', 'B', 'C']
    """
    return list({entry["file"]: entry for entry in (*kept, *new)}.values())


def _head(run: RunLike) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": 1,
        "study": text(run.manifest.get("name")),
        "cytogate": text(run.manifest.get("cytogate")),
        "study_sha256": text(run.manifest.get("study_sha256")),
    }


def _inert(words: str) -> str:
    return _MARKS.sub(r"\\\1", escape(" ".join(words.split()), quote=False))
