"""How far a gate of a sample lies from those of the other samples of its panel: robust z values."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from cytogate.gating.shares import share_logit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.study.sample.looks import GateLook, SampleLook

    Peers = Sequence[tuple[SampleLook, GateLook]]

FEWEST_SAMPLES = 4  # that have a gate, to say what is usual
FEWEST_VISITS = 2  # others of the subject, to be its history
FEWEST_IN_BATCH = 3  # others of the batch, to be the measure of a gate's place
PLACE_FLOOR = 0.004  # of an axis: nobody sees a gate that moved less
LOGIT_FLOOR = 0.15  # 15 % of a small share: so much biology there always is
BORDER_FLOOR = 0.3  # logarithm


def places(peers: Peers) -> list[float]:
    """Return how far each gate lies from those of its batch, on the axis where it is farthest."""
    axes = min(len(gate.place) for _, gate in peers)
    out = [0.0] * len(peers)
    for axis in range(axes):
        values = [gate.place[axis] for _, gate in peers]
        zs = _against(values, [sample.batch for sample, _ in peers], FEWEST_IN_BATCH, lambda _: PLACE_FLOOR)
        out = [max(before, abs(z)) for before, z in zip(out, zs, strict=True)]
    return out


def histories(peers: Peers) -> list[float]:
    """Return how far each share lies from the subject's others, of the population where it is farthest."""
    parts = min(len(gate.counts) for _, gate in peers)
    out = [0.0] * len(peers)
    for part in range(parts):
        values = [
            share_logit(gate.counts[part], gate.parent_count) if gate.parent_count else math.nan
            for _, gate in peers
        ]

        def floor(at: int, part: int = part) -> float:
            gate = peers[at][1]
            inside, outside = gate.counts[part] + 0.5, gate.parent_count - gate.counts[part] + 0.5
            return math.sqrt(LOGIT_FLOOR**2 + 1 / inside + 1 / outside)

        zs = _against(values, [sample.subject for sample, _ in peers], FEWEST_VISITS, floor)
        out = [max(before, abs(z)) for before, z in zip(out, zs, strict=True)]
    return out


def borders(peers: Peers) -> list[float]:
    """Return how much denser each border is than usual; less dense is no doubt."""
    values = [math.log(gate.border) if gate.border > 0 else math.nan for _, gate in peers]
    zs = _against(values, [""] * len(peers), FEWEST_SAMPLES, lambda _: BORDER_FLOOR)
    return [max(z, 0.0) for z in zs]


def _against(
    values: Sequence[float], groups: Sequence[str], fewest: int, floor: Callable[[int], float]
) -> list[float]:
    """Return the robust z of each value against the others of its group, or of all where they are too few."""
    known = [at for at, value in enumerate(values) if math.isfinite(value)]
    if len(known) < FEWEST_SAMPLES:
        return [0.0] * len(values)
    members: dict[str, list[int]] = {}
    for at in known:
        members.setdefault(groups[at], []).append(at)
    usual = medians_of_others(values, known)
    for group in members.values():
        if len(group) > fewest:
            usual |= medians_of_others(values, group)
    away = {at: values[at] - usual[at] for at in known}
    spread = 1.4826 * median(abs(distance) for distance in away.values())
    return [away[at] / math.hypot(spread, floor(at)) if at in away else 0.0 for at in range(len(values))]


def medians_of_others(values: Sequence[float], members: Sequence[int]) -> dict[int, float]:
    """Return for each member the median of all others, which are one or more; sorted once for all of them."""
    ranked = sorted(members, key=lambda at: values[at])
    low, high = (len(ranked) - 2) // 2, (len(ranked) - 1) // 2  # ranks of the middle ones without the member
    found = {}
    for rank, at in enumerate(ranked):
        first, second = (values[ranked[middle + (middle >= rank)]] for middle in (low, high))
        found[at] = first if low == high else (first + second) / 2
    return found
