"""Section: the table of all subset values, and the same as CSV to save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.report import facts
from cytogate.report.plain import plain
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.study import spreadsheets

if TYPE_CHECKING:
    import pandas as pd


def build(run: RunLike) -> Section | None:
    """List one row per sample and subset; None when there is none."""
    table = run.subsets
    if not len(table):
        return None
    titles = {subset.name: subset for subset in facts.subsets(run)}
    words = facts.flag_words(run)
    rows = []
    for row in table.to_dict("records"):
        entry = {key: plain(value) for key, value in row.items()}
        subset = titles[str(entry["subset"])]
        flag = entry.get("flag") or "ok"
        rows.append(
            {
                "subject": entry.get("subject"),
                "visit": entry.get("visit"),
                "week": entry.get("week"),
                "sample": entry.get("sample"),
                "subset": subset.title,
                "denominator": subset.denominator,
                "percent": entry.get("percent"),
                "ci_low": entry.get("ci_low"),
                "ci_high": entry.get("ci_high"),
                "count": entry.get("count"),
                "denominator_count": entry.get("denominator_count"),
                "flag": flag,
                "words": words.get(str(flag), str(flag)),
                "adjusted": bool(entry.get("adjusted")),
            }
        )
    body = render("values.html", rows=rows, n_samples=table["sample"].nunique())
    return Section("Values", body, packed={"subsets-csv": csv_text(table).encode("utf-8")})


def csv_text(table: pd.DataFrame) -> str:
    """Return the table as the run folder's ``subsets.csv`` has it."""
    rows = ({str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records"))
    return spreadsheets.csv_text([str(column) for column in table.columns], rows)


section_kinds.register("values")(SectionKind(order=50, build=build))
