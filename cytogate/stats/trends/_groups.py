"""Responders beside non-responders: changes of both, and who is in neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.trends._asked import POST_HOC, joined, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.trends._asked import Asked, Pairs


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Changes of responders and others.

    Attributes
    ----------
    yes, no : ndarray, shapes (n_responders,), (n_others,)
    note : str
        Sizes, and who is left out.
    why : str
        Why they cannot be compared; empty where they can.
    """

    yes: NDArray[np.float64]
    no: NDArray[np.float64]
    note: str
    why: str


def changes_of_groups(asked: Asked, values: NDArray[np.float64]) -> Groups:
    """Return the changes of `values`, shape as the series', from baseline to visit."""
    why = asked.without_visit()
    return Groups(np.empty(0), np.empty(0), "", why) if why else split(asked, asked.pairs(values))


def split(asked: Asked, pairs: Pairs) -> Groups:
    """Return the changes of pairs by response."""
    responders = asked.question.responders
    if not responders:
        return Groups(np.empty(0), np.empty(0), "", "no response index")
    judged = [responders.get(name) for name in pairs.subjects]
    unjudged = [name for name, known in zip(pairs.subjects, judged, strict=True) if known is None]
    yes = pairs.change[[known is True for known in judged]]
    no = pairs.change[[known is False for known in judged]]
    sizes = f"{yes.size} responders, {no.size} non-responders"
    why = ""
    if not yes.size or not no.size:
        why = f"nobody to compare with: {sizes}"
    one = "" if min(yes.size, no.size) != 1 else "a group of one: see the smallest possible p"
    note = joined([sizes, one, left_out("response not judged", unjudged), pairs.missing, POST_HOC])
    return Groups(yes, no, note, why)
