"""Did anything change over three or more visits: Friedman's test with Kendall's W."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats import exact
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import share, within
from cytogate.stats.trends._asked import ALL_VISITS, Asked, plain
from cytogate.stats.trends._blocks import complete_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

FRIEDMAN = "Friedman"


@dataclass(frozen=True, slots=True)
class Concordance:
    """How much patients agree in the order of their visits.

    Attributes
    ----------
    squares : float
        Sum of squares of the doubled rank sums: what is compared with other arrangements.
    chi2, w, p_chi2 : float
        Friedman's statistic (of ties corrected), Kendall's W from 0 to 1, and the large-sample p.
    """

    squares: float
    chi2: float
    w: float
    p_chi2: float


def concordance(ranks: NDArray[np.int64]) -> Concordance:
    """Return Friedman's statistic of doubled ranks, shape (n_blocks, n_visits), not all tied."""
    from scipy.special import chdtrc

    n, k = ranks.shape
    sums = ranks.sum(axis=0)
    most = n * float(((ranks - (k + 1)) ** 2).sum())  # of the sums, were all in one order
    w = float(((sums - n * (k + 1)) ** 2).sum()) / most
    chi2 = n * (k - 1) * w
    return Concordance(float((sums**2).sum()), chi2, w, float(chdtrc(k - 1, chi2)))


@offered("friedman", "Did the measure change at all over the visits?", "visits")
def friedman(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return one row over all visits: exact where arrangements can be counted, else permuted."""
    asked = Asked(series, question, group)
    blocks = complete_blocks(series)
    if blocks.why:
        return [asked.without(FRIEDMAN, blocks.why, blocks.note, contrast=ALL_VISITS)]
    ranks = blocks.ranks
    found = concordance(ranks)
    null = exact.friedman(ranks)
    if null is not None:
        test, p, floor = f"{FRIEDMAN}, exact", null.upper(found.squares), null.upper(float(null.support[-1]))
    else:
        test = f"{FRIEDMAN}, permutation"
        n, k = ranks.shape

        def squares(block: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray((block.reshape(-1, n, k).sum(axis=1) ** 2).sum(axis=1))

        arranged, listed, count = within(ranks.astype(np.float64), question.draws, asked.rng(FRIEDMAN))
        p = share(arranged, squares, found.squares, listed=listed)
        floor = max(math.factorial(k) / count, 0.0 if listed else 1 / (question.draws + 1))
        p = max(p, floor)  # drawn orders may miss by a little what cannot be less
    return [
        asked.row(
            test,
            f"chi-square {found.chi2:.4g} with {ranks.shape[1] - 1} degrees of freedom,"
            f" p {plain(found.p_chi2)} if there were many subjects",
            "" if null is not None else f"p from {question.draws:,} orders of visits within subjects",
            blocks.note,
            contrast=ALL_VISITS,
            effect=found.w,
            effect_name="Kendall W",
            n=len(ranks),
            p=p,
            p_floor=floor,
        )
    ]
