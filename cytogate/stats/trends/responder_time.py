"""Response by time: by what factor the change of responders differs from that of non-responders.

With both visits of all, the interaction of a mixed model is the difference of the groups' mean changes; its p
is that of the labels, put on patients in all ways.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import labels, share
from cytogate.stats.trends._asked import BETWEEN, Asked
from cytogate.stats.trends._groups import changes_of_groups

if TYPE_CHECKING:
    from cytogate.stats.series import Series

INTERACTION = "response x time, labels of patients permuted"


@offered("responder_time", "By what factor did responders change more than non-responders?", "groups")
def responder_time(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the difference of mean changes on the scale, responders minus non-responders."""
    del group  # it is always that between groups
    asked = Asked(series, question, BETWEEN)
    test = INTERACTION if series.scale == "linear" else f"{INTERACTION}, on {series.scale}"
    groups = changes_of_groups(asked, series.on_scale())
    m, n = groups.yes.size, groups.yes.size + groups.no.size
    if groups.why:
        return [asked.without(test, groups.why, groups.note, n=n)]
    changes = np.concatenate([groups.yes, groups.no])
    estimate = float(groups.yes.mean() - groups.no.mean())
    apart = float(((groups.yes - groups.yes.mean()) ** 2).sum() + ((groups.no - groups.no.mean()) ** 2).sum())
    if float(np.ptp(changes)) <= 1e-12 * float(np.abs(changes).max()):
        return [asked.without(test, "all changes are equal", groups.note, n=n)]
    named, listed = labels(n, m, question.draws, asked.rng(INTERACTION))
    centred = changes - changes.mean()
    p = share([named], lambda way: np.abs(way @ centred), abs(float(centred[:m].sum())), listed=listed)
    low = high = effect = math.nan
    short = "no interval: two subjects in one group at least" if n < 3 else "no spread within groups"
    if n > 2 and apart > 1e-20 * float(centred @ centred):
        from scipy.special import stdtrit

        spread = math.sqrt(apart / (n - 2))
        half = float(stdtrit(n - 2, 0.5 + question.level / 2)) * spread * math.sqrt(1 / m + 1 / (n - m))
        low, high, effect = series.back(estimate - half), series.back(estimate + half), estimate / spread
        effect *= 1 - 3 / (4 * (n - 2) - 1)
        short = f"interval by t with {n - 2} degrees of freedom, the same spread in both groups"
    return [
        asked.row(
            test,
            "responders minus non-responders"
            if series.scale == "linear"
            else "responders over non-responders",
            short,
            groups.note,
            estimate=series.back(estimate),
            ci_low=low,
            ci_high=high,
            unit=asked.natural_unit if series.scale == "linear" else f"ratio of {asked.scale_unit}s",
            effect=effect,
            effect_name="Hedges g",
            n=n,
            p=p,
            p_floor=max(
                (2 if 2 * m == n else 1) / math.comb(n, m), 0.0 if listed else 1 / (question.draws + 1)
            ),
        )
    ]
