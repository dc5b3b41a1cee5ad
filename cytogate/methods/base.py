"""What a gating method is, and what it answers.

A method has no state: threads may ask one for several samples at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from cytogate.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.methods.summary import Summary

# Why a method did not answer from the events that it saw; `Found.fallback` holds one of these, or is empty.
FEW_EVENTS = "few-events"
ONE_PEAK = "one-peak"
OUT_OF_BOUNDS = "out-of-bounds"
NO_CONTROL = "no-control"
NO_LANDMARK = "no-landmark"
NOT_CONVERGED = "not-converged"
DEAD_MARKER = "dead-marker"
REASONS = {
    FEW_EVENTS: "too few events to look at",
    ONE_PEAK: "the events have one peak only",
    OUT_OF_BOUNDS: "what they say lies beyond the bounds of the template",
    NO_CONTROL: "there is no control tube that can be used",
    NO_LANDMARK: "no landmark of the reference is there",
    NOT_CONVERGED: "the method did not come to an end",
    DEAD_MARKER: "the marker stains nothing",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Where a method puts a gate in the events that it saw.

    Attributes
    ----------
    position : tuple of float
        What the method may move, in scale units: the cut itself of a method on one axis; of a method on two
        axes the numbers that its `place` makes a gate of (such as a displacement in x and y).
    variance : tuple of float
        Sampling variance of each number of `position`, scale units squared; infinite where the events say
        nothing about it, so that anchoring gives this sample no weight.
    confidence : float
        0 (a guess) to 1 (nothing else is possible): the depth of a valley, the share of events explained.
    n_events : int
        Events that were looked at.
    fallback : str
        Empty, or the code of why the events could not answer; `position` is then the fallback's.
    note : str
        One sentence for the analyst where something is worth knowing.
    """

    position: tuple[float, ...]
    variance: tuple[float, ...]
    confidence: float
    n_events: int
    fallback: str = ""
    note: str = ""

    @classmethod
    def fell_back(cls, position: tuple[float, ...], code: str, n_events: int, note: str = "") -> Found:
        """Return the answer of a method that has none: the fallback, with infinite variance."""
        return cls(position, (math.inf,) * len(position), 0.0, n_events, code, note)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the template says about a cut: its fallback and how far it may go, in scale units."""

    fallback: float
    low: float = -math.inf
    high: float = math.inf

    def hold(self, position: float) -> float:
        """Return the nearest position within the bounds."""
        return min(max(position, self.low), self.high)


class CutMethod(Protocol):
    """Finds a cut on one axis. A frozen dataclass: its fields are the arguments that a template may give."""

    looks_at: ClassVar[str]  # "sample", or "control": a tube that stands for the sample, such as an FMO

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut; never raises for what the events are like."""
        ...


class ShapeMethod(Protocol):
    """Finds a gate on two axes. A frozen dataclass: its fields are the arguments that a template may give.

    `outline` is the template's own gate on the scale: (n, 2) vertices. It is the fallback, and where the
    method begins.
    """

    looks_at: ClassVar[str]
    uses_reference: ClassVar[bool]  # whether `find` needs the summary of all samples; true where absent

    def find(self, summary: Summary, outline: NDArray[np.float64], reference: Summary | None) -> Found:
        """Return the position; `reference` is the summary of all samples together, where there is one."""
        ...

    def place(
        self, dims: tuple[Dimension, Dimension], outline: NDArray[np.float64], position: tuple[float, ...]
    ) -> Gate:
        """Return the gate of a position; the position of `unmoved` gives the outline itself."""
        ...

    def unmoved(self, outline: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the position that is the template's own gate."""
        ...


cut_methods: Registry[Any] = Registry("method for a cut", "cytogate.methods.cuts")
shape_methods: Registry[Any] = Registry("method for a gate on two axes", "cytogate.methods.shapes")
