"""Splits of a study: for each subject and pair of visits, the change due to gates and that due to biology."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.running.fitting import only_these
from cytogate.study.sample.cleaning import cleaner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.gating.adjusting import GateChange
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.planning.plan import Plan
    from cytogate.study.running.executors import Executor
    from cytogate.study.running.kept import Kept
    from cytogate.study.running.keys import Keys
    from cytogate.study.sample.values import SampleResult
    from cytogate.study.sheets.sheet import SheetRow

log = logging.getLogger(__name__)

Row = dict[str, Any]
SPLITS = "splits"  # kind of a kept piece


@dataclass(frozen=True, slots=True)
class SplitJob:
    """The tubes of one subject and panel that were gated, by week, without what `cleaning` takes out."""

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
    cleaning: Cleaning = field(default_factory=Cleaning)


def split_rows(
    crew: Executor,
    plan: Plan,
    fits: Mapping[str, Fits],
    results: Mapping[str, SampleResult],
    kept: Kept,
    keys: Keys,
) -> list[Row]:
    """Return one row a subject, subset and pair of visits, for panels whose gates are found in the data.

    The splits of a subject are taken as they are kept where none of its tubes has changed.

    Gates that stand where the template has them cannot move, and are not split. A change of which a tube has
    few events in the denominator is marked: its peaks, by which gates are carried, are not sure.
    """
    jobs = _jobs(plan, fits, results)
    hashes = {sample: result.sha256 for sample, result in results.items()}
    under = [keys.of_splits(job, hashes) for job in jobs]
    rows: dict[int, list[Row]] = {}
    for index, job in enumerate(jobs):
        known = kept.get(SPLITS, _name(job), under[index])
        if known is not None:
            rows[index] = known
    left = [index for index in range(len(jobs)) if index not in rows]
    for answer in crew.run(run_splits, [jobs[index] for index in left]) if left else ():
        index = left[answer.index]
        if isinstance(answer.outcome, list):
            rows[index] = answer.outcome
            kept.put(SPLITS, _name(jobs[index]), under[index], answer.outcome)
        else:
            log.info("the changes of %s are not split: a file or its worker was lost", jobs[index].subject)
    few = plan.study.limits.min_parent
    return [row | _parents(row, results, few) for index in sorted(rows) for row in rows[index]]


def split_pieces(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the kept pieces that the splits of a plan may be."""
    for row in plan.gated:
        yield SPLITS, f"{row.panel}/{row.subject}"


def _name(job: SplitJob) -> str:
    return f"{job.panel}/{job.subject}"


def _parents(row: Row, results: Mapping[str, SampleResult], few: int) -> Row:
    """Return the events of the denominator in both tubes as they were counted, and whether they are few."""
    counts = [results[row[tube]].counts[row["subset"]][1] for tube in ("sample_a", "sample_b")]
    return {"parent_count_a": counts[0], "parent_count_b": counts[1], "few_parent": min(counts) < few}


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
            fits=only_these(fits[panel], [row.path for row in found]) if panel in fits else None,
            endpoints=plan.endpoints_of(panel),
            changes={row.sample: plan.changes_of(row.sample) for row in found},
            dataset=plan.study.dataset,
            lenient=plan.study.lenient,
            refuse=plan.study.refuse,
            cleaning=replace(plan.study.cleaning, report=()),
        )
        for (panel, subject), found in tubes.items()
        if len(found) > 1 and plan.templates[panel].fitted and plan.endpoints_of(panel)
    ]


def _time(row: SheetRow) -> tuple[float, str]:
    return (math.inf if row.week is None else row.week, row.sample)


def run_splits(job: SplitJob) -> list[Row] | None:
    """Return the rows of one subject; None when a file cannot be read any more."""
    from cytogate.errors import CytogateError
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.adjusting import adjust
    from cytogate.gating.cleaning import with_cleaning
    from cytogate.gating.split import Looked, split_change

    pairs = {endpoint.name: (endpoint.population, endpoint.of) for endpoint in job.endpoints}
    read = partial(read_fcs, dataset=job.dataset, lenient=job.lenient, refuse=job.refuse)
    clean = cleaner(job.cleaning)
    looked = []
    try:
        for tube in job.tubes:
            source = read(tube.path)
            resolved = job.template.resolve(source, fits=job.fits, read=read, clean=clean)
            strategy = adjust(resolved, job.changes.get(tube.sample, ()))
            if clean is not None:
                strategy = with_cleaning(strategy, clean(source, strategy))
            looked.append((tube, Looked(source, strategy, tube.sample)))
    except (CytogateError, OSError) as error:
        log.info("the changes of %s are not split: %s", job.subject, error)
        return None
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
