"""A scale with ends: positions beyond a bound become the bound, as boundMin and boundMax of Gating-ML 2.0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.errors import Problem, TransformError
from cytogate.transforms._scale import LAST, KernelScale
from cytogate.transforms.base import Ticks, Transform, transform_from_dict, transform_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

KEYS = ("transform", "minimum", "maximum")


@transform_kinds.register("bounded")
@dataclass(frozen=True, slots=True)
class Bounded(KernelScale):
    """A transform whose positions are clamped: max(min(f(x), maximum), minimum). NaN stays NaN.

    The logarithm of zero, minus infinity, becomes the minimum; of less than zero there is none to clamp.
    `inverse` takes a position beyond a bound for the bound.

    Parameters
    ----------
    transform : Transform
        What comes first; another `Bounded` too.
    minimum, maximum : float or None
        Bounds on the scale, minimum <= maximum; None, or an infinity on its side, leaves that end open.

    Raises
    ------
    TransformError
        The bounds are no numbers or in the wrong order.

    Examples
    --------
    >>> from cytogate.transforms.log import Log
    >>> scale = Bounded(Log(T=10000, M=4), minimum=0.0, maximum=1.0)
    >>> scale.forward([0.0, 100.0, 1e6]).round(12).tolist()
    [0.0, 0.5, 1.0]
    """

    kind: ClassVar[str] = "bounded"

    transform: Transform
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        inner: object = self.transform
        if not isinstance(inner, Transform):
            message = f"bounded transform: found {inner!r}; expected a transform."
            raise TransformError(message)
        wrong = []
        for name, open_end in (("minimum", -math.inf), ("maximum", math.inf)):
            found = getattr(self, name)
            try:
                bound = None if found is None or float(found) == open_end else float(found)
            except (TypeError, ValueError):
                bound = math.nan
            if bound is not None and not math.isfinite(bound):
                text = f"found {found!r}; expected a number, or None for an open end."
                wrong.append(Problem("transform-parameter", f"bounded {name}", text))
            object.__setattr__(self, name, bound)
        if not wrong and not self._low <= self._high:
            text = f"found {self._low:g} to {self._high:g}; expected minimum <= maximum."
            wrong.append(Problem("transform-parameter", "bounded minimum and maximum", text))
        if wrong:
            raise TransformError("\n".join(str(problem) for problem in wrong), problems=wrong)

    @property
    def _low(self) -> float:
        return -math.inf if self.minimum is None else self.minimum

    @property
    def _high(self) -> float:
        return math.inf if self.maximum is None else self.maximum

    @property
    def kernel_code(self) -> int:
        """That of the transform within."""
        return self.transform.kernel_code

    def derive(self) -> NDArray[np.float64]:
        """Return those of the transform within, and the bounds."""
        parameters = np.array(self.transform.parameters)
        ends = parameters[LAST + 1 :]
        ends[:] = np.minimum(np.maximum(ends, self._low), self._high)
        parameters.setflags(write=False)
        return parameters

    def ticks(self, low: float, high: float) -> Ticks:
        """Return the ticks of the transform within, without those beyond a bound."""
        ticks = self.transform.ticks(low, high)
        inside = [self._low <= self.transform.forward(value) <= self._high for value, _ in ticks.major]
        return Ticks(
            tuple(tick for tick, shown in zip(ticks.major, inside, strict=True) if shown),
            tuple(v for v in ticks.minor if self._low <= self.transform.forward(v) <= self._high),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return ``kind``, the dictionary of the transform within, and the bounds there are."""
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        entries = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"kind": self.kind, "transform": self.transform.to_dict(), **entries}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Bounded:
        """Return the transform that `to_dict` described."""
        unknown = sorted(set(data) - {"kind", *KEYS})
        if unknown or "transform" not in data:
            found = f"unknown parameter {', '.join(unknown)}" if unknown else "no parameter transform"
            message = f"bounded transform: {found}; known are {', '.join(KEYS)}."
            raise TransformError(message)
        return cls(transform_from_dict(data["transform"]), data.get("minimum"), data.get("maximum"))
