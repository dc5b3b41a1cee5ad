"""Damaged files: whatever was done to them, an `FcsError` or consistent events, soon, and twice the same."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from fcs.corpus import CASES
from fcs.mutate import mutant

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.text.numbers import integer

MOST_SECONDS = 2.0  # of the processor: others may be at work
MOST_SHOWN = 20
MOST_BYTES = 256 * 2**20  # that the process grows by, over all mutants
SEEDS = tuple(case.content for case in CASES if case.hole is None and 0 < len(case.content) < 50_000)


@contextmanager
def deadline(seconds):
    """Raise TimeoutError when the block takes longer, where the system can; measure it everywhere."""
    has_alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def ring(number, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring) if has_alarm else None
    began = time.process_time()
    if has_alarm:
        signal.setitimer(signal.ITIMER_REAL, 10 * seconds)
    try:
        yield
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < seconds


def peak_bytes():
    """The most memory that this process has had; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def check_refusal(error, path):
    assert error.path == str(path)
    assert error.field
    assert error.found
    assert error.expected
    assert error.offset is None or 0 <= error.offset <= path.stat().st_size


def outcome(path, *, lenient):
    """What reading a file gives: an error as text, or values and warnings; checked for what always holds."""
    try:
        opened = read_fcs(path, lenient=lenient)
        raw, scale = opened.raw(), opened.events()
        again = opened.raw()
        warnings = opened.warnings
    except FcsError as error:
        check_refusal(error, path)
        return ("refused", str(error))
    n_events, n_channels = opened.n_events, len(opened.channels)
    assert raw.shape == scale.shape == (n_events, n_channels)
    assert n_channels == integer(opened.keywords["$PAR"])
    total = integer(opened.keywords.get("$TOT"))
    if not opened.losses and total is not None:
        assert n_events == total
    np.testing.assert_array_equal(raw, again)
    return ("values", raw.dtype.str, raw.tobytes(), scale.tobytes(), tuple(map(str, warnings)))


def try_mutants(folder, numbers, seed):
    """Read mutants; return how many were refused and how many read."""
    path = folder / "mutant.fcs"
    for content in SEEDS:  # compile and load all that reading needs, so that no mutant pays for it
        path.write_bytes(content)
        outcome(path, lenient=False)
    before, counts, failures = peak_bytes(), {"refused": 0, "values": 0}, []
    for number in numbers:
        content = mutant(SEEDS, number, seed=seed)
        path.write_bytes(content)
        for lenient in (False, True):
            try:
                with deadline(MOST_SECONDS):
                    found = outcome(path, lenient=lenient)
                    assert found == outcome(path, lenient=lenient), "read twice, and not the same"
                counts[found[0]] += 1
            except Exception as error:  # noqa: BLE001 - all that escapes is collected and shown
                (folder / f"mutant-{seed}-{number}.fcs").write_bytes(content)
                what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
                failures.append(f"mutant {number} of seed {seed} (lenient={lenient}): {what}")
    assert not failures, "\n".join([f"{len(failures)} mutants, kept in {folder}", *failures[:MOST_SHOWN]])
    assert peak_bytes() - before < MOST_BYTES
    return counts


def test_mutants_are_the_same_every_time():
    first = [mutant(SEEDS, number) for number in range(50)]
    assert first == [mutant(SEEDS, number) for number in range(50)]
    assert len(set(first)) > 40


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_mutants_give_events_or_an_fcs_error(tmp_path, part):
    counts = try_mutants(tmp_path, range(250 * part, 250 * (part + 1)), seed=0)
    assert min(counts.values()) > 25, "mutants must be both: still readable, and not"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 5))
def test_twenty_thousand_mutants_give_events_or_an_fcs_error(tmp_path, seed):
    try_mutants(tmp_path, range(5000), seed=seed)
