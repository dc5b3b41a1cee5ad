"""Random streams by name: what is drawn for one tube never depends on the others."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that belongs to `names` in the trial of `seed`.

    Parameters
    ----------
    seed : int
        Seed of the trial, not negative.
    *names : str or int
        What the numbers are for, from general to special: ``"tube", "P1", 4, "bcell"``.

    Returns
    -------
    numpy.random.Generator
        The same for the same seed and names, unrelated for any others.

    Examples
    --------
    >>> bool(stream(1, "tube", "P1").random() == stream(1, "tube", "P1").random())
    True
    >>> bool(stream(1, "tube", "P1").random() == stream(1, "tube", "P2").random())
    False
    """
    keys = tuple(zlib.crc32(str(name).encode("utf-8", "surrogatepass")) for name in names)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=keys)))
