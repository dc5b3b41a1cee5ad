"""Count false alarms: simulate tables of trials in which nothing happens, and ask every offered test.

Percentages are logit-normal with patients of their own level, counted as binomial; a score stands for SLEDAI.
Four worlds, in none of which the two measures or the groups have anything to do with each other:

even     visits of a patient are exchangeable
course   all patients follow one course in time, in the percentage and in the score: only changes are real
drift    each patient drifts steadily, in a direction of its own; on average none
chain    the noise of a visit lasts into the next (autoregressive, 0.7)

Where the null hypothesis of a test holds (and what it assumes), p <= 0.05 may come up in 5 % of trials, plus
two Monte-Carlo standard errors. Of many rates a few pass that by chance: they are measured again, in five
times as many new trials, and that rate counts. Exit code 1 where it is too high. Other rates are printed to
be known.

    python benchmarks/type_one.py --trials 4000 --patients 6
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Question, trend_tests
from cytogate.stats.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cytogate.stats.comparison import Comparison

WEEKS = (0.0, 1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0)
VISITS = tuple(f"W{week:g}" for week in WEEKS)
WORLDS = ("even", "course", "drift", "chain")
ALL = frozenset(WORLDS)
LEVEL = 0.05
DRAWS = 199  # of arrangements: (1 + b) / 200 is exact at 5 % with any number of them
CHUNK = 50  # trials of one job
AGAIN = 5  # times as many trials where a rate is too high

# test -> the worlds in which its null hypothesis and what it assumes hold
HOLDS = {
    "paired_change": ALL - {"course"},
    "patient_slopes": ALL - {"course"},
    "friedman": {"even"},
    "page_trend": {"even"},
    "mixed_model": {"even"},
    "counts": {"even"},
    "group_difference": ALL,
    "responder_time": ALL,
    "change_correlation": ALL,
    "rm_correlation": {"even"},
    "rm_correlation, adjusted for visit": ALL,
}
WITHOUT_P = {"agreement"}  # it estimates, and tests nothing
BESIDE = re.compile(r"(Wald p|sandwich p|p by t) ([\d.e+-]+)")  # what notes hold, and p does not


def trial(world: str, patients: int, rng: np.random.Generator) -> tuple[Series, Question]:
    """Return a percentage, and a question with a score and a response that have nothing to do with it."""
    weeks, shape = np.array(WEEKS), (patients, len(WEEKS))

    def noise(spread: float) -> np.ndarray:
        out = rng.normal(0, spread, shape)
        if world == "chain":
            for column in range(1, shape[1]):
                out[:, column] = 0.7 * out[:, column - 1] + math.sqrt(1 - 0.49) * out[:, column]
        if world == "drift":
            out += rng.normal(0, 3 * spread, (patients, 1)) * weeks / weeks[-1]
        return out

    course = 1 - np.exp(-weeks / 6) if world == "course" else np.zeros(len(WEEKS))
    log_odds = rng.normal(-1.7, 0.5, (patients, 1)) + noise(0.2) - 0.7 * course
    totals = np.round(rng.lognormal(np.log(3000), 0.5, shape))
    counts = rng.binomial(totals.astype(int), 1 / (1 + np.exp(-log_odds))).astype(float)
    counts[rng.random(shape) < 0.02] = np.nan
    score = np.round(10 + rng.normal(0, 2.5, (patients, 1)) + noise(2.0) - 5 * course)
    names = tuple(f"P{number}" for number in range(1, patients + 1))
    totals[np.isnan(counts)] = np.nan
    series = Series(
        "DN", "percent", "%", "logit", names, VISITS, WEEKS, 100 * counts / totals, counts, totals
    )
    partner = Series("SLEDAI", "score", "points", "linear", names, VISITS, WEEKS, score)
    responders = dict(zip(names, (rng.random(patients) < 0.6).tolist(), strict=True))
    return series, Question(
        VISITS[0], VISITS[-1], responders, partner, seed=int(rng.integers(2**31)), draws=DRAWS
    )


def answers(series: Series, question: Question, only: str) -> Iterator[tuple[str, str, float]]:
    """Yield family, name of the row and p of all that is offered (or one), and of what notes hold."""
    for test in [trend_tests.get(only)] if only else trend_tests:
        for row in test.ask(series, question, "all treated"):
            yield family(test.name, row), f"{test.name}: {row.test} ({row.contrast})", row.p
            for name, p in BESIDE.findall(row.note):
                yield "", f"{test.name}: {row.test} ({row.contrast}), {name} of the note", float(p)


def family(name: str, row: Comparison) -> str:
    return f"{name}, adjusted for visit" if row.test.endswith("adjusted for visit") else name


def job(task: tuple[str, int, int, int, str]) -> Counter[tuple[str, str, str]]:
    """Return how often each p was there, and how often it was at most 5 %."""
    world, patients, first, count, only = task
    found: Counter[tuple[str, str, str]] = Counter()
    for number in range(first, first + count):
        series, question = trial(
            world, patients, np.random.default_rng([number, WORLDS.index(world), patients])
        )
        for kind, name, p in answers(series, question, only):
            if not math.isnan(p):
                found[kind, name, "n"] += 1
                found[kind, name, "low"] += p <= LEVEL + 1e-9
    return found


def measure(
    worlds: Sequence[str], numbers: range, patients: int, workers: int, only: str = ""
) -> dict[str, Counter[tuple[str, str, str]]]:
    """Return the counts of each world, of the trials of these numbers."""
    tasks = [
        (world, patients, first, min(CHUNK, numbers.stop - first), only)
        for world in worlds
        for first in numbers[::CHUNK]
    ]
    total: dict[str, Counter[tuple[str, str, str]]] = {world: Counter() for world in worlds}
    with ProcessPoolExecutor(workers) as pool:
        for task, found in zip(tasks, pool.map(job, tasks), strict=True):
            total[task[0]] += found
    return total


def rate(found: Counter[tuple[str, str, str]], kind: str, name: str) -> tuple[float, bool]:
    """Return the share of p <= 0.05, and whether that is too many."""
    n, low = found[kind, name, "n"], found[kind, name, "low"]
    if not n:
        return math.nan, False
    return low / n, low / n > LEVEL + 2 * math.sqrt(LEVEL * (1 - LEVEL) / n)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=4000, help="of each world")
    parser.add_argument("--patients", type=int, nargs="+", default=[6])
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args(arguments)
    if unknown := set(trend_tests.names()) - set(HOLDS) - WITHOUT_P:
        parser.error(f"say in HOLDS where the null hypothesis of {', '.join(sorted(unknown))} holds")
    broken = 0
    for patients in options.patients:
        start = time.perf_counter()
        numbers = range(options.trials)
        total = measure(WORLDS, numbers, patients, options.workers)
        print(f"\n{patients} patients, {len(VISITS)} visits, {len(numbers)} trials a world; % of p <= 0.05")
        print(f"| row | {' | '.join(WORLDS)} |\n|---|{'---|' * len(WORLDS)}")
        rows = {key[:2] for found in total.values() for key in found}
        for kind, name in sorted(rows, key=lambda row: row[1]):
            cells = []
            for world in WORLDS:
                share, high = rate(total[world], kind, name)
                promised = kind in HOLDS and world in HOLDS[kind]
                cells.append(f"{100 * share:.1f}" + ("" if promised else " *"))
                if promised and high:
                    new = range(numbers.stop, numbers.stop + AGAIN * len(numbers))
                    more = measure([world], new, patients, options.workers, kind.split(",")[0])[world]
                    share, high = rate(more, kind, name)
                    broken += high
                    cells[-1] += f" (again: {100 * share:.2f}{' NOT KEPT' if high else ''})"
            print(f"| {name} | {' | '.join(cells)} |")
        print("* nothing is promised: the null hypothesis, or what the test assumes, does not hold")
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
