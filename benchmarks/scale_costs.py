"""What a file costs a study, measured here: seconds of worker, scheduler and parent, bytes and requests.

Seconds are of processors: other work on the machine does not count, waiting for disks does not either.
"""

from __future__ import annotations

import os
import pickle
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from batch_runs import Timed, linked, timed, write_study

from cytogate.bench.fitting import simulated_tubes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cytogate.study.planning.plan import Plan
    from cytogate.study.sheets.sheet import SheetRow

TUBES = 10  # that are simulated; all files are these under other names
IDLE_TASKS = 2000  # that do nothing


@dataclass(frozen=True, slots=True)
class Task:
    """One task on a file: gating it, or one look of a fit at it.

    Attributes
    ----------
    work : float
        Processor seconds of a worker.
    n_bytes, requests : float
        What is fetched from a store, in how many requests one after the other.
    sent, answered : float
        Bytes of the job and of its result.
    """

    work: float
    n_bytes: float
    requests: float
    sent: float
    answered: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What one file costs.

    Attributes
    ----------
    gate, look : Task
        `look` is the mean of all looks.
    looks : float
        How many looks fits take at a file.
    spread : float
        Coefficient of variation of the time of gating.
    schedule : float
        Seconds of scheduler and client for a task.
    keep, fit, check, after : float
        Seconds of the parent: for a result, for the looks of a file together, before gating (hashing too),
        and for the tables.
    file_bytes, kept_bytes, picture_bytes, table_bytes : float
        Of the file itself; and in the run folder.
    pictures : float
        How many.
    """

    gate: Task
    look: Task
    looks: float
    spread: float
    schedule: float
    keep: float
    fit: float
    check: float
    after: float
    file_bytes: int
    kept_bytes: float
    picture_bytes: float
    table_bytes: float
    pictures: float


def measured(folder: Path, template: str, n_files: int, n_events: int) -> tuple[Costs, Timed]:
    """Return the costs of a file, and the run on a local Dask cluster."""
    tubes = simulated_tubes(folder / "tubes", TUBES, n_events)
    study = write_study(folder, linked(tubes, folder / "fcs", n_files), template)
    timed(write_study(folder, tubes, template), folder / "warm")
    run = timed(study, folder / "process", workers=2)
    cluster = timed(study, folder / "dask", workers=2, executor="dask")
    gate, looks = tasks(study)
    work = np.array([seconds for _, _, seconds, _ in cluster.settled])
    out = folder / "dask"
    pictures = _sizes(out / "previews", "*.png")
    return Costs(
        gate=gate,
        look=_mean(looks),
        looks=len(looks) / TUBES,
        spread=float(work.std() / work.mean()),
        schedule=per_task(round(gate.sent), round(gate.answered)),
        keep=run.window(1),
        fit=run.stage("fit", 1) / n_files,
        check=run.stage("check", 1) / n_files,
        after=sum(run.stage(name, 1) for name in ("compare", "conclude", "write")) / n_files,
        file_bytes=tubes[0].stat().st_size,
        kept_bytes=sum(_sizes(out / "resume", "*")) / n_files,
        picture_bytes=sum(pictures) / n_files,
        table_bytes=sum(place.stat().st_size for place in out.iterdir() if place.is_file()) / n_files,
        pictures=len(pictures) / n_files,
    ), cluster


def _sizes(folder: Path, pattern: str) -> list[int]:
    return [place.stat().st_size for place in folder.rglob(pattern) if place.is_file()]


def tasks(study: Path) -> tuple[Task, list[Task]]:
    """Return the mean task of gating a tube, and every look of a fit, over the first tubes of a study.

    Files are read from a store in memory, as they would be from an object store, but without its latency.
    """
    from cytogate.study.planning.plan import plan_study
    from cytogate.study.running.executors import SerialExecutor
    from cytogate.study.running.fit_crew import FitCrew
    from cytogate.study.running.fitting import fit_panel
    from cytogate.study.running.jobs import Jobs
    from cytogate.study.sample.sample_job import run_sample

    whole = plan_study(study)
    rows = tuple(map(_in_store, whole.rows[:TUBES]))
    plan = replace(whole, rows=rows)
    watched = _Watched()
    with watched.requests():
        crew = FitCrew(watched.crew(SerialExecutor()), plan.rows)
        fits = {panel: fit_panel(plan, panel, crew, threads=1) for panel in plan.templates}
        looks, watched.tasks = watched.tasks, []
        jobs = Jobs(plan, fits, threads=1, known=_hashed(plan))
        results = [done.outcome for done in watched.crew(SerialExecutor()).run(run_sample, jobs)]
    failed = [result.failure for result in results if result.failure is not None]
    if failed:
        raise RuntimeError(failed[0].message)
    return _mean(watched.tasks), looks


def _in_store(row: SheetRow) -> SheetRow:
    """Return a row of the sheet whose file lies in fsspec's store in memory."""
    import fsspec

    url = f"memory://tubes/{Path(row.path).name}"
    with fsspec.open(url, "wb") as stream:
        stream.write(Path(row.path).read_bytes())
    return replace(row, path=url)


def _hashed(plan: Plan) -> dict[str, Any]:
    from cytogate.study.files.hashing import hash_stable

    return {row.file: hash_stable(row.path) for row in plan.gated}


def _mean(tasks: Sequence[Task]) -> Task:
    names = ("work", "n_bytes", "requests", "sent", "answered")
    if not tasks:
        return Task(0.0, 0.0, 0.0, 0.0, 0.0)
    return Task(*(float(np.mean([getattr(task, name) for task in tasks])) for name in names))


class _Watched:
    """Watches tasks as they are done in this process."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self._told: Counter[str] = Counter()

    @contextmanager
    def requests(self) -> Iterator[None]:
        """Count what is asked of remote places until the block ends."""
        from cytogate.fcs.storage.filesystems import RemotePlace

        known = {"facts": RemotePlace.facts, "read": RemotePlace.read}
        told = self._told

        def facts(place: Any) -> Any:
            told["requests"] += 1
            return known["facts"](place)

        def read(place: Any, start: int, end: int) -> bytes:
            told["requests"] += 1
            told["bytes"] += end - start
            return known["read"](place, start, end)

        RemotePlace.facts, RemotePlace.read = facts, read
        try:
            yield
        finally:
            RemotePlace.facts, RemotePlace.read = known["facts"], known["read"]

    def crew(self, executor: Any) -> Any:
        """Return an executor whose tasks are watched."""
        return _Crew(self, executor)

    def one(self, task: Callable[[Any], Any], job: Any) -> Any:
        """Do a task, and note what it took: on a cluster no worker has the blocks of an earlier task."""
        from cytogate.fcs.storage import remote

        remote._BLOCKS = remote._Blocks(remote._BLOCKS_KEPT)
        before, began = self._told.copy(), time.process_time()
        answer = task(job)
        seconds = time.process_time() - began
        asked = {name: self._told[name] - before[name] for name in ("bytes", "requests")}
        sizes = (len(pickle.dumps(value)) for value in (job, answer))
        self.tasks.append(Task(seconds, asked["bytes"], asked["requests"], *sizes))
        return answer


@dataclass(frozen=True, slots=True)
class _Crew:
    watched: _Watched
    executor: Any

    def run(self, task: Callable[[Any], Any], jobs: Sequence[Any]) -> Any:
        return self.executor.run(lambda job: self.watched.one(task, job), jobs)


def per_task(job_bytes: int, result_bytes: int) -> float:
    """Return the seconds of scheduler and client for one task: both live in this process."""
    from distributed import Client

    from cytogate.study.running.dask_cluster import _outcomes

    with Client(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as client:
        task = _Idle(result_bytes)
        for _ in _outcomes(client, task, [b""] * 50):
            pass
        jobs = [number.to_bytes(8, "big") + os.urandom(max(0, job_bytes - 8)) for number in range(IDLE_TASKS)]
        began = time.process_time()
        n = sum(1 for _ in _outcomes(client, task, jobs))
        return (time.process_time() - began) / n


class _Idle:
    """A task that does nothing, and answers so many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, job: bytes) -> bytes:
        return bytes(self.size)
