"""Gating methods that do little, registered while a test runs: what is fitted then is known beforehand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import Found, cut_methods, shape_methods

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Middle:
    """The median of the reservoir, plus a step; its variance is that of a mean."""

    looks_at: ClassVar[str] = "sample"
    step: float = 0.0
    times: int = 1

    def __post_init__(self) -> None:
        if self.times < 1:
            message = "times is 1 or more"
            raise ValueError(message)

    def find(self, summary: Any, bounds: Any) -> Found:
        values = summary.events[:, 0]
        position = bounds.hold(float(np.median(values)) + self.step * self.times)
        variance = float(np.var(values)) / max(len(values), 1)
        return Found((position,), (max(variance, 1e-12),), 0.5, summary.n)


@dataclass(frozen=True, slots=True)
class OfControl(Middle):
    """The same of a control tube."""

    looks_at: ClassVar[str] = "control"


@dataclass(frozen=True, slots=True)
class MoveToMiddle:
    """Moves the outline so that its centre lies on the median of both axes."""

    looks_at: ClassVar[str] = "sample"

    def find(self, summary: Any, outline: Any, reference: Any) -> Found:
        x, y = np.median(summary.events, axis=0) - outline.mean(axis=0)
        n_reference = 0 if reference is None else reference.n
        return Found((float(x), float(y)), (1e-6, 1e-6), 0.5, summary.n, note=f"reference {n_reference}")

    def unmoved(self, outline: Any) -> tuple[float, ...]:
        return (0.0, 0.0)

    def place(self, dims: Any, outline: Any, position: tuple[float, ...]) -> PolygonGate:
        return PolygonGate(dims, outline + np.array(position))


@contextmanager
def stand_ins() -> Iterator[None]:
    """Register `middle`, `of_control` and `move_to_middle` for as long as the block runs."""
    cut_methods.names(), shape_methods.names()  # those of the package first
    entered = [
        (cut_methods, "middle", Middle),
        (cut_methods, "of_control", OfControl),
        (shape_methods, "move_to_middle", MoveToMiddle),
    ]
    for registry, name, method in entered:
        registry.register(name)(method)
    try:
        yield
    finally:
        for registry, name, _ in entered:
            del registry._entries[name]
