"""What the built-in transforms share: their kernels, their ticks and their dictionaries."""

from __future__ import annotations

import math
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import numpy as np

from cytogate.errors import Problem, TransformError
from cytogate.transforms.base import N_PARAMETERS
from cytogate.transforms.ticks import decade_ticks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.transforms.base import Ticks

LN10 = math.log(10.0)
LEAST_UNIT = 1e-306  # below, the inverse of a scale's unit would overflow
LAST = 15  # place of the number that turns units into positions; the bounds follow it


class KernelScale:
    """A transform whose formula is a kernel: Python and the gating engine get the same bits."""

    __slots__ = ()

    kind: ClassVar[str]

    @property
    def kernel_code(self) -> int:
        """Which formula of kernels/transforms.py it is."""
        raise NotImplementedError

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Derived numbers for the kernel, (`N_PARAMETERS`,) float64, read-only; made once for all equals."""
        return _derived(self)

    def derive(self) -> NDArray[np.float64]:
        """Return the numbers for the kernel, made anew."""
        raise NotImplementedError

    @overload
    def forward(self, x: float) -> float: ...
    @overload
    def forward(self, x: ArrayLike) -> NDArray[np.float64]: ...
    def forward(self, x: ArrayLike) -> NDArray[np.float64] | float:
        """Return positions on the scale.

        Parameters
        ----------
        x : float or array of any shape
            Compensated values. NaN stays NaN, infinities stay infinite.

        Returns
        -------
        float for a number, else float64 array of the same shape
            Monotone without exception: ``x1 <= x2`` gives ``forward(x1) <= forward(x2)``.
        """
        from cytogate.kernels.transforms import forward_into, forward_scalar

        return self._map(x, forward_scalar, forward_into)

    @overload
    def inverse(self, y: float) -> float: ...
    @overload
    def inverse(self, y: ArrayLike) -> NDArray[np.float64]: ...
    def inverse(self, y: ArrayLike) -> NDArray[np.float64] | float:
        """Return the values at positions `y`; a float for a number, else an array of the same shape."""
        from cytogate.kernels.transforms import inverse_into, inverse_scalar

        return self._map(y, inverse_scalar, inverse_into)

    def _map(self, values: ArrayLike, scalar: Any, into: Any) -> NDArray[np.float64] | float:
        array = np.asarray(values, dtype=np.float64)
        if array.ndim == 0:
            return float(scalar(self.kernel_code, self.parameters, float(array)))
        flat = np.ascontiguousarray(array).reshape(-1)
        out = np.empty_like(flat)
        into(self.kernel_code, self.parameters, flat, out)
        return out.reshape(array.shape)

    def ticks(self, low: float, high: float) -> Ticks:
        """Return ticks for an axis that shows data values from `low` to `high`."""
        return decade_ticks(self, low, high)

    def to_dict(self) -> dict[str, Any]:
        """Return ``kind`` and the parameters as plain values."""
        return {"kind": self.kind, **{name: getattr(self, name) for name in _types(type(self))}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the transform that `to_dict` described; parameters with a default may be left out."""
        known = _types(cls)
        unknown = sorted(set(data) - {"kind", *known})
        if unknown:
            message = (
                f"{cls.kind} transform: unknown parameter {', '.join(unknown)}; known are {', '.join(known)}."
            )
            raise TransformError(message)
        try:
            return cls(**{name: data[name] for name in known if name in data})
        except TypeError as error:
            message = f"{cls.kind} transform: {error}; parameters are {', '.join(known)}."
            raise TransformError(message) from error


@lru_cache(maxsize=1024)
def _derived(scale: KernelScale) -> NDArray[np.float64]:
    return scale.derive()


def _types(kind: type[Any]) -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(kind)}


def take_numbers(transform: Any) -> None:
    """Make numbers of all parameters that are to be numbers; raise with each that is none."""
    wrong = []
    for name, kind in _types(type(transform)).items():
        value = getattr(transform, name)
        if kind not in ("float", "int"):
            continue
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            wrong.append(_problem(transform, name, "a number"))
            continue
        is_whole = kind == "int" and number.is_integer()
        object.__setattr__(transform, name, int(number) if is_whole else number)
    _refuse(wrong)


def check_parameters(transform: Any, rules: Mapping[str, tuple[bool, str]]) -> None:
    """Raise with every rule that does not hold, and every number that is not finite.

    `rules` maps a parameter to whether it holds and how the rule reads.
    """
    _refuse(
        [
            _problem(transform, name, rule)
            for name, (holds, rule) in rules.items()
            if not (holds and math.isfinite(getattr(transform, name)))
        ]
    )


def top_rule(T: float, M: float) -> tuple[bool, str]:
    """Return whether T is a top of scale whose smallest unit float64 still holds, and how the rule reads."""
    if not T > 0:
        return False, "T > 0"
    fits = M <= 0 or (T * 10.0 ** -min(M, 300.0) >= LEAST_UNIT and LEAST_UNIT <= T / M <= 1.0 / LEAST_UNIT)
    return fits, f"T / 10^M and T / M between {LEAST_UNIT:g} and {1.0 / LEAST_UNIT:g}"


def zone_rules(W: float, M: float, A: float) -> dict[str, tuple[bool, str]]:
    """Return the rules of M and A that scales with a nearly linear zone around zero share."""
    return {
        "M": (0 < M <= 100, "0 < M <= 100"),
        "A": (-W <= A <= M - 2 * W, "-W <= A <= M - 2W"),
    }


def _problem(transform: Any, name: str, rule: str) -> Problem:
    found = getattr(transform, name)
    shown = f"{found:g}" if isinstance(found, float | int) else repr(found)
    return Problem("transform-parameter", f"{transform.kind} {name}", f"found {shown}; expected {rule}.")


def _refuse(wrong: list[Problem]) -> None:
    if wrong:
        raise TransformError("\n".join(str(problem) for problem in wrong), problems=wrong)


def packed(
    *numbers: float, last: float = 0.0, lowest: float = -math.inf, highest: float = math.inf
) -> NDArray[np.float64]:
    """Return kernel parameters, read-only: `numbers`, zeros up to the 16th, which is `last`, and bounds."""
    parameters = np.zeros(N_PARAMETERS, dtype=np.float64)
    parameters[: len(numbers)] = numbers
    parameters[LAST:] = last, lowest, highest
    parameters.setflags(write=False)
    return parameters
