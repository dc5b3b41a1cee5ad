"""Triage: samples x gates, those first that most need somebody's eyes, each with the reasons."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.methods.base import FEW_EVENTS, REASONS
from cytogate.study.sample.looks import GateLook, shared_fallbacks, shared_row
from cytogate.study.writing.triage_peers import borders, histories, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytogate.study.sample.looks import SampleLook

Row = dict[str, Any]
Place = tuple[int, int]

USUAL = 4.0  # robust standard deviations at which a doubt has half of its weight
CLEAR = 1e-3  # smaller scores are nothing
TOLD = 0.1  # what a doubt adds to a score, from which on it is a reason in words

BY_OTHERS = {"place": places, "history": histories, "border": borders}  # doubts, by the samples' others
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


def triage_rows(samples: Iterable[SampleLook], *, min_parent: int) -> Iterator[Row]:
    """Yield one row a sample and gate, ranked: the score is 0 (nothing is odd) to 1, with reasons.

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

    What is kept of all samples and gates is some numbers each; a row is made when its rank has come.
    """
    gates: dict[tuple[str, str], _Gate] = {}
    for sample in samples:
        for at, look in enumerate(sample.gates):
            key = sample.panel, look.gate
            gate = gates.get(key) or gates.setdefault(key, _Gate(min_parent))
            gate.take(sample, at)
    scores = [gate.judge() for gate in gates.values()]
    of_all = [
        shared_row(panel, path, gate.shared, len(gate))
        for (panel, path), gate in gates.items()
        if gate.shared
    ]
    of_all.sort(key=lambda row: (row["panel"], row["gate"]))
    found = list(gates.values())
    ranked = (found[which].row(at) for which, at in _ranked(gates, scores))
    for rank, row in enumerate(chain(ranked, of_all), start=1):
        yield {"rank": rank, **row}


def _ranked(gates: Mapping[tuple[str, str], _Gate], scores: Sequence[array[float]]) -> Iterator[Place]:
    """Yield gate and sample in it by number: the highest score first, then by names of sample and gate."""
    paths = {path: rank for rank, path in enumerate(sorted({path for _, path in gates}))}
    names = sorted({sample.sample for gate in gates.values() for sample in gate.samples})
    ranks = {name: rank for rank, name in enumerate(names)}
    which = np.repeat(np.arange(len(gates), dtype=np.int32), [len(gate) for gate in gates.values()])
    first = np.cumsum([0, *(len(gate) for gate in gates.values())])
    by_path = np.array([paths[path] for _, path in gates], np.int32)[which]
    by_name = np.fromiter(
        (ranks[sample.sample] for gate in gates.values() for sample in gate.samples), np.int32
    )
    order = np.lexsort((by_path, by_name, -np.concatenate([np.empty(0), *scores])))
    for at in order:
        yield int(which[at]), int(at - first[which[at]])


class _Gate:
    """One gate in all samples that have it."""

    def __init__(self, min_parent: int) -> None:
        self.samples: list[SampleLook] = []
        self.shared: Mapping[str, str] = {}  # cuts that no sample could place
        self._at = array("i")  # which look of the sample it is
        self._zs: tuple[array[float], ...] = ()  # of the doubts that rest on other samples
        self._min_parent = min_parent

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, sample: SampleLook, at: int) -> None:
        """Add a sample with the number of its look at this gate."""
        self.samples.append(sample)
        self._at.append(at)

    def judge(self) -> array[float]:
        """Hold the samples against each other, and return their scores."""
        peers = [(sample, sample.gates[at]) for sample, at in zip(self.samples, self._at, strict=True)]
        self.shared = shared_fallbacks([look.fitted for _, look in peers])
        self._zs = tuple(array("d", found(peers)) for found in BY_OTHERS.values())
        return array("d", (_score(self._doubts(at, self._own(look))) for at, (_, look) in enumerate(peers)))

    def row(self, at: int) -> Row:
        """Return the row of a sample."""
        sample = self.samples[at]
        look = sample.gates[self._at[at]]
        own = self._own(look)
        doubts = self._doubts(at, own)
        told = _told(own, doubts, few=look.parent_count < self._min_parent)
        return told | _row(sample, look, doubts) | {"cut": gravest_cut(own)}

    def _own(self, look: GateLook) -> GateLook:
        """Return a look without cuts that raise no doubt."""
        if not self.shared:
            return look
        return replace(look, fitted=tuple(cut for cut in look.fitted if cut.name not in self.shared))

    def _doubts(self, at: int, own: GateLook) -> dict[str, float]:
        others = {name: zs[at] for name, zs in zip(BY_OTHERS, self._zs, strict=True)}
        return _doubts(own, self._min_parent) | others


def _score(doubts: Mapping[str, float]) -> float:
    score = 1.0 - math.prod(1.0 - _part(name, doubt) for name, doubt in doubts.items())
    return round(score, 6) if score > CLEAR else 0.0


def _told(gate: GateLook, doubts: Mapping[str, float], *, few: bool) -> Row:
    """Return the score of the doubts, and those that count in words, the gravest first."""
    told = sorted((part, name) for name, doubt in doubts.items() if (part := _part(name, doubt)) > TOLD)
    reasons = (_words(name, gate, doubts[name], few=few) for _, name in reversed(told))
    return {"score": _score(doubts), "reasons": "; ".join(reasons)}


def _part(name: str, doubt: float) -> float:
    """Return what a doubt adds to the score, of its robust z."""
    return WEIGHTS[name] * doubt**2 / (doubt**2 + USUAL**2)


def _row(sample: SampleLook, gate: GateLook, doubts: Mapping[str, float]) -> Row:
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
        "place_z": doubts["place"],
        "history_z": doubts["history"],
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
