"""Response by time: whether the courses of responders and non-responders differ, at one visit and over all.

With all visits of all, the interaction of a mixed model is the difference of the groups' mean changes. Every
p here is that of the labels, put on whole patients in all ways: it holds however visits of a patient hang
together, and whatever course all patients share.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import labels, share
from cytogate.stats.trends._asked import ALL_VISITS, BETWEEN, POST_HOC, Asked, joined, left_out
from cytogate.stats.trends._courses import against_later, explained_by, later_visits, own_courses
from cytogate.stats.trends._groups import changes_of_groups, split

if TYPE_CHECKING:
    from cytogate.stats.series import Series
    from cytogate.stats.trends._groups import Groups

INTERACTION = "response x time, labels of patients permuted"
LATER = "response x time, mean of later visits, labels of patients permuted"
ANY_VISIT = "response x time, any visit, labels of patients permuted"
TOO_FEW = "needs two visits after baseline"


@offered("responder_time", "By what factor did responders change more than non-responders?", "groups")
def responder_time(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the difference of mean changes at one visit and over the later ones, and whether any differs."""
    del group  # it is always that between groups
    asked = Asked(series, question, BETWEEN)
    values = series.on_scale()
    rows = [_row(asked, INTERACTION, changes_of_groups(asked, values))]
    if len(later_visits(asked)) < 2:
        return [*rows, asked.without(_named(asked, ANY_VISIT), TOO_FEW, contrast=ALL_VISITS)]
    return [*rows, _row(asked, LATER, split(asked, against_later(asked, values))), _any_visit(asked)]


def _named(asked: Asked, test: str) -> str:
    return test if asked.series.scale == "linear" else f"{test}, on {asked.series.scale}"


def _row(asked: Asked, name: str, groups: Groups) -> Comparison:
    series, question, test = asked.series, asked.question, _named(asked, name)
    m, n = groups.yes.size, groups.yes.size + groups.no.size
    if groups.why:
        return asked.without(test, groups.why, groups.note, n=n)
    changes = np.concatenate([groups.yes, groups.no])
    estimate = float(groups.yes.mean() - groups.no.mean())
    apart = float(((groups.yes - groups.yes.mean()) ** 2).sum() + ((groups.no - groups.no.mean()) ** 2).sum())
    if float(np.ptp(changes)) <= 1e-12 * float(np.abs(changes).max()):
        return asked.without(test, "all changes are equal", groups.note, n=n)
    named, listed = labels(n, m, question.draws, asked.rng(name))
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
    linear = series.scale == "linear"
    return asked.row(
        test,
        short,
        groups.note,
        contrast="responders minus non-responders" if linear else "responders over non-responders",
        estimate=series.back(estimate),
        ci_low=low,
        ci_high=high,
        unit=asked.natural_unit if linear else f"ratio of {asked.scale_unit}s",
        effect=effect,
        effect_name="Hedges g",
        n=n,
        p=p,
        p_floor=_floor(n, m, question.draws, listed=listed),
    )


def _any_visit(asked: Asked) -> Comparison:
    """Return whether the groups' courses differ at any visit, levels of patients taken away."""
    series, question = asked.series, asked.question
    test = _named(asked, ANY_VISIT)
    values = series.on_scale()
    judged = [question.responders.get(name) for name in series.subjects]
    several = np.isfinite(values).sum(axis=1) > 1
    told = np.array([known is not None for known in judged], dtype=bool)
    names = np.array(series.subjects, dtype=object)
    kept = told & several
    is_yes = np.array([known is True for known in judged], dtype=bool)[kept]
    n, m = int(kept.sum()), int(is_yes.sum())
    note = joined(
        [
            f"{m} responders, {n - m} non-responders",
            "" if min(m, n - m) != 1 else "a group of one: see the smallest possible p",
            left_out("response not judged", names[~told]),
            left_out("with one visit at most", names[told & ~several]),
            POST_HOC,
        ]
    )
    if not 0 < m < n:
        why = "nobody to compare with" if question.responders else "no response index"
        return asked.without(test, why, note, contrast=ALL_VISITS, n=n)
    order = np.argsort(~is_yes, kind="stable")  # responders first, as labels name them
    mine = values[kept][order]
    own = own_courses(mine)
    if float(np.abs(own).max()) <= 1e-9 * float(np.nanmax(np.abs(mine))):
        return asked.without(test, "the courses of all subjects are parallel", note, contrast=ALL_VISITS, n=n)
    weight = 1 / np.maximum(np.isfinite(mine).sum(axis=0), 1)
    ways, listed = labels(n, m, question.draws, asked.rng(ANY_VISIT))
    observed = float((own[:m].sum(axis=0) ** 2 * weight).sum())
    p = share([ways], lambda way: ((way @ own) ** 2 * weight).sum(axis=1), observed, listed=listed)
    return asked.row(
        test,
        "no direction: courses may differ in any way",
        note,
        contrast=ALL_VISITS,
        effect=explained_by(np.arange(n) < m, mine),
        effect_name="partial eta squared",
        n=n,
        p=p,
        p_floor=_floor(n, m, question.draws, listed=listed),
    )


def _floor(n: int, chosen: int, draws: int, *, listed: bool) -> float:
    """Return the smallest p that labels can give: where groups are equal, swapped ones count as the same."""
    ways = (2 if 2 * chosen == n else 1) / math.comb(n, chosen)
    return max(ways, 0.0 if listed else 1 / (draws + 1))
