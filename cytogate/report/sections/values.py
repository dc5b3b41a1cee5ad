"""Section: the table of all subset values, and the same as CSV to save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.report import facts
from cytogate.report.plain import plain
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.study.run_folder import spreadsheets

if TYPE_CHECKING:
    from collections.abc import Mapping

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
                "name": subset.name,
                "subset": subset.title,
                "denominator": subset.denominator,
                "percent": entry.get("percent"),
                "ci_low": entry.get("ci_low"),
                "ci_high": entry.get("ci_high"),
                "gate_ci_low": entry.get("gate_ci_low"),
                "gate_ci_high": entry.get("gate_ci_high"),
                "count": entry.get("count"),
                "denominator_count": entry.get("denominator_count"),
                "flag": flag,
                "words": words.get(str(flag), str(flag)),
                "adjusted": bool(entry.get("adjusted")),
            }
        )
    fitted = any(row["gate_ci_low"] is not None and _wider(row) for row in rows)
    body = render("values.html", rows=rows, n_samples=table["sample"].nunique(), fitted=fitted)
    return Section("Values", body, packed={"subsets-csv": csv_text(table).encode("utf-8")})


def _wider(row: Mapping[str, Any]) -> bool:
    """Return whether gates that were found in the data add to an interval."""
    return bool(row["gate_ci_low"] != row["ci_low"] or row["gate_ci_high"] != row["ci_high"])


def csv_text(table: pd.DataFrame) -> str:
    """Return the table as the run folder's ``subsets.csv`` has it."""
    rows = ({str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records"))
    return spreadsheets.csv_text([str(column) for column in table.columns], rows)


section_kinds.register("values")(SectionKind(order=62, build=build))
