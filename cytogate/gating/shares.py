"""Shares: counted events as part of their denominator, on the scale on which changes of shares add up."""

from __future__ import annotations

import math


def share_logit(count: int, total: int) -> float:
    """Return the logit of a share, finite even where none or all of the events are inside.

    Half an event is added inside and outside (Haldane 1956, Anscombe 1956); without any events the share is
    taken as one half.

    Parameters
    ----------
    count, total : int
        Events inside, and events looked at; ``0 <= count <= total``.

    Examples
    --------
    >>> round(share_logit(37, 812), 4), share_logit(0, 0)
    (-3.0292, 0.0)
    """
    return math.log((count + 0.5) / (total - count + 0.5))
