"""Run a study: plan, fit, gate every sample, write the run folder."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.study.executors import make_executor
from cytogate.study.failure import Failure
from cytogate.study.fitting import fit_panels
from cytogate.study.names import unique_slug
from cytogate.study.outcomes import Lost
from cytogate.study.plan import Plan, plan_study
from cytogate.study.rows import definitions, response, sample_rows, subset_rows
from cytogate.study.run import Run, open_run
from cytogate.study.sample_job import Job, SampleResult, hash_file, run_sample
from cytogate.study.store import RUN_FORMAT, RUN_VERSION, RunWriter, check_folder, read_manifest_or_none
from cytogate.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cytogate.gating.fits import Fits

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
        inputs, templates and versions is up to date and returned as it is.
    workers : int, optional
        Samples gated at a time; by default one for each processor. The figures do not depend on it.
    executor : str
        ``"process"``, ``"thread"``, ``"serial"`` or ``"dask"``.
    progress : callable, optional
        Called after each sample with (done, total, sample, whether it succeeded).
    force : bool
        Replace a finished run that differs.
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
        The folder cannot be used or written.
    """
    began = time.perf_counter()
    folder = Path(out).absolute()
    crew = make_executor(executor, workers=workers, deadline=deadline, address=dask_address)
    plan = plan_study(study_path)
    check_folder(folder)
    documents = _documents(plan)
    if not force:
        finished = _finished(folder, plan, documents)
        if finished is not None:
            return finished
    with RunWriter(folder) as writer:
        fits = fit_panels(plan)
        jobs = make_jobs(plan, fits, threads=None if executor == "serial" else 1)
        results: dict[str, SampleResult] = {}
        log.info("gating %d samples", len(jobs))
        for done, answer in enumerate(crew.run(run_sample, jobs), start=1):
            job = jobs[answer.index]
            result = _lost(job, answer.outcome) if isinstance(answer.outcome, Lost) else answer.outcome
            _write_previews(writer, result)
            results[job.sample] = _without_pictures(result)
            if progress is not None:
                progress(done, len(jobs), job.sample, result.failure is None)
        _write_tables(writer, plan, fits, results)
        arguments = {"executor": executor, "workers": workers, "deadline": deadline}
        manifest = _manifest(plan, documents, results, arguments, time.perf_counter() - began)
        writer.commit(manifest)
    return open_run(folder)


def make_jobs(plan: Plan, fits: Mapping[str, Fits], *, threads: int | None) -> list[Job]:
    """Return one job a tube that is gated, in the order of the sheet."""
    return [
        Job(
            index=index,
            sample=row.sample,
            file=row.file,
            path=row.path,
            template=plan.templates[row.panel],
            fits=fits.get(row.panel),
            endpoints=plan.endpoints_of(row.panel) if row.role == "sample" else (),
            limits=plan.study.limits,
            dataset=plan.study.dataset,
            lenient=plan.study.lenient,
            threads=threads,
        )
        for index, row in enumerate(plan.gated)
    ]


def _lost(job: Job, lost: Lost) -> SampleResult:
    message = f"{job.file}: {lost.detail}."
    fix = "Gate the file alone: cytogate inspect shows whether it can be read. Memory may have run out."
    failure = Failure(job.sample, job.file, "worker", lost.code, "", None, "", "", message, fix)
    return SampleResult(index=job.index, sample=job.sample, failure=failure)


def _write_previews(writer: RunWriter, result: SampleResult) -> None:
    if not result.plots:
        return
    folder = f"previews/{unique_slug(result.sample)}"
    for name, picture in result.pictures:
        writer.bytes(f"{folder}/{name}", picture)
    entry = {
        "format": "cytogate.previews",
        "version": 1,
        "sample": result.sample,
        "plots": list(result.plots),
    }
    writer.json(f"{folder}/plots.json", entry)


def _without_pictures(result: SampleResult) -> SampleResult:
    """Pictures are on disk by now; a study of 300 samples must not keep them in memory."""
    return replace(result, pictures=(), plots=())


def _write_tables(
    writer: RunWriter, plan: Plan, fits: Mapping[str, Fits], results: Mapping[str, SampleResult]
) -> None:
    ordered = [results[row.sample] for row in plan.gated]
    subsets = list(subset_rows(plan, results))
    writer.table("samples", list(sample_rows(plan, results)))
    writer.table("subsets", subsets)
    writer.spreadsheets("subsets", subsets)
    writer.table("populations", [row for result in ordered for row in result.populations])
    writer.table("intensities", [row for result in ordered for row in result.intensities])
    writer.table("qc", [])
    writer.table("comparisons", [])
    writer.json("failures.json", [asdict(result.failure) for result in ordered if result.failure])
    writer.json_lines("gates.jsonl", [result.strategy for result in ordered if result.strategy])
    root = f"{plan.study.data_root.resolve()}/"
    panels = {panel: _relative(fit.to_dict(), root) for panel, fit in fits.items()}
    writer.json("fits.json", {"format": "cytogate.study_fits", "version": 1, "panels": panels})


def _relative(fit: dict[str, Any], root: str) -> dict[str, Any]:
    """Name files as below the data root: a run moved to another machine stays the same text."""
    files = [name.removeprefix(root) for name in fit["files"]]
    skipped = [
        {key: value.replace(root, "") if isinstance(value, str) else value for key, value in entry.items()}
        for entry in fit["skipped"]
    ]
    return {**fit, "files": files, "skipped": skipped}


def _documents(plan: Plan) -> dict[str, str]:
    """Return the hashes of the text files that the study names."""
    study = plan.study
    paths = {
        "samples": study.samples,
        "clinical": study.clinical,
        "analytes": study.analytes,
        "adjustments": study.adjustments,
    }
    return {key: hash_file(path)[0] for key, path in paths.items() if path is not None}


def _manifest(
    plan: Plan,
    documents: Mapping[str, str],
    results: Mapping[str, SampleResult],
    arguments: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    found = versions()
    gated = [(row, results[row.sample]) for row in plan.gated]
    return {
        "format": RUN_FORMAT,
        "version": RUN_VERSION,
        "name": plan.study.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "cytogate": found["cytogate"],
        "versions": found,
        "arguments": {"study": str(plan.study.path), **arguments},
        "seed": plan.study.seed,
        "data_root": str(plan.study.data_root.resolve()),
        "inputs": {
            row.sample: {"file": row.file, "sha256": result.sha256, "bytes": result.size}
            for row, result in gated
        },
        "templates": {
            panel: {"name": template.name, "sha256": template.sha256}
            for panel, template in plan.templates.items()
        },
        "study_sha256": plan.study.sha256,
        "documents": dict(documents),
        "study": plan.study.plain,
        "response": response(plan),
        "definitions": definitions(plan),
        "samples": {
            row.sample: {
                "slug": unique_slug(row.sample),
                "file": row.file,
                "subject": row.subject,
                "visit": row.visit,
                "panel": row.panel,
                "n_events": result.n_events,
                "ok": result.failure is None,
                "seconds": round(result.seconds, 3),
            }
            for row, result in gated
        },
        "warnings": [str(warning) for warning in plan.warnings],
        "seconds": round(seconds, 3),
    }


def _finished(folder: Path, plan: Plan, documents: Mapping[str, str]) -> Run | None:
    """Return the run that the folder holds if nothing has changed since; refuse one that differs."""
    manifest = read_manifest_or_none(folder)
    if manifest is None:
        if (folder / "manifest.json").exists():
            message = (
                f"{folder}: the manifest of an earlier run cannot be read. Use --force to replace the run."
            )
            raise StoreError(message)
        return None
    changes = _changes(manifest, plan, documents)
    if not changes:
        log.info("%s is up to date", folder)
        return Run(folder, manifest, up_to_date=True)
    shown = "; ".join(changes[:5])
    message = (
        f"{folder}: holds a finished run that differs: {shown}. "
        "Choose another folder, or replace the run with --force."
    )
    raise StoreError(message)


def _changes(manifest: Mapping[str, Any], plan: Plan, documents: Mapping[str, str]) -> list[str]:
    """Return what differs between a finished run and the study as it is now."""
    changes = []
    if manifest.get("study_sha256") != plan.study.sha256:
        changes.append("the study file")
    changes += [
        f"the table of {name}"
        for name, digest in documents.items()
        if manifest.get("documents", {}).get(name) != digest
    ]
    changes += [
        f"the template of panel {panel}"
        for panel, template in plan.templates.items()
        if manifest.get("templates", {}).get(panel, {}).get("sha256") != template.sha256
    ]
    now = versions()
    before = manifest.get("versions", {})
    changes += [
        f"{name} {before.get(name)} then, {now[name]} now" for name in now if before.get(name) != now[name]
    ]
    if changes:
        return changes  # the files need not be read
    recorded = manifest.get("inputs", {})
    for row in plan.gated:
        if _hash_or_none(row.path) != recorded.get(row.sample, {}).get("sha256"):
            changes.append(f"the file {row.file}")
    return changes


def _hash_or_none(path: str) -> str | None:
    try:
        return hash_file(path)[0]
    except OSError:
        return None
