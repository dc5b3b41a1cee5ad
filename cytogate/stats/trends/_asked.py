"""What all tests share: pairs of visits, rows with their notes, random numbers from names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.stats.comparison import Comparison, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cytogate.stats.series import Series

POST_HOC = "post hoc: response is defined by SLEDAI"
BETWEEN = "between groups"
ALL_VISITS = "all visits"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Values of two visits, of the subjects that have both.

    Attributes
    ----------
    subjects : tuple of str
    values : ndarray, shape (n_subjects, 2)
        Baseline and visit.
    missing : str
        Who is left out, as a note; empty when nobody is.
    """

    subjects: tuple[str, ...]
    values: NDArray[np.float64]
    missing: str

    @property
    def change(self) -> NDArray[np.float64]:
        """Visit minus baseline, shape (n_subjects,)."""
        return np.asarray(self.values[:, 1] - self.values[:, 0])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one series, and how its answers are written."""

    series: Series
    question: Question
    group: str

    @property
    def contrast(self) -> str:
        """``W24 - W0``."""
        return f"{self.question.visit} - {self.question.baseline}"

    @property
    def natural_unit(self) -> str:
        """Of differences of plain values."""
        return "percentage points" if self.series.unit == "%" else self.series.unit

    @property
    def scale_unit(self) -> str:
        """Of differences on the scale, taken back."""
        return {"logit": "odds ratio", "log": "fold"}.get(self.series.scale, self.natural_unit)

    def rng(self, test: str) -> np.random.Generator:
        """Return random numbers that depend on seed and names only."""
        words = "\0".join((str(self.question.seed), self.series.name, self.series.kind, test, self.group))
        return np.random.default_rng(int.from_bytes(hashlib.sha256(words.encode()).digest()[:16], "little"))

    def without_visit(self) -> str:
        """Say that a visit of the contrast is not in the series; empty when both are."""
        absent = [
            visit
            for visit in (self.question.baseline, self.question.visit)
            if self.series.column(visit) is None
        ]
        if not absent and self.question.baseline == self.question.visit:
            return f"baseline and visit are the same, {self.question.visit}"
        return f"no figures of visit {' and '.join(absent)}" if absent else ""

    def pairs(self, values: NDArray[np.float64] | None = None) -> Pairs:
        """Return what both visits of the contrast hold: of the series, or of a matrix in its shape."""
        matrix = self.series.values if values is None else values
        first, second = (self.series.column(v) for v in (self.question.baseline, self.question.visit))
        if first is None or second is None:
            return Pairs((), np.empty((0, 2)), "")
        both = matrix[:, [first, second]]
        has = np.isfinite(both).all(axis=1)
        names = np.array(self.series.subjects, dtype=object)
        return Pairs(tuple(names[has]), both[has], left_out("without both visits", names[~has]))

    def row(self, test: str, *notes: str, contrast: str | None = None, **figures: Any) -> Comparison:
        """Return an answer; what the series and the group have to say is added to the notes."""
        said = [*notes, POST_HOC if self.group in ("responders", "non-responders") else "", self.series.note]
        return Comparison(
            self.series.name,
            self.series.kind,
            self.contrast if contrast is None else contrast,
            self.group,
            test,
            note=joined(said),
            **figures,
        )

    def without(
        self, test: str, why: str, *notes: str, contrast: str | None = None, n: int = 0
    ) -> Comparison:
        """Return the row of a question that cannot be answered."""
        return self.row(test, why, *notes, contrast=contrast, n=n)


def left_out(why: str, names: Iterable[Any]) -> str:
    """Return ``left out, why: P1, P2``; empty for nobody."""
    listed = [str(name) for name in names]
    return f"left out, {why}: {', '.join(listed)}" if listed else ""


def joined(notes: Sequence[str]) -> str:
    """Return the notes as one text, each said once."""
    return "; ".join(dict.fromkeys(note for note in notes if note))


def plain(p: float) -> str:
    """Return a p value as notes say it.

    Examples
    --------
    >>> plain(0.0312345), plain(0.00000123)
    ('0.0312', '1.2e-06')
    """
    return f"{p:.3g}" if p >= 1e-4 else f"{p:.1e}"


def hedges(changes: NDArray[np.float64]) -> float:
    """Return Hedges' g_z of paired changes: mean over SD, less its bias; NaN of fewer than 2 or no spread."""
    n = changes.size
    spread = float(changes.std(ddof=1)) if n > 1 else 0.0
    if spread <= 1e-12 * float(np.abs(changes).max(initial=0.0)):
        return float("nan")
    return (1 - 3 / (4 * (n - 1) - 1)) * float(changes.mean()) / spread
