"""Whole courses of patients, set beside what all have in common: their own level and the visits' means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.trends._asked import Pairs, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.trends._asked import Asked


def later_visits(asked: Asked) -> list[int]:
    """Return the columns of visits after baseline that anybody has; none where there is no baseline."""
    series = asked.series
    start = series.column(asked.question.baseline)
    if start is None:
        return []
    has: NDArray[np.bool_] = np.asarray(np.isfinite(series.values).any(axis=0))
    return [at for at, week in enumerate(series.weeks) if has[at] and week > series.weeks[start]]


def against_later(asked: Asked, values: NDArray[np.float64]) -> Pairs:
    """Return baseline, and the mean of all later visits, each visit less its mean over the patients.

    So a patient who misses a visit is not moved by the common course; without gaps the difference between
    groups of patients is that of their mean changes.
    """
    start, later = asked.series.column(asked.question.baseline), later_visits(asked)
    kept = values[:, [start, *later]] if start is not None else np.empty((len(values), 0))
    has = np.isfinite(kept)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(has, kept - np.where(has, kept, 0).sum(axis=0) / has.sum(axis=0), 0)
        both = np.column_stack([centred[:, :1], centred[:, 1:].sum(axis=1) / has[:, 1:].sum(axis=1)])
    known = has[:, :1].any(axis=1) & has[:, 1:].any(axis=1)
    names = np.array(asked.series.subjects, dtype=object)
    missing = left_out("without baseline or any later visit", names[~known])
    return Pairs(tuple(names[known]), both[known], missing)


def own_courses(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the levels of patients and the means of visits leave of observed values; 0 where missing.

    Parameters
    ----------
    values : ndarray, shape (n_patients, n_visits)
    """
    out = np.zeros(values.shape)
    cells = np.nonzero(np.isfinite(values))
    out[cells] = _left(
        values[cells],
        np.column_stack([np.eye(size)[at] for size, at in zip(values.shape, cells, strict=True)]),
    )
    return out


def explained_by(groups: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    """Return the share of own courses that a course of each group explains (partial eta squared), 0 to 1."""
    patient, visit = np.nonzero(np.isfinite(values))
    y = values[patient, visit]
    common = np.column_stack([np.eye(len(values))[patient], np.eye(values.shape[1])[visit]])
    apart = np.column_stack([common, np.eye(values.shape[1])[visit] * groups[patient][:, None]])
    before, after = (float((_left(y, columns) ** 2).sum()) for columns in (common, apart))
    return 1 - after / before if before > 0 else float("nan")


def _left(y: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = y - y.mean() if y.size else y  # a high level of all costs digits
    fitted = columns @ np.linalg.lstsq(columns, moved, rcond=None)[0]
    return np.asarray(moved - fitted)
