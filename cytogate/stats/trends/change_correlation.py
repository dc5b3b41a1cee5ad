"""Do changes go together, one point per patient: Spearman's rho with a p from all pairings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats import exact
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import orders, share
from cytogate.stats.trends._asked import Asked, left_out, plain
from cytogate.stats.trends._partner import beside, change_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

SPEARMAN = "Spearman of changes"
FEWEST = 3
FEWEST_FOR_INTERVAL = 5


def spearman(
    x: NDArray[np.float64], y: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> tuple[float, float, float, bool]:
    """Return rho, its two-sided p, the smallest possible p, and whether both are exact.

    Every pairing is counted up to 12 pairs, beyond that `draws` are drawn. `x` and `y` have shape (n,),
    and neither is constant.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rho, p, floor, exact = spearman(np.arange(5.0), np.arange(5.0) ** 2, 9999, rng)
    >>> round(rho, 12), round(p, 6), round(floor, 6), exact
    (1.0, 0.016667, 0.016667, True)
    """
    first, second = exact.doubled_ranks(x), exact.doubled_ranks(y)
    left, right = first - first.mean(), second - second.mean()
    size = math.sqrt(float(left @ left) * float(right @ right))
    rho = float(left @ right) / size
    if first.size <= exact.MOST_PAIRED:
        null = exact.pairing(first, second)
        return rho, null.two_sided(float(first @ second)), null.floor, True
    ways, listed = orders(first.size, draws, rng)
    p = share([ways], lambda way: np.abs(right[way] @ left) / size, abs(rho), listed=listed)
    return rho, p, 1 / (draws + 1), False


def kendall(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Kendall's tau-b of two vectors, neither constant."""
    x, y = exact.settled(x), exact.settled(y)
    over = np.triu_indices(x.size, 1)
    a, b = (np.sign(np.subtract.outer(v, v))[over] for v in (x, y))
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


@offered("change_correlation", "Did patients whose measure changed more improve more?", "pair", "partner")
def change_correlation(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return Spearman's rho of the changes of series and partner."""
    asked, partner = Asked(series, question, group), question.partner
    if partner is None:
        return [asked.without(SPEARMAN, "no series to relate it to")]
    contrast = f"{asked.contrast}, with {partner.name}"
    if why := asked.without_visit():
        return [asked.without(SPEARMAN, why, contrast=contrast)]
    if partner.name == series.name and partner.kind == series.kind:
        return [asked.without(SPEARMAN, "a series is not related to itself", contrast=contrast)]
    ours, words = change_scale(series)
    theirs, their_words = change_scale(partner)
    both = asked.pairs(ours), asked.pairs(beside(series, partner, theirs))
    theirs_of = dict(zip(both[1].subjects, both[1].change, strict=True))
    mine_of = {
        name: change
        for name, change in zip(both[0].subjects, both[0].change, strict=True)
        if name in theirs_of
    }
    lost = left_out("without both changes", [name for name in series.subjects if name not in mine_of])
    x = exact.settled(np.array(list(mine_of.values()), dtype=np.float64))
    y = exact.settled(np.array([theirs_of[name] for name in mine_of], dtype=np.float64))
    n = x.size
    if n < FEWEST:
        return [
            asked.without(SPEARMAN, "needs three subjects with both changes", lost, contrast=contrast, n=n)
        ]
    for name, values in ((series.name, x), (partner.name, y)):
        if not np.ptp(values):
            why = f"all changes of {name} are equal"
            return [asked.without(SPEARMAN, why, lost, contrast=contrast, n=n)]
    rho, p, floor, counted = spearman(x, y, question.draws, asked.rng(f"{SPEARMAN} {partner.name}"))
    low = high = math.nan
    interval = "no interval of so few, or of a perfect order"
    if n >= FEWEST_FOR_INTERVAL and abs(rho) < 1 - 1e-12:
        from scipy.special import ndtri

        half = float(ndtri(0.5 + question.level / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
        low, high = math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)
        interval = "interval approximate (Bonett and Wright 2000)"
    pearson = float(np.corrcoef(x, y)[0, 1])
    return [
        asked.row(
            f"{SPEARMAN}, {'exact' if counted else 'permutation'}",
            f"one point per subject; changes as {words}, of {partner.name} as {their_words}",
            "" if counted else f"p from {question.draws:,} pairings",
            interval,
            f"Kendall tau-b {plain_signed(kendall(x, y))}, Pearson r {plain_signed(pearson)}",
            f"p cannot be below {plain(floor)} with {n} subjects" if floor > 0.05 else "",
            question.partner_note,
            lost,
            contrast=contrast,
            estimate=rho,
            ci_low=low,
            ci_high=high,
            unit="rho",
            effect=rho,
            effect_name="Spearman rho",
            n=n,
            p=p,
            p_floor=floor,
        )
    ]


def plain_signed(value: float) -> str:
    """Return a correlation as notes say it."""
    return f"{value:.3f}"
