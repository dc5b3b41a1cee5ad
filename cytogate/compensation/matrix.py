"""Compensation matrix: how much of each fluorochrome's light reaches each detector, and the way back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation._checks import check, condition_of, unusual
from cytogate.compensation._inverse import left_inverse, right_inverse
from cytogate.errors import CompensationError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from cytogate.errors import Problem

BLOCK_EVENTS = 4096


@dataclass(frozen=True, eq=False)
class CompensationMatrix:
    """Spillover of fluorochromes into detectors: ``measured = true @ values``.

    With as many detectors as fluorochromes the way back is the inverse; with more detectors (spectral
    unmixing) it is the pseudo-inverse: the amounts of fluorochromes that explain all detectors with the
    smallest sum of squares, every detector weighing the same.

    Parameters
    ----------
    detectors : sequence of str
        Names of the columns, as ``$PnN`` has them.
    fluorochromes : sequence of str
        Names of the rows; often the same names. At most as many as detectors.
    values : (n_fluorochromes, n_detectors) array_like
        One row per fluorochrome, one column per detector; kept as read-only float64.
    inverted : bool
        True when `values` is the way back itself, as some programs store it: (n_detectors, n_fluorochromes),
        one row per detector, one column per fluorochrome, ``true = measured @ values``. It is used as it
        stands; the attribute `values` then holds its inverse or pseudo-inverse, in the usual shape.

    Raises
    ------
    CompensationError
        When there are fewer detectors than fluorochromes, or the matrix is not finite, has doubled names, or
        rows that are the sum of others, so that nothing tells their fluorochromes apart.

    Examples
    --------
    >>> m = CompensationMatrix(("FITC-A", "PE-A"), ("FITC", "PE"), [[1.0, 0.25], [0.0, 1.0]])
    >>> m.apply([[100.0, 25.0]])
    array([[100.,   0.]])
    >>> spectral = CompensationMatrix(("V1", "V2", "V3"), ("BV421", "BV510"), [[1, 0, 0], [0, 1, 1]])
    >>> spectral.apply([[100.0, 40.0, 60.0]])
    array([[100.,  50.]])
    """

    detectors: tuple[str, ...]
    fluorochromes: tuple[str, ...]
    values: NDArray[np.float64]
    inverted: bool
    _given: NDArray[np.float64] = field(repr=False)

    def __init__(
        self,
        detectors: Iterable[str],
        fluorochromes: Iterable[str],
        values: ArrayLike,
        *,
        inverted: bool = False,
    ) -> None:
        object.__setattr__(self, "detectors", tuple(map(str, detectors)))
        object.__setattr__(self, "fluorochromes", tuple(map(str, fluorochromes)))
        object.__setattr__(self, "inverted", bool(inverted))
        try:
            table = np.array(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            message = f"compensation matrix: values are not a table of numbers: {error}."
            raise CompensationError(message) from error
        table.setflags(write=False)
        condition = check(self, table)
        if not inverted:
            vars(self)["condition_number"] = condition  # known, so the property need not find it again
        object.__setattr__(self, "_given", table)
        if inverted:
            table = left_inverse(table)
            table.setflags(write=False)
        object.__setattr__(self, "values", table)

    @property
    def square(self) -> bool:
        """Whether there are as many detectors as fluorochromes, so that each has a column of its own."""
        return len(self.detectors) == len(self.fluorochromes)

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """(n_detectors, n_fluorochromes) float64, read-only: ``true = measured @ inverse``."""
        if self.inverted:
            return self._given
        inverse = right_inverse(self.values)
        inverse.setflags(write=False)
        return inverse

    @cached_property
    def condition_number(self) -> float:
        """Ratio of the largest to the smallest singular value; infinite for a singular matrix."""
        return condition_of(self.values)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """For each fluorochrome the column that its compensated values take.

        Where the matrix is square, the detector of the same name if all fluorochromes have one, else the
        detector at the same position. With more detectors than fluorochromes no detector stands for one
        fluorochrome: the compensated columns are the fluorochromes themselves, under their names.
        """
        if not self.square or set(self.fluorochromes) == set(self.detectors):
            return self.fluorochromes
        return self.detectors

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """What is unusual: badly conditioned, a diagonal that is not 1, negative coefficients."""
        return tuple(unusual(self))

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
            with `channels` and either `values` and `compensated_to` (`Events`) or `events()` (`FcsFile`).
        channels : sequence of str, optional
            Names of the columns of `values`.

        Returns
        -------
        (n_events, n_columns) float64, new
            Of a square matrix the columns of `values`: those that are no detectors are copied, and an
            `Events` gives an `Events` without spillover. With more detectors than fluorochromes, one column
            for each fluorochrome, in the order of `fluorochromes`, and no others. Sums run over the detectors
            in their order, so that the result is the same on every machine.

        Raises
        ------
        CompensationError
            When a detector is missing, or the shape does not fit.
        """
        if hasattr(values, "compensated_to"):
            found = self.apply(values.values, _names(values.channels))
            return values.compensated_to(found, self) if self.square else found
        if hasattr(values, "events") and hasattr(values, "channels"):
            return self.apply(values.events(), _names(values.channels))
        table = np.asarray(values)
        names = self._names_of(table, channels)
        sources = self._places(self.detectors, names)
        if self.square:
            out = np.array(table, dtype=np.float64, order="C")
            targets = self._places(self.targets, names)
        else:
            out = np.empty((len(table), len(self.fluorochromes)))
            targets = list(range(len(self.fluorochromes)))
        inverse = self.inverse
        for start in range(0, len(out), BLOCK_EVENTS):
            block = out[start : start + BLOCK_EVENTS]
            measured = np.array(table[start : start + BLOCK_EVENTS, sources].T, dtype=np.float64, order="C")
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
            self._given,
            inverted=self.inverted,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML; ``inverted`` stands there only where it is true."""
        plain = {
            "detectors": list(self.detectors),
            "fluorochromes": list(self.fluorochromes),
            "values": self._given.tolist(),
        }
        return {**plain, "inverted": True} if self.inverted else plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CompensationMatrix:
        """Return the matrix that `to_dict` described."""
        inverted = bool(data.get("inverted", False))
        return cls(data["detectors"], data["fluorochromes"], data["values"], inverted=inverted)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompensationMatrix):
            return NotImplemented
        return self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def _names_of(self, table: NDArray[Any], channels: Sequence[str] | None) -> tuple[str, ...]:
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
        return names

    def _places(self, wanted: Sequence[str], names: Sequence[str]) -> list[int]:
        place = {name: i for i, name in enumerate(names)}
        lacking = [name for name in wanted if name not in place]
        if lacking:
            hints = " ".join(nearest(name, list(names)) for name in lacking[:1])
            message = (
                f"compensation: the matrix names detectors that the events lack: {', '.join(lacking)}. "
                f"Events have: {', '.join(names)}. {hints} Rename the detectors or pass another matrix."
            )
            raise CompensationError(message)
        return [place[name] for name in wanted]


def _names(channels: Any) -> tuple[str, ...]:
    return tuple(getattr(channels, "names", channels))
