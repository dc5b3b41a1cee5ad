"""Verdicts: what is promised beside what was measured, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Row:
    """One line of the table; `holds` is None where nothing could be measured, or nothing is promised."""

    bar: str
    what: str
    measured: str
    promised: str
    holds: bool | None

    @classmethod
    def measured_as(
        cls, bar: str, what: str, value: float, unit: str, *, most: float = np.inf, least: float = -np.inf
    ) -> Row:
        """Return the line of a number that has to lie between two; without either it is only told."""
        ends = [f"at least {least:.3g}"] if np.isfinite(least) else []
        ends += [f"at most {most:.3g}"] if np.isfinite(most) else []
        holds = bool(least <= value <= most) if ends and not np.isnan(value) else None
        return cls(bar, what, f"{value:.3g}{unit}", " and ".join(ends) + unit if ends else "", holds)

    @classmethod
    def below(cls, bar: str, what: str, value: float, other: float, unit: str) -> Row:
        """Return the line of a number that has to be less than another one, measured too."""
        holds = None if np.isnan(value + other) else bool(value < other)
        return cls(bar, what, f"{value:.3g}{unit}", f"below {other:.3g}{unit}", holds)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text in columns."""
    verdicts = {True: "kept", False: "NOT KEPT", None: "-"}
    lines = [("bar", "of", "measured", "promised", "verdict")]
    lines += [(row.bar, row.what, row.measured, row.promised, verdicts[row.holds]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
