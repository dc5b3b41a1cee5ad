"""Section: who responded, by which clause, and the rate with intervals and both ways with missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import percent_text
from cytogate.plots.palette import RESPONSE_WORDS
from cytogate.report import facts
from cytogate.report.findings import findings
from cytogate.report.plain import plain, text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAUSES = {
    "sledai": "SLEDAI",
    "bilag": "BILAG",
    "pga": "Physician's global",
    "prednisone": "Prednisone",
    "medication": "Medication",
}
MET = {True: ("met", ""), False: ("not met", "strong"), None: ("not recorded", "quiet")}
CARRIED = "last observation carried forward"
WAYS = {"nri": "missing counts as no response (NRI)", "locf": f"{CARRIED} (LOCF)"}


def build(run: RunLike) -> Section | None:
    """Show patients by clauses and the rate; None where the study names no rule or nobody was judged."""
    response: Mapping[str, Any] = run.manifest.get("response") or {}
    judged: Mapping[str, Any] = response.get("subjects") or {}
    if not judged:
        return None
    named = dict.fromkeys(
        clause for entry in judged.values() for clause in (entry or {}).get("clauses") or {}
    )
    rows = [
        {
            "subject": str(subject),
            "answer": RESPONSE_WORDS[(judged[subject] or {}).get("responder")],
            "met": {clause: _met((judged[subject] or {}).get("clauses") or {}, clause) for clause in named},
            "reasons": [str(reason) for reason in (judged[subject] or {}).get("reasons") or ()],
        }
        for subject in sorted(judged, key=lambda subject: natural(str(subject)))
    ]
    rates = _rates(run)
    way = str(response.get("missing") or "nri")
    visits, over = _over_visits(run, way)
    body = render(
        "response.html",
        words=_words(response),
        clauses=[{"name": name, "title": CLAUSES.get(name, name.replace("_", " "))} for name in named],
        rows=rows,
        notes=[str(note) for note in response.get("notes") or ()],
        rates=rates,
        agree=len({(rate["yes"], rate["n"]) for rate in rates}) == 1,
        over=over,
        over_visits=visits,
        over_way=WAYS.get(way, way),
        at=str(response.get("at") or ""),
    )
    return Section("Response", body)


def _met(clauses: Mapping[str, Any], clause: str) -> dict[str, str]:
    words, kind = MET[clauses.get(clause)] if clause in clauses else ("–", "quiet")
    return {"words": words, "kind": kind}


def _words(response: Mapping[str, Any]) -> str:
    """Say the rule."""
    rule, profile, at = (str(response.get(key) or "") for key in ("rule", "profile", "at"))
    said = f"A patient responded who met all clauses of {facts.rule_name(rule)}"
    said += f" (profile {profile})" if profile else ""
    said += f" at {at}" if at else ""
    said += f"; disease activity by {response['instrument']}" if response.get("instrument") else ""
    return f"{said}. Response is defined by SLEDAI: groups by response are formed after the fact."


def _rates(run: RunLike) -> list[dict[str, Any]]:
    """Return the rate by each way with missing values, the study's own first."""
    rows = [row for row in findings(run) if row.measure == "response"]
    found = []
    for row in rows:
        if row.test != "Clopper-Pearson":
            continue
        wilson = next((o for o in rows if o.test == "Wilson" and o.note == row.note), None)
        carried = "carried forward" in row.note
        remark = [part for part in row.note.split("; ") if not part.startswith(("what is", "the last"))]
        found.append(
            {
                "way": WAYS["locf" if carried else "nri"],
                "yes": "–" if row.estimate is None else round(row.n * row.estimate / 100),
                "n": row.n,
                "percent": row.estimate,
                "exact": _interval(row.low, row.high),
                "wilson": "–" if wilson is None else _interval(wilson.low, wilson.high),
                "remark": "; ".join(remark) or "as the study asks",
            }
        )
    return found


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{percent_text(low)} to {percent_text(high)} %"


def _over_visits(run: RunLike, way: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the visits, and of each patient whether the rule was met there."""
    table = run.response
    if not len(table):
        return [], []
    rows = table[table["missing"] == way].to_dict("records")
    visits = list(dict.fromkeys(text(row["visit"]) for row in rows))
    met = {(text(row["subject"]), text(row["visit"])): plain(row["responder"]) for row in rows}
    words = {True: "yes", False: "no", None: "–"}
    subjects = sorted({subject for subject, _ in met}, key=natural)
    return visits, [(name, [words[met.get((name, visit))] for visit in visits]) for name in subjects]


section_kinds.register("response")(SectionKind(order=12, build=build))
