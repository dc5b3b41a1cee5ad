"""What makes two summaries the same, to the bit: shared by the tests of summaries and of looking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary


def assert_same(a: Summary, b: Summary) -> None:
    assert (a.spans, a.n, a.n_nan, a.plane is None) == (b.spans, b.n, b.n_nan, b.plane is None)
    for ours, theirs in zip(a.counts, b.counts, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if a.plane is not None:
        np.testing.assert_array_equal(a.plane, b.plane)
    np.testing.assert_array_equal(a.keys, b.keys)
    assert a.events.tobytes() == b.events.tobytes()
