"""What gate constructors share: read-only arrays, lists of problems, infinities in JSON and YAML."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from cytogate.gates.dimension import Dimension


class Faults:
    """Collects what is wrong with a gate, to be raised all at once."""

    def __init__(self, kind: str, dims: Sequence[Dimension]) -> None:
        on = " x ".join(dim.channel for dim in dims)
        self.title = f"This {kind} gate{f' on {on}' if on else ''} cannot be used:"
        self.kind = kind
        self.found: list[Problem] = []

    def add(self, location: str, message: str, fix: str = "") -> None:
        """Note one fault; `location` is the part of the gate: "vertex 3", "minimum of CD19"."""
        self.found.append(Problem(f"{self.kind}-gate", location, message, fix))

    def stop(self) -> None:
        """Raise `GatingError` if anything was noted."""
        if self.found:
            raise GatingError(self.title, self.found)


def number_array(values: ArrayLike, faults: Faults, location: str) -> NDArray[np.float64]:
    """Return `values` as a read-only float64 copy; raise at once where they are not numbers."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        faults.add(location, f"not a table of numbers ({error}).")
        faults.stop()
        raise
    array.setflags(write=False)
    return array


def number_tuple(values: Iterable[Any], faults: Faults, location: str) -> tuple[float, ...]:
    """Return `values` as floats; ``"inf"`` and ``"-inf"`` may be written out."""
    try:
        return tuple(float(value) for value in values)
    except (TypeError, ValueError) as error:
        faults.add(location, f"not a list of numbers ({error}).")
        faults.stop()
        raise


def on_one_line(points: NDArray[np.float64]) -> bool:
    """Return whether all points lie on one straight line, so that they enclose nothing.

    Points (n, 2) are taken as the decimal numbers that they are written as, and calculated with exactly:
    (0.1, 0.3), (0.2, 0.6), (0.3, 0.9) lie on a line though no float64 holds these numbers. Where some are
    infinite, only lines parallel to an axis are looked for.
    """
    if (points == points[0]).all(axis=0).any():
        return True
    if not np.isfinite(points).all():
        return False
    exact = ((Fraction(repr(x)), Fraction(repr(y))) for x, y in points.tolist())
    x0, y0 = next(exact)
    away = ((x - x0, y - y0) for x, y in exact if (x, y) != (x0, y0))
    dx, dy = next(away)
    return all(dx * y == dy * x for x, y in away)


def plain(value: float) -> float | str:
    """Return a float as JSON and YAML can hold it: infinities as text."""
    number = float(value)
    return number if np.isfinite(number) else str(number)


def event_table(values: NDArray[np.float64], n_dims: int, kind: str) -> NDArray[np.float64]:
    """Return `values` as float64 (n_events, n_dims), or say that its shape is wrong."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != n_dims:
        message = f"A {kind} gate takes values of shape (n_events, {n_dims}); found {array.shape}."
        raise GatingError(message)
    return array


def refuse_part(part: str | None, kind: str) -> None:
    """Raise for a part asked of a gate that has none."""
    if part is not None:
        message = f"A {kind} gate has no parts; found part {part!r}."
        raise GatingError(message)
