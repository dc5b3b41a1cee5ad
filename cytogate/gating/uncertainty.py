"""Uncertainty: what percentages would be if the fitted gates lay elsewhere, as far as they well could."""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gating.blur import Blur
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy

MOST_EVENTS = 40_000  # that are gated again; a larger file is thinned evenly
DRAWS = 24  # of all cuts together

Position = tuple[float, ...]


class Placed(Protocol):
    """Where a fitted thing lies in one sample, such as a `Placement` of the fits."""

    @property
    def position(self) -> Position:
        """Return the numbers of the position, in scale units."""

    @property
    def variance(self) -> Position:
        """Return the variance of each; one that is not finite is taken as known."""


def share_shifts(
    source: EventSource,
    place: Callable[[Mapping[str, Position]], GatingStrategy],
    placements: Mapping[str, Placed],
    pairs: Mapping[str, tuple[str, str]],
    *,
    name: str,
    draws: int = DRAWS,
    most_events: int = MOST_EVENTS,
    blurred: bool = False,
    held: Collection[str] = (),
    threads: int | None = 1,
) -> dict[str, NDArray[np.float64]]:
    """Return how the logits of shares change when the fitted gates are drawn anew.

    Parameters
    ----------
    source : FcsFile or Events
        One sample.
    place : callable
        Returns the strategy of the sample with some of its fitted things elsewhere:
        ``lambda moved: template.resolve(source, fits=fits.moved(key, moved))``.
    placements : Mapping
        Name of each fitted thing to where it lies in this sample.
    pairs : Mapping
        Any name to (population, denominator), full paths.
    name : str
        Of the sample: the same name gives the same draws.
    draws : int
        How often all gates are drawn together.
    most_events : int
        A larger file is thinned to this many events, evenly.
    blurred : bool
        Whether every border is also drawn within its blur: see `cytogate.gating.blur`.
    held : collection of str
        Names of gates whose borders are drawn within no blur: a person has set them.
    threads : int or None
        As in `cytogate.gate`.

    Returns
    -------
    dict
        Name of each pair to (draws,) equally likely changes, or (0,) where no gate is uncertain;
        `cytogate.stats.intervals.shifted` makes an interval of them.

    Notes
    -----
    A parametric bootstrap: positions are drawn from normal distributions (each number takes every step of
    its distribution once, in an order that `name` decides), borders uniformly within their blur, and the
    sample is gated again in memory.
    """
    from cytogate.gating.blur import blurs_of, only, warps_of
    from cytogate.gating.carrying import carried
    from cytogate.gating.loaded import LoadedSample
    from cytogate.gating.shares import share_logit

    def logits(result: GatingResult) -> dict[str, float]:
        return {
            key: share_logit(result.count(inside), result.count(of)) for key, (inside, of) in pairs.items()
        }

    unsure = {key: placed for key, placed in sorted(placements.items()) if any(_deviations(placed))}
    if not unsure or not pairs:
        return {key: np.zeros(0) for key in pairs}
    events, began = thinned(source, most_events), place({})
    paths = sorted({path for pair in pairs.values() for path in pair})
    sample = LoadedSample(events, only(began, paths), threads=threads)
    before = logits(sample.result)
    drawn = {key: _draws(placed, draws, f"{name}\n{key}") for key, placed in unsure.items()}
    blurs = blurs_of(events, began, paths, name, held) if blurred else {}
    shares = {axis: _shares(found, draws, f"{name}\n{axis}") for axis, found in blurs.items()}
    out = {key: np.zeros(draws) for key in pairs}
    for draw in range(draws):
        moved = {key: tuple(positions[draw].tolist()) for key, positions in drawn.items()}
        strategy = only(place(moved), paths)
        if blurs:
            warps = warps_of(blurs, {axis: tuple(found[draw].tolist()) for axis, found in shares.items()})
            strategy = carried(strategy, strategy, warps)
        for key, value in logits(sample.regate(strategy)).items():
            out[key][draw] = value - before[key]
    return out


def _draws(placed: Placed, draws: int, name: str) -> NDArray[np.float64]:
    """Return (draws, n) positions: each number takes every step of its distribution once."""
    rng = _generator(name)
    normal = NormalDist()
    steps = np.array([normal.inv_cdf((step + 0.5) / draws) for step in range(draws)])
    columns = [
        position + deviation * rng.permutation(steps)
        for position, deviation in zip(placed.position, _deviations(placed), strict=True)
    ]
    return np.column_stack(columns)


def _shares(blurs: tuple[Blur, ...], draws: int, name: str) -> NDArray[np.float64]:
    """Return (draws, n) shares of each border's blur: each takes every step from 0 to 1 once."""
    rng = _generator(name)
    steps = (np.arange(draws) + 0.5) / draws
    return np.column_stack([rng.permutation(steps) for _ in blurs])


def _generator(name: str) -> np.random.Generator:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()  # names of files need not be text
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _deviations(placed: Placed) -> list[float]:
    return [math.sqrt(variance) if math.isfinite(variance) else 0.0 for variance in placed.variance]


def thinned(source: EventSource, most_events: int) -> EventSource:
    """Return the source, or at most `most_events` of its events in memory, spread evenly over it."""
    from cytogate.fcs.events import Events
    from cytogate.gating.sampling import sample_events

    if source.n_events <= most_events:
        return source
    values: Any = sample_events(source, list(source.channels.names), n_events=most_events)
    return Events(values, source.channels, source.spillover, source.keywords, source.path)
