"""Sentences on response and statistics, from the manifest and the table of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.report import facts
from cytogate.report.findings import contrast_of, name_of
from cytogate.report.manifest_facts import study, unique
from cytogate.report.plain import joined, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from cytogate.report.section import RunLike

_MISSING = {
    "nri": "A visit that is missing counted as non-response.",
    "locf": "Of a visit that is missing the last one after baseline was carried forward.",
}


def response_words(run: RunLike) -> Iterator[str]:
    """Yield how response was judged; nothing where the study asks for none."""
    response: Mapping[str, Any] = run.manifest.get("response") or {}
    rule = str(response.get("rule") or "")
    if not rule:
        return
    profile = f" with the clauses of profile {response['profile']}" if response.get("profile") else ""
    at = f" at {response['at']}" if response.get("at") else ""
    start = facts.baseline(run)
    against = f" against {start.name}" if start else ""
    name = rule.upper().replace("SRI", "SRI-")
    yield f"Response was judged by {name}{profile}{at}{against}, clause by clause."
    if rule.startswith("sri") and response.get("clauses"):
        yield sri_clauses(response["clauses"])
    if response.get("missing") in _MISSING:
        yield _MISSING[str(response["missing"])]
    for note in response.get("notes") or ():
        yield f"{str(note)[:1].upper()}{str(note)[1:].rstrip('.')}."
    if any(answer is not None for answer in facts.responders(run).values()):
        yield "The share of responders has an exact interval of 95 % (Clopper and Pearson)."


def sri_clauses(clauses: Mapping[str, Any]) -> str:
    """Return the clauses of an SRI in a sentence; those that the rule leaves out are not named.

    Examples
    --------
    >>> sri_clauses({"improvement": 4, "max_new_a": 0, "max_new_b": None, "instrument": "SLEDAI-2K"})
    'It asks for a fall of SLEDAI-2K by at least 4 and no new BILAG A.'
    """
    said = [f"a fall of {clauses.get('instrument') or 'SLEDAI'} by at least {clauses.get('improvement')}"]
    for grade in "AB":
        most = clauses.get(f"max_new_{grade.lower()}")
        if most is not None:
            said.append(f"at most {most} new BILAG {grade}" if most else f"no new BILAG {grade}")
    if clauses.get("pga_worsening") is not None:
        limit = "at most" if clauses.get("pga_border_allowed") else "less than"
        said.append(f"an increase of the PGA (0 to 3) of {limit} {clauses['pga_worsening']:g}")
    if clauses.get("max_prednisone") is not None:
        week = clauses.get("prednisone_by_week") or 0
        since = f" from week {week:g} on" if week else ""
        said.append(f"at most {clauses['max_prednisone']:g} mg prednisone a day{since}")
    if clauses.get("medication"):
        said.append("no violation of the rules on medication")
    return f"It asks for {joined(said)}."


def statistics_words(run: RunLike) -> Iterator[str]:
    """Yield what was tested and how; where nothing was, what was asked for."""
    asked = [str(name).replace("_", " ") for name in study(run).get("statistics") or ()]
    table = run.comparisons
    if not len(table):
        if asked:
            yield f"The study asks for {joined(asked)}; this run holds no result of them."
        return
    changes = table[table["subset"] != "response"]
    if len(changes):
        measures = [name_of(run, name) for name in _each(changes, "subset")]
        contrasts = [contrast_of(run, words) for words in _each(changes, "contrast")]
        yield f"Tested were {joined(measures)}; contrasts: {'; '.join(contrasts)}."
        yield f"Tests and models: {'; '.join(_each(changes, 'test'))}."
        yield f"Groups: {'; '.join(_each(changes, 'group'))}."
        if {"responders", "non-responders", "between groups"} & set(_each(changes, "group")):
            yield "What is said of responders and non-responders is post hoc and descriptive."
    if "p_floor" in table.columns and table["p_floor"].notna().any():
        yield "The smallest p value that so few patients can give stands beside each p value."
    if is_adjusted(run):
        yield from _family_words(run, table[table["q"].notna()])


def _family_words(run: RunLike, adjusted: pd.DataFrame) -> Iterator[str]:
    families: Mapping[str, Any] = study(run).get("families") or {}
    named = "; ".join(
        f"{name}: {', '.join(name_of(run, str(member)) for member in members)}"
        for name, members in families.items()
    )
    contrasts = [contrast_of(run, words) for words in _each(adjusted, "contrast")]
    what = f"{joined(_each(adjusted, 'test'))}, {joined(contrasts)}"
    yield f"The primary question is the change in {joined(_each(adjusted, 'group'))} ({what})."
    yield (
        "Its p values were adjusted after Benjamini and Hochberg within the families that the study declares"
        f"{f' ({named})' if named else ''}; all other p values are not adjusted."
    )


def _each(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    return unique(text(value) for value in table[column]) if column in table.columns else ()


def is_adjusted(run: RunLike) -> bool:
    """Return whether any p value was adjusted for its family."""
    table = run.comparisons
    return bool(len(table) and "q" in table.columns and table["q"].notna().any())
