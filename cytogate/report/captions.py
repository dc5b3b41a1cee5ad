"""Captions of figures as text of their own: what is drawn, of what, of how many, and what tests say."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from cytogate.report.plain import plain, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.report.figure import ReportFigure
    from cytogate.report.section import RunLike

FORMAT = "cytogate.captions"
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


def captions_markdown(run: RunLike, figures: Sequence[ReportFigure], ending: str) -> str:
    """Return the captions as Markdown in which no text of the data is markup."""
    name = text(run.manifest.get("name")) or "Untitled study"
    parts = [f"# Figures of {_inert(name)}\n"]
    for figure in figures:
        words = _inert(f"{figure.caption} {figure.legend}")
        parts.append(f"## {_inert(figure.title)}\n\nFile: `{figure.name}.{ending}`\n\n{words}\n")
        sentences = [f"- {_inert(comparison_sentence(row))}" for row in comparisons_of(run, figure)]
        if sentences:
            parts.append("\n".join(sentences) + "\n")
    return "\n".join(parts)


def captions_json(run: RunLike, figures: Sequence[ReportFigure], ending: str) -> str:
    """Return the captions as JSON, the tests as numbers."""
    data = {
        "format": FORMAT,
        "version": 1,
        "study": text(run.manifest.get("name")),
        "cytogate": text(run.manifest.get("cytogate")),
        "study_sha256": text(run.manifest.get("study_sha256")),
        "figures": [
            {
                "name": figure.name,
                "file": f"{figure.name}.{ending}",
                "title": figure.title,
                "caption": figure.caption,
                "legend": figure.legend,
                "tests": comparisons_of(run, figure),
            }
            for figure in figures
        ],
    }
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def _inert(words: str) -> str:
    return _MARKS.sub(r"\\\1", escape(" ".join(words.split()), quote=False))
