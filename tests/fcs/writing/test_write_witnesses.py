"""What is written is read back alike here, by flowio and by fcsparser.

fcsparser 0.2.4 calls a method that numpy 2 lacks only for big-endian files; ours are little endian. It takes
doubled delimiters for escaped ones as the standard does, and keeps blanks around values. flowio drops every
``$``, takes its keywords in lower case, and some delimiters as regular expressions.
"""

from __future__ import annotations

import warnings

import fcsparser
import flowio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cytogate as cg
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.text.words import BLANKS
from cytogate.fcs.writing.compose import DELIMITERS

MARKS = "/|\\!~#*\x0c\x1e@%;`&=<>\"'^.+?()[]{}$"
TEXT = st.text(st.sampled_from("aZ09 -_.:\n\té漢🧬" + MARKS), max_size=12)
NAME = st.text(st.sampled_from("abAB12-_ ()µ" + MARKS), min_size=1, max_size=8).map(
    lambda s: f"x{s.strip()}y"
)
KEY = st.text(st.sampled_from("ABCDxyz _-/|\\!~^*#."), max_size=8).map(lambda s: f"K{s}K")
VALUES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(0, 20), st.integers(1, 6)),
    elements=st.floats(width=32) | st.just(np.nan) | st.just(np.inf),
)


def by_flowio(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = flowio.FlowData(str(path))
    return found.text, found.as_array(preprocess=False), found.pnn_labels, found.pns_labels


def by_fcsparser(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keywords, table = fcsparser.parse(str(path), channel_naming="$PnN", dtype=None)
    return keywords, table.to_numpy()


@given(data=st.data(), values=VALUES)
def test_values_names_and_keywords_are_what_three_readers_find(tmp_path, data, values):
    n = values.shape[1]
    names = data.draw(st.lists(NAME, min_size=n, max_size=n, unique=True))
    labels = [data.draw(st.none() | TEXT) for _ in names]
    keywords = data.draw(st.dictionaries(KEY, TEXT, max_size=5))
    kept = {}
    for key, value in keywords.items():
        kept.setdefault(key.upper(), value)
    channels = [Channel(name, label) for name, label in zip(names, labels, strict=True)]
    path = cg.write_fcs(tmp_path / "a.fcs", values, channels, kept)

    f = cg.read_fcs(path)
    np.testing.assert_array_equal(f.raw(), values)
    # No delimiter had to be escaped.
    assert {p.code for p in f.warnings} == (set() if np.isfinite(values).all() else {"values-not-finite"})
    assert f.channels.names == tuple(names)
    assert f.channels.labels == tuple((label or "").strip(BLANKS) or None for label in labels)
    stripped = {key: value.strip(BLANKS) for key, value in kept.items() if value.strip(BLANKS)}
    assert {key: f.keywords[key] for key in stripped} == stripped

    theirs, table = by_fcsparser(path)
    np.testing.assert_array_equal(table.reshape(values.shape), values)
    assert [theirs[f"$P{i}N"] for i in range(1, n + 1)] == names
    assert {key: theirs[key].strip(BLANKS) for key in stripped} == stripped

    if not all(text.replace("$", "") for text in (*stripped.values(), *filter(None, f.channels.labels))):
        return  # a value of flowio's is empty then, and it takes what follows for another delimiter
    text, table, pnn, pns = by_flowio(path)
    np.testing.assert_array_equal(table.reshape(values.shape), values)
    assert pnn == [name.replace("$", "") for name in names]
    found = {key: text[key.lower()].strip(BLANKS) for key in stripped}
    assert found == {key: value.replace("$", "").strip(BLANKS) for key, value in stripped.items()}
    assert len(pns) == n


@pytest.mark.parametrize("delimiter", [chr(byte) for byte in DELIMITERS[:12]])
def test_first_delimiters_are_read_by_all(tmp_path, delimiter):
    used = "".join(map(chr, DELIMITERS[: DELIMITERS.index(delimiter.encode())]))
    path = cg.write_fcs(tmp_path / "a.fcs", [[1.0, 2.0]], ["A", "B"], {"NOTE": f"x{used}y", "LAST": "z"})
    assert path.read_bytes()[58:59] == delimiter.encode()
    assert cg.read_fcs(path).keywords["NOTE"] == f"x{used}y"
    assert by_fcsparser(path)[0]["NOTE"] == f"x{used}y"
    assert by_flowio(path)[0]["note"] == f"x{used}y"


@given(data=st.data())
def test_escaped_delimiters_anywhere_but_in_front_are_read_back(tmp_path, data):
    every = "".join(map(chr, DELIMITERS))
    tail = st.text(st.sampled_from(every + "a $"), max_size=6)
    values = [f"x{data.draw(tail)}{every}{data.draw(tail)}" for _ in range(3)]
    keywords = {f"K{i}": value for i, value in enumerate(values)}
    path = cg.write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], keywords)
    f = cg.read_fcs(path)
    expected = {key: value.strip(BLANKS) for key, value in keywords.items()}
    assert {key: f.keywords[key] for key in keywords} == expected
    assert f.raw().tolist() == [[1.0]]
    theirs = by_fcsparser(path)[0]
    assert {key: theirs[key].strip(BLANKS) for key in keywords} == expected


def test_file_of_4096_channels_is_read_by_all(tmp_path):
    names = [f"Channel number {i}-A" for i in range(4096)]
    values = np.arange(3 * 4096, dtype=np.float32).reshape(3, 4096)
    path = cg.write_fcs(tmp_path / "a.fcs", values, names)
    f = cg.read_fcs(path)
    assert (f.channels.names, f.warnings) == (tuple(names), ())
    np.testing.assert_array_equal(f.raw(), values)
    np.testing.assert_array_equal(by_flowio(path)[1], values)
    np.testing.assert_array_equal(by_fcsparser(path)[1], values)


def test_file_beyond_the_offsets_of_header_is_read_by_all(tmp_path):
    values = np.zeros((6_300_000, 4), np.float32)  # 100.8 MB
    values[[0, 1, -2, -1]] = np.arange(16).reshape(4, 4)
    path = cg.write_fcs(tmp_path / "a.fcs", values, ["A", "B", "C", "D"])
    with path.open("rb") as file:
        header = file.read(58)
    assert header[26:42] == b"       0       0"
    f = cg.read_fcs(path)
    assert (f.n_events, f.warnings) == (len(values), ())
    assert int(f.keywords["$ENDDATA"]) == path.stat().st_size - 9 > 99_999_999
    np.testing.assert_array_equal(f.raw(), values)
    for table in (by_flowio(path)[1], by_fcsparser(path)[1]):
        np.testing.assert_array_equal(table, values)
