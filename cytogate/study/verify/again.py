"""Gating once more: the whole study aside, or single samples with the fits that the run kept."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError, StudyError
from cytogate.study.run_folder.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.planning.plan import Plan
    from cytogate.study.run_folder.run import Run
    from cytogate.study.sample.values import SampleResult
    from cytogate.study.verify.comparing import Comparison

    Progress = Callable[[int, int, str, bool], None]

_GONE = ("file-missing", "file-unreadable", "path-refused")
_PLAIN = ("failures.json", "matrices.json", "fits.json", "cleaning.json")


def whole_again(
    run: Run,
    study: Path,
    comparison: Comparison,
    *,
    executor: str,
    workers: int | None,
    progress: Progress | None,
) -> tuple[str, ...]:
    """Run the study into a folder aside, compare everything that holds figures, and return the samples.

    Raises
    ------
    StudyError, StoreError
        The study cannot be run.
    """
    from cytogate.study.run_study import run_study

    shard = run.manifest.get("shard")
    more: dict[str, Any] = {"shard": tuple(shard)} if shard else {}
    if executor == "process":  # what costs a sample its worker is part of what is repeated
        arguments: Mapping[str, Any] = run.manifest.get("arguments") or {}
        more |= {key: arguments[key] for key in ("deadline", "memory") if arguments.get(key) is not None}
    with tempfile.TemporaryDirectory(prefix="cytogate-verify-") as aside:
        now = run_study(
            study,
            Path(aside) / "run",
            executor=executor,
            workers=workers,
            progress=progress,
            **more,
        )
        for name in TABLES:
            recorded = _rows(run, name)
            if recorded is not None:
                comparison.rows(f"{name}.parquet", recorded, now.rows(name))
        for file in _PLAIN:
            comparison.values(file, _json(run.path / file), _json(now.path / file))
        comparison.values("gates.jsonl", _json_lines(run.path), _json_lines(now.path))
        comparison.values("manifest.json, response", run.manifest["response"], now.manifest["response"])
        return tuple(now.manifest["samples"])


def plan_without_files(study: Path) -> Plan:
    """Return the plan of a study some of whose FCS files are gone: the rest can be gated all the same.

    Raises
    ------
    StudyError
        Something else is wrong with it.
    """
    from cytogate.study.definition.study import load_study
    from cytogate.study.planning.plan import draft

    plan, problems = draft(load_study(study))
    wrong = [problem for problem in problems if problem.code not in _GONE]
    if wrong:
        title = f"{study.name} is not a study that can be run:"
        raise StudyError(title, wrong)
    return plan


def samples_again(
    run: Run,
    plan: Plan,
    chosen: Collection[str],
    comparison: Comparison,
    *,
    executor: str,
    workers: int | None,
    progress: Progress | None,
) -> tuple[str, ...]:
    """Gate some samples with the kept fits, compare what is theirs alone, and return them."""
    from cytogate.study.running.executors import make_executor
    from cytogate.study.running.jobs import Jobs
    from cytogate.study.sample.sample_job import run_sample
    from cytogate.study.sample.values import SampleResult

    jobs = [
        replace(job, previews=False)
        for job in Jobs(plan, _kept_fits(run.path), threads=None if executor == "serial" else 1)
        if job.sample in chosen
    ]
    recorded = {name: _rows(run, name) or [] for name in ("populations", "intensities", "subsets")}
    gates = {entry["sample"]: entry for entry in _json_lines(run.path)}
    ended: dict[int, SampleResult] = {}
    crew = make_executor(executor, workers=workers)
    for done, answer in enumerate(crew.run(run_sample, jobs), start=1):
        job = jobs[answer.index]
        outcome = answer.outcome
        ended[answer.index] = (
            outcome
            if isinstance(outcome, SampleResult)
            else SampleResult(job.index, job.sample)  # its worker died: no rows, which is told
        )
        if progress is not None:
            progress(done, len(jobs), job.sample, ended[answer.index].failure is None)
    for _, result in sorted(ended.items()):
        _compare(result, recorded, gates, comparison)
    return tuple(job.sample for job in jobs)


def _compare(
    result: SampleResult,
    recorded: Mapping[str, list[dict[str, Any]]],
    gates: Mapping[str, Any],
    comparison: Comparison,
) -> None:
    own = {name: [row for row in rows if row["sample"] == result.sample] for name, rows in recorded.items()}
    comparison.rows("populations.parquet", own["populations"], result.populations)
    comparison.rows("intensities.parquet", own["intensities"], result.intensities)
    counted = [
        {key: row[key] for key in ("sample", "subset", "count", "denominator_count")}
        for row in own["subsets"]
    ]
    now = []
    for row in counted:
        count, whole = result.counts.get(row["subset"], (None, None))
        now.append({**row, "count": count, "denominator_count": whole})
    comparison.rows("subsets.parquet", counted, now)
    strategy = None if result.strategy is None else _read_back(result.strategy)
    comparison.values(f"gates.jsonl, {result.sample}", gates.get(result.sample), strategy)


def _read_back(entry: object) -> Any:
    """Return plain values as they are read from a file: JSON has no tuples, and no infinite numbers."""
    from cytogate.study.run_folder.store import json_text

    return json.loads(json_text(entry))


def _kept_fits(folder: Path) -> dict[str, Fits]:
    from cytogate.gating.fitting.fits import Fits

    panels = (_json(folder / "fits.json") or {}).get("panels") or {}
    return {panel: Fits.from_dict(entry) for panel, entry in panels.items()}


def _rows(run: Run, name: str) -> list[dict[str, Any]] | None:
    """Return the rows of a table; None where it cannot be read, which its hash has told."""
    try:
        return run.rows(name)
    except StoreError:
        return None


def _json(place: Path) -> Any:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _json_lines(folder: Path) -> list[Any]:
    try:
        lines = (folder / "gates.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line]
    except (OSError, ValueError):
        return []
