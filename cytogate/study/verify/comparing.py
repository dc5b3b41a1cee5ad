"""Figures beside those of the tables: whole numbers equal, others to the last bit or within 1e-12."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cytogate.study.verify.differences import Compared, Difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RELATIVE = 1e-12  # across kinds of machines
SHOWN = 5  # differences of one file that are told one by one
# Columns that say which row it is, in the order in which they are told.
_NAMES = ("sample", "sample_a", "sample_b", "subject", "visit", "subset", "population", "gate", "channel")
_FURTHER = ("statistic", "check", "metric", "measure", "contrast", "group", "test", "variable", "analyte")


class Comparison:
    """Holds rows and values against recorded ones and keeps count.

    Parameters
    ----------
    equal_bits : bool
        Whether numbers with fractions must agree to the last bit.
    because : str
        Said of each difference: what may have made it.
    """

    def __init__(self, *, equal_bits: bool, because: str) -> None:
        self._equal_bits = equal_bits
        self._because = because
        self._counts = 0
        self._numbers = 0
        self._largest = 0.0
        self.differences: list[Difference] = []

    @property
    def compared(self) -> Compared:
        """Return how many figures were compared, and how near they were."""
        return Compared(self._counts, self._numbers, self._equal_bits, self._largest)

    def rows(
        self, file: str, recorded: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
    ) -> None:
        """Compare two tables row by row; they have an order."""
        if len(recorded) != len(now):
            self._tell(file, f"{len(recorded)} rows", f"{len(now)} rows")
            return
        told = []
        for before, after in zip(recorded, now, strict=True):
            told += [
                (_place(before, column), before.get(column), after.get(column))
                for column in dict.fromkeys((*before, *after))
                if not self._same(before.get(column), after.get(column))
            ]
        self._tell_some(file, told)

    def values(self, file: str, recorded: object, now: object) -> None:
        """Compare two plain values with all that is in them."""
        told: list[tuple[str, Any, Any]] = []
        self._walk("", recorded, now, told)
        self._tell_some(file, told)

    def _walk(self, place: str, before: Any, after: Any, told: list[tuple[str, Any, Any]]) -> None:
        if isinstance(before, dict) and isinstance(after, dict):
            for key in dict.fromkeys((*before, *after)):
                self._walk(f"{place}.{key}".lstrip("."), before.get(key), after.get(key), told)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                self._walk(f"{place}[{number}]", one, other, told)
        elif not self._same(before, after):
            told.append((place, before, after))

    def _same(self, before: object, after: object) -> bool:
        if isinstance(before, float) or isinstance(after, float):
            self._numbers += 1
            return self._near(before, after)
        if isinstance(before, int) and not isinstance(before, bool):
            self._counts += 1
        return type(before) is type(after) and before == after

    def _near(self, before: object, after: object) -> bool:
        if not isinstance(before, int | float) or not isinstance(after, int | float):
            return False
        if before == after or (math.isnan(before) and math.isnan(after)):
            return True
        if self._equal_bits or not math.isfinite(before) or not math.isfinite(after):
            return False
        away = abs(before - after) / max(abs(before), abs(after))
        if away > RELATIVE:
            return False
        self._largest = max(self._largest, away)
        return True

    def _tell_some(self, file: str, told: list[tuple[str, Any, Any]]) -> None:
        for place, before, after in told[:SHOWN]:
            self._tell(file, f"{place}: {_said(before)}", _said(after))
        if len(told) > SHOWN:
            self._tell(file, "the same figures everywhere", f"{len(told) - SHOWN} more that differ")

    def _tell(self, file: str, expected: str, found: str) -> None:
        means = "Gating the same files again gives other figures than the run folder holds."
        self.differences.append(
            Difference(
                "figures", file, f"{expected} (in the run)", f"{found} (gated again)", means, self._because
            )
        )


def _place(row: Mapping[str, Any], column: str) -> str:
    words = [str(row[name]) for name in (*_NAMES, *_FURTHER) if name != column and row.get(name)]
    return f"{', '.join(words)}: {column}" if words else column


def _said(value: object) -> str:
    text = "nothing" if value is None else repr(value) if isinstance(value, float | str) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
