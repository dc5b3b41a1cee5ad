"""The work that is timed: count populations, read the bytes only, and the stages in between."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.bench.clock import Job
from cytogate.fcs.read import read_fcs
from cytogate.gating.columns import ColumnTable
from cytogate.gating.engine import gate
from cytogate.gating.passes import fill_columns, over_chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pandas import DataFrame

    from cytogate.bench.inputs import Tube
    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy

Counts = dict[str, dict[str, int]]  # file -> population -> events

LIMIT = "numpy.fromfile"


def gated(source: EventSource, strategy: GatingStrategy, threads: int | None) -> GatingResult:
    """Gate and keep counts only."""
    return gate(source, strategy, threads=threads, masks=False)


def medians(result: GatingResult, threads: int | None) -> DataFrame:
    """Return the medians of all fluorescence channels for all populations."""
    return result.intensities(statistics=("median",), threads=threads)


def count_tubes(tubes: Sequence[Tube], threads: int | None) -> Counts:
    """Do the whole job of files: open, read HEADER and TEXT, read, compensate, gate, count."""
    found: Counts = {}
    for tube in tubes:
        result = gated(read_fcs(tube.path), tube.strategy, threads)
        found[tube.path] = {path: result.count(path) for path in result.populations}
    return found


def counting_job(tubes: Sequence[Tube], threads: int | None) -> Job:
    """Return the whole job on a number of threads."""
    return Job(thread_name(threads), lambda _: count_tubes(tubes, threads))


def thread_name(threads: int | None) -> str:
    """Return what the job on a number of threads is called.

    Examples
    --------
    >>> thread_name(1), thread_name(2)
    ('cytogate, 1 thread', 'cytogate, 2 threads')
    """
    return "cytogate" if threads is None else f"cytogate, {threads} thread{'s' if threads > 1 else ''}"


def limit_job(tubes: Sequence[Tube]) -> Job:
    """Return the limit of all reading: the same bytes into one array, and nothing done with them."""

    def read(_: None) -> int:
        return sum(int(np.fromfile(tube.path, dtype=np.uint8).size) for tube in tubes)

    return Job(LIMIT, read)


STAGES = {
    "read": "open the file, read HEADER, TEXT and all events",
    "compensate": "read, and compensate every channel that a gate names, for all events",
    "transform": "read, compensate, and transform every axis of the gates, for all events",
    "gate": "the whole job; it compensates and transforms only what its gates need",
    "statistics": "medians of all fluorescence channels for all populations, after gating that kept masks",
}
CUMULATIVE = ("read", "compensate", "transform", "gate")  # each from the file on; the others stand alone


def stage_jobs(tubes: Sequence[Tube], threads: int) -> list[Job]:
    """Return the stages on a number of threads, each really run over the whole of every file."""

    def read(_: None) -> None:
        for tube in tubes:
            over_chunks(read_fcs(tube.path), lambda _buffer, _first, _n: None, threads=threads)

    def compensate(_: None) -> None:
        for tube in tubes:
            linear = tuple(dict.fromkeys(replace(dim, transform=None) for dim in tube.dimensions))
            _columns(read_fcs(tube.path), tube.strategy, linear, threads)

    def transform(_: None) -> None:
        for tube in tubes:
            _columns(read_fcs(tube.path), tube.strategy, tube.dimensions, threads)

    def results() -> list[GatingResult]:
        return [gate(read_fcs(tube.path), tube.strategy, threads=threads) for tube in tubes]

    def statistics(results: list[GatingResult]) -> int:
        return sum(len(medians(result, threads)) for result in results)

    return [
        Job(stage_name("read", threads), read),
        Job(stage_name("compensate", threads), compensate),
        Job(stage_name("transform", threads), transform),
        Job(stage_name("gate", threads), lambda _: count_tubes(tubes, threads)),
        Job(stage_name("statistics", threads), statistics, results),
    ]


def stage_name(stage: str, threads: int) -> str:
    """Return what the job of a stage is called.

    Examples
    --------
    >>> stage_name("read", 2)
    'read, 2 threads'
    """
    return f"{stage}, {threads} thread{'s' if threads > 1 else ''}"


def _columns(source: EventSource, strategy: GatingStrategy, dims: Sequence[Dimension], threads: int) -> None:
    """Compute columns of all events, a chunk at a time, and keep none."""
    table = ColumnTable(source, strategy)
    wanted = np.array([table.axis(dim) for dim in dims], dtype=np.int64).reshape(-1, 2)
    columns = table.freeze()
    own = threading.local()

    def run(buffer: NDArray[np.uint8], _first: int, n: int) -> None:
        held = getattr(own, "values", None)
        if held is None or held.shape[1] < n:
            held = own.values = np.empty((len(dims), n))
        fill_columns(columns, wanted, buffer, n, 0, held)

    over_chunks(source, run, threads=threads)
