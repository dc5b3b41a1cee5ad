"""Gating result: counts, membership bits, percentages and intensities of one gated source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np

from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gating.columns import compensated_channel, fluorochrome_of, matrix_of
from cytogate.gating.intensities import measure
from cytogate.gating.passes import read_columns
from cytogate.gating.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
    made_bits : (n_populations + 1, ceil(n_events / 8)) uint8, or what returns it
        Of `bits`.
    counts : (n_populations + 1,) int64
        Events of the root and of every population.
    warnings : tuple of Problem
        What was noticed when gating.
    """

    source: EventSource
    strategy: GatingStrategy
    made_bits: NDArray[np.uint8] | Callable[[], NDArray[np.uint8]] = field(repr=False)
    counts: NDArray[np.int64]
    warnings: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        where = self.source.path or "events"
        return f"GatingResult({where}: {self.n_events} events, {len(self.populations)} populations)"

    @property
    def bits(self) -> NDArray[np.uint8]:
        """Membership, (n_populations + 1, ceil(n_events / 8)) uint8: one bit an event, highest bit first.

        Row 0 is the root. Where gating kept no masks, the events are gated once more on first use.
        """
        if callable(self.made_bits):
            object.__setattr__(self, "made_bits", self.made_bits())
        return cast("NDArray[np.uint8]", self.made_bits)

    @property
    def populations(self) -> tuple[str, ...]:
        """Paths of all populations, parents first; the root is not listed."""
        return self.strategy.paths

    @property
    def n_events(self) -> int:
        """Events that took part: all of the source, or those that `keep` named."""
        return int(self.counts[0])

    def count(self, population: str) -> int:
        """Return the number of events in a population; ``"/"`` is all that took part."""
        return int(self.counts[self._row(population)])

    def parent_count(self, population: str) -> int:
        """Return the number of events in the parent of a population."""
        parent = self.strategy.find(population).parent
        return self.n_events if parent is None else self.count(parent)

    def percent_of_parent(self, population: str) -> float:
        """Return 100 count / parent count; NaN where the parent is empty."""
        return percent(self.count(population), self.parent_count(population))

    def mask(self, population: str) -> NDArray[np.bool_]:
        """Return (n_events of the source,) bool: which events are in a population; ``"/"`` is the root."""
        row = self.bits[self._row(population)]
        return np.unpackbits(row, count=self.source.n_events).view(np.bool_)

    def _row(self, population: str) -> int:
        return 0 if population == ROOT else self.strategy.position(population) + 1

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

    def intensities(
        self,
        statistics: Iterable[str] = ("median",),
        channels: Iterable[str] | None = None,
        populations: Iterable[str] | None = None,
        *,
        threads: int | None = None,
    ) -> pd.DataFrame:
        """Return statistics of populations on channels, all at once, on compensated linear values.

        Parameters
        ----------
        statistics : iterable of str
            ``"median"``, ``"mean"``, ``"robust_sd"``, ``"geometric_mean"`` (NaN where a value is not
            positive), percentiles such as ``"p5"`` and ``"p97.5"`` (numpy's method "linear"), or a
            registered one.
        channels : iterable of str, optional
            ``$PnN`` or label; by default all fluorescence channels. Each is compensated as the strategy's
            gates compensate it.
        populations : iterable of str, optional
            Full paths or unique endings, ``"/"`` for all events that took part; by default all populations.
        threads : int, optional
            How many threads share the events; the result does not depend on it.

        Returns
        -------
        DataFrame
            One row a population, channel and statistic, in this order: population (full path), channel
            (``$PnN``), statistic, value (in channel units; NaN where it is not defined) and n (events that
            counted: those whose value is finite).

        Raises
        ------
        CytogateError
            An unknown statistic, channel or population; the nearest known are named.
        """
        import pandas as pd  # tables are not needed to gate

        found = measure(self, statistics, channels, populations, threads)
        axes = (found.populations, found.channels, found.statistics)
        table = pd.MultiIndex.from_product(axes, names=["population", "channel", "statistic"]).to_frame(
            index=False
        )
        table["value"] = found.values.ravel()
        table["n"] = np.repeat(found.n.ravel(), len(found.statistics))
        return table

    def intensity(self, population: str, channel: str, statistic: str = "median") -> float:
        """Return a statistic of a population on one channel: one cell of `intensities`.

        Parameters
        ----------
        population : str
            Full path or unique ending; ``"/"`` for all events that took part.
        channel : str
            ``$PnN`` or label. It is compensated as the strategy's gates compensate it.
        statistic : str
            ``"median"``, ``"mean"``, ``"geometric_mean"``, ``"robust_sd"``, ``"p5"``, or a registered one.

        Returns
        -------
        float
            In channel units; NaN for an empty population or an undefined statistic. Events whose value is
            not finite are left out.
        """
        return float(measure(self, [statistic], [channel], [population]).values[0, 0, 0])

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
        compensated = compensated_channel(dim, source, strategy)
        if compensated is not None:
            return Dimension(compensated)
        matrix = matrix_of(dim, source, strategy)
        if matrix is not None and fluorochrome_of(matrix, channel, source) is not None:
            return dim
    return Dimension(channel)
