"""Compiled: a strategy as it is run over one source, and what is known of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.gating.strategy import Population
    from cytogate.kernels.columns import Columns
    from cytogate.kernels.program import Program


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A population whose gate lowers to no primitive: its gate is asked directly."""

    population: Population
    axes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A strategy for one source; mask k + 1 belongs to population k, mask 0 to the root.

    `contents` says what each column holds, so that columns in memory serve another strategy.
    """

    columns: Columns
    program: Program
    externals: tuple[External, ...]
    contents: tuple[Hashable, ...]
    n_axes: int  # of the widest shape


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What is known of an earlier run over the same events.

    Attributes
    ----------
    rows : mapping
        Row of the earlier bits, by path, of populations that were there.
    changed : collection of paths
        Populations to be gated; of the others the earlier bits hold.
    alike : collection of paths
        Changed populations whose own gate and axes are as they were: of these, only events that were not in
        their parent then are asked. An event that was is in the population if it was so, and still is in
        the parent.
    """

    rows: Mapping[str, int]
    changed: Collection[str]
    alike: Collection[str]
