"""What 10,000 and 1,000,000 files take on a Dask cluster: measured on a local one, then simulated.

Measured here: seconds of a worker for a file, of scheduler and client for a task that does nothing but
carries jobs and results of the real size, of the parent for each file before, while and after gating, and
bytes. Seconds are of processors: other work on the machine does not count, waiting for disks does not either.
Assumed, as options: bandwidth and latency of the store, how often workers die. The simulation (`scale_model`)
is first asked for the local run itself, whose time by the clock is known.

    python benchmarks/scale.py --files 60 --events 100000
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from batch_runs import Timed, linked, timed, write_study
from scale_model import Farm, simulate

from cytogate.bench.fitting import simulated_tubes
from cytogate.bench.machine import in_words, machine

if TYPE_CHECKING:
    from cytogate.study.sample.sample_job import Job

TUBES = 10  # that are simulated; all files are these under other names
TASKS = 2000  # that do nothing
SIZES = (10_000, 1_000_000)  # files
WORKERS = (16, 128, 1024)
GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Costs:
    """What one file costs; seconds and bytes."""

    work: float
    spread: float
    schedule: float
    keep: float
    before: float
    after: float
    file_bytes: int
    read_bytes: float
    job_bytes: int
    result_bytes: int
    kept_bytes: float
    picture_bytes: float
    pictures: float


def sample(study: Path) -> tuple[float, float, int, int]:
    """Return seconds of gating a file, the bytes that it reads, and those of its job and of its result."""
    from cytogate.study.files.hashing import hash_stable
    from cytogate.study.planning.plan import plan_study
    from cytogate.study.running.fitting import fit_panels
    from cytogate.study.running.gating import make_jobs
    from cytogate.study.sample.sample_job import run_sample

    plan = plan_study(study)
    known = {row.file: hash_stable(row.path) for row in plan.gated}
    jobs: list[Job] = make_jobs(plan, fit_panels(plan), threads=1, known=known)
    result = run_sample(jobs[0])
    before, began = bytes_read(), time.process_time()
    for job in jobs:
        run_sample(job)
    seconds = (time.process_time() - began) / len(jobs)
    read = (bytes_read() - before) / len(jobs)
    return seconds, read, len(pickle.dumps(jobs[0])), len(pickle.dumps(result))


def bytes_read() -> float:
    """Return how many bytes this process has asked files for so far (Linux; else NaN)."""
    place = Path("/proc/self/io")
    if not place.exists():
        return float("nan")
    told = dict(line.split(": ") for line in place.read_text(encoding="ascii").splitlines())
    return float(told["rchar"])


def per_task(job_bytes: int, result_bytes: int) -> float:
    """Return the seconds of scheduler and client for one task: both live in this process."""
    from distributed import Client

    from cytogate.study.running.dask_cluster import _outcomes

    with Client(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as client:
        task = _Idle(result_bytes)
        for _ in _outcomes(client, task, [b""] * 50):
            pass
        jobs = [number.to_bytes(8, "big") + os.urandom(job_bytes - 8) for number in range(TASKS)]
        began = time.process_time()
        n = sum(1 for _ in _outcomes(client, task, jobs))
        return (time.process_time() - began) / n


class _Idle:
    """A task that does nothing, and answers so many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, job: bytes) -> bytes:
        return bytes(self.size)


def measured(folder: Path, n_files: int, n_events: int) -> tuple[Costs, Timed, Timed]:
    """Return the costs of a file, and the runs with processes and with Dask that they were taken from."""
    tubes = simulated_tubes(folder / "tubes", TUBES, n_events)
    study = write_study(folder, linked(tubes, folder / "fcs", n_files))
    small = write_study(folder, tubes)
    timed(small, folder / "warm")
    run = timed(study, folder / "process", workers=2)
    cluster = timed(study, folder / "dask", workers=2, executor="dask")
    seconds, read, job, result = sample(small)
    work = np.array([seconds for _, _, seconds, _ in cluster.settled])
    pictures = [place for place in (folder / "dask" / "previews").rglob("*") if place.is_file()]
    kept = [place.stat().st_size for place in (folder / "dask" / "resume").iterdir()]
    costs = Costs(
        work=seconds,
        spread=float(work.std() / work.mean()),
        schedule=per_task(job, result),
        keep=run.window(1),
        before=(run.stage("check", 1) + run.stage("fit", 1)) / n_files,
        after=(run.stage("conclude", 1) + run.stage("write", 1)) / n_files,
        file_bytes=tubes[0].stat().st_size,
        read_bytes=read,
        job_bytes=job,
        result_bytes=result,
        kept_bytes=sum(kept) / n_files,
        picture_bytes=sum(place.stat().st_size for place in pictures) / n_files,
        pictures=len(pictures) / n_files,
    )
    return costs, run, cluster


def tell(costs: Costs, cluster: Timed, n_events: int) -> None:
    """Print what was measured, and how well the simulation meets the run it was measured in."""
    print(f"seconds of a worker for a file        {costs.work:.3f}, varying by {costs.spread:.0%}")
    print(f"seconds of a worker, a million events {costs.work / n_events * 1e6:.2f}")
    print(f"scheduler and client, a task          {1000 * costs.schedule:.2f} ms")
    print(f"parent, a result kept                 {1000 * costs.keep:.2f} ms")
    print(f"parent, a file before gating          {1000 * costs.before:.2f} ms")
    print(f"parent, a file after gating           {1000 * costs.after:.2f} ms")
    passes = costs.read_bytes / costs.file_bytes
    print(f"bytes of a file                       {costs.file_bytes:,}, read {passes:.1f} times")
    print(f"bytes of a job, of a result           {costs.job_bytes:,}, {costs.result_bytes:,}")
    print(
        f"bytes kept, of {costs.pictures:.0f} pictures            "
        f"{costs.kept_bytes:,.0f}, {costs.picture_bytes:,.0f}"
    )
    n = len(cluster.settled)
    work = float(np.mean([seconds for _, _, seconds, _ in cluster.settled]))
    local = Farm(2, work, schedule=costs.schedule, keep=costs.keep, spread=costs.spread)
    print(
        f"the local cluster: {n} files in {n * cluster.window():.1f} s, "
        f"simulated {simulate(local, n).gating:.1f} s"
    )


def foretell(costs: Costs, options: argparse.Namespace) -> None:
    """Print what runs on larger clusters take."""
    farm = Farm(
        workers=1,
        work=costs.work,
        schedule=costs.schedule,
        keep=costs.keep,
        spread=costs.spread,
        file_bytes=costs.read_bytes,
        requests=-(-costs.read_bytes // options.block),
        latency=options.latency,
        store_bandwidth=options.store * GIGA,
        worker_bandwidth=options.wire * GIGA,
        before=max(costs.before, costs.file_bytes / (options.parent * GIGA)),
        after=costs.after,
        loss=options.loss,
        restart=options.restart,
    )
    print("\nfiles      workers  before, h  gating, h  after, h  whole, h  files/s  busiest          again")
    for n_files in SIZES:
        for workers in WORKERS:
            found = simulate(replace(farm, workers=workers), n_files)
            hours = [seconds / 3600 for seconds in (found.before, found.gating, found.after, found.seconds)]
            share = f"{found.limit} {found.busy[found.limit]:.0%}"
            print(
                f"{n_files:<10,} {workers:<8,} "
                + "".join(f"{value:<11.3g}" for value in hours)
                + f"{n_files / found.gating:<8.3g} {share:<16} {found.retried:,}"
            )
        print(
            f"{n_files:<10,} worker-hours {costs.work * n_files / 3600:,.0f}, "
            f"fetched {costs.read_bytes * n_files / 1e12:,.1f} TB "
            f"in {farm.requests * n_files:,.0f} requests, "
            f"kept {costs.kept_bytes * n_files / GIGA:,.1f} GB, {costs.pictures * n_files:,.0f} pictures"
        )


def main() -> int:
    """Measure, simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=60, help="of the local run (default %(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="of each (default %(default)s)")
    parser.add_argument("--store", type=float, default=10.0, help="GB/s of the store (default %(default)s)")
    parser.add_argument("--wire", type=float, default=0.25, help="GB/s of a worker (default %(default)s)")
    parser.add_argument("--parent", type=float, default=1.0, help="GB/s of the parent (default %(default)s)")
    parser.add_argument("--latency", type=float, default=0.03, help="s of a request (default %(default)s)")
    parser.add_argument("--block", type=float, default=2**22, help="bytes of a request (default %(default)s)")
    parser.add_argument(
        "--loss", type=float, default=1e-4, help="of tasks lose workers (default %(default)s)"
    )
    parser.add_argument("--restart", type=float, default=30.0, help="s of a worker (default %(default)s)")
    options = parser.parse_args()
    print(in_words(machine()))
    print(f"load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        costs, _, cluster = measured(Path(name), options.files, options.events)
    print(f"load after {os.getloadavg()[0]:.1f}\n")
    tell(costs, cluster, options.events)
    foretell(costs, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
