"""Run a study: plan, fit, gate every sample, write the run folder."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.study.conclude import conclude
from cytogate.study.conclusions import Tables
from cytogate.study.controls import controls_of
from cytogate.study.executors import make_executor
from cytogate.study.failure import Failure, describe_failure
from cytogate.study.fitting import fit_panels
from cytogate.study.manifest import finished_run, hash_documents, hash_or_none, is_lost, make_manifest
from cytogate.study.matrices import matrices_entry
from cytogate.study.names import unique_slug
from cytogate.study.outcomes import Lost
from cytogate.study.plan import Plan, plan_study
from cytogate.study.rows import sample_looks, sample_rows, subset_rows
from cytogate.study.run import Run, open_run
from cytogate.study.run_folder import PREVIEWS, PREVIEWS_FORMAT, check_folder
from cytogate.study.sample_job import Job, SampleResult, run_sample
from cytogate.study.split_job import split_rows
from cytogate.study.spread_job import spread_rows
from cytogate.study.store import RunWriter, arrow_table, json_text
from cytogate.study.triage import triage_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.executors import Executor

log = logging.getLogger(__name__)


def run_study(
    study_path: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    executor: str = "process",
    progress: Callable[[int, int, str, bool], None] | None = None,
    force: bool = False,
    dask_address: str | None = None,
    deadline: float | None = None,
) -> Run:
    """Gate all samples of a study and write the run folder.

    Parameters
    ----------
    study_path : str or Path
        The study file.
    out : str or Path
        The run folder: missing or empty, or one that an earlier run wrote. A finished run of the same study,
        inputs, templates and versions is up to date and returned as it is; one that lost samples with their
        workers is done again. Files that no run wrote stay.
    workers : int, optional
        Samples gated at a time; by default one for each processor. The figures do not depend on it.
    executor : str
        ``"process"``, ``"thread"``, ``"serial"`` or ``"dask"``.
    progress : callable, optional
        Called after each sample with (done, total, sample, whether it succeeded).
    force : bool
        Gate again and replace a finished run, even one that is up to date. A folder that holds something
        else is refused all the same.
    dask_address : str, optional
        Scheduler of a running Dask cluster.
    deadline : float, optional
        Seconds that one file may take (executor ``process``).

    Returns
    -------
    Run
        A sample that failed is a row of ``run.failures``, and stops no other.

    Raises
    ------
    StudyError
        The study, a sheet or a template is wrong; lists every problem. Nothing is written.
    StoreError
        The folder holds something else or cannot be written, or another run writes to it.
    """
    began = time.perf_counter()
    folder = Path(out).absolute()
    crew = make_executor(executor, workers=workers, deadline=deadline, address=dask_address)
    plan = plan_study(study_path)
    check_folder(folder)
    documents = hash_documents(plan)
    if not force:
        finished = finished_run(folder, plan, documents)
        if finished is not None:
            return finished
    with RunWriter(folder) as writer:
        if not force:
            finished = finished_run(folder, plan, documents)  # by another, until the folder was ours
            if finished is not None:
                return finished
        if executor != "dask":  # whose workers may be other machines
            from cytogate.gating.warm_up import compile_ahead

            compile_ahead()
        fits = fit_panels(plan)
        jobs = make_jobs(plan, fits, threads=None if executor == "serial" else 1)
        results: dict[str, SampleResult] = {}
        log.info("gating %d samples", len(jobs))
        for done, answer in enumerate(crew.run(run_sample, jobs), start=1):
            job = jobs[answer.index]
            result = _lost(job, answer.outcome) if isinstance(answer.outcome, Lost) else answer.outcome
            result = results[job.sample] = _store(writer, job, result)
            if progress is not None:
                progress(done, len(jobs), job.sample, result.failure is None)
        _hash_lost(crew, jobs, results)
        splits = split_rows(crew, plan, fits, results)
        tables = _write_tables(writer, plan, fits, results, splits, spread_rows(crew, plan))
        concluded = conclude(writer, plan, tables)
        arguments = {"executor": executor, "workers": workers, "deadline": deadline}
        seconds = time.perf_counter() - began
        manifest = make_manifest(plan, documents, results, arguments, seconds, concluded)
        writer.commit(manifest)
    return open_run(folder)


def make_jobs(plan: Plan, fits: Mapping[str, Fits], *, threads: int | None) -> list[Job]:
    """Return one job a tube that is gated, in the order of the sheet."""
    controls = controls_of(plan)
    return [
        Job(
            index=index,
            sample=row.sample,
            file=row.file,
            path=row.path,
            template=plan.templates[row.panel],
            fits=fits[row.panel].only(row.path) if row.panel in fits else None,
            endpoints=plan.endpoints_of(row.panel) if row.role == "sample" else (),
            limits=plan.study.limits,
            dataset=plan.study.dataset,
            lenient=plan.study.lenient,
            refuse=plan.study.refuse,
            threads=threads,
            changes=plan.changes_of(row.sample),
            controls=controls.get(row.path, ()) if row.role == "sample" else (),
        )
        for index, row in enumerate(plan.gated)
    ]


def _lost(job: Job, lost: Lost) -> SampleResult:
    message = f"{job.file}: {lost.detail}."
    fix = "Gate the file alone: cytogate inspect shows whether it can be read. Memory may have run out."
    failure = Failure(job.sample, job.file, "worker", lost.code, "", None, "", "", message, fix)
    return SampleResult(index=job.index, sample=job.sample, failure=failure)


def _hash_lost(crew: Executor, jobs: list[Job], results: dict[str, SampleResult]) -> None:
    """Fill in the hashes that went with the workers; by workers, as reading may be what killed them."""
    lost = [job.sample for job in jobs if is_lost(results[job.sample])]
    paths = [job.path for job in jobs if job.sample in lost]
    for answer in crew.run(hash_or_none, paths):
        if isinstance(answer.outcome, tuple):
            sample = lost[answer.index]
            sha256, size = answer.outcome
            results[sample] = replace(results[sample], sha256=sha256, size=size)


def _store(writer: RunWriter, job: Job, result: SampleResult) -> SampleResult:
    """Write the pictures and return the rest; what no file of the run can hold fails the sample, not the run.

    A study of 300 samples must not keep its pictures in memory.
    """
    folder = f"{PREVIEWS}/{unique_slug(result.sample)}"
    try:
        arrow_table("populations", result.populations)
        arrow_table("intensities", result.intensities)
        json_text(result.strategy)
        "\n".join(result.warnings).encode()
        _write_previews(writer, folder, result)
    except (ValueError, TypeError) as error:
        log.info("sample %s cannot be stored: %s", job.sample, error)
        writer.remove(folder)
        failure = describe_failure(error, sample=job.sample, file=job.file, stage="store", path=job.path)
        return SampleResult(
            index=job.index,
            sample=job.sample,
            failure=failure,
            sha256=result.sha256,
            size=result.size,
            seconds=result.seconds,
        )
    return replace(result, pictures=(), plots=(), overlays=())


def _write_previews(writer: RunWriter, folder: str, result: SampleResult) -> None:
    if not result.plots:
        return
    for name, picture in result.pictures:
        writer.bytes(f"{folder}/{name}", picture)
    entry = {
        "format": PREVIEWS_FORMAT,
        "version": 1,
        "sample": result.sample,
        "plots": list(result.plots),
        "overlays": list(result.overlays),
    }
    writer.json(f"{folder}/plots.json", entry)


def _write_tables(
    writer: RunWriter,
    plan: Plan,
    fits: Mapping[str, Fits],
    results: Mapping[str, SampleResult],
    splits: list[dict[str, Any]],
    spreading: list[dict[str, Any]],
) -> Tables:
    ordered = [results[row.sample] for row in plan.gated]
    subsets, samples = list(subset_rows(plan, results)), list(sample_rows(plan, results))
    intensities = [row for result in ordered for row in result.intensities]
    writer.table("samples", samples)
    writer.table("subsets", subsets)
    writer.spreadsheets("subsets", subsets)
    writer.table("populations", [row for result in ordered for row in result.populations])
    writer.table("intensities", intensities)
    writer.table("triage", triage_rows(sample_looks(plan, results), min_parent=plan.study.limits.min_parent))
    writer.table("splits", splits)
    writer.table("qc", [])
    writer.json("failures.json", [asdict(result.failure) for result in ordered if result.failure])
    writer.json("matrices.json", matrices_entry(ordered, spreading))
    writer.json_lines("gates.jsonl", [result.strategy for result in ordered if result.strategy])
    root = f"{plan.study.data_root.resolve()}/"
    panels = {panel: _relative(fit.to_dict(), root) for panel, fit in fits.items()}
    writer.json("fits.json", {"format": "cytogate.study_fits", "version": 2, "panels": panels})
    return Tables(subsets, samples, intensities)


def _relative(fit: dict[str, Any], root: str) -> dict[str, Any]:
    """Name files as below the data root: a run moved to another machine stays the same text."""
    files = [name.removeprefix(root) for name in fit["files"]]
    skipped = [
        {key: value.replace(root, "") if isinstance(value, str) else value for key, value in entry.items()}
        for entry in fit["skipped"]
    ]
    placements = {name.removeprefix(root): found for name, found in fit["placements"].items()}
    groups = {
        name.removeprefix(root): {
            **group,
            "controls": {key: path.removeprefix(root) for key, path in group["controls"].items()},
        }
        for name, group in fit["groups"].items()
    }
    return {**fit, "files": files, "skipped": skipped, "placements": placements, "groups": groups}
