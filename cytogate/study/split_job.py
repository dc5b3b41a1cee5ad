"""Splits of a study: for each subject and pair of visits, the change due to gates and that due to biology."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.gating.adjusting import GateChange
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.executors import Executor
    from cytogate.study.plan import Plan
    from cytogate.study.sample_job import SampleResult
    from cytogate.study.sheet import SheetRow
    from cytogate.study.study import Endpoint

log = logging.getLogger(__name__)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SplitJob:
    """The tubes of one subject and panel that were gated, by week."""

    subject: str
    panel: str
    tubes: tuple[SheetRow, ...]
    template: GatingTemplate
    fits: Fits | None
    endpoints: tuple[Endpoint, ...]
    changes: Mapping[str, tuple[GateChange, ...]] = field(default_factory=dict)
    dataset: int = 0
    lenient: bool = False
    refuse: tuple[str, ...] = ()


def split_rows(
    crew: Executor, plan: Plan, fits: Mapping[str, Fits], results: Mapping[str, SampleResult]
) -> list[Row]:
    """Return one row a subject, subset and pair of visits, for panels whose gates are found in the data.

    Gates that stand where the template has them cannot move, and are not split.
    """
    jobs = _jobs(plan, fits, results)
    rows: dict[int, list[Row]] = {}
    for answer in crew.run(run_splits, jobs) if jobs else ():
        if isinstance(answer.outcome, list):
            rows[answer.index] = answer.outcome
        else:
            log.info("the changes of %s are not split: its worker was lost", jobs[answer.index].subject)
    return [row for index in sorted(rows) for row in rows[index]]


def _jobs(plan: Plan, fits: Mapping[str, Fits], results: Mapping[str, SampleResult]) -> list[SplitJob]:
    tubes: dict[tuple[str, str], list[SheetRow]] = {}
    for row in plan.rows:
        result = results.get(row.sample)
        if row.role == "sample" and result is not None and result.failure is None:
            tubes.setdefault((row.panel, row.subject), []).append(row)
    return [
        SplitJob(
            subject=subject,
            panel=panel,
            tubes=tuple(sorted(found, key=_time)),
            template=plan.templates[panel],
            fits=fits.get(panel),
            endpoints=plan.endpoints_of(panel),
            changes={row.sample: plan.changes_of(row.sample) for row in found},
            dataset=plan.study.dataset,
            lenient=plan.study.lenient,
            refuse=plan.study.refuse,
        )
        for (panel, subject), found in tubes.items()
        if len(found) > 1 and plan.templates[panel].fitted and plan.endpoints_of(panel)
    ]


def _time(row: SheetRow) -> tuple[float, str]:
    return (math.inf if row.week is None else row.week, row.sample)


def run_splits(job: SplitJob) -> list[Row]:
    """Return the rows of one subject; none when a file cannot be read any more."""
    from cytogate.errors import CytogateError
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.adjusting import adjust
    from cytogate.gating.split import Looked, split_change

    pairs = {endpoint.name: (endpoint.population, endpoint.of) for endpoint in job.endpoints}
    looked = []
    try:
        for tube in job.tubes:
            source = read_fcs(tube.path, dataset=job.dataset, lenient=job.lenient, refuse=job.refuse)
            strategy = adjust(job.template.resolve(source, fits=job.fits), job.changes.get(tube.sample, ()))
            looked.append((tube, Looked(source, strategy, tube.sample)))
    except (CytogateError, OSError) as error:
        log.info("the changes of %s are not split: %s", job.subject, error)
        return []
    rows = []
    for (a, first), (b, second) in combinations(looked, 2):
        for subset, split in split_change(first, second, pairs).items():
            if not math.isnan(split.change):
                rows.append(_row(job, subset, a, b) | _parts(split))
    return rows


def _row(job: SplitJob, subset: str, a: SheetRow, b: SheetRow) -> Row:
    return {
        "subject": job.subject,
        "panel": job.panel,
        "subset": subset,
        "sample_a": a.sample,
        "sample_b": b.sample,
        "visit_a": a.visit,
        "visit_b": b.visit,
        "week_a": a.week,
        "week_b": b.week,
    }


def _parts(split: Any) -> Row:
    parts = ("change", "gate", "biology", "at_unmoved_gates")
    return {part: value if math.isfinite(value := getattr(split, part)) else None for part in parts}
