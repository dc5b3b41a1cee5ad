"""Rows of tables of one sample: what was counted, and how bright it was."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.stats.intervals import wilson
from cytogate.stats.limits import flag, too_few_for_intensity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.result import GatingResult
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.sample.values import Job, Row

STATISTICS = ("median",)  # of every fluorescence channel in every population


def population_rows(job: Job, result: GatingResult) -> Iterator[Row]:
    """Yield the count of every population, and its percent of its parent with a Wilson interval."""
    for population in result.strategy.populations:
        count, parent_count = result.count(population.path), result.parent_count(population.path)
        low, high = wilson(count, parent_count)
        yield {
            "sample": job.sample,
            "population": population.path,
            "parent": population.parent or "",
            "count": count,
            "parent_count": parent_count,
            "percent_of_parent": _finite(result.percent_of_parent(population.path)),
            "ci_low": _finite(100 * low),
            "ci_high": _finite(100 * high),
            "flag": flag(count, parent_count, job.limits),
        }


def intensity_rows(
    job: Job, source: FcsFile, result: GatingResult, markers: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the median of the compensated linear values of every fluorescence channel in every population."""
    from numpy import ndindex

    from cytogate.gating.intensities.measuring import measure

    found = measure(result, STATISTICS, threads=job.threads)
    for place in ndindex(found.values.shape):
        population, channel, statistic = place
        name = found.channels[channel]
        n = int(found.n[population, channel])
        why = too_few_for_intensity(n, job.limits)
        yield {
            "sample": job.sample,
            "population": found.populations[population],
            "channel": name,
            "marker": markers.get(name) or source.channels[name].label or name,
            "statistic": found.statistics[statistic],
            "value": None if why else _finite(float(found.values[place])),
            "n": n,
            "note": why,
        }


def endpoint_counts(endpoints: Iterable[Endpoint], result: GatingResult) -> dict[str, tuple[int, int]]:
    """Return (count, denominator count) of each endpoint."""
    return {entry.name: (result.count(entry.population), result.count(entry.of)) for entry in endpoints}


def _finite(value: float) -> float | None:
    """Return the value, or None where it is not a finite number: tables hold nulls, not NaN."""
    return value if math.isfinite(value) else None
