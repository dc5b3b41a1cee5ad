"""Logicle scale: the biexponential of Parks, Roederer and Moore, as Gating-ML 2.0 defines it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from cytogate.errors import TransformError
from cytogate.transforms._biexponential import decay_ratio, first_guess, unfolded
from cytogate.transforms._scale import (
    LN10,
    KernelScale,
    check_parameters,
    packed,
    take_numbers,
    top_rule,
    zone_rules,
)
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TO_ONE = "0-1"  # Gating-ML 2.0
TO_M = "0-M"  # flowCore


@transform_kinds.register("logicle")
@dataclass(frozen=True, slots=True)
class Logicle(KernelScale):
    """Logicle scale: zero lies at (A + W) / (M + A), T at 1; negative values mirror positive ones.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    W : float
        Decades of the nearly linear region, 0 <= W <= M / 2; 0 makes it an inverse hyperbolic sine.
    M : float
        Decades of the whole positive scale, > 0; at most 100.
    A : float
        Additional decades of negative values, -W <= A <= M - 2 W.
    scale : str
        Where T lies: ``"0-1"``, at 1 as in Gating-ML 2.0, or ``"0-M"``, at M as in flowCore.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> scale = Logicle(T=262144, W=0.5, M=4.5)
    >>> round(scale.forward(1000.0), 6), round(scale.inverse(scale.forward(1000.0)), 6)
    (0.454338, 1000.0)
    >>> round(Logicle(T=262144, W=0.5, M=4.5, scale="0-M").forward(262144.0), 9)
    4.5
    """

    kind: ClassVar[str] = "logicle"
    kernel_code: ClassVar[int] = 2

    T: float
    W: float
    M: float
    A: float = 0.0
    scale: str = TO_ONE

    def __post_init__(self) -> None:
        take_numbers(self)
        if self.scale not in (TO_ONE, TO_M):
            expected = f"{TO_ONE!r} (Gating-ML) or {TO_M!r} (flowCore)"
            message = f"logicle scale: found {self.scale!r}; expected {expected}."
            raise TransformError(message)
        check_parameters(
            self,
            {
                "T": top_rule(self.T, self.M),
                "W": (0 <= self.W <= self.M / 2, "0 <= W <= M/2"),
                **zone_rules(self.W, self.M, self.A),
            },
        )

    def derive(self) -> NDArray[np.float64]:
        """Return 1 / alpha, b, d / b, where zero lies, (b / d)^2, and a first guess.

        With z = b (y - x1), the biexponential a e^(by) - c e^(-dy) - f becomes
        alpha (e^z - 1 + (1 - e^(-r z)) / r^2), r = d / b: two positive terms, so nothing cancels near zero.
        """
        total = self.M + self.A
        b = total * LN10
        zero = (self.A + self.W) / total
        r = decay_ratio(self.W * LN10)
        weight = 1.0 / r**2
        top = b * (1.0 - zero)
        alpha = self.T / float(unfolded(r, weight, top))
        guess = first_guess(r, weight, top + 1.0)
        return packed(1.0 / alpha, b / self.top, r, zero * self.top, weight, *guess, last=self.top / b)

    @property
    def top(self) -> float:
        """The position of T: 1, or M on the scale of flowCore."""
        return self.M if self.scale == TO_M else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return ``kind`` and the parameters; ``scale`` only where it is not that of Gating-ML."""
        # not super(): dataclasses with slots are made twice, and zero-argument super knows the first only
        entries = KernelScale.to_dict(self)
        if self.scale == TO_ONE:
            del entries["scale"]
        return entries
