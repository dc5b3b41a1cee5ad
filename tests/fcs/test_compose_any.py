"""Valid files of all features at once are read exactly, and without a word."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest
from fcs.compose_any import compose

import cytogate as cg
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

SOME, MANY = 400, 20_000


def same(found, expected):
    """Equal to the last bit, but for the bits of a NaN."""
    found, expected = np.asarray(found), np.asarray(expected, dtype=np.asarray(found).dtype)
    np.testing.assert_array_equal(found, expected)
    if found.dtype.kind == "f":
        np.testing.assert_array_equal(
            np.signbit(found) & ~np.isnan(found), np.signbit(expected) & ~np.isnan(expected)
        )


def check_values(f, truth):
    c, n = len(truth.names), len(truth.raw)
    assert (f.n_events, f.channels.names, f.channels.labels) == (n, tuple(truth.names), tuple(truth.labels))
    raw, events, summary = f.raw(), f.events(), f.value_summary()
    assert raw.shape == events.shape == (n, c)
    for k in range(c):
        stored = [row[k] for row in truth.raw]
        scale = np.array([row[k] for row in truth.scale], dtype=np.float64)
        column = f.raw_column(k)
        if column.dtype.kind == "u":
            assert column.tolist() == stored
        else:
            same(column, stored)
        same(raw[:, k], column.astype(raw.dtype))
        if truth.is_log[k]:
            np.testing.assert_allclose(events[:, k], scale, rtol=1e-12)
        else:
            same(events[:, k], scale)
        finite = events[np.isfinite(events[:, k]), k]
        assert summary.n_nan[k] == np.isnan(scale).sum()
        assert summary.n_infinite[k] == np.isinf(scale).sum()
        for found, extreme in ((summary.minimum[k], np.min), (summary.maximum[k], np.max)):
            assert found == extreme(finite) if len(finite) else math.isnan(found)
    return events


def check_words(f, truth, content, start):
    assert f.version == truth.version
    assert dict(f.keywords) == {key: value.strip(" \0\t\r\n") for key, value in truth.keywords.items()}
    assert dict(f.analysis) == truth.analysis
    named = {"TEXT": f.segments.text, "DATA": f.segments.data, "STEXT": f.segments.supplemental}
    named["ANALYSIS"] = f.segments.analysis
    named |= {f"OTHER{i}": place for i, place in enumerate(f.segments.others)}
    found = {name: (0, 0) if place is None else (place.begin, place.end) for name, place in named.items()}
    assert found == {name: place for name, place in truth.places.items() if name != "end"}
    assert [f.other(i) for i in range(len(truth.others))] == truth.others
    if truth.matrix is None:
        assert f.spillover is None
    else:
        names, rows = truth.matrix
        assert list(f.spillover.detectors) == list(f.spillover.fluorochromes) == names
        assert f.spillover.values.tolist() == rows
    if truth.crc:
        assert f.checksum().agrees, f.checksum()
    assert {problem.code for problem in f.warnings} - {"compensated-already"} == truth.codes


def check_gates(f, events):
    """The gating engine sees the same values."""
    for k in range(len(f.channels)):
        finite = events[np.isfinite(events[:, k]), k]
        low = float(np.median(finite)) if len(finite) else 0.0
        gate = RectangleGate((Dimension(f.channels.names[k]),), (low,), (np.inf,))
        result = cg.gate(f, GatingStrategy.build([GateNode("G", gate)]))
        with np.errstate(invalid="ignore"):
            expected = events[:, k] >= low
        np.testing.assert_array_equal(result.mask("G"), expected)
        assert result.count("G") == expected.sum()


def check(seed, folder):
    content, truths = compose(seed)
    path = folder / "any.fcs"
    path.write_bytes(gzip.compress(content, 1) if seed % 10 == 3 else content)
    for i, truth in enumerate(truths):
        f = read_fcs(path, i)
        assert f.n_datasets == len(truths)
        check_words(f, truth, content, 0)
        events = check_values(f, truth)
        lenient = read_fcs(path, i, lenient=True)
        assert (lenient.warnings, lenient.layout.row_bytes) == (f.warnings, f.layout.row_bytes)
        np.testing.assert_array_equal(lenient.events(), events)
        if seed % 20 == 7:
            check_gates(f, events)
        if seed % 10 == 4 and np.abs(events[np.isfinite(events)]).max(initial=0) < 3e38:
            again = read_fcs(write_fcs(folder / "again.fcs", f))
            same(again.events(), events.astype(np.float32))
            assert again.channels.names == f.channels.names
            assert again.channels.labels == f.channels.labels
            assert (again.spillover is None) == (f.spillover is None)


@pytest.mark.parametrize("first", range(0, SOME, 100))
def test_valid_files_are_read_exactly_and_without_warnings(first, tmp_path):
    for seed in range(first, first + 100):
        try:
            check(seed, tmp_path)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SOME, MANY, 400))
def test_many_more_valid_files_are_read_exactly_and_without_warnings(first, tmp_path):
    for seed in range(first, min(first + 400, MANY)):
        try:
            check(seed, tmp_path)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
