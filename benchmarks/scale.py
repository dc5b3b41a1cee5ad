"""What 10,000 and 1,000,000 files take on a Dask cluster: measured on a local one, then simulated.

Measured here (`scale_costs`): seconds of a worker for a file, of scheduler and client for a task that does
nothing but carries jobs and results of the real size, of the parent for each file before, while and after
gating, bytes and requests. Assumed, as options: bandwidth and latency of the store, how often workers die.
The simulation (`scale_model`) is first asked for the local run itself, whose time by the clock is known.

    python benchmarks/scale.py --files 60 --events 100000
    python benchmarks/scale.py --files 60 --template sle_bcell_fitted   # and what fits cost
    python benchmarks/scale.py --load costs.json --latency 0.1          # other assumptions, nothing measured
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scale_costs import TUBES, Costs, Task, measured
from scale_model import Farm, Outcome, simulate

from cytogate.bench.machine import in_words, machine

if TYPE_CHECKING:
    from batch_runs import Timed

SIZES = (10_000, 1_000_000)  # files
MOST_SIMULATED = 50_000  # tasks: more of them only take longer, each as long as these
WORKERS = (16, 128, 1024)
GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Foretold:
    """Hours of the parts of a run; what limits its gating, and how busy that is; files a second."""

    hash: float
    fit: float
    gate: float
    after: float
    limit: str
    busy: float
    rate: float
    again: int

    @property
    def whole(self) -> float:
        """Of the run."""
        return self.hash + self.fit + self.gate + self.after


def farm_of(costs: Costs, task: Task, options: argparse.Namespace, *, keep: float) -> Farm:
    """Return a cluster for one kind of task."""
    return Farm(
        workers=1,
        work=task.work,
        schedule=costs.schedule,
        keep=keep,
        spread=costs.spread,
        file_bytes=task.n_bytes,
        requests=task.requests,
        latency=options.latency,
        store_bandwidth=options.store * GIGA,
        worker_bandwidth=options.wire * GIGA,
        loss=options.loss,
        restart=options.restart,
    )


def foretell(costs: Costs, options: argparse.Namespace, n_files: int, workers: int) -> Foretold:
    """Return what a run of so many files takes on so many workers.

    The parent hashes all files itself, many at a time; then workers look at every file as often as fits
    need, then they gate.
    """
    read = costs.file_bytes / (options.parent * GIGA) + 2 * options.latency / options.hashing
    gate = farm_of(costs, costs.gate, options, keep=costs.keep + options.sync)
    found = _simulated(replace(gate, workers=workers), n_files)
    looking = 0.0
    if costs.looks:
        look = farm_of(costs, costs.look, options, keep=costs.fit / costs.looks)
        looking = _simulated(replace(look, workers=workers), round(n_files * costs.looks)).gating
    hours = 1 / 3600
    return Foretold(
        hash=n_files * max(costs.check / options.cores, read) * hours,
        fit=looking * hours,
        gate=found.gating * hours,
        after=n_files * costs.after * hours,
        limit=found.limit,
        busy=found.busy[found.limit],
        rate=n_files / found.gating,
        again=found.retried,
    )


def _simulated(farm: Farm, n: int) -> Outcome:
    """Simulate so many tasks; of very many a part, whose time is then that many times as long."""
    part = min(n, MOST_SIMULATED)
    found, times = simulate(farm, part), n / part
    return replace(found, gating=found.gating * times, retried=round(found.retried * times))


def tell(costs: Costs, n_events: int) -> None:
    """Print what was measured."""
    gate, look = costs.gate, costs.look
    rows = [
        ("worker, a file", f"{gate.work:.3f} s, varying by {costs.spread:.0%}"),
        ("worker, a million events", f"{gate.work / n_events * 1e6:.2f} s"),
        ("fits, a file", f"{costs.looks:.0f} looks of {look.work:.3f} s"),
        ("scheduler and client, a task", f"{1000 * costs.schedule:.2f} ms"),
        ("parent, checks and hashing, a file", f"{1000 * costs.check:.2f} ms"),
        ("parent, fits, a file", f"{1000 * costs.fit:.2f} ms"),
        ("parent, a result kept", f"{1000 * costs.keep:.2f} ms"),
        ("parent, tables, a file", f"{1000 * costs.after:.2f} ms"),
        ("bytes of a file", f"{costs.file_bytes:,}"),
        ("fetched for gating it", f"{gate.n_bytes:,.0f} in {gate.requests:.0f} requests"),
        ("fetched for a look at it", f"{look.n_bytes:,.0f} in {look.requests:.0f} requests"),
        ("bytes of a job, of its result", f"{gate.sent:,.0f}, {gate.answered:,.0f}"),
        ("kept in resume/, a file", f"{costs.kept_bytes:,.0f} bytes"),
        ("tables, a file", f"{costs.table_bytes:,.0f} bytes"),
        (f"{costs.pictures:.0f} pictures, a file", f"{costs.picture_bytes:,.0f} bytes"),
    ]
    for name, value in rows:
        print(f"{name:<36} {value}")


def tell_local(costs: Costs, cluster: Timed) -> None:
    """Print how well the simulation meets the run it was measured in."""
    n = len(cluster.settled)
    work = float(np.mean([seconds for _, _, seconds, _ in cluster.settled]))
    local = Farm(2, work, schedule=costs.schedule, keep=costs.keep, spread=costs.spread)
    took, found = n * cluster.window(), simulate(local, n).gating
    print(f"{'the local cluster, by the clock':<36} {n} files in {took:.1f} s, simulated {found:.1f} s")


def tell_table(costs: Costs, options: argparse.Namespace) -> None:
    """Print what runs on larger clusters take, as the table of docs/scale.md has it."""
    print("\n| files | workers | hashing | fits | gating | tables | whole, h | files/s | busiest | again |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|")
    for n_files in SIZES:
        for workers in WORKERS:
            found = foretell(costs, options, n_files, workers)
            hours = (found.hash, found.fit, found.gate, found.after, found.whole)
            print(
                f"| {n_files:,} | {workers:,} | "
                + " | ".join(f"{value:.3g}" for value in hours)
                + f" | {found.rate:.3g} | {found.limit}, {found.busy:.0%} | {found.again:,} |"
            )
    for n_files in SIZES:
        hours = (costs.gate.work + costs.looks * costs.look.work) * n_files / 3600
        fetched = (costs.file_bytes + costs.gate.n_bytes + costs.looks * costs.look.n_bytes) * n_files
        requests = (costs.gate.requests + costs.looks * costs.look.requests) * n_files
        print(
            f"{n_files:,} files: {hours:,.1f} worker-hours, {fetched / 1e12:,.2f} TB fetched in "
            f"{requests / 1e6:,.1f} million requests; run folder {costs.kept_bytes * n_files / GIGA:,.1f} GB "
            f"resume/, {costs.table_bytes * n_files / GIGA:,.1f} GB tables, {costs.pictures * n_files:,.0f} "
            f"pictures of {costs.picture_bytes * n_files / GIGA:,.1f} GB"
        )


def main() -> int:
    """Measure, simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    of = "(default %(default)s)"
    parser.add_argument("--files", type=int, default=60, help=f"of the local run {of}")
    parser.add_argument("--events", type=int, default=100_000, help=f"of each {of}")
    parser.add_argument("--template", default="sle_bcell", help=f"what they are gated with {of}")
    parser.add_argument("--save", type=Path, help="write what was measured to this file")
    parser.add_argument("--load", type=Path, help="measure nothing, take this file")
    parser.add_argument("--store", type=float, default=10.0, help=f"GB/s of the store {of}")
    parser.add_argument("--wire", type=float, default=0.25, help=f"GB/s of a worker {of}")
    parser.add_argument("--parent", type=float, default=1.0, help=f"GB/s that the parent hashes {of}")
    parser.add_argument("--hashing", type=int, default=16, help=f"files that it hashes at a time {of}")
    parser.add_argument("--cores", type=int, default=4, help=f"processors that it hashes with {of}")
    parser.add_argument("--sync", type=float, default=0.004, help=f"s of disk for a result {of}")
    parser.add_argument("--latency", type=float, default=0.03, help=f"s of a request {of}")
    parser.add_argument("--loss", type=float, default=1e-4, help=f"of tasks lose workers {of}")
    parser.add_argument("--restart", type=float, default=30.0, help=f"s of a worker {of}")
    options = parser.parse_args()
    if options.files <= TUBES or options.events < 1:
        parser.error(f"--files must be more than {TUBES}, and --events 1 or more")
    if options.load:
        told = json.loads(options.load.read_text(encoding="utf-8"))
        tasks = {name: Task(**told["costs"][name]) for name in ("gate", "look")}
        costs = Costs(**{**told["costs"], **tasks})
        tell(costs, told["events"])
    else:
        print(in_words(machine()))
        print(f"load before {os.getloadavg()[0]:.1f}")
        with tempfile.TemporaryDirectory() as name:
            costs, cluster = measured(Path(name), options.template, options.files, options.events)
        print(f"load after {os.getloadavg()[0]:.1f}\n")
        tell(costs, options.events)
        tell_local(costs, cluster)
        if options.save:
            told = {"events": options.events, "template": options.template, "costs": asdict(costs)}
            options.save.write_text(f"{json.dumps(told, indent=1)}\n", encoding="utf-8")
    tell_table(costs, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
