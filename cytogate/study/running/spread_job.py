"""Spreading of a study's single stains: one tube for each marker of a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.study.planning.controls import single_stains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.gating.template import GatingTemplate
    from cytogate.study.planning.plan import Plan
    from cytogate.study.running.executors import Executor
    from cytogate.study.running.kept import Kept
    from cytogate.study.running.keys import Keys

SPREAD = "spread"  # kind of a kept piece

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpreadJob:
    """One single stain; `marker` as ``control_for`` names it."""

    panel: str
    marker: str
    sample: str
    path: str
    template: GatingTemplate
    dataset: int = 0
    lenient: bool = False
    refuse: tuple[str, ...] = ()


def spread_rows(crew: Executor, plan: Plan, kept: Kept, keys: Keys) -> list[Row]:
    """Return the spreading of each single stain, with the reason where it cannot be told.

    That of a tube which has not changed is taken as it is kept.
    """
    study = plan.study
    jobs = [
        SpreadJob(
            panel=row.panel,
            marker=row.control_for,
            sample=row.sample,
            path=row.path,
            template=plan.templates[row.panel],
            dataset=study.dataset,
            lenient=study.lenient,
            refuse=study.refuse,
        )
        for row in single_stains(plan)
    ]
    under = [keys.of_spread(job) for job in jobs]
    found: dict[int, Row] = {}
    for index, job in enumerate(jobs):
        known = kept.get(SPREAD, _name(job), under[index])
        if known is not None:
            found[index] = known
    left = [index for index in range(len(jobs)) if index not in found]
    for answer in crew.run(run_spread, [jobs[index] for index in left]) if left else ():
        index = left[answer.index]
        if isinstance(answer.outcome, dict):
            found[index] = answer.outcome
            kept.put(SPREAD, _name(jobs[index]), under[index], answer.outcome)
    return [found.get(index) or _without(job, "its worker was lost") for index, job in enumerate(jobs)]


def spread_pieces(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the kept pieces that the spreading of a plan's single stains may be."""
    for row in single_stains(plan):
        yield SPREAD, f"{row.panel}/{row.control_for}"


def _name(job: SpreadJob) -> str:
    return f"{job.panel}/{job.marker}"


def run_spread(job: SpreadJob) -> Row:
    """Return the spreading of one single stain."""
    from cytogate.compensation.spreading import spreading
    from cytogate.errors import CytogateError
    from cytogate.fcs.read import read_fcs
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.passes import read_columns
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template.markers import match_markers
    from cytogate.gating.template.matching import compensation_of

    try:
        source = read_fcs(job.path, dataset=job.dataset, lenient=job.lenient, refuse=job.refuse)
        synonyms = job.template.panel.get(job.marker, ())
        channel = match_markers(source.channels, {job.marker: synonyms}, source=job.sample)[job.marker]
        matrix = compensation_of(job.template, source)
        if matrix is None:
            return _without(job, "it is not compensated")
        if not matrix.square or channel.name not in matrix.targets:
            return _without(job, f"the matrix has no column for {channel.name}")
        dims = [Dimension(name) for name in matrix.detectors]
        columns = read_columns(source, GatingStrategy.build(()), dims, threads=1)
    except (CytogateError, OSError) as error:
        return _without(job, str(error).splitlines()[0])
    found = spreading(matrix.apply(columns.T), matrix.targets.index(channel.name))
    return {
        **_without(job, found.why),
        "channel": channel.name,
        "detectors": list(matrix.targets),
        "spreading": [value if math.isfinite(value) else None for value in found.values.tolist()],
        "wider": [value if math.isfinite(value) else None for value in found.wider.tolist()],
        "n_negative": found.n_negative,
        "n_positive": found.n_positive,
    }


def _without(job: SpreadJob, why: str) -> Row:
    return {"panel": job.panel, "marker": job.marker, "sample": job.sample, "why": why}
