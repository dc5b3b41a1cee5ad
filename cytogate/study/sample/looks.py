"""Looks: what is known of the gates of samples, and what all samples of a panel share."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from cytogate.methods.base import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

FEWEST_SHARING = 2  # samples


@dataclass(frozen=True, slots=True)
class FittedGate:
    """What the fits say of one cut of a gate.

    Attributes
    ----------
    name : str
        Of the cut.
    z : float or None
        Own position against its anchor, in standard deviations.
    jumped : float
        Probability that the own position belongs to something else.
    apart : float
        Own position minus the one that is used, scale units.
    deviation : float or None
        Standard deviation of the used position, scale units.
    fallback : str
        Why the events could not answer.
    doubts : tuple of str
        See `cytogate.gating.fitting.placement.DOUBTS`.
    """

    name: str
    z: float | None = None
    jumped: float = 0.0
    apart: float = 0.0
    deviation: float | None = None
    fallback: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateLook:
    """What is known of one gate in one sample.

    Attributes
    ----------
    gate : str
        Path of its parent and its name.
    parent_count : int
        Events of the population that it divides.
    counts : tuple of int
        Events of each population that it makes.
    border : float
        See `cytogate.gating.border.Border.density`.
    place : tuple of float
        Where its borders lie on each axis, as part of the axis.
    fitted : tuple of FittedGate
        Its cuts that were found in the data.
    """

    gate: str
    parent_count: int
    counts: tuple[int, ...]
    border: float
    place: tuple[float, ...]
    fitted: tuple[FittedGate, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PackedLooks(Sequence[GateLook]):
    """Looks as bytes, a sixth of what they are as objects, where a run holds those of all tubes.

    Attributes
    ----------
    gates : sequence of str
        Which they are; one object can serve all tubes.
    starts : array of int
        Where each begins in `packed`.
    packed : bytes
        All but the names, one after the other: a look is unpacked alone, when it is asked for.
    """

    gates: Sequence[str]
    starts: array[int]
    packed: bytes

    def __getitem__(self, at: Any) -> Any:
        """Return a look."""
        parent, counts, border, place, cuts = pickle.loads(memoryview(self.packed)[self.starts[at] :])
        fitted = tuple(FittedGate(*cut) for cut in cuts)
        return GateLook(self.gates[at], parent, counts, border, place, fitted)

    def __len__(self) -> int:
        """Return how many looks there are."""
        return len(self.gates)


def pack(looks: Sequence[GateLook], gates: Sequence[str]) -> PackedLooks:
    """Return looks at `gates` as bytes.

    Examples
    --------
    >>> look = GateLook("/B", 500, (9,), 1.0, (0.25,), (FittedGate("cd19", z=0.5),))
    >>> pack([look], ["/B"])[0] == look
    True
    """
    parts = [pickle.dumps(astuple(look)[1:], protocol=2) for look in looks]  # later ones frame: 9 bytes more
    starts = array("I", accumulate(map(len, parts), initial=0))[: len(parts)]
    return PackedLooks(gates, starts, b"".join(parts))


@dataclass(frozen=True, slots=True)
class SampleLook:
    """All gates of one sample, and whom it belongs to."""

    sample: str
    subject: str
    visit: str
    panel: str
    batch: str
    gates: Sequence[GateLook]


def shared_fallbacks(fitted: Sequence[Sequence[FittedGate]]) -> dict[str, str]:
    """Return the cuts of a gate that no sample could place, and the one reason that all of them have.

    Parameters
    ----------
    fitted : sequence of sequences of FittedGate
        The cuts of one gate in each sample of a panel; of one sample alone nothing is shared.

    Examples
    --------
    >>> shared_fallbacks([[FittedGate("GARP", fallback="no-control")]] * 2)
    {'GARP': 'no-control'}
    """
    if len(fitted) < FEWEST_SHARING:
        return {}
    codes = [{cut.name: cut.fallback for cut in cuts} for cuts in fitted]
    return {
        name: code
        for name, code in codes[0].items()
        if code and all(others.get(name) == code for others in codes)
    }


def shared_row(panel: str, gate: str, shared: Mapping[str, str], n: int) -> dict[str, Any]:
    """Return the line of the triage about a gate in all `n` samples of a panel."""
    reasons = ", ".join(REASONS.get(code, code) for code in dict.fromkeys(shared.values()))
    return {
        "score": 0.0,
        "reasons": f"in all {n} samples of the panel not placed by their events: {reasons}",
        **dict.fromkeys(("sample", "subject", "visit", "batch"), ""),
        "panel": panel,
        "gate": gate,
        **dict.fromkeys(("parent_count", "border_density", "place_z", "history_z", "own_z", "jumped")),
        "fallback": ", ".join(dict.fromkeys(shared.values())),
        "cut": ", ".join(shared),
    }
