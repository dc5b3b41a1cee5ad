"""What every transform provides, and the registry that finds the kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, overload, runtime_checkable

from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray


N_PARAMETERS = 18  # numbers that a transform hands to its kernel


@dataclass(frozen=True, slots=True)
class Ticks:
    """Axis ticks: `major` as (data value, label with plain text), `minor` as data values.

    Labels of decades are written ``"10^3"``, ``"-10^3"``, ``"0"``; of linear axes ``"50K"``, ``"1.5M"``.
    Whoever draws turns the caret into a superscript and data values into positions with ``forward``.
    """

    major: tuple[tuple[float, str], ...]
    minor: tuple[float, ...]


@runtime_checkable
class Transform(Protocol):
    """A monotone map from compensated values to a scale, nowhere falling; frozen, hashable.

    Formulas and parameter names (T, W, M, A) are those of Gating-ML 2.0, whose scales are 1 at T; the kinds
    of FlowJo workspaces have FlowJo's names and channels.
    """

    kind: ClassVar[str]

    @property
    def kernel_code(self) -> int:
        """Which formula of kernels/transforms.py it is."""

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Derived numbers for the kernel, (`N_PARAMETERS`,) float64, read-only."""

    def __hash__(self) -> int:
        """Return the same for equal transforms: what is made for one is kept by its value."""

    @overload
    def forward(self, x: float) -> float: ...
    @overload
    def forward(self, x: ArrayLike) -> NDArray[np.float64]: ...

    @overload
    def inverse(self, y: float) -> float: ...
    @overload
    def inverse(self, y: ArrayLike) -> NDArray[np.float64]: ...

    def ticks(self, low: float, high: float) -> Ticks:
        """Return ticks for an axis that shows data values from `low` to `high`."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML, with ``kind``."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transform:
        """Return the transform that `to_dict` described."""


transform_kinds: Registry[type[Transform]] = Registry("transform", "cytogate.transforms")


def transform_from_dict(data: Mapping[str, Any]) -> Transform:
    """Return the transform that a `to_dict` of any kind described."""
    return transform_kinds.get(str(data["kind"])).from_dict(data)
