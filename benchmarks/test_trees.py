"""Whole jobs: the tree of 13 populations, the deep tree, medians, files of many sizes, one gate anew."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cytogate as cg
from cytogate.bench.deep import deep_tree, write_deep_sample
from cytogate.bench.inputs import Tube
from cytogate.bench.memory import peak_of_counting
from cytogate.bench.peers import PEERS
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import count_tubes, gated, medians
from cytogate.gates.polygon import PolygonGate
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.strategy import GatingStrategy

HOUSE = Path(__file__).parents[1]
MOST_EXTRA_MB = 96.0


def in_path_order(counts):
    return {file: dict(sorted(found.items())) for file, found in counts.items()}


@pytest.mark.parametrize(("threads", "promise"), [(1, 25.0), (2, 50.0)])
def test_whole_tree(stopwatch, tube: Tube, n_events, threads, promise):
    peer = PEERS["flowkit"].prepare([tube])
    assert in_path_order(count_tubes([tube], threads)) == in_path_order(peer.count())
    stopwatch(
        lambda: count_tubes([tube], threads),
        what=f"read, compensate, gate and count 13 populations, threads: {threads}; counts equal",
        peer=peer.count,
        peer_name=PEERS["flowkit"].name,
        per={"events": n_events},
        at_least=promise,
        rounds=5,
    )


def test_whole_tree_beside_the_limit(stopwatch, tube: Tube, n_events):
    stopwatch(
        lambda: count_tubes([tube], 2),
        what="the same, 2 threads, beside reading the bytes only",
        peer=lambda: np.fromfile(tube.path, np.uint8),
        peer_name="numpy.fromfile",
        per={"events": n_events},
        at_most=5.0,
    )


def test_deep_tree(stopwatch, folder, n_events):
    path = folder / "deep.fcs"
    write_deep_sample(path, n_events)
    deep = Tube(str(path), deep_tree())
    peer = PEERS["flowkit"].prepare([deep])
    assert in_path_order(count_tubes([deep], 2)) == in_path_order(peer.count())
    stopwatch(
        lambda: count_tubes([deep], 2),
        what="22 polygons under a 4 % parent, 28 channels, 2 threads; counts equal",
        peer=peer.count,
        peer_name=PEERS["flowkit"].name,
        per={"events": n_events},
        at_least=100.0,
        rounds=3,
    )


def test_medians_of_all_channels_and_populations(stopwatch, tube: Tube, n_events):
    def with_medians() -> None:
        medians(cg.gate(cg.read_fcs(tube.path), tube.strategy, threads=2), 2)

    stopwatch(
        with_medians,
        what="gate, keep masks, medians of 13 channels for 13 populations (2 threads)",
        peer=lambda: gated(cg.read_fcs(tube.path), tube.strategy, 2),
        peer_name="cytogate, counts only",
        per={"events": n_events},
        at_most=3.0,  # medians add at most twice the gating time
    )


@pytest.mark.parametrize("millions", [1, 5, 20])
def test_size(stopwatch, folder, request, millions):
    most = request.config.getoption("--largest")
    n_events = max(1, most * millions // 20)
    path = folder / f"size-{millions}.fcs"
    write_sample(path, n_events)
    big = Tube(str(path), thirteen_populations())
    peak = peak_of_counting([big], 2)
    stopwatch(
        lambda: count_tubes([big], 2),
        what=f"count {n_events:,} events, 2 threads",
        per={"events": n_events},
        rounds=3,
        extra_mb=peak["extra_mb"],
        most_extra_mb=MOST_EXTRA_MB,
    )
    path.unlink()


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("Transitional", (0.002, 0.004, 0.006, 0.008)),
        ("Singlets", (300, 600, 900)),
        ("Lymphocytes", (6e3, 12e3)),
    ],
)
def test_one_gate_anew_on_a_loaded_sample(stopwatch, tube: Tube, n_events, name, moves):
    loaded = LoadedSample(cg.read_fcs(tube.path), tube.strategy)
    moved = [with_moved_polygon(tube.strategy, name, by) for by in moves]
    turn = itertools.cycle(moved)
    stopwatch(
        lambda: loaded.regate(next(turn)),
        what=f"the polygon of {name} moved, it and all below it gated anew on a loaded sample",
        per={"events": n_events},
        seconds=0.015,
        rounds=20,
    )
    for strategy in moved:
        direct = cg.gate(cg.read_fcs(tube.path), strategy)
        assert loaded.regate(strategy).counts.tolist() == direct.counts.tolist()


def with_moved_polygon(strategy: GatingStrategy, name: str, by: float) -> GatingStrategy:
    """Return the strategy with all corners of one polygon moved right."""
    nodes = []
    for node, _ in strategy.gates:
        gate = node.gate
        if node.name == name:
            assert isinstance(gate, PolygonGate)
            gate = PolygonGate(gate.dims, gate.vertices + np.array([by, 0.0]))
        nodes.append(replace(node, gate=gate))
    return GatingStrategy.build(nodes, transforms=strategy.transforms, source=strategy.source)


@pytest.fixture
def small_file() -> Path:
    return HOUSE / "sample_fcs" / "fcs" / "P1_W0_B.fcs"


def gate_by_command(file: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "cytogate", "gate", str(file), "--template", "sle_bcell"]
    surroundings = {**os.environ, "PYTHONPATH": str(HOUSE), **environment}
    subprocess.run(command, check=True, capture_output=True, env=surroundings)


def test_cold_start_of_cytogate_gate(stopwatch, small_file):
    stopwatch(
        lambda: gate_by_command(small_file),
        what="`cytogate gate` of a small file, from the shell to its table, kernels compiled before",
        seconds=1.5,
    )


def test_first_run_after_installation(stopwatch, small_file, tmp_path):
    stopwatch(
        lambda: gate_by_command(small_file, NUMBA_CACHE_DIR=str(tmp_path)),
        what="the same as the first run after installation, which compiles the kernels",
        seconds=20.0,
        rounds=1,
        warm_up=False,
    )
