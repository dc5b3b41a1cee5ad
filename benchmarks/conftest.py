"""Fixtures of the suite: files of a size, and a stopwatch that runs a peer in turns with us."""

from __future__ import annotations

import statistics
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cytogate.bench.clock import ratio
from cytogate.bench.inputs import Tube
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--events", type=int, default=1_000_000, help="events of the generated files")
    parser.addoption("--largest", type=int, default=20_000_000, help="events of the largest file")
    parser.addoption("--rounds", type=int, default=7, help="rounds that count")


@pytest.fixture(scope="session")
def n_events(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--events")


@pytest.fixture(scope="session")
def n_rounds(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--rounds")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="session")
def tube(folder: Path, n_events: int) -> Tube:
    """The generated tube with its 13 populations."""
    path = folder / "generated.fcs"
    write_sample(path, n_events)
    return Tube(str(path), thirteen_populations())


@pytest.fixture(scope="session")
def values(n_events: int) -> np.ndarray:
    """Fluorescence as a detector gives it, negative values among them: (n_events,) float64."""
    rng = np.random.default_rng(11)
    bright = rng.random(n_events) < 0.4
    return np.where(bright, rng.lognormal(9.0, 0.8, n_events), rng.normal(80.0, 120.0, n_events))


class Stopwatch:
    """Times one job, and a peer's in turns with it; keeps what the results page needs.

    What is promised goes with the figures: `at_least` times faster than the peer, `at_most` times as long, or
    below so many `seconds`.
    """

    def __init__(self, benchmark: Any, rounds: int) -> None:
        self._benchmark = benchmark
        self._rounds = rounds

    def __call__(
        self,
        run: Callable[[], Any],
        *,
        what: str,
        peer: Callable[[], Any] | None = None,
        peer_name: str = "",
        per: dict[str, float] | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
        seconds: float | None = None,
        rounds: int | None = None,
        warm_up: bool = True,
        **more: Any,
    ) -> None:
        theirs: list[float] = []

        def peer_first() -> None:
            if peer is not None:
                theirs.append(_seconds(peer))

        if warm_up:
            run()
            peer_first()
            theirs.clear()
        self._benchmark.pedantic(run, setup=peer_first, rounds=rounds or self._rounds, iterations=1)
        own = list(self._benchmark.stats.stats.data)
        kept = {"what": what, "seconds": own, "per": per or {}, **more}
        if peer is not None:
            kept["peer"] = {"name": peer_name, "seconds": theirs, "median": statistics.median(theirs)}
            kept["times_faster"] = ratio(theirs, own)
        kept["promise"] = {"at_least": at_least, "at_most": at_most, "seconds": seconds}
        self._benchmark.extra_info.update(kept)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
    return time.perf_counter() - start


@pytest.fixture
def stopwatch(benchmark: Any, n_rounds: int) -> Stopwatch:
    return Stopwatch(benchmark, n_rounds)
