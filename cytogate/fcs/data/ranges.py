"""Ranges: consecutive events in pieces that threads share."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def share_ranges(n_events: int, step: int, run: Callable[[int, int], Any], n_threads: int) -> list[Any]:
    """Call ``run(first_event, n_events)`` for ranges of `step` events; return the answers in order.

    Threads take the next range when they are done with one; the caller's own is one of them.
    """
    starts = range(0, n_events, step)
    if n_threads <= 1:
        return [run(first, min(step, n_events - first)) for first in starts]
    from concurrent.futures import ThreadPoolExecutor

    answers: list[Any] = [None] * len(starts)
    tickets = itertools.count()

    def share() -> None:
        try:
            while (ticket := next(tickets)) < len(starts):
                answers[ticket] = run(starts[ticket], min(step, n_events - starts[ticket]))
        except BaseException:
            for _ in zip(starts, tickets, strict=False):  # what has failed is not gone on with
                pass
            raise

    with ThreadPoolExecutor(n_threads - 1, thread_name_prefix="cytogate") as pool:
        others = [pool.submit(share) for _ in range(n_threads - 1)]
        share()
        for other in others:
            other.result()
    return answers
