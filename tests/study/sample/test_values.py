"""Values of samples: what a run holds of all of them is small, and says the same."""

from __future__ import annotations

import pickle
from array import array

import pytest

from cytogate.study.sample.values import Counted, SampleResult

PATHS = ["/Live", "/Live/B", "/Live/B/DN"]


def test_counts_alone_are_the_rows_that_they_were_taken_from():
    counted = Counted(PATHS, array("q", [90, 2**40, 0]))
    rows = tuple(
        {"population": path, "count": count} for path, count in zip(PATHS, [90, 2**40, 0], strict=True)
    )
    assert tuple(counted) == rows
    assert (len(counted), counted[1]) == (3, rows[1])
    with pytest.raises(IndexError):
        counted[3]
    assert tuple(pickle.loads(pickle.dumps(counted))) == rows
    whole, held = SampleResult(0, "S", populations=rows), SampleResult(0, "S", populations=counted)
    assert (
        held.population_counts()
        == whole.population_counts()
        == {path: row["count"] for path, row in zip(PATHS, rows, strict=True)}
    )
