"""Do two measures go together within patients over the visits: repeated-measures correlation.

Bakdash and Marusich 2017: what is left of both when each patient's mean is taken away (and, adjusted, that of
each visit).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import orders, share, within
from cytogate.stats.trends._asked import ALL_VISITS, Asked, left_out, plain
from cytogate.stats.trends._partner import beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.stats.series import Series

RM = "repeated-measures correlation"
ADJUSTED = "repeated-measures correlation, adjusted for visit"


@dataclass(frozen=True, slots=True, eq=False)
class Related:
    """A correlation within patients.

    Attributes
    ----------
    r, low, high : float
        The interval by Fisher's z.
    freedom : int
        Of its t.
    p : float
        By t; two-sided.
    x, y : ndarray, shape (n_subjects, n_visits)
        Residuals; 0 where a value of the pair is missing.
    """

    r: float
    low: float
    high: float
    freedom: int
    p: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def related(
    x: NDArray[np.float64], y: NDArray[np.float64], *, by_visit: bool = False, level: float = 0.95
) -> Related | str:
    """Return the correlation within patients of two matrices; or why there is none.

    `x` and `y` have shape (n_subjects, n_visits). A pair with a missing value is passed over, and
    so are patients with one pair.
    """
    has: NDArray[np.bool_] = np.isfinite(x) & np.isfinite(y)
    has = has & (np.asarray(has.sum(axis=1))[:, None] > 1)
    n = int(has.any(axis=1).sum())
    patients = (np.arange(len(x))[:, None] == np.arange(len(x))) & np.asarray(has.any(axis=1))[:, None]
    columns = [np.repeat(patients, x.shape[1], axis=0)[has.ravel()].astype(np.float64)]
    if by_visit:
        columns.append(np.tile(np.eye(x.shape[1]), (len(x), 1))[has.ravel()])
    known = np.column_stack(columns)
    basis, lengths, _ = np.linalg.svd(known, full_matrices=False)
    basis = basis[:, lengths > 1e-9 * max(1.0, float(lengths.max(initial=0.0)))]
    freedom = int(has.sum()) - basis.shape[1] - 1
    if n < 1 or freedom < 1:
        return "too few pairs of values within subjects"
    out = []
    for name, matrix in (("first", x), ("second", y)):
        values = matrix[has]
        left = values - basis @ (basis.T @ values)
        if float(left @ left) <= 1e-20 * float(values @ values) * values.size:
            return f"the {name} measure does not vary" + (
                " beyond visits" if by_visit else " within subjects"
            )
        whole = np.zeros(x.shape)
        whole[has] = left
        out.append(whole)
    a, b = out
    r = float((a * b).sum() / math.sqrt(float((a**2).sum() * (b**2).sum())))
    r = min(1.0, max(-1.0, r))
    from scipy.special import ndtri, stdtr

    low = high = math.nan
    p = 0.0
    if abs(r) < 1 - 1e-12:
        p = 2 * float(stdtr(freedom, -abs(r) * math.sqrt(freedom / (1 - r * r))))
        if freedom > 1:
            half = float(ndtri(0.5 + level / 2)) / math.sqrt(freedom - 1)
            low, high = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    return Related(r, low, high, freedom, p, a, b)


def crossed(found: Related, has: NDArray[np.bool_]) -> Callable[[NDArray[np.intp]], NDArray[np.float64]]:
    """Return |r| when patients' courses of the second measure are given to other patients.

    `has`, shape (n_subjects, n_visits), tells which pairs are there; visits that either lacks are passed
    over.
    """
    mask = has.astype(np.float64)
    products = found.x @ found.y.T
    of_x, of_y = found.x**2 @ mask.T, mask @ (found.y**2).T
    own = np.arange(len(mask))

    def statistic(order: NDArray[np.intp]) -> NDArray[np.float64]:
        top = products[own, order].sum(axis=1)
        below = of_x[own, order].sum(axis=1) * of_y[own, order].sum(axis=1)
        return np.asarray(np.abs(top) / np.sqrt(np.maximum(below, 1e-300)))

    return statistic


@offered("rm_correlation", "Do both measures move together within patients?", "visits", "partner")
def rm_correlation(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the correlation within patients, and the same adjusted for visit."""
    asked, partner = Asked(series, question, group), question.partner
    if partner is None:
        return [
            asked.without(test, "no series to relate it to", contrast=ALL_VISITS) for test in (RM, ADJUSTED)
        ]
    contrast = f"{ALL_VISITS}, with {partner.name}"
    if partner.name == series.name and partner.kind == series.kind:
        why = "a series is not related to itself"
        return [asked.without(test, why, contrast=contrast) for test in (RM, ADJUSTED)]
    x, y = series.on_scale(), beside(series, partner, partner.on_scale())
    has = np.isfinite(x) & np.isfinite(y)
    useful = has.sum(axis=1) > 1
    names = np.array(series.subjects, dtype=object)
    lost = left_out("with fewer than two pairs of values", names[~useful])
    x, y, has = x[useful], y[useful], has[useful]
    return [_plain(asked, contrast, x, y, has, lost), _adjusted(asked, contrast, x, y, has, lost)]


def _plain(
    asked: Asked,
    contrast: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    has: NDArray[np.bool_],
    lost: str,
) -> Comparison:
    question = asked.question
    found = related(x, y, level=question.level)
    if isinstance(found, str):
        return asked.without(RM, found, lost, contrast=contrast, n=len(x))
    weights = found.x[has]
    arranged, listed, count = within(np.where(has, found.y, np.nan), question.draws, asked.rng(RM))
    p = share(
        arranged, lambda rows: np.abs(rows @ weights), abs(float(weights @ found.y[has])), listed=listed
    )
    return _row(
        asked,
        RM,
        contrast,
        found,
        f"p from {int(count) if listed else question.draws:,} orders of visits within subjects",
        "a time course that both share, or drifts of patients, make r large by themselves: read it beside the"
        " row adjusted for visit",
        lost,
        n=len(x),
        p=p,
        p_floor=max(1 / count, 0.0 if listed else 1 / (question.draws + 1)),
    )


def _adjusted(
    asked: Asked,
    contrast: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    has: NDArray[np.bool_],
    lost: str,
) -> Comparison:
    question, n = asked.question, len(x)
    found = related(x, y, by_visit=True, level=question.level)
    if isinstance(found, str):
        return asked.without(ADJUSTED, found, lost, contrast=contrast, n=n)
    statistic = crossed(found, has)
    ways, listed = orders(n, question.draws, asked.rng(ADJUSTED))
    p = share([ways], statistic, float(statistic(np.arange(n, dtype=np.intp)[None])[0]), listed=listed)
    return _row(
        asked,
        ADJUSTED,
        contrast,
        found,
        f"p from {len(ways):,} ways to give whole courses to other subjects: holds for any time course",
        "" if has.all() else "visits that either of two subjects lacks are passed over",
        lost,
        n=n,
        p=p,
        p_floor=1 / len(ways) if listed else 1 / (question.draws + 1),
    )


def _row(
    asked: Asked, test: str, contrast: str, found: Related, *notes: str, n: int, p: float, p_floor: float
) -> Comparison:
    return asked.row(
        test,
        f"{found.freedom} degrees of freedom; p by t {plain(found.p)}, not used",
        *notes,
        asked.question.partner_note,
        contrast=contrast,
        estimate=found.r,
        ci_low=found.low,
        ci_high=found.high,
        unit="r",
        effect=found.r,
        effect_name="r within subjects",
        n=n,
        p=p,
        p_floor=p_floor,
    )
