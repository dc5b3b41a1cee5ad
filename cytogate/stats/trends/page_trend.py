"""Did the measure move in one direction over the visits: Page's trend test, exact and two-sided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats import exact
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import share, within
from cytogate.stats.trends._asked import ALL_VISITS, Asked
from cytogate.stats.trends._blocks import complete_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

PAGE = "Page trend"


def page_null(ranks: NDArray[np.int64]) -> exact.Null:
    """Return the null of 2 L for doubled ranks of shape (n_blocks, n_visits), of at most 12 visits."""
    places = np.arange(1, ranks.shape[1] + 1)
    return exact.sums_of([exact.pairing(places, row) for row in ranks])


@offered("page_trend", "Did the measure rise, or fall, steadily over the visits?", "visits")
def page_trend(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return one row over all visits in their order; `effect` is 1 where all rise, -1 where all fall."""
    asked = Asked(series, question, group)
    blocks = complete_blocks(series)
    if blocks.why:
        return [asked.without(PAGE, blocks.why, blocks.note, contrast=ALL_VISITS)]
    ranks = blocks.ranks
    n, k = ranks.shape
    places = np.arange(1.0, k + 1)
    doubled = float((ranks @ places).sum())
    centre = n * k * (k + 1) ** 2 / 2
    if k <= exact.MOST_PAIRED:
        null = page_null(ranks)
        test, p, floor, note = f"{PAGE}, exact", null.two_sided(doubled), null.floor, ""
    else:
        test, note = f"{PAGE}, permutation", f"p from {question.draws:,} orders of visits within subjects"

        def away(block: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(np.abs(block.reshape(-1, n, k).sum(axis=1) @ places - centre))

        arranged, listed, count = within(ranks.astype(np.float64), question.draws, asked.rng(PAGE))
        p = share(arranged, away, abs(doubled - centre), listed=listed)
        floor = max(2 / count, 1 / (question.draws + 1))
    most = n * (2 * k + 1) * k * (k + 1) / 3 - centre
    direction = "rising" if doubled > centre else "falling"
    return [
        asked.row(
            test,
            f"L = {doubled / 2:g} of rising ranks, {n * k * (k + 1) ** 2 / 2 - doubled / 2:g} of falling ones"
            f" ({'no direction' if math.isclose(doubled, centre) else direction}); p for either direction",
            note,
            blocks.note,
            contrast=ALL_VISITS,
            effect=(doubled - centre) / most,
            effect_name="mean rho with order of visits",
            n=n,
            p=p,
            p_floor=floor,
        )
    ]
