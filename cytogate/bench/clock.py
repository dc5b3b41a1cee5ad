"""Time jobs in turns, so that what disturbs one disturbs all, and say what they took."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be timed.

    Attributes
    ----------
    name : str
    run : callable
        The work; it is given what `prepare` returned, and its answer is kept.
    prepare : callable
        What must be there before the clock starts, anew for each run.
    """

    name: str
    run: Callable[[Any], Any]
    prepare: Callable[[], Any] = lambda: None


@dataclass(frozen=True, slots=True)
class Times:
    """What the runs of one job took, in seconds and in order, and what they answered."""

    seconds: tuple[float, ...]
    answers: tuple[Any, ...]

    @property
    def median(self) -> float:
        """The middle time."""
        return statistics.median(self.seconds)


def in_turns(jobs: Sequence[Job], repeat: int, step: Callable[[str], None]) -> dict[str, Times]:
    """Run every job once to warm up, then `repeat` rounds of all jobs in turns.

    Parameters
    ----------
    jobs : sequence of Job
        Their names differ.
    repeat : int
        Rounds that count.
    step : callable
        Told the name of a job after each run, the warm-up too.
    """
    for job in jobs:
        job.run(job.prepare())
        step(job.name)
    seconds: dict[str, list[float]] = {job.name: [] for job in jobs}
    answers: dict[str, list[Any]] = {job.name: [] for job in jobs}
    for _ in range(repeat):
        for job in jobs:
            spent, answer = timed(job)
            seconds[job.name].append(spent)
            answers[job.name].append(answer)
            step(job.name)
    return {name: Times(tuple(seconds[name]), tuple(answers[name])) for name in seconds}


def timed(job: Job) -> tuple[float, Any]:
    """Return seconds and answer of one run."""
    state = job.prepare()
    gc.collect()  # the garbage of the job before is not this one's work
    start = time.perf_counter()
    answer = job.run(state)
    return time.perf_counter() - start, answer


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Return times as the results file holds them.

    Examples
    --------
    >>> spread([0.3, 0.1, 0.2])
    {'seconds': [0.3, 0.1, 0.2], 'median': 0.2, 'fastest': 0.1, 'slowest': 0.3}
    """
    return {
        "seconds": list(seconds),
        "median": statistics.median(seconds),
        "fastest": min(seconds),
        "slowest": max(seconds),
    }


def ratio(slow: Sequence[float], fast: Sequence[float]) -> dict[str, float]:
    """Return how many times longer one job took: of the medians, and of the rounds pair by pair.

    Examples
    --------
    >>> ratio([4.0, 6.0, 5.0], [2.0, 2.0, 1.0])
    {'of_medians': 2.5, 'lowest_pair': 2.0, 'highest_pair': 5.0}
    """
    pairs = [a / b for a, b in zip(slow, fast, strict=True)]
    return {
        "of_medians": statistics.median(slow) / statistics.median(fast),
        "lowest_pair": min(pairs),
        "highest_pair": max(pairs),
    }


def rates(median: float, size: Mapping[str, float]) -> dict[str, float]:
    """Return events, megabytes, files and gates x events a second for work of a size that took `median`.

    Parameters
    ----------
    median : float
        Seconds.
    size : mapping
        Keys events, megabytes, files, gate_events.
    """
    return {f"{what}_per_second": amount / median for what, amount in size.items()}
