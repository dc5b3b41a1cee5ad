"""Section: the quality of each tube: verdicts of all checks, and tubes with bad stretches over time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.time_svg import time_svg
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

VERDICTS = ("fail", "warn", "note", "ok", "not checked")  # from bad to good
MOST_PLOTS = 16  # drawn, those first that lose most
MOST_ROWS = 100  # of tubes that are worth a note


def build(run: RunLike) -> Section | None:
    """Tabulate the verdicts; None where no tube was checked."""
    table = run.qc
    if not len(table):
        return None
    document = stored(run)
    tubes = document.get("tubes") or []
    checks = list(dict.fromkeys(text(check) for check in table["check"]))
    rows = _rows(table, checks, _whose(run))
    worst_first = sorted(tubes, key=lambda tube: -sum(float(span["percent"]) for span in tube["spans"]))
    plots = [
        (
            tube["sample"],
            _lost(table, tube["sample"]),
            Markup(time_svg(tube, label=f"{tube['sample']} over time")),
        )
        for tube in worst_first[:MOST_PLOTS]
    ]
    worth = [row for row in rows if row["worst"] not in {"ok", "not checked"}]
    body = render(
        "qc.html",
        checks=checks,
        rows=worth[:MOST_ROWS],
        n_tubes=len(rows),
        n_worth=len(worth),
        counts=_counts(table, checks),
        verdicts=VERDICTS,
        removing=list(document.get("remove") or []),
        plots=plots,
        n_plots=len(tubes),
    )
    return Section("Quality of the tubes", body)


def stored(run: RunLike) -> dict[str, Any]:
    """Return ``cleaning.json`` of a run; empty where an earlier version wrote none."""
    try:
        found = json.loads((run.path / "cleaning.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _whose(run: RunLike) -> Mapping[str, tuple[str, str]]:
    return {
        text(row["sample"]): (text(row["subject"]), text(row["visit"]))
        for row in run.samples.to_dict("records")
    }


def _rows(
    table: pd.DataFrame, checks: list[str], whose: Mapping[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return one row a tube, the worst first: the worst verdict of each check, and the figures behind it."""
    rows = []
    for sample, own in table.groupby("sample", sort=False):
        cells = []
        for check in checks:
            figures = own[own["check"] == check].to_dict("records")
            verdicts = [text(figure["verdict"]) for figure in figures]
            verdict = next((one for one in VERDICTS if one in verdicts), "")
            telling = [figure for figure in figures if text(figure["verdict"]) == verdict]
            said = "; ".join(_figure(figure) for figure in figures)
            cells.append((verdict, _figure(telling[0]) if telling else "", said))
        worst = next((one for one in VERDICTS if one in [verdict for verdict, *_ in cells]), "")
        subject, visit = whose.get(text(sample), ("", ""))
        rows.append(
            {"sample": text(sample), "subject": subject, "visit": visit, "cells": cells, "worst": worst}
        )
    return sorted(rows, key=lambda row: VERDICTS.index(str(row["worst"])) if row["worst"] else len(VERDICTS))


def _figure(row: Mapping[Any, Any]) -> str:
    value = plain(row["value"])
    metric = text(row["metric"])
    words, unit = (
        metric.removesuffix("_percent").replace("_", " "),
        " %" if metric.endswith("_percent") else "",
    )
    return words if value is None else f"{words} {float(value):.3g}{unit}".replace("-", "\N{MINUS SIGN}")


def _counts(table: pd.DataFrame, checks: list[str]) -> list[tuple[str, list[int]]]:
    """Return how many tubes have each verdict, check by check."""
    found = []
    for check in checks:
        own = table[table["check"] == check]
        worst = [
            next((one for one in VERDICTS if one in set(verdicts)), "")
            for _, verdicts in own.groupby("sample")["verdict"]
        ]
        found.append((check, [worst.count(verdict) for verdict in VERDICTS]))
    return found


def _lost(table: pd.DataFrame, sample: str) -> str:
    own = table[(table["sample"] == sample) & (table["check"] == "cleaning")]
    figures = {text(row["metric"]): plain(row["value"]) for row in own.to_dict("records")}
    found, gone = figures.get("found_percent"), figures.get("removed_percent")
    words = "" if found is None else f"{float(found):.3g} % of events found bad"
    return words if not gone else f"{words}, {float(gone):.3g} % taken out"


section_kinds.register("qc")(SectionKind(order=55, build=build))
