"""Hold cleaning to its bars: simulated tubes with clogs, bubbles and drift, known event by event.

Prints one table: what is promised, what was measured, and the verdict. Exit code 1 if a promise is broken.

    python benchmarks/cleaning.py --seeds 1 2 3 4 5 6 --events 100000
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from verdicts import Row, table

import cytogate as cg
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.gating.cleaning import with_cleaning
from cytogate.gating.strategy import GatingStrategy
from cytogate.qc.check import LOST
from cytogate.qc.gated import Gated
from cytogate.qc.inspection import cleaning_gates, inspect_events, inspect_populations
from cytogate.simulate.names import TubeName
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import Tube, simulate_tube
from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.definition.study_parts import Endpoint
from cytogate.study.sample.sample_job import run_sample
from cytogate.study.sample.values import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

REMOVE = ("flow_rate", "signal")
RECOVERY = 2.0  # seconds after a clog in which signals come back: neither good nor bad
MOVED = 0.10  # of a signal: drift that no gate forgives; below half of it events are good
KINDS = {
    "clogs": {"clog_probability": 1.0},
    "bubbles": {"bubble_probability": 1.0},
    "drift": {"bad_drift_probability": 1.0},
    "none": {},
}
QUIET = dict.fromkeys(("clog_probability", "bubble_probability", "bad_drift_probability", "carry_over"), 0.0)


@dataclass(frozen=True)
class Outcome:
    """Events of one tube: bad ones, those found, good ones, those lost."""

    bad: int
    found: int
    good: int
    lost: int
    warned: bool


def simulated(seed: int, kind: str, n_events: int) -> Tube:
    """Return a tube of blood mononuclear cells in which one kind of thing goes wrong."""
    spec = {"nuisance": "full", "subjects": ["P1"], "weeks": [0], "bcell_events": n_events, "events_cv": 0.0}
    flow = QUIET | KINDS[kind]
    whole = TrialSpec.from_dict({**spec, "drift_probability": 0.0, "flow": flow})
    return simulate_tube(TubeName("P1", 0, "bcell"), whole, seed=seed)


def truth(tube: Tube) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which events are bad, and which are good."""
    upset = tube.disturbances
    seconds = tube.values[:, -1].astype(np.float64) / tube.optics.ticks_per_second
    recovering = np.zeros(len(seconds), dtype=bool)
    for clog in upset.clogs:
        recovering |= (seconds >= clog.end) & (seconds < clog.end + RECOVERY)
    gain = np.ones((len(seconds), len(tube.optics.detectors)))
    replace(upset, clogs=(), bubbles=()).dim(gain, seconds, tube.optics)
    moved = np.abs(gain / np.median(gain, axis=0) - 1.0).max(axis=1)
    bad = tube.clog | tube.bubble | (moved > MOVED)
    return bad, ~(bad | recovering | (moved > MOVED / 2))


def outcome(tube: Tube) -> Outcome:
    """Clean a tube and compare with the truth."""
    detectors = tube.channels[4:-1]
    events = cg.Events(
        tube.values, list(tube.channels), CompensationMatrix(detectors, detectors, tube.matrix)
    )
    strategy = GatingStrategy.build([], compensation="FCS")
    inspection = inspect_events(events, strategy, threads=1)
    gates = cleaning_gates(inspection, REMOVE)
    out = ~cg.gate(events, with_cleaning(strategy, gates), threads=1).root_mask()
    bad, good = truth(tube)
    (drift,) = inspection.found(["drift"])
    warned = any(figure.verdict in {"warn", "fail"} for figure in drift.measured)
    return Outcome(int(bad.sum()), int((out & bad).sum()), int(good.sum()), int((out & good).sum()), warned)


def accuracy(seeds: list[int], n_events: int) -> list[Row]:
    """Return, for each kind of disturbance and all together, what was found and what was lost."""
    rows, everything = [], []
    of = f"{len(seeds)} tubes of {n_events} events"
    for kind in KINDS:
        found = [outcome(simulated(seed, kind, n_events)) for seed in seeds]
        everything += found
        rows += _rows(kind, of, found)
        if kind == "drift":
            told = 100.0 * float(np.mean([one.warned for one in found]))
            rows.append(Row.measured_as("drift: tubes warned of", of, told, " %"))
        if kind == "none":
            rows += _undisturbed(of, found)
    return [*rows, *_rows("all", f"{len(everything)} tubes", everything)]


def undisturbed(seeds: list[int]) -> list[Row]:
    """Return what tubes lose in which nothing goes wrong but a drift of up to 6 %, as in the sample trial."""
    spec = {"nuisance": "mild", "subjects": ["P1"], "weeks": [0], "events_cv": 0.0}
    rows = []
    for panel in ("bcell", "treg"):
        for n_events in (9_000, 30_000):
            whole = TrialSpec.from_dict({**spec, f"{panel}_events": n_events})
            tubes = (simulate_tube(TubeName("P1", 0, panel), whole, seed=seed) for seed in seeds)
            rows += _undisturbed(f"{len(seeds)} {panel} of {n_events}", [outcome(tube) for tube in tubes])
    return rows


def _undisturbed(of: str, found: list[Outcome]) -> list[Row]:
    lost = [100 * one.lost / max(one.good, 1) for one in found]
    noted = 100 * float(np.mean([percent >= LOST[0] for percent in lost]))
    return [
        Row.measured_as("none: median lost", of, float(np.median(lost)), " %", most=1.0),
        Row.measured_as("none: tubes with a note", of, noted, " %", most=5.0),
    ]


def _rows(name: str, of: str, found: list[Outcome]) -> list[Row]:
    bad, hit, good, lost = (
        sum(getattr(one, key) for one in found) for key in ("bad", "found", "good", "lost")
    )
    rows = []
    if bad:
        rows.append(Row.measured_as(f"{name}: bad events taken out", of, 100 * hit / bad, " %", least=90.0))
    worst = max(100 * one.lost / max(one.good, 1) for one in found)
    rows.append(Row.measured_as(f"{name}: good events lost", of, 100 * lost / good, " %", most=5.0))
    rows.append(Row.measured_as(f"{name}: good events lost, worst tube", of, worst, " %"))
    return rows


def speed(n_events: int, folder: str, repeat: int = 7) -> list[Row]:
    """Return processor time of gating a tube and of its checks, in the engine and of the whole sample.

    What is compared is run in turn, so that what else the machine does falls on both.
    """
    from cytogate.simulate.trial import write_tube

    path = f"{folder}/tube.fcs"
    write_tube(simulated(1, "clogs", n_events), Path(path), seed=1, study="cleaning", enriched=False)
    template, file = cg.load_template("sle_bcell"), cg.read_fcs(path)
    strategy = template.resolve(file)
    whole = next(path for path in template.populations if path.endswith("/B"))
    endpoint = Endpoint("DN", f"{whole}/DN", whole)
    job = Job(0, "S", "tube.fcs", path, template, endpoints=(endpoint,), previews=False)
    gated = Gated(cg.gate(file, strategy, threads=1), (whole,))

    def sample(*, drawn: bool, cleaning: Cleaning) -> None:
        run_sample(replace(job, previews=drawn, cleaning=cleaning))

    unchecked, all_out = Cleaning(report=()), Cleaning(remove=("all",))
    engine, checks, populations, plain, checked, drawn, cleaned = _in_turn(
        [
            lambda: cg.gate(file, strategy, threads=1, masks=False),
            lambda: inspect_events(file, strategy, threads=1),
            lambda: inspect_populations(gated),
            lambda: sample(drawn=False, cleaning=unchecked),
            lambda: sample(drawn=False, cleaning=Cleaning()),
            lambda: sample(drawn=True, cleaning=unchecked),
            lambda: sample(drawn=True, cleaning=all_out),
        ],
        repeat,
    )
    of = f"{n_events} events"
    beside = float(np.median((checked - plain) / plain))
    whole_beside = float(np.median((cleaned - drawn) / drawn))
    return [
        Row.measured_as("the engine alone, counts only", of, engine.min(), " ms"),
        Row.measured_as("checks of events alone", of, checks.min(), " ms"),
        Row.measured_as("checks of populations alone", of, populations.min(), " ms"),
        Row.measured_as("all checks beside the engine", of, np.median((checks + populations) / engine), " x"),
        Row.measured_as("a sample gated and measured", of, plain.min(), " ms"),
        Row.measured_as("all checks add to that", of, 100 * beside, " %", most=50.0),
        Row.measured_as("a sample gated, measured and drawn", of, drawn.min(), " ms"),
        Row.measured_as("all checks, and cleaning, add to that", of, 100 * whole_beside, " %", most=50.0),
    ]


def _in_turn(acts: Sequence[Callable[[], object]], repeat: int) -> NDArray[np.float64]:
    """Return (n_acts, repeat) milliseconds of processor time, each act in each round once."""
    for act in acts:
        act()
    took = np.zeros((len(acts), repeat))
    for round_ in range(repeat):
        for at, act in enumerate(acts):
            began = time.process_time()
            act()
            took[at, round_] = 1000 * (time.process_time() - began)
    return took


def main() -> int:
    """Measure and print."""
    import tempfile

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5, 6])
    parser.add_argument(
        "--undisturbed", nargs="+", type=int, default=list(range(1, 21)), help="seeds of tubes that ran well"
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000, help="events of the larger file for speed")
    options = parser.parse_args()
    rows = [*accuracy(options.seeds, options.events), *undisturbed(options.undisturbed)]
    with tempfile.TemporaryDirectory() as folder:
        for n_events in dict.fromkeys((9_000, options.events, options.large)):
            rows += speed(n_events, folder)
    print(table(rows))
    return 1 if any(row.holds is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
