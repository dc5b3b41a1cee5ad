"""Compensation matrix: how much of each fluorochrome's light reaches each detector, and its inverse."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import CompensationError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

MAX_CONDITION = 1e8  # beyond this the inverse is noise
HIGH_CONDITION = 100.0  # beyond this compensated values are unreliable
DIAGONAL_TOLERANCE = 1e-3
NEGATIVE_TOLERANCE = -0.005  # small negative coefficients are estimation noise
BLOCK_EVENTS = 4096


@dataclass(frozen=True, eq=False)
class CompensationMatrix:
    """Spillover of fluorochromes into detectors: ``measured = true @ values``.

    Parameters
    ----------
    detectors : sequence of str
        Names of the columns, as ``$PnN`` has them.
    fluorochromes : sequence of str
        Names of the rows; often the same names.
    values : (n_fluorochromes, n_detectors) array_like
        One row per fluorochrome, one column per detector; kept as read-only float64.

    Raises
    ------
    CompensationError
        When the matrix is not square, not finite, has doubled names or cannot be inverted.

    Examples
    --------
    >>> m = CompensationMatrix(("FITC-A", "PE-A"), ("FITC", "PE"), [[1.0, 0.25], [0.0, 1.0]])
    >>> m.apply([[100.0, 25.0]])
    array([[100.,   0.]])
    """

    detectors: tuple[str, ...]
    fluorochromes: tuple[str, ...]
    values: NDArray[np.float64]

    def __init__(self, detectors: Iterable[str], fluorochromes: Iterable[str], values: ArrayLike) -> None:
        object.__setattr__(self, "detectors", tuple(map(str, detectors)))
        object.__setattr__(self, "fluorochromes", tuple(map(str, fluorochromes)))
        try:
            table = np.array(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            message = f"compensation matrix: values are not a table of numbers: {error}."
            raise CompensationError(message) from error
        table.setflags(write=False)
        object.__setattr__(self, "values", table)
        _check(self)

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """(n_detectors, n_fluorochromes) float64, read-only: ``true = measured @ inverse``."""
        inverse = _invert(self.values)
        inverse.setflags(write=False)
        return inverse

    @cached_property
    def condition_number(self) -> float:
        """Ratio of the largest to the smallest singular value; infinite for a singular matrix."""
        return float(np.linalg.cond(self.values))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """For each fluorochrome the detector whose column its compensated values take.

        That is the detector of the same name where all fluorochromes have one, else the detector at the
        same position.
        """
        return self.fluorochromes if set(self.fluorochromes) == set(self.detectors) else self.detectors

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """What is unusual: badly conditioned, a diagonal that is not 1, negative coefficients."""
        return tuple(_warnings(self))

    @cached_property
    def sha256(self) -> str:
        """Hash of names and values, the same on every machine."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def apply(self, values: Any, channels: Sequence[str] | None = None) -> Any:
        """Return compensated values.

        Parameters
        ----------
        values : (n_events, n_detectors) or (n_events, n_channels) array_like, or events
            Linear values in the order of `detectors`; or a whole table together with `channels`; or an object
            with `channels` and either `values` and `replace_values` (`Events`) or `events()` (`FcsFile`).
        channels : sequence of str, optional
            Names of the columns of `values`.

        Returns
        -------
        (n_events, n_columns) float64, new
            Columns that are no detectors are copied. Sums run over the detectors in their order, so that the
            result is the same on every machine. An `Events` gives an `Events`.

        Raises
        ------
        CompensationError
            When a detector is missing, or the shape does not fit.
        """
        if hasattr(values, "replace_values"):
            return values.replace_values(self.apply(values.values, _names(values.channels)))
        if hasattr(values, "events") and hasattr(values, "channels"):
            return self.apply(values.events(), _names(values.channels))
        table = np.asarray(values)
        if table.ndim != 2:
            message = f"compensation: values have {table.ndim} dimensions; expected (n_events, n_channels)."
            raise CompensationError(message)
        names = self.detectors if channels is None else tuple(channels)
        if table.shape[1] != len(names):
            what = "detectors of the matrix" if channels is None else "channels given"
            message = (
                f"compensation: values have {table.shape[1]} columns, but there are {len(names)} {what}. "
                "Pass channels=names of the columns."
            )
            raise CompensationError(message)
        out = np.array(table, dtype=np.float64, order="C")
        sources, targets = self._columns(names)
        inverse = self.inverse
        for start in range(0, len(out), BLOCK_EVENTS):
            block = out[start : start + BLOCK_EVENTS]
            measured = np.ascontiguousarray(block[:, sources].T)
            for k, target in enumerate(targets):
                total = np.zeros(len(block))
                part = np.empty_like(total)
                for d in np.flatnonzero(inverse[:, k]):  # a detector that adds nothing cannot add NaN
                    np.multiply(measured[d], inverse[d, k], out=part)
                    total += part
                block[:, target] = total
        return out

    def renamed(self, mapping: Mapping[str, str]) -> CompensationMatrix:
        """Return the same matrix with detectors and fluorochromes renamed by `mapping` (old -> new)."""
        return CompensationMatrix(
            [mapping.get(name, name) for name in self.detectors],
            [mapping.get(name, name) for name in self.fluorochromes],
            self.values,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {
            "detectors": list(self.detectors),
            "fluorochromes": list(self.fluorochromes),
            "values": self.values.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CompensationMatrix:
        """Return the matrix that `to_dict` described."""
        return cls(data["detectors"], data["fluorochromes"], data["values"])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompensationMatrix):
            return NotImplemented
        return self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def _columns(self, names: Sequence[str]) -> tuple[list[int], list[int]]:
        place = {name: i for i, name in enumerate(names)}
        lacking = [name for name in self.detectors if name not in place]
        if lacking:
            hints = " ".join(nearest(name, list(names)) for name in lacking[:1])
            message = (
                f"compensation: the matrix names detectors that the events lack: {', '.join(lacking)}. "
                f"Events have: {', '.join(names)}. {hints} Rename the detectors or pass another matrix."
            )
            raise CompensationError(message)
        return [place[name] for name in self.detectors], [place[name] for name in self.targets]


def _names(channels: Any) -> tuple[str, ...]:
    return tuple(getattr(channels, "names", channels))


def _check(matrix: CompensationMatrix) -> None:
    shape = (len(matrix.fluorochromes), len(matrix.detectors))
    title = f"compensation matrix ({', '.join(matrix.detectors[:4])}{', ...' if shape[1] > 4 else ''})"
    if matrix.values.shape != shape:
        message = (
            f"{title}: values have shape {matrix.values.shape}; expected one row per "
            f"fluorochrome and one column per detector, {shape}."
        )
        raise CompensationError(message)
    if shape[0] != shape[1] or shape[0] == 0:
        message = (
            f"{title}: {shape[0]} fluorochromes and {shape[1]} detectors: not square. Compensation "
            "needs as many detectors as fluorochromes; use spectral unmixing otherwise."
        )
        raise CompensationError(message)
    for what, names in (("detector", matrix.detectors), ("fluorochrome", matrix.fluorochromes)):
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            message = f"{title}: {what} named more than once: {', '.join(doubled)}. Names must be unique."
            raise CompensationError(message)
    bad = np.argwhere(~np.isfinite(matrix.values))
    if len(bad):
        row, column = bad[0]
        message = (
            f"{title}: coefficient of fluorochrome {matrix.fluorochromes[row]} in detector "
            f"{matrix.detectors[column]} is {matrix.values[row, column]}; expected a finite number."
        )
        raise CompensationError(message)
    if not matrix.condition_number <= MAX_CONDITION:
        message = (
            f"{title}: it cannot be inverted reliably: condition number {matrix.condition_number:.3g}, "
            f"at most {MAX_CONDITION:.0e}. Two rows are nearly the same, or a row is all zero."
        )
        raise CompensationError(message)


def _warnings(matrix: CompensationMatrix) -> list[Problem]:
    found = []
    if matrix.condition_number > HIGH_CONDITION:
        text = f"condition number {matrix.condition_number:.4g} is above {HIGH_CONDITION:g}; errors grow."
        found.append(Problem("spillover-condition", "compensation matrix", text, "Look at similar rows."))
    order = [matrix.detectors.index(name) for name in matrix.targets]
    diagonal = matrix.values[np.arange(len(order)), order]
    for k in np.flatnonzero(np.abs(diagonal - 1.0) > DIAGONAL_TOLERANCE):
        text = (
            f"fluorochrome {matrix.fluorochromes[k]} has {diagonal[k]:.6g} in its own detector "
            f"{matrix.targets[k]}; expected 1."
        )
        fix = "Are two names exchanged, or are the values percentages?"
        found.append(Problem("spillover-diagonal", "compensation matrix", text, fix))
    for row, column in np.argwhere(matrix.values < NEGATIVE_TOLERANCE):
        text = (
            f"fluorochrome {matrix.fluorochromes[row]} has {matrix.values[row, column]:.6g} in detector "
            f"{matrix.detectors[column]}; a spillover is not negative."
        )
        found.append(Problem("spillover-negative", "compensation matrix", text))
    return found


def _invert(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert by Gauss-Jordan with partial pivoting, in a fixed order of operations, and refine once."""
    n = len(values)
    left, right = values.copy(), np.eye(n)
    for column in range(n):
        pivot = column + int(np.argmax(np.abs(left[column:, column])))
        if pivot != column:
            left[[column, pivot]] = left[[pivot, column]]
            right[[column, pivot]] = right[[pivot, column]]
        scale = left[column, column]
        left[column] /= scale
        right[column] /= scale
        for row in range(n):
            if row != column and left[row, column] != 0.0:
                factor = left[row, column]
                left[row] -= factor * left[column]
                right[row] -= factor * right[column]
    residual = np.eye(n) - _multiply(values, right)
    refined: NDArray[np.float64] = right + _multiply(right, residual)
    return refined


def _multiply(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product = np.zeros((len(a), b.shape[1]))
    for k in range(a.shape[1]):
        product += a[:, k : k + 1] * b[k]
    return product
