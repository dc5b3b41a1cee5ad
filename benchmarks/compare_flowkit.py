"""Time the whole job of one file (read, compensate, gate) in cytogate and in FlowKit, and compare all counts.

A generated file of 18 float32 channels, 13 of them compensated, is gated by a tree of 13 populations. The
tree is written once as Gating-ML for FlowKit. Both run in one process, in turns, after a warm-up. Exit code 1
if any count differs. `cytogate benchmark --against flowkit` measures more, on your own files too.

    python benchmarks/compare_flowkit.py --events 1000000 --repeat 5
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from cytogate.bench.clock import Job, in_turns, ratio
from cytogate.bench.inputs import Tube, described
from cytogate.bench.machine import Watch, in_words, machine
from cytogate.bench.memory import peak_of_counting, peak_of_peer
from cytogate.bench.peers import PEERS, differing
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import counting_job, thread_name
from cytogate.platform import usable_cpus

RESULTS = Path(__file__).parent / "results"


def compare(n_events: int, repeat: int) -> dict[str, Any]:
    """Return times, counts and memory of both programs."""
    watch, peer, most = Watch(), PEERS["flowkit"], usable_cpus()
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.fcs"
        write_sample(sample, n_events)
        tubes = (Tube(str(sample), thirteen_populations()),)
        jobs = [counting_job(tubes, count) for count in sorted({1, most}, reverse=True)]
        ready = peer.prepare(tubes)
        times = in_turns([*jobs, Job(peer.name, lambda _: ready.count())], repeat, lambda _: None)
        memory = {"cytogate": peak_of_counting(tubes, most), peer.name: peak_of_peer("flowkit", tubes)}
        file = described(tubes, generated=True)["files"][0]
    own, theirs = times[thread_name(most)], times[peer.name]
    ours = [counts for job in jobs for counts in times[job.name].answers]
    unlike = differing(ours, theirs.answers)
    return {
        "format": "cytogate.compare_flowkit",
        "version": 2,
        "machine": in_words(machine()),
        "disturbance": watch.found(),
        "events": n_events,
        "channels": file["channels"],
        "compensated_channels": 13,
        "file_mb": round(file["megabytes"], 1),
        "counts": ours[0][str(sample)],
        "differing": {row["population"]: [row["cytogate"], row["peer"]] for row in unlike},
        "seconds": {name: list(found.seconds) for name, found in times.items()},
        "median_seconds": {name: found.median for name, found in times.items()},
        "times_faster": ratio(theirs.seconds, own.seconds),
        "memory": memory,
    }


def show(found: dict[str, Any]) -> None:
    """Print the comparison."""
    compensated = found["compensated_channels"]
    print(f"{found['events']:,} events x {found['channels']} channels, {compensated} compensated")
    print(found["machine"])
    print(f"load average {found['disturbance']['load_average_after']} at the end")
    if found["disturbance"]["warning"]:
        print(f"warning: {found['disturbance']['warning']}")
    print()
    for path, count in found["counts"].items():
        print(f"  {path.rpartition('/')[2]:<16} {count:>10,}")
    print()
    for name, values in found["seconds"].items():
        runs = " ".join(f"{value:.3f}" for value in values)
        print(f"  {name:<20} median {found['median_seconds'][name]:.3f} s   ({runs})")
    times = found["times_faster"]
    spread = f"{times['lowest_pair']:.1f} to {times['highest_pair']:.1f}"
    print(f"  FlowKit takes {times['of_medians']:.1f} times as long (pairs: {spread})")
    for name, memory in found["memory"].items():
        before, extra = memory["before_mb"], memory["extra_mb"]
        print(f"  {name:<20} {extra:.0f} MB for it, {before:.0f} MB before, peak {memory['peak_mb']:.0f} MB")
    said = f"DIFFER (ours, FlowKit): {found['differing']}" if found["differing"] else "all equal"
    print(f"  counts: {said}")


def main() -> int:
    """Run the comparison; return 1 if a count differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events of the generated file (default %(default)s)"
    )
    parser.add_argument(
        "--repeat", type=int, default=5, help="pairs of runs after the warm-up (default %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="folder of the JSON file (default benchmarks/results)"
    )
    arguments = parser.parse_args()
    if arguments.events < 1 or arguments.repeat < 1:
        parser.error("--events and --repeat must be 1 or more")
    found = compare(arguments.events, arguments.repeat)
    show(found)
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / f"compare_flowkit-{arguments.events}.json"
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if found["differing"] else 0


if __name__ == "__main__":
    sys.exit(main())
