"""Peak memory of a job: of a fresh process that does it once, beyond what imports and compilation hold."""

from __future__ import annotations

import ctypes
import gc
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.bench.fresh import in_fresh_process
from cytogate.bench.peers import PEERS
from cytogate.bench.work import count_tubes, gated, medians
from cytogate.errors import CytogateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs
from cytogate.gating.sampling import sample_events
from cytogate.platform import peak_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.bench.inputs import Tube
    from cytogate.gating.result import GatingResult

WARM_UP_EVENTS = 1000
_CLEAR = Path("/proc/self/clear_refs")


def peak_of_counting(tubes: Sequence[Tube], threads: int | None) -> dict[str, float]:
    """Return before_mb, peak_mb and extra_mb of a fresh process that counts the tubes once."""
    return _in_megabytes(in_fresh_process(_count, tuple(tubes), threads)[1])


def peak_of_medians(tubes: Sequence[Tube], threads: int | None) -> dict[str, float]:
    """Return the same for counts and the medians of all fluorescence channels of all populations."""
    return _in_megabytes(in_fresh_process(_medians, tuple(tubes), threads)[1])


def peak_of_peer(name: str, tubes: Sequence[Tube]) -> dict[str, float]:
    """Return the same for another program."""
    return _in_megabytes(in_fresh_process(_peer, name, tuple(tubes))[1])


def _in_megabytes(peaks: tuple[int, int]) -> dict[str, float]:
    before, after = (value / 1e6 for value in peaks)
    return {"before_mb": before, "peak_mb": after, "extra_mb": after - before}


def _count(tubes: Sequence[Tube], threads: int | None) -> tuple[int, int]:
    _warm_up(tubes)
    before = peak_from_here()
    count_tubes(tubes, threads)
    return before, peak_bytes()


def _medians(tubes: Sequence[Tube], threads: int | None) -> tuple[int, int]:
    for result in _warm_up(tubes):
        medians(result, 1)
    before = peak_from_here()
    for tube in tubes:
        medians(gated(read_fcs(tube.path), tube.strategy, threads), threads)
    return before, peak_bytes()


def _peer(name: str, tubes: Sequence[Tube]) -> tuple[int, int]:
    peer = PEERS[name].prepare(tubes)
    before = peak_from_here()
    peer.count()
    return before, peak_bytes()


def _warm_up(tubes: Sequence[Tube]) -> list[GatingResult]:
    """Load the kernels by gating few events with a copy of the gates: the job prepares its own."""
    results = []
    for tube in tubes[:1]:
        file = read_fcs(tube.path)
        names = [channel.name for channel in file.channels]
        few = Events(
            sample_events(file, names, n_events=WARM_UP_EVENTS),
            [Channel(channel.name, channel.label) for channel in file.channels],
            file.spillover,
        )
        results.append(gated(few, pickle.loads(pickle.dumps(tube.strategy)), 1))
    return results


def peak_from_here() -> int:
    """Forget the peak so far where the system can, and return the peak in bytes: what is in use now."""
    with suppress(OSError):  # else the old peak stays, and what the job takes below it is not seen
        _give_back()
        _CLEAR.write_text("5", encoding="ascii")  # Linux: the peak begins anew at what is resident
    return peak_bytes()


def _give_back() -> None:
    """Give memory that is free to the system, where the C library can: else the job would take it unseen."""
    gc.collect()
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU library alone
        if trim is not None:
            trim(0)


def peak_bytes() -> int:
    """Return the most bytes of memory that this process has held.

    Raises
    ------
    CytogateError
        The system does not tell.
    """
    peak = peak_memory()
    if peak is None:
        message = "This system does not tell how much memory a process has held."
        raise CytogateError(message)
    return peak
