"""From the results of samples to the rows of the tables, in the order of the sheet."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cytogate.gating.tree import join, split
from cytogate.stats.intervals import shifted, wilson
from cytogate.stats.limits import flag
from cytogate.study.files.names import unique_slug
from cytogate.study.planning.cell_counts import absolute_columns
from cytogate.study.sample.looks import SampleLook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.planning.plan import Plan
    from cytogate.study.sample.values import SampleResult
    from cytogate.study.sheets.sheet import SheetRow

Row = dict[str, Any]


def sample_row(plan: Plan, row: SheetRow, result: SampleResult | None) -> Row:
    """Return the row of a tube of the sheet; `result` is None of one that is not gated."""
    template = plan.templates.get(row.panel) if result is not None else None
    return {
        "sample": row.sample,
        "subject": row.subject,
        "visit": row.visit,
        "week": row.week,
        "panel": row.panel,
        "batch": row.batch,
        "role": row.role,
        "control_for": row.control_for,
        "file": row.file,
        "status": _status(result),
        "n_events": None if result is None else result.n_events,
        "warnings": "" if result is None else "\n".join(result.warnings),
        "input_sha256": None if result is None else result.sha256,
        "template_sha256": None if template is None else _sha256(template),
        "slug": unique_slug(row.sample),
    }


@lru_cache(maxsize=16)
def _sha256(template: GatingTemplate) -> str:
    """Return the hash of a template, which is not worked out again for each of its rows."""
    return template.sha256


def _status(result: SampleResult | None) -> str:
    if result is None:
        return "not_gated"
    return "ok" if result.failure is None else "failed"


def subset_rows(plan: Plan, row: SheetRow, result: SampleResult | None) -> list[Row]:
    """Return one row a subset of the panel of a patient's tube, with nulls where it failed; else none."""
    if row.role != "sample" or result is None:
        return []
    return [_subset_row(plan, row, endpoint, result) for endpoint in plan.endpoints_of(row.panel)]


def _subset_row(plan: Plan, row: SheetRow, endpoint: Endpoint, result: SampleResult) -> Row:
    template = plan.templates[row.panel]
    definition = template.definition_of(endpoint.population)
    count, total = result.counts.get(endpoint.name, (None, None))
    percent = low = high = gate_low = gate_high = None
    if count is not None and total:
        percent = 100 * count / total
        low, high = (100 * end for end in wilson(count, total))
        gate_low, gate_high = (
            100 * end for end in shifted(count, total, result.shifts.get(endpoint.name, ()))
        )
    drawn_count, drawn_total = result.template_counts.get(endpoint.name, (count, total))
    return {
        "sample": row.sample,
        "subject": row.subject,
        "visit": row.visit,
        "week": row.week,
        "panel": row.panel,
        "batch": row.batch,
        "subset": endpoint.name,
        "definition": definition.id if definition is not None else "",
        "population": endpoint.population,
        "denominator": endpoint.of,
        "count": count,
        "denominator_count": total,
        "percent": percent,
        "ci_low": low,
        "ci_high": high,
        "gate_ci_low": gate_low,
        "gate_ci_high": gate_high,
        **absolute_columns(plan, row, endpoint, result),
        "flag": flag(
            count,
            total,
            plan.study.limits,
            between=_between(endpoint, result),
            blank=plan.study.blanks.get(endpoint.name),
        ),
        "adjusted": endpoint.name in result.template_counts,
        "template_count": drawn_count,
        "template_percent": 100 * drawn_count / drawn_total
        if drawn_count is not None and drawn_total
        else None,
        "input_sha256": result.sha256,
        "template_sha256": _sha256(template),
    }


def _between(endpoint: Endpoint, result: SampleResult) -> list[int]:
    """Return the counts of the populations between denominator and population, from the top."""
    if endpoint.name not in result.counts:
        return []
    counts = result.population_counts()
    names, whole = split(endpoint.population)[0], split(endpoint.of)[0]
    paths = [join(names[:depth]) for depth in range(len(whole) + 1, len(names))]
    return [counts[path] for path in paths if path in counts]


def sample_looks(plan: Plan, results: Mapping[str, SampleResult]) -> Iterator[SampleLook]:
    """Yield what is known of the gates of each sample that was gated."""
    for row in plan.gated:
        gates = results[row.sample].gates
        if gates:
            yield SampleLook(row.sample, row.subject, row.visit, row.panel, row.batch, gates)


def definitions(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what each subset means and who says so."""
    found = {}
    for endpoint in reversed(plan.endpoints):  # of versions of a panel, the first
        definition = plan.templates[endpoint.panel].definition_of(endpoint.population)
        found[endpoint.name] = {
            "id": definition.id if definition is not None else "",
            "text": definition.text if definition is not None else "",
            "citation": definition.citation if definition is not None else "",
            "population": endpoint.population,
            "of": endpoint.of,
            "panel": endpoint.panel,
        }
    return dict(reversed(found.items()))
