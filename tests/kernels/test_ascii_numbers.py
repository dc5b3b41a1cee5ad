from __future__ import annotations

import struct

import naive
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cytogate.kernels.ascii_numbers import (
    DECIMAL,
    HARD,
    INVALID,
    TOO_LARGE,
    WHOLE,
    read_numbers,
    split_values,
)

DELIMITERS = b" \t,\r\n"
EDGES = ["0", "00", "1", "18446744073709551615", "18446744073709551616", "99999999999999999999999999"]
EDGES += [
    "-0",
    "+5",
    "1.",
    ".5",
    ".",
    "-",
    "+",
    "e5",
    "1e",
    "1e+",
    "1e5",
    "1E-3",
    "1e22",
    "1e23",
    "1e-22",
    "0x1",
]
EDGES += [
    "9007199254740993",
    "9007199254740993.0",
    "0.1",
    "123.456e-7",
    "1e99999",
    "1_0",
    "nan",
    "inf",
    "1..2",
]
numbers = st.one_of(
    st.sampled_from(EDGES),
    st.integers(0, 2**65).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text("0123456789.eE+-", min_size=1, max_size=12),
)


def split(text):
    places = np.empty((2, len(text) // 2 + 1), np.int64)
    n = split_values(np.frombuffer(text, np.uint8), len(text), *places)
    return [text[begin:end] for begin, end in places[:, :n].T]


def read(written):
    text = np.frombuffer(b"".join(written), np.uint8)
    ends = np.cumsum([len(value) for value in written]).astype(np.int64)
    begins = ends - [len(value) for value in written]
    whole, decimal = np.zeros(len(written), np.uint64), np.zeros(len(written))
    form = np.full(len(written), 255, np.uint8)
    read_numbers(text, begins.astype(np.int64), ends, whole, decimal, form)
    found = []
    for value, w, d, f in zip(written, whole.tolist(), decimal.tolist(), form.tolist(), strict=True):
        if f == WHOLE:
            assert d == float(w)
        entries = {
            WHOLE: ("whole", w),
            DECIMAL: ("decimal", d),
            INVALID: ("invalid",),
            TOO_LARGE: ("too large",),
        }
        found.append(("decimal", float(value)) if f == HARD else entries[f])
    return found


def same(found, wanted):
    def bits(entry):
        return (entry[0], struct.pack("<d", entry[1])) if entry[0] == "decimal" else entry

    return [bits(entry) for entry in found] == [bits(entry) for entry in wanted]


@given(st.binary(max_size=40) | st.text("12 \t,\r\n", max_size=40).map(str.encode))
@example(b"1,3,, ,3")  # three values, says the standard
def test_values_stand_between_runs_of_delimiters(text):
    assert split(text) == naive.split_values(text)


@given(st.lists(numbers, min_size=1, max_size=6), st.integers(0, 2))
def test_numbers_equal_their_slow_twin(written, blanks):
    padded = [b" " * blanks + value.encode() + b" " * (2 - blanks) for value in written]
    assert same(read(padded), naive.read_numbers(padded))


@pytest.mark.parametrize("value", EDGES)
def test_edges_equal_the_slow_twin(value):
    assert same(read([value.encode()]), naive.read_numbers([value.encode()]))


@given(st.binary(min_size=1, max_size=8))
def test_any_bytes_are_a_number_or_not(value):
    assert same(read([value]), naive.read_numbers([value]))


@pytest.mark.parametrize("value", [b"", b"   ", b"1 2", b"\0", b"1\0", b"\xb2"])
def test_what_is_no_number_is_invalid(value):
    assert read([value]) == [("invalid",)]


def test_common_decimals_are_read_by_the_kernel():
    text = b"12.5-0.001+3e21"
    form = np.empty(3, np.uint8)
    ends = np.array([4, 10, 15])
    decimal = np.zeros(3)
    read_numbers(np.frombuffer(text, np.uint8), ends - [4, 6, 5], ends, np.zeros(3, np.uint64), decimal, form)
    assert form.tolist() == [DECIMAL] * 3
    assert decimal.tolist() == [12.5, -0.001, 3e21]
