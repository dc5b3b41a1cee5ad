"""Hold templates to the accuracy bars: simulated trials whose truth is known are gated, and compared.

Prints one table: what is promised, what was measured, and the verdict. Exit code 1 if a promise is broken.

    python benchmarks/accuracy.py --templates bcell=sle_bcell treg=treg_helios --seeds 11 12 13 14 15
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tube_bars import agreement, coverage, lost_tubes, relative_errors, replicate_cv, slopes
from verdicts import Row, table

from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trials import Trial

TEMPLATES = ("bcell=sle_bcell", "treg=treg_helios")
SEEDS = (11, 12, 13, 14, 15)
VISITS = (0, 4, 8, 12, 16, 20, 24)
# ln factors of the stains at each visit: a titre that goes down, and comes back with a new lot
DRIFT = {
    f"W{week}": {"CD27": -0.5 * share, "IgD": -0.35 * share}
    for week, share in zip(VISITS[1:], (0.2, 0.4, 0.6, 0.8, 1.0, 0.3), strict=True)
}

SPLIT_DRIFT = {f"W{week}": {"CD27": -0.3, "IgD": -0.3, "CD25": -0.3, "Helios": -0.3} for week in (4, 12, 24)}
SMALL = 15.0  # percent: near zero, beside what the other part is


@dataclass(frozen=True)
class Bench:
    """Where trials are kept, and what gates them."""

    folder: Path
    templates: Mapping[str, str]
    seeds: Sequence[int]
    events: int
    patients: int
    # how the trials' cells stain otherwise than those of the package
    populations: Mapping[str, float] = field(default_factory=dict)

    def measured(self, kind: str, variant: str = "as written", **more: Any) -> pd.DataFrame:
        """Return what is found, beside the truth, in the trials of one kind, of all seeds together."""
        found = []
        for seed in self.seeds:
            print(f"{kind}, seed {seed}, gates {variant}", file=sys.stderr)
            out = self.folder / f"{kind}-{seed}-{variant.replace(' ', '-')}"
            found.append(self.trial(kind, seed, **more).gated(out, self.templates, variant))
        return pd.concat(found, ignore_index=True)

    def trial(self, kind: str, seed: int, *, visits: Sequence[int] | None = None, **more: Any) -> Trial:
        """Return the trial of one kind and seed, simulated if it is not there yet."""
        from trials import Trial

        size: dict[str, Any] = {
            "bcell_events": self.events,
            "treg_events": self.events,
            "patients": self.patients,
        }
        if self.populations:
            size["populations"] = dict(self.populations)
        return Trial.simulated(self.folder / f"{kind}-{seed}", seed, {**size, **more}, visits)

    def splits(self, kind: str, **more: Any) -> pd.DataFrame:
        """Return how changes between visits are split, in the trials of one kind, of all seeds."""
        from doubts import split_parts

        found = []
        for seed in self.seeds:
            out = self.folder / f"{kind}-{seed}-run"
            self.trial(kind, seed, **more).run(out, self.templates)
            found.append(split_parts(out / "run", seed))
        return pd.concat(found, ignore_index=True)


def of_all_nuisance(bench: Bench) -> list[Row]:
    """Measure the bars of trials in which all goes wrong that does."""
    tubes = bench.measured("full", nuisance="full")
    return [*relative_errors(tubes), *agreement(tubes), *coverage(tubes), *lost_tubes(tubes)]


def of_replicates(bench: Bench) -> list[Row]:
    """Measure the bars of blood that is stained and acquired three times."""
    return replicate_cv(bench.measured("replicates", replicates=3))


def of_slopes(bench: Bench) -> list[Row]:
    """Measure the bars of trends, with stains that drift and with stains that do not."""
    ways = ("as written", "fixed", "per sample")
    drifted = {way: bench.measured("drift", way, visits=VISITS, staining_drift=DRIFT) for way in ways}
    return slopes(drifted, {way: bench.measured("steady", way, visits=VISITS) for way in ways[:2]})


def of_splits(bench: Bench) -> list[Row]:
    """Measure whether pure staining drift is no biology, and pure biology no gate."""
    from doubts import largest, rest

    still = {"biology": {"change": False, "noise": False}, "staining_drift": SPLIT_DRIFT}
    drift = bench.splits("still", nuisance="none", **still)
    moving = bench.splits("moving", nuisance="none")
    both = pd.concat([drift, moving])
    return [
        Row.measured_as("pure drift", "biology, of biology's", _against(drift, moving), " %", most=SMALL),
        Row.measured_as(
            "pure biology", "gate, of the change", largest(moving, "gate", "change"), " %", most=SMALL
        ),
        Row.measured_as("split", "change less its parts", rest(both), " points", most=1e-9),
    ]


def _against(drift: pd.DataFrame, moving: pd.DataFrame) -> float:
    """Return biology under pure drift, in percent of what true biology is in the same subsets (medians)."""
    size = [
        frame.groupby("subset")["biology"].agg(lambda v: np.sqrt(np.mean(v**2))) for frame in (drift, moving)
    ]
    return float(100 * (size[0] / size[1]).median())


def of_planted(bench: Bench) -> list[Row]:
    """Measure whether bad gates come first for review."""
    from doubts import planted
    from trials import Trial

    bench.measured("full", nuisance="full")
    found = [
        planted(
            Trial(bench.folder / f"full-{seed}", seed),
            bench.folder / f"full-{seed}-as-written",
            bench.templates,
        )
        for seed in bench.seeds
    ]
    ranks = [rank <= 0.05 * one.n_rows for one in found for rank in one.ranks]
    return [
        Row.measured_as("planted bad gates", "in the top 5 %", 100 * float(np.mean(ranks)), " %", least=90.0)
    ]


def of_hard_tubes(bench: Bench) -> list[Row]:
    """Measure whether tubes that are hardly any have their rows, and cost no other tube."""
    from doubts import with_hard_tubes, without_row

    lost = others = 0
    for seed in bench.seeds:
        one = replace(bench, seeds=(seed,))
        trial = one.trial("hard", seed, weeks=[0, 4])
        names = with_hard_tubes(trial, list(bench.templates))
        out = bench.folder / f"hard-{seed}-run"
        trial.run(out, bench.templates)
        missing, failed = without_row(out / "run", names)
        lost, others = lost + missing, others + failed
    return [
        Row.measured_as("hard tubes", "without row or reason", float(lost), "", most=0.0),
        Row.measured_as("hard tubes", "others that failed", float(others), "", most=0.0),
    ]


BARS: dict[str, Callable[[Bench], list[Row]]] = {
    "nuisance": of_all_nuisance,
    "replicates": of_replicates,
    "slopes": of_slopes,
    "splits": of_splits,
    "planted": of_planted,
    "hard": of_hard_tubes,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--templates", nargs="+", default=TEMPLATES, help="panel=template, name or path")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="of the trials")
    parser.add_argument("--events", type=int, default=20_000, help="of a tube (default %(default)s)")
    parser.add_argument("--patients", type=int, default=6, help="of a trial (default %(default)s)")
    parser.add_argument("--medians-sd", type=float, help="SD of ln factors of all populations' medians")
    parser.add_argument("--spread", type=float, help="factor of the spread of all stains")
    parser.add_argument("--keep", type=Path, help="folder of trials and runs; by default they are removed")
    parser.add_argument("--only", nargs="+", choices=sorted(BARS), default=list(BARS), help="bars to measure")
    options = parser.parse_args()
    templates = dict(entry.split("=", 1) for entry in options.templates)
    moved = {"medians_sd": options.medians_sd, "spread": options.spread}
    populations = {name: value for name, value in moved.items() if value is not None}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) if options.keep is None else options.keep.resolve()
        bench = Bench(folder, templates, options.seeds, options.events, options.patients, populations)
        try:
            rows = [row for name in options.only for row in BARS[name](bench)]
        except CytogateError as error:
            parser.error(str(error))
    print(table(rows))
    return 1 if any(row.holds is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
