"""Triage: samples x gates, those first that most need somebody's eyes, each with the reasons."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from cytogate.gating.shares import share_logit
from cytogate.methods.base import FEW_EVENTS, REASONS
from cytogate.study.sample.looks import GateLook, SampleLook, shared_fallbacks, shared_row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]

FEWEST_SAMPLES = 4  # that have a gate, to say what is usual
FEWEST_VISITS = 2  # others of the subject, to be its history
FEWEST_IN_BATCH = 3  # others of the batch, to be the measure of a gate's place
USUAL = 4.0  # robust standard deviations at which a doubt has half of its weight
PLACE_FLOOR = 0.004  # of an axis: nobody sees a gate that moved less
LOGIT_FLOOR = 0.15  # 15 % of a small share: so much biology there always is
BORDER_FLOOR = 0.3  # logarithm
CLEAR = 1e-3  # smaller scores are nothing
TOLD = 0.1  # what a doubt adds to a score, from which on it is a reason in words

# How much one doubt alone can say, if it is as great as can be.
WEIGHTS = {
    "jumped": 0.9,
    "peak": 0.9,
    "place": 0.9,
    "history": 0.6,
    "border": 0.6,
    "disagreement": 0.5,
    "fallback": 0.5,
    "voices": 0.5,
    "few": 0.25,
}


def triage_rows(samples: Iterable[SampleLook], *, min_parent: int) -> list[Row]:
    """Return one row a sample and gate, ranked: the score is 0 (nothing is odd) to 1, with reasons.

    Parameters
    ----------
    samples : iterable of SampleLook
        Those that were gated; what is usual is learnt from the others of the same panel.
    min_parent : int
        Fewer events in the parent are a reason by themselves.

    Notes
    -----
    Doubts are: the share against the subject's other visits; the gate's place against its batch (or the
    study); density at the border against that of the other samples; a cut that jumped from its anchor; own
    and anchored cut that differ; a fallback, and one that runs through a peak; a cut that few samples found;
    a small parent. Each is ``z^2 / (z^2 + 16)`` of a robust z times its weight, and the score is
    ``1 - product(1 - doubt)``.

    A cut that no sample of its panel could place, for one and the same reason (a control that the study does
    not have), ranks none of them: its gate has one line at the end, with an empty sample.
    """
    *parts, of_all = triage_parts(samples, min_parent=min_parent)
    rows = sorted((row for part in parts for row in part), key=_rank)
    return [{"rank": rank, **row} for rank, row in enumerate((*rows, *of_all), start=1)]


def _rank(row: Row) -> tuple[float, str, str]:
    return -row["score"], row["sample"], row["gate"]


def triage_parts(samples: Iterable[SampleLook], *, min_parent: int) -> Iterator[list[Row]]:
    """Yield the rows of one gate after the other, unranked, and last those that stand for all samples."""
    places: dict[tuple[str, str], list[tuple[SampleLook, int]]] = {}
    for sample in samples:
        for at, gate in enumerate(sample.gates):
            places.setdefault((sample.panel, gate.gate), []).append((sample, at))
    of_all = []
    for (panel, path), found in places.items():
        peers = [(sample, sample.gates[at]) for sample, at in found]  # may be packed: one gate at a time
        shared = shared_fallbacks([gate.fitted for _, gate in peers])
        if shared:
            of_all.append(shared_row(panel, path, shared, len(peers)))
        yield _gate_rows(peers, shared, min_parent)
    of_all.sort(key=lambda row: (row["panel"], row["gate"]))
    yield of_all


def _gate_rows(peers: Peers, shared: Collection[str], min_parent: int) -> list[Row]:
    """Return the rows of one gate; cuts of `shared` raise no doubt."""
    place, history, border = _places(peers), _histories(peers), _borders(peers)
    rows = []
    for at, (sample, gate) in enumerate(peers):
        own = replace(gate, fitted=tuple(cut for cut in gate.fitted if cut.name not in shared))
        doubts = _doubts(own, min_parent)
        doubts |= {"place": place[at], "history": history[at], "border": border[at]}
        few = gate.parent_count < min_parent
        told = _told(own, doubts, few=few)
        rows.append(told | _row(sample, gate, (place[at], history[at])) | {"cut": gravest_cut(own)})
    return rows


def _told(gate: GateLook, doubts: Mapping[str, float], *, few: bool) -> Row:
    """Return the score of the doubts, and those that count in words, the gravest first."""
    parts = {name: _part(name, doubt) for name, doubt in doubts.items()}
    score = 1.0 - math.prod(1.0 - part for part in parts.values())
    told = sorted((part, name) for name, part in parts.items() if part > TOLD)
    reasons = (_words(name, gate, doubts[name], few=few) for _, name in reversed(told))
    return {"score": round(score, 6) if score > CLEAR else 0.0, "reasons": "; ".join(reasons)}


def _part(name: str, doubt: float) -> float:
    """Return what a doubt adds to the score, of its robust z."""
    return WEIGHTS[name] * doubt**2 / (doubt**2 + USUAL**2)


def _row(sample: SampleLook, gate: GateLook, zs: tuple[float, float]) -> Row:
    own = [cut.z for cut in gate.fitted if cut.z is not None]
    return {
        "sample": sample.sample,
        "subject": sample.subject,
        "visit": sample.visit,
        "panel": sample.panel,
        "batch": sample.batch,
        "gate": gate.gate,
        "parent_count": gate.parent_count,
        "border_density": gate.border,
        "place_z": zs[0],
        "history_z": zs[1],
        "own_z": max(own, key=abs) if own else None,
        "jumped": max((cut.jumped for cut in gate.fitted), default=None),
        "fallback": ", ".join(dict.fromkeys(cut.fallback for cut in gate.fitted if cut.fallback)),
    }


def _doubts(gate: GateLook, min_parent: int) -> dict[str, float]:
    """Return the doubts that need no other sample, as if in standard deviations."""
    far = 3 * USUAL
    own = [abs(cut.z) for cut in gate.fitted if cut.z is not None]
    apart = [abs(cut.apart) / cut.deviation for cut in gate.fitted if cut.deviation]
    codes = {cut.fallback for cut in gate.fitted if cut.fallback}
    is_small = gate.parent_count < min_parent and FEW_EVENTS not in codes  # else it is one doubt, not two
    return {
        "jumped": max(own, default=0.0),
        "disagreement": max(apart, default=0.0),
        "fallback": far if codes else 0.0,
        "peak": far if any("through-peak" in cut.doubts for cut in gate.fitted) else 0.0,
        "voices": far if any("few-voices" in cut.doubts for cut in gate.fitted) else 0.0,
        "few": far if is_small else 0.0,
    }


def _words(name: str, gate: GateLook, doubt: float, *, few: bool) -> str:
    from cytogate.gating.fitting.placement import DOUBTS, FEW_VOICES, THROUGH_PEAK

    return {
        "jumped": f"its own cut lies {doubt:.1f} deviations from those of the other samples",
        "place": f"it lies {doubt:.1f} deviations from where it lies in its batch",
        "history": f"its share lies {doubt:.1f} deviations from the patient's other visits",
        "border": f"it cuts through events that are denser than in other samples ({doubt:.1f} deviations)",
        "disagreement": "the cut found in this sample alone is not the one that is used",
        "fallback": _fallback_words(gate, few=few),
        "peak": DOUBTS[THROUGH_PEAK],
        "voices": DOUBTS[FEW_VOICES],
        "few": f"{gate.parent_count:,} events in its parent: few to divide",
    }[name]


def _fallback_words(gate: GateLook, *, few: bool) -> str:
    codes = dict.fromkeys(cut.fallback for cut in gate.fitted if cut.fallback)
    counted = {FEW_EVENTS: f"{gate.parent_count:,} events in its parent are too few"} if few else {}
    reasons = ", ".join(counted.get(code) or REASONS.get(code, code) for code in codes)
    return f"not placed by its own events: {reasons}"


def gravest_cut(gate: GateLook) -> str:
    """Return the name of the cut of a gate that is doubted most; empty where none is.

    Gates that share a cut share its doubts: readers look at the cut once.

    Examples
    --------
    >>> from cytogate.study.sample.looks import FittedGate
    >>> cuts = (FittedGate("igd", z=0.2), FittedGate("cd27", fallback="one-peak"))
    >>> gravest_cut(GateLook("/B/IgD x CD27", 500, (9, 9), 1.0, (), cuts))
    'cd27'
    """
    parts = []
    for cut in gate.fitted:
        doubts = _doubts(replace(gate, fitted=(cut,)), 0)
        parts.append((max(_part(name, doubt) for name, doubt in doubts.items()), cut.name))
    part, name = max(parts, key=lambda pair: pair[0], default=(0.0, ""))
    return name if part > TOLD else ""


Peers = list[tuple[SampleLook, GateLook]]


def _places(peers: Peers) -> list[float]:
    """Return how far each gate lies from those of its batch, on the axis where it is farthest."""
    axes = min(len(gate.place) for _, gate in peers)
    out = [0.0] * len(peers)
    for axis in range(axes):
        values = [gate.place[axis] for _, gate in peers]
        zs = _against(values, [sample.batch for sample, _ in peers], FEWEST_IN_BATCH, lambda _: PLACE_FLOOR)
        out = [max(before, abs(z)) for before, z in zip(out, zs, strict=True)]
    return out


def _histories(peers: Peers) -> list[float]:
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


def _borders(peers: Peers) -> list[float]:
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
    usual = _medians_of_others(values, known)
    for group in members.values():
        if len(group) > fewest:
            usual |= _medians_of_others(values, group)
    away = {at: values[at] - usual[at] for at in known}
    spread = 1.4826 * median(abs(distance) for distance in away.values())
    return [away[at] / math.hypot(spread, floor(at)) if at in away else 0.0 for at in range(len(values))]


def _medians_of_others(values: Sequence[float], members: Sequence[int]) -> dict[int, float]:
    """Return for each member the median of all others, which are one or more; sorted once for all of them."""
    ranked = sorted(members, key=lambda at: values[at])
    low, high = (len(ranked) - 2) // 2, (len(ranked) - 1) // 2  # ranks of the middle ones without the member
    found = {}
    for rank, at in enumerate(ranked):
        first, second = (values[ranked[middle + (middle >= rank)]] for middle in (low, high))
        found[at] = first if low == high else (first + second) / 2
    return found
