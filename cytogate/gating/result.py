"""Gating result: counts, membership bits, percentages and intensities of one gated source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gating.columns import fluorochrome_of, matrix_of
from cytogate.gating.measures.base import measures
from cytogate.gating.passes import read_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from cytogate.errors import Problem
    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy


@dataclass(frozen=True, slots=True, eq=False)
class GatingResult:
    """What gating found. Populations are named by full path or any unique ending.

    Attributes
    ----------
    source : EventSource
        The gated events; intensities read them again.
    strategy : GatingStrategy
        The gates.
    bits : (n_populations + 1, ceil(n_events / 8)) uint8
        Membership, one bit an event, highest bit first; row 0 is the root.
    counts : (n_populations + 1,) int64
        Events of the root and of every population.
    warnings : tuple of Problem
        What was noticed when gating.
    """

    source: EventSource
    strategy: GatingStrategy
    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]
    warnings: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        where = self.source.path or "events"
        return f"GatingResult({where}: {self.n_events} events, {len(self.populations)} populations)"

    @property
    def populations(self) -> tuple[str, ...]:
        """Paths of all populations, parents first; the root is not listed."""
        return self.strategy.paths

    @property
    def n_events(self) -> int:
        """Events that took part: all of the source, or those that `keep` named."""
        return int(self.counts[0])

    def count(self, population: str) -> int:
        """Return the number of events in a population."""
        return int(self.counts[self.strategy.position(population) + 1])

    def parent_count(self, population: str) -> int:
        """Return the number of events in the parent of a population."""
        parent = self.strategy.find(population).parent
        return self.n_events if parent is None else self.count(parent)

    def percent_of_parent(self, population: str) -> float:
        """Return 100 count / parent count; NaN where the parent is empty."""
        return percent(self.count(population), self.parent_count(population))

    def mask(self, population: str) -> NDArray[np.bool_]:
        """Return (n_events of the source,) bool: which events are in a population."""
        row = self.bits[self.strategy.position(population) + 1]
        return np.unpackbits(row, count=self.source.n_events).view(np.bool_)

    def root_mask(self) -> NDArray[np.bool_]:
        """Return (n_events of the source,) bool: which events took part."""
        return np.unpackbits(self.bits[0], count=self.source.n_events).view(np.bool_)

    def table(self) -> pd.DataFrame:
        """Return one row a population: population, parent, count, parent_count, percent_of_parent.

        The parent of a top population is the empty text; a percentage of an empty parent is NaN.
        """
        import pandas as pd  # tables are not needed to gate

        rows = [
            {
                "population": population.path,
                "parent": population.parent or "",
                "count": self.count(population.path),
                "parent_count": self.parent_count(population.path),
                "percent_of_parent": self.percent_of_parent(population.path),
            }
            for population in self.strategy.populations
        ]
        return pd.DataFrame(
            rows, columns=["population", "parent", "count", "parent_count", "percent_of_parent"]
        )

    def intensity(self, population: str, channel: str, statistic: str = "median") -> float:
        """Return a statistic of a population on one channel, on compensated linear values.

        Parameters
        ----------
        population : str
            Full path or unique ending.
        channel : str
            ``$PnN`` or label. It is compensated as the strategy's gates compensate it.
        statistic : str
            ``"median"``, ``"mean"``, ``"geometric_mean"``, ``"robust_sd"``, or a registered one.

        Returns
        -------
        float
            In channel units; NaN for an empty population or an undefined statistic. Events whose value is
            not finite are left out.
        """
        measure = measures.get(statistic)
        values = self.values(population, [channel])[0]
        return measure.compute(values[np.isfinite(values)])

    def values(self, population: str, channels: Sequence[str]) -> NDArray[np.float64]:
        """Return compensated linear values of a population's events: (n_channels, count) float64."""
        dims = [self.compensated(channel) for channel in channels]
        return read_columns(self.source, self.strategy, dims)[:, self.mask(population)]

    def compensated(self, channel: str) -> Dimension:
        """Return the dimension that holds a channel's compensated linear values under this strategy."""
        return compensated_dimension(channel, self.source, self.strategy)


def percent(count: int, total: int) -> float:
    """Return 100 count / total; NaN where total is 0.

    Examples
    --------
    >>> percent(1, 8)
    12.5
    """
    return 100.0 * count / total if total else float("nan")


def compensated_dimension(channel: str, source: EventSource, strategy: GatingStrategy) -> Dimension:
    """Return a channel as a strategy compensates it: by its own matrix or that of a gate, if it holds it."""
    used = dict.fromkeys(
        dim.compensation
        for population in strategy.populations
        for dim in population.gate.dims
        if dim.compensation != UNCOMPENSATED
    )
    by_gates = sorted(used, key=lambda name: name == FROM_FILE)  # a named matrix goes before the file's
    for name in by_gates if strategy.compensation is None else [strategy.compensation]:
        dim = Dimension(channel, compensation=name)
        matrix = matrix_of(dim, source, strategy)
        if matrix is not None and fluorochrome_of(matrix, channel, source) is not None:
            return dim
    return Dimension(channel)
