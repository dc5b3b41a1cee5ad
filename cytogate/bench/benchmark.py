"""The benchmark: one plan, everything measured in one run, one plain result for JSON and page."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.bench.clock import Job, Times, in_turns, rates, ratio, spread
from cytogate.bench.cold import cold_runs
from cytogate.bench.inputs import Tube, described, size_of
from cytogate.bench.machine import Watch, machine
from cytogate.bench.memory import peak_of_counting, peak_of_medians, peak_of_peer
from cytogate.bench.peers import PEERS, differing
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import (
    CUMULATIVE,
    LIMIT,
    STAGES,
    counting_job,
    limit_job,
    stage_jobs,
    stage_name,
    thread_name,
)
from cytogate.bench.workers import with_workers
from cytogate.gating.warm_up import compile_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.bench.peers import PeerKind

FORMAT = "cytogate.benchmark"
VERSION = 1
GENERATED = "generated.fcs"
GENERATED_EVENTS = 1_000_000
COLD_ROUNDS = 3
WORKER_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes
    ----------
    tubes : tuple of Tube
        The files and their gates; empty for the generated tube of `events` events.
    events : int
        Size of the generated tube.
    threads, workers : tuple of int
        Numbers to try.
    repeat : int
        Rounds that count, after one to warm up.
    against : str or None
        A program of `PEERS` that does the same work in the same run.
    command : str
        What was typed, to be repeated; for the reader of the results.
    """

    tubes: tuple[Tube, ...] = ()
    events: int = GENERATED_EVENTS
    threads: tuple[int, ...] = (1,)
    workers: tuple[int, ...] = (1,)
    repeat: int = 5
    against: str | None = None
    command: str = ""


def run_benchmark(plan: Plan, progress: Callable[[int, int, str], None] | None = None) -> dict[str, Any]:
    """Measure everything and return plain values for JSON.

    Parameters
    ----------
    plan : Plan
    progress : callable, optional
        Told runs done, runs to do, and what was done last.

    Returns
    -------
    dict
        ``format`` and ``version``; ``machine``, ``disturbance``; ``sample`` (files, gates, amount of work);
        ``job`` (the whole job: limit, threads, peer), ``stages``, ``workers``, ``cold``, ``memory``;
        ``counts`` and ``differing`` (empty where every run of every program counted the same).

    Raises
    ------
    InteropError
        The gates cannot be written for the peer, or it refuses them.
    CytogateError
        A file or a gate cannot be used, or a process of the benchmark died.
    """
    compile_ahead()
    steps = _Steps(_runs_of(plan), progress)
    peer = None if plan.against is None else PEERS[plan.against]
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="cytogate-benchmark-") as place:
        folder = Path(place)
        tubes = plan.tubes or (_generated(folder, plan.events),)
        steps.step("the files")
        sample = described(tubes, generated=not plan.tubes)
        times = in_turns(_whole_jobs(tubes, plan, peer), plan.repeat, steps.step)
        whole, stages = _whole(times, plan, sample["size"], peer), _stages(tubes, plan, sample, steps)
        workers = _workers(tubes, plan, sample, steps)
        cold = cold_runs(tubes, max(plan.threads), min(plan.repeat, COLD_ROUNDS), steps.step)
        memory = _memory(tubes, plan, steps)
    ours = [counts for count in plan.threads for counts in times[thread_name(count)].answers]
    theirs = list(times[peer.name].answers) if peer is not None else []
    found = {
        "format": FORMAT,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": plan.command,
        "machine": machine(),
        "disturbance": watch.found(),
        "sample": sample,
        "repeat": plan.repeat,
        "against": None if peer is None else peer.name,
        "job": whole,
        "stages": stages,
        "workers": workers,
        "cold": cold,
        "memory": memory,
        "counts": ours[0],
        "differing": differing(ours, theirs),
    }
    return found if plan.tubes else _without_place(found)


def _without_place(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found with the generated file by its name: the folder it was in is gone."""
    for entry in found["sample"]["files"]:
        entry["path"] = GENERATED
    found["counts"] = {GENERATED: next(iter(found["counts"].values()))}
    found["differing"] = [row | {"file": GENERATED} for row in found["differing"]]
    return found


def _generated(folder: Path, events: int) -> Tube:
    path = folder / GENERATED
    write_sample(path, events)
    return Tube(str(path), thirteen_populations())


def _whole_jobs(tubes: Sequence[Tube], plan: Plan, peer: PeerKind | None) -> list[Job]:
    jobs = [limit_job(tubes), *(counting_job(tubes, count) for count in plan.threads)]
    if peer is not None:
        ready = peer.prepare(tubes)
        jobs.append(Job(peer.name, lambda _: ready.count()))
    return jobs


def _whole(
    times: dict[str, Times], plan: Plan, size: dict[str, float], peer: PeerKind | None
) -> list[dict[str, Any]]:
    """Return a row for the limit, for each number of threads, and for the peer."""
    limit = times[LIMIT].seconds
    reading = {key: amount for key, amount in size.items() if key in ("megabytes", "files")}
    rows = [{"name": LIMIT, "program": "numpy", "threads": 1} | _measured(times[LIMIT], reading)]
    for count in plan.threads:
        own = times[thread_name(count)]
        row = {"name": thread_name(count), "program": "cytogate", "threads": count} | _measured(own, size)
        row["times_the_limit"] = ratio(own.seconds, limit)
        if peer is not None:
            row["times_faster_than_peer"] = ratio(times[peer.name].seconds, own.seconds)
        rows.append(row)
    if peer is not None:
        row = {"name": peer.name, "program": plan.against, "threads": 1}
        row |= _measured(times[peer.name], size)
        rows.append(row | {"times_the_limit": ratio(times[peer.name].seconds, limit)})
    return rows


def _measured(times: Times, size: dict[str, float]) -> dict[str, Any]:
    return spread(times.seconds) | rates(times.median, size)


def _stages(tubes: Sequence[Tube], plan: Plan, sample: dict[str, Any], steps: _Steps) -> list[dict[str, Any]]:
    jobs = [job for count in plan.threads for job in stage_jobs(tubes, count)]
    times = in_turns(jobs, plan.repeat, steps.step)
    size = {key: sample["size"][key] for key in ("events", "megabytes", "files")}
    return [
        {
            "stage": stage,
            "what": what,
            "how": "cumulative" if stage in CUMULATIVE else "alone",
            "threads": count,
        }
        | _measured(times[stage_name(stage, count)], size)
        for stage, what in STAGES.items()
        for count in plan.threads
    ]


def _workers(
    tubes: Sequence[Tube], plan: Plan, sample: dict[str, Any], steps: _Steps
) -> list[dict[str, Any]]:
    times, files = with_workers(tubes, plan.workers, min(plan.repeat, WORKER_ROUNDS), steps.step)
    entries = {entry["path"]: entry for entry in sample["files"]}
    size = size_of([entries[tube.path] for tube in files])
    return [{"workers": count, "files": len(files)} | _measured(times[count], size) for count in plan.workers]


def _memory(tubes: Sequence[Tube], plan: Plan, steps: _Steps) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for count in plan.threads:
        rows.append({"name": thread_name(count), **peak_of_counting(tubes, count)})
        steps.step(f"memory, {thread_name(count)}")
    most = max(plan.threads)
    rows.append({"name": f"{thread_name(most)}, with medians", **peak_of_medians(tubes, most)})
    steps.step("memory, with medians")
    if plan.against is not None:
        rows.append({"name": PEERS[plan.against].name, **peak_of_peer(plan.against, tubes)})
        steps.step("memory, peer")
    return rows


def _runs_of(plan: Plan) -> int:
    """Return how many steps a plan has; on systems without a call to drop files fewer are done."""
    jobs = 1 + len(plan.threads) + (plan.against is not None)
    timed = (plan.repeat + 1) * (jobs + len(STAGES) * len(plan.threads))
    timed += (min(plan.repeat, WORKER_ROUNDS) + 1) * len(plan.workers)
    timed += (min(plan.repeat, COLD_ROUNDS) + 1) * 4
    return 1 + timed + len(plan.threads) + 1 + (plan.against is not None)


class _Steps:
    """Counts runs and tells the caller."""

    def __init__(self, total: int, progress: Callable[[int, int, str], None] | None) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def step(self, name: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total, name)
