"""Time the whole job of one file (read, compensate, gate) in cytogate and in FlowKit, and compare all counts.

A synthetic file of 18 float32 channels, 13 of them compensated, is gated by a tree of 13 populations. The
tree is written once, by `cytogate.write_gatingml`; both programs read that file. They run in one process, in
turns, after a warm-up. Exit code 1 if any count differs.

    python benchmarks/compare_flowkit.py --events 1000000 --repeat 5
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import cytogate as cg
from cytogate.fcs.panel import Channel
from cytogate.gates.dimension import FROM_FILE, Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.logicle import Logicle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"
TOP = 262144.0
SCATTER = ("FSC-A", "FSC-H", "SSC-A", "SSC-H")
MARKERS = {
    "CD19": "BV421-A",
    "CD3": "BV510-A",
    "CD27": "BV605-A",
    "IgD": "BV711-A",
    "CD24": "BV786-A",
    "CD38": "FITC-A",
    "CD21": "PerCP-A",
    "CD4": "PE-A",
    "CD25": "PE-CF594-A",
    "CD127": "PE-Cy7-A",
    "FoxP3": "APC-A",
    "Helios": "AF700-A",
    "Viability": "APC-Cy7-A",
}
DETECTORS = tuple(MARKERS.values())

# Share of the events, then markers that are bright, each with its median; the others are dim.
KINDS = (
    (0.05, {"CD19": 8000, "IgD": 9000, "CD24": 3000, "CD38": 1500, "CD21": 6000}),  # naive
    (0.01, {"CD19": 9000, "IgD": 9000, "CD24": 12000, "CD38": 20000, "CD21": 2000}),  # transitional
    (0.01, {"CD19": 14000, "IgD": 8000, "CD24": 300, "CD38": 1200}),  # activated naive
    (0.03, {"CD19": 8000, "CD27": 5000, "CD24": 5000, "CD21": 6000}),  # switched memory
    (0.02, {"CD19": 8000, "CD27": 5000, "IgD": 5000, "CD24": 5000, "CD21": 6000}),  # unswitched memory
    (0.01, {"CD19": 9000, "CD24": 700}),  # double negative
    (0.36, {"CD3": 15000, "CD4": 9000, "CD127": 5000, "CD25": 500, "CD27": 6000}),  # CD4
    (0.02, {"CD3": 14000, "CD4": 9000, "CD25": 6000, "FoxP3": 4000, "Helios": 5000}),  # regulatory, Helios+
    (0.01, {"CD3": 14000, "CD4": 9000, "CD25": 6000, "FoxP3": 4000}),  # regulatory, Helios-
    (0.24, {"CD3": 15000, "CD127": 2500, "CD27": 5000}),  # CD8
    (0.24, {"CD38": 4000}),  # others
)


def synthetic_events(n_events: int, spillover: NDArray[np.float64], seed: int = 1) -> NDArray[np.float32]:
    """Return (n_events, 18) float32: scatter, the 13 measured fluorescences, time."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(len(KINDS), n_events, p=[share for share, _ in KINDS])
    medians = np.full((len(KINDS), len(DETECTORS)), 120.0)
    for row, (_, bright) in enumerate(KINDS):
        for marker, median in bright.items():
            medians[row, list(MARKERS).index(marker)] = median
    out = np.empty((n_events, len(SCATTER) + len(DETECTORS) + 1), dtype=np.float32)
    fsc = rng.normal(80_000, 14_000, n_events).clip(1000, TOP)
    doublet = rng.random(n_events) < 0.06
    out[:, 0] = fsc * np.where(doublet, 1.8, 1.0)
    out[:, 1] = fsc * rng.normal(0.8, 0.02, n_events)
    out[:, 2] = rng.lognormal(10.2, 0.35, n_events)
    out[:, 3] = out[:, 2] * 0.8
    dead = rng.random(n_events) < 0.08
    for begin in range(0, n_events, 100_000):
        block = slice(begin, begin + 100_000)
        true = medians[kind[block]] * rng.lognormal(0.0, 0.5, (len(kind[block]), len(DETECTORS)))
        true[dead[block], list(MARKERS).index("Viability")] *= 100
        measured = true @ spillover
        measured += rng.normal(0, 40, measured.shape) + rng.normal(0, 1, measured.shape) * np.sqrt(
            8 * measured
        )
        out[block, len(SCATTER) : -1] = measured
    out[:, -1] = np.arange(n_events) * (600.0 / max(1, n_events))
    return out


def synthetic_spillover(seed: int = 2) -> cg.CompensationMatrix:
    """Return a matrix whose neighbours spill most."""
    rng = np.random.default_rng(seed)
    distance = np.abs(np.subtract.outer(np.arange(len(DETECTORS)), np.arange(len(DETECTORS))))
    values = np.round(rng.uniform(0.2, 1.0, distance.shape) * 0.15 / np.maximum(1, distance) ** 1.5, 4)
    values[distance > 6] = 0.0
    np.fill_diagonal(values, 1.0)
    return cg.CompensationMatrix(DETECTORS, DETECTORS, values)


def write_sample(path: Path, n_events: int) -> None:
    """Write the synthetic file."""
    matrix = synthetic_spillover()
    numbers = ",".join(f"{value:.4f}" for value in matrix.values.ravel())
    text = f"{len(DETECTORS)},{','.join(DETECTORS)},{numbers}"
    labels = {detector: marker for marker, detector in MARKERS.items()}
    channels = [Channel(name, labels.get(name), TOP) for name in (*SCATTER, *DETECTORS, "Time")]
    cg.write_fcs(path, synthetic_events(n_events, matrix.values), channels, keywords={"$SPILLOVER": text})


def thirteen_populations() -> GatingStrategy:
    """Return the tree: lymphocytes, singlets, live, B cells and their subsets, regulatory T cells."""
    logicle = Logicle(T=TOP, W=0.7, M=4.5)

    def on(marker: str) -> Dimension:
        return Dimension(MARKERS[marker], FROM_FILE, "logicle")

    def at(value: float) -> float:
        return float(logicle.forward(value))

    def box(*edges: float) -> list[list[float]]:
        return [[at(value) for value in edges[i : i + 2]] for i in range(0, len(edges), 2)]

    area, height, side = Dimension("FSC-A"), Dimension("FSC-H"), Dimension("SSC-A")
    signs = ("-", "+")
    nodes = [
        GateNode(
            "Lymphocytes",
            PolygonGate(
                (area, side),
                [
                    [35e3, 8e3],
                    [150e3, 8e3],
                    [205e3, 40e3],
                    [190e3, 80e3],
                    [110e3, 72e3],
                    [50e3, 50e3],
                    [33e3, 25e3],
                ],
            ),
        ),
        GateNode(
            "Singlets",
            PolygonGate(
                (area, height),
                [[20e3, 12e3], [20e3, 22e3], [140e3, 132e3], [230e3, 210e3], [230e3, 150e3], [140e3, 92e3]],
            ),
            "Lymphocytes",
        ),
        GateNode("Live", RectangleGate((on("Viability"),), (-math.inf,), (at(1500.0),)), "Singlets"),
        GateNode(
            "B",
            RectangleGate((on("CD19"), on("CD3")), (at(1500.0), -math.inf), (math.inf, at(1500.0))),
            "Live",
        ),
        GateNode(
            "IgD x CD27",
            QuadrantGate(
                (on("IgD"), on("CD27")),
                ((at(900.0),), (at(800.0),)),
                tuple(
                    Quadrant(f"IgD{signs[x]}CD27{signs[y]}", ((0, x), (1, y))) for x in (0, 1) for y in (0, 1)
                ),
            ),
            "B",
        ),
        GateNode(
            "Transitional",
            PolygonGate(
                (on("CD24"), on("CD38")),
                box(4000, 6000, 9000, 5000, 60000, 9000, 70000, 90000, 9000, 120000, 3000, 30000),
            ),
            "IgD+CD27-",
        ),
        GateNode(
            "Activated naive",
            RectangleGate((on("CD24"), on("CD21")), (-math.inf, -math.inf), (at(1000.0), at(900.0))),
            "IgD+CD27-",
        ),
        GateNode(
            "CD4",
            RectangleGate((on("CD3"), on("CD4")), (at(3000.0), at(2000.0)), (math.inf, math.inf)),
            "Live",
        ),
        GateNode(
            "Treg",
            PolygonGate(
                (on("CD25"), on("CD127")), box(1800, -400, 60000, -400, 60000, 2500, 8000, 1500, 2200, 900)
            ),
            "CD4",
        ),
        GateNode("Helios", RectangleGate((on("Helios"),), (at(1200.0),), (math.inf,)), "Treg"),
    ]
    return GatingStrategy.build(nodes, transforms={"logicle": logicle})


def cytogate_job(sample: Path, gates: Path, threads: int | None = None) -> Callable[[], dict[str, int]]:
    """Return the whole job of one file; the Gating-ML file is read beforehand."""
    strategy = cg.read_gatingml(gates)

    def run() -> dict[str, int]:
        result = cg.gate(cg.read_fcs(sample), strategy, threads=threads)
        return {strategy.find(path).name: result.count(path) for path in result.populations}

    return run


def flowkit_job(sample: Path, gates: Path, names: dict[str, str]) -> Callable[[], dict[str, int]]:
    """Return the same job for FlowKit, whose gates are named by the ids of the file."""
    import flowkit

    strategy = flowkit.parse_gating_xml(str(gates))

    def run() -> dict[str, int]:
        report = strategy.gate_sample(flowkit.Sample(str(sample))).report
        return {
            names[gate]: int(count) for gate, count in zip(report["gate_name"], report["count"], strict=True)
        }

    return run


def ids_to_names(gates: Path) -> dict[str, str]:
    """Return what each id of the file is called in cytogate."""
    from cytogate.interop.gatingml.schema import CYTOGATE, GATING, noted_name
    from cytogate.interop.xml import parse_xml

    names = {}
    for element in parse_xml(gates).iter():
        identity = element.get(f"{{{GATING}}}id")
        if identity is not None:
            names[identity] = noted_name(element, identity)
    for own in parse_xml(gates).iter(f"{{{CYTOGATE}}}quadrant"):
        names[own.get(f"{{{CYTOGATE}}}ref")] = own.get(f"{{{CYTOGATE}}}value")
    return names


def timed(run: Callable[[], dict[str, int]]) -> tuple[float, dict[str, int]]:
    """Return seconds and counts of one run."""
    gc.collect()
    start = time.perf_counter()
    counts = run()
    return time.perf_counter() - start, counts


def peak_memory(program: str, sample: Path, gates: Path) -> dict[str, float]:
    """Return the peak of a process that does the job once, and its peak before it, in MB."""
    command = [sys.executable, __file__, "--peak-of", program, str(sample), str(gates)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(answer.splitlines()[-1])


def report_peak(program: str, sample: Path, gates: Path) -> None:
    """Do the job once and print the peak memory of this process."""
    run = (
        cytogate_job(sample, gates)
        if program == "cytogate"
        else flowkit_job(sample, gates, ids_to_names(gates))
    )
    before = _peak_mb()
    run()
    print(json.dumps({"before_mb": before, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    status = Path("/proc/self/status")  # ru_maxrss of a child would begin at the peak of its parent
    if status.is_file():
        kilobytes = next(
            line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")
        )
        return round(int(kilobytes) * 1024 / 1e6, 1)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def machine() -> str:
    """Return processor, cores and system in one line."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = {name: metadata.version(name) for name in ("numpy", "numba", "flowkit", "flowutils")}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}, {listed}"


def compare(n_events: int, repeat: int) -> dict[str, object]:
    """Return times, counts and memory of both programs."""
    with tempfile.TemporaryDirectory() as folder:
        sample, gates = Path(folder) / "sample.fcs", Path(folder) / "gates.xml"
        write_sample(sample, n_events)
        cg.write_gatingml(thirteen_populations(), gates)
        names = ids_to_names(gates)
        jobs = {
            "cytogate": cytogate_job(sample, gates),
            "cytogate, 1 thread": cytogate_job(sample, gates, threads=1),
            "flowkit": flowkit_job(sample, gates, names),
        }
        counts = {name: run() for name, run in jobs.items()}  # compiles, fills the page cache
        seconds: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(repeat):
            for name, run in jobs.items():
                spent, again = timed(run)
                seconds[name].append(spent)
                if again != counts[name]:
                    counts[name] = again
        memory = {name: peak_memory(name, sample, gates) for name in ("cytogate", "flowkit")}
        size = sample.stat().st_size
    ours, theirs = counts["cytogate"], counts["flowkit"]
    differing = {
        name: [ours.get(name), counts["cytogate, 1 thread"].get(name), theirs.get(name)]
        for name in {**ours, **theirs}
        if not ours.get(name) == counts["cytogate, 1 thread"].get(name) == theirs.get(name)
    }
    pairs = [b / a for a, b in zip(seconds["cytogate"], seconds["flowkit"], strict=True)]
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "format": "cytogate.compare_flowkit",
        "version": 1,
        "machine": machine(),
        "load_average": [round(load, 2) for load in os.getloadavg()],  # above the cores: other work disturbed
        "events": n_events,
        "channels": len(SCATTER) + len(DETECTORS) + 1,
        "compensated_channels": len(DETECTORS),
        "file_mb": round(size / 1e6, 1),
        "counts": ours,
        "differing": differing,
        "seconds": seconds,
        "median_seconds": medians,
        "ratio_of_medians": medians["flowkit"] / medians["cytogate"],
        "ratio_of_pairs": pairs,
        "memory": memory,
    }


def show(found: dict[str, object]) -> None:
    """Print the comparison."""
    compensated = found["compensated_channels"]
    print(f"{found['events']:,} events x {found['channels']} channels, {compensated} compensated")
    print(found["machine"])
    print(f"load average {found['load_average'][0]} at the end")
    print()
    for name, count in found["counts"].items():
        print(f"  {name:<16} {count:>10,}")
    print()
    for name, values in found["seconds"].items():
        runs = " ".join(f"{value:.3f}" for value in values)
        print(f"  {name:<20} median {found['median_seconds'][name]:.3f} s   ({runs})")
    pairs = " ".join(f"{ratio:.1f}" for ratio in found["ratio_of_pairs"])
    print(f"  FlowKit takes {found['ratio_of_medians']:.1f} times as long (pairs: {pairs})")
    for name, memory in found["memory"].items():
        before = memory["before_mb"]
        print(f"  {name:<20} peak {memory['peak_mb']:.0f} MB, {before:.0f} MB before the file is read")
    print(
        "  counts: "
        + (f"DIFFER (ours, one thread, FlowKit): {found['differing']}" if found["differing"] else "all equal")
    )


def main() -> int:
    """Run the comparison; return 1 if a count differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events of the synthetic file (default %(default)s)"
    )
    parser.add_argument(
        "--repeat", type=int, default=5, help="pairs of runs after the warm-up (default %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="folder of the JSON file (default benchmarks/results)"
    )
    parser.add_argument("--peak-of", nargs=3, metavar=("PROGRAM", "FCS", "GATES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.events < 1 or arguments.repeat < 1:
        parser.error("--events and --repeat must be 1 or more")
    warnings.simplefilter("ignore")  # FlowKit's imports warn
    if arguments.peak_of:
        program, sample, gates = arguments.peak_of
        report_peak(program, Path(sample), Path(gates))
        return 0
    found = compare(arguments.events, arguments.repeat)
    show(found)
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / f"compare_flowkit-{arguments.events}.json"
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if found["differing"] else 0


if __name__ == "__main__":
    sys.exit(main())
