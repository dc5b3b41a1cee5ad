"""Combinations: which of many populations an event is in, as one small number, from packed membership bits.

Populations overlap (children lie in their parents), so an event counted once for each population it is in is
counted many times. There are few different *combinations* of populations in a tree; a histogram by
combination takes one step an event, and a population is the sum of the combinations it is part of.

The number is found by an automaton over eight populations at a time, so that it is exact for any number of
populations: level l leads from the state after the populations before and the membership in populations
8 l ... 8 l + 7 (one byte) to the next state. The state after the last level is the combination.
"""

# p = populations, g = levels of eight populations, s = most states of a level, b = bytes of membership bits

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part

UNKNOWN = -1


BLOCK = 2048  # events that are looked at together when combinations are learnt


@inlined
def _transposed(x):
    """Return an 8 x 8 matrix of bits, one byte a row, with rows and columns changed."""
    t = (x ^ (x >> np.uint64(7))) & np.uint64(0x00AA00AA00AA00AA)  # single bits across the diagonal
    x = x ^ t ^ (t << np.uint64(7))
    t = (x ^ (x >> np.uint64(14))) & np.uint64(0x0000CCCC0000CCCC)  # then squares of two
    x = x ^ t ^ (t << np.uint64(14))
    t = (x ^ (x >> np.uint64(28))) & np.uint64(0x00000000F0F0F0F0)  # then of four
    return x ^ t ^ (t << np.uint64(28))


@part
def _membership(bits, level, first, n, out):
    """Write to out (>= n,) uint64, for `n` bytes from `first` on, the membership of eight events each.

    The first event is in the highest byte; bit k of a byte is membership in population 8 x level + k.
    """
    out[:n] = np.uint64(0)
    for row in range(8 * level, min(8 * level + 8, len(bits))):
        line = bits[row, first : first + n]
        place = np.uint64(row - 8 * level) * np.uint64(8)
        for b in range(n):
            out[b] |= np.uint64(line[b]) << place
    for b in range(n):
        out[b] = _transposed(out[b])


@kernel
def fill_combinations(bits, first, n, steps, out):
    """Write the combinations of `n` events from `first`, a multiple of 8; return whether all are known.

    bits  (p, b) uint8, the first event in the highest bit of the first byte
    steps (g, s, 256) int16, UNKNOWN or the next state, by state and byte
    out   (>= n,) int16, written; of no meaning for events of a combination that is not known
    """
    n_bytes = (n + 7) // 8
    members = np.empty(n_bytes, dtype=np.uint64)
    known = True
    for level in range(steps.shape[0]):
        _membership(bits, level, first // 8, n_bytes, members)
        table = steps[level].reshape(-1)
        for b in range(n_bytes):
            eight = members[b]
            for k in range(min(8, n - 8 * b)):
                member = np.int64((eight >> np.uint64(56 - 8 * k)) & np.uint64(255))
                before = np.int64(out[8 * b + k]) if level else 0
                state = table[np.uint64(max(before, 0) * 256 + member)]
                known &= state >= 0
                out[8 * b + k] = state
        if not known:
            return False
    return True


@kernel
def learn_combinations(bits, first, n, steps, known, origins):
    """Enter all combinations of events `first`, a multiple of 8, to `first` + n; return whether they fit.

    bits, steps  as for `fill_combinations`; steps is updated
    known   (g,) int64, states of each level so far; updated
    origins (g, s) int64, 256 x state before + byte, for each state of a level; updated
    """
    room = np.empty(BLOCK, dtype=np.int16)
    for start in range(first, first + n, BLOCK):
        m = min(BLOCK, first + n - start)
        if not fill_combinations(bits, start, m, steps, room) and not _learn_block(
            bits, start, m, steps, known, origins
        ):
            return False
    return True


@part
def _learn_block(bits, first, n, steps, known, origins):
    members = np.empty((n + 7) // 8, dtype=np.uint64)
    states = np.zeros(n, dtype=np.int64)
    for level in range(steps.shape[0]):
        _membership(bits, level, first // 8, len(members), members)
        for i in range(n):
            member = np.int64((members[i // 8] >> np.uint64(56 - 8 * (i % 8))) & np.uint64(255))
            found = np.int64(steps[level, states[i], member])
            if found == UNKNOWN:
                found = known[level]
                if found == steps.shape[1]:
                    return False
                steps[level, states[i], member] = found
                origins[level, found] = 256 * states[i] + member
                known[level] += 1
            states[i] = found
    return True


@kernel
def drop_records(buffer, row_bytes, combinations, none, n):
    """Move records of another combination than `none` to the front, where it spares much; return how many.

    buffer (n * row_bytes,) uint8 and combinations (n,) int16 are changed alike; the order stays. Where more
    than three of four records would move, nothing changes and n is returned.
    """
    wanted = 0
    for i in range(n):
        wanted += combinations[i] != none
    if 4 * wanted > 3 * n:
        return n
    m = 0
    for i in range(n):
        if combinations[i] != none:
            combinations[m] = combinations[i]
            for k in range(row_bytes):
                buffer[m * row_bytes + k] = buffer[i * row_bytes + k]
            m += 1
    return m
