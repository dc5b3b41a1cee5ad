"""Data sets: the walk along $NEXTDATA ends, carries nothing over, and says what it could not read."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fcs.answers import codes, refusal
from fcs.build import MISSING, ROWS, build, floats, keywords, plain, unsigned

from cytogate.errors import FcsError
from cytogate.fcs.limits import Limits
from cytogate.fcs.structure.window import Window

VALUES = np.array(ROWS, np.float32)


def one(number, step, **options):
    """A data set whose values and keywords say its number."""
    more = {"$NEXTDATA": f"{step:08d}", "$SMNO": f"set {number:04d}", **options.pop("more", {})}
    return plain([[float(number), 2.0], [float(number), 3.0]], more=more, **options)


def chain(count, step=None):
    length = len(one(0, 0))
    sets = [one(n, length if step is None else step(n, length)) for n in range(count - 1)]
    return b"".join([*sets, one(count - 1, 0)])


@pytest.mark.parametrize("count", [2, 3, 39])
def test_every_data_set_is_found_by_its_number(read, count):
    content = chain(count)
    for dataset in {0, 1, count // 2, count - 1}:
        f = read(content, dataset)
        assert f.n_datasets == count
        assert f.dataset == dataset
        assert f.keywords["$SMNO"] == f"set {dataset:04d}"
        assert f.raw()[:, 0].tolist() == [dataset, dataset]
        assert codes(f) == ["more-data-sets"]
    error = refusal(read, content, dataset=count)
    assert (error.code, error.field) == ("dataset-missing", "$NEXTDATA")
    assert content[error.offset :].startswith(b"$NEXTDATA/00000000/")


def test_nothing_is_carried_over_from_one_data_set_to_the_next(read):
    first = one(0, 0, more={"$SPILLOVER": "2,FSC-A,SSC-A,1,0.1,0,1", "$P1S": "CD3", " ODD ": "x"})
    first = one(0, len(first), more={"$SPILLOVER": "2,FSC-A,SSC-A,1,0.1,0,1", "$P1S": "CD3", " ODD ": "x"})
    content = first + one(1, 0)
    f = read(content, 1)
    assert f.spillover is None
    assert f.channels.labels == (None, None)
    assert "$SPILLOVER" not in f.keywords
    assert codes(f) == ["more-data-sets"]
    assert codes(read(content, 0)) == ["text-blanks", "more-data-sets"]


def test_data_sets_of_different_versions_and_types(read):
    """As Coulter's LMD files: 10 bits in FCS 2.0 first, then the same events with more bits in FCS 3.0."""
    coarse = [[1, 1023], [512, 3]]
    fine = [[1000, 1048575], [524288, 3000]]
    words = {k: v for k, v in keywords(2, 2, datatype="I", bits=16, ranges=1024).items() if "DATA" not in k}
    words |= {"$DATATYPE": "I", "$NEXTDATA": "0" * 8}
    length = len(build(words, unsigned(coarse, (2, 2)), version="2.0"))
    first = build(words | {"$NEXTDATA": f"{length:08d}"}, unsigned(coarse, (2, 2)), version="2.0")
    second = build(keywords(2, 2, datatype="I", bits=32, ranges=2**20), unsigned(fine, (4, 4)), version="3.0")
    for dataset, version, rows in ((0, "2.0", coarse), (1, "3.0", fine)):
        f = read(first + second, dataset)
        assert (f.version, f.raw().tolist(), f.n_datasets) == (version, rows, 2)


@pytest.mark.parametrize(
    "step", ["-1", "-58", "1", "57", "58", "200", "10000000", "9" * 20, "x", "12.5", "1e3"]
)
def test_a_pointer_to_nowhere_ends_the_walk_with_a_warning(read, step):
    content = plain(more={"$NEXTDATA": step}) + b" " * 400
    f = read(content)
    assert (f.n_datasets, codes(f)) == (1, ["next-data-unreadable"])
    np.testing.assert_array_equal(f.raw(), VALUES)
    error = refusal(read, content, dataset=1)
    assert error.field in ("$NEXTDATA", "HEADER")
    assert error.offset is not None


def test_pointers_back_and_to_oneself_end_the_walk(read):
    length = len(one(0, 0))
    for step in (0, -length, -58):
        f = read(one(0, length) + one(1, step), 1)
        assert f.n_datasets == 2
        assert f.keywords["$SMNO"] == "set 0001"
    assert codes(read(one(0, length) + one(1, -length), 1)) == ["next-data-unreadable", "more-data-sets"]


def test_pointer_into_the_middle_is_no_data_set(read):
    f = read(plain(more={"$NEXTDATA": "300", "NOTE": "FCS3.1    " + "x" * 200}))
    assert codes(f) == ["next-data-unreadable"]


def test_pointer_at_the_end_of_the_file_says_so(read):
    length = len(one(0, 0))
    f = read(one(0, length))
    assert codes(f) == ["next-data-unreadable"]
    assert "there is no data set" in f.warnings[0].message
    assert refusal(read, one(0, length), dataset=1).code == "next-data-unreadable"


def test_damaged_second_data_set_is_a_warning_for_the_first_and_an_error_for_itself(read):
    length = len(one(0, 0))
    content = one(0, length) + one(1, 0)[:150]
    f = read(content)
    assert codes(f) == ["next-data-unreadable"]
    assert "text-truncated" in f.warnings[0].message
    error = refusal(read, content, dataset=1)
    assert (error.code, error.field, error.offset) == ("text-truncated", "HEADER", length + 18)


def test_pointers_that_count_from_the_beginning_of_the_file(read):
    content = chain(3, step=lambda n, length: (n + 1) * length)
    f = read(content, 2)
    assert f.keywords["$SMNO"] == "set 0002"
    assert codes(f) == ["next-data-absolute", "more-data-sets"]
    assert codes(read(content, 1)) == ["more-data-sets"]


def test_events_do_not_reach_into_the_next_data_set(read):
    """The first data set was cut short, and the second glued behind it."""
    length = len(one(0, 0))
    content = one(0, length - 4)[:-4] + one(1, 0)
    error = refusal(read, content)
    assert error.code == "data-truncated"
    assert error.found.startswith("1 of 2 events")
    f = read(content, lenient=True)
    assert f.raw().tolist() == [[0.0, 2.0]]
    assert read(content, 1).raw()[:, 0].tolist() == [1.0, 1.0]


def test_number_of_data_sets_is_limited(read):
    f = read(chain(5), limits=Limits(max_data_sets=3))
    assert f.n_datasets == 3
    assert codes(f) == ["next-data-unreadable", "more-data-sets"]


def test_a_thousand_data_sets_are_walked_quickly(read):
    started = time.monotonic()
    assert read(chain(1000), 999).keywords["$SMNO"] == "set 0999"
    assert time.monotonic() - started < 10


def test_negative_numbers_are_no_data_set(read):
    error = refusal(read, plain(), dataset=-1)
    assert (error.code, error.field, error.found) == ("dataset-missing", "dataset", "number -1")


def test_segments_are_counted_from_the_beginning_of_their_data_set(read):
    length = len(one(0, 0))
    tail = b"/A/1/"
    second = build(
        keywords(2, 1, **{"$BEGINANALYSIS": f"{0:08d}", "$ENDANALYSIS": f"{0:08d}"}), floats([[1.0, 2.0]])
    )
    begin = len(second)
    words = keywords(2, 1, **{"$BEGINANALYSIS": f"{begin:08d}", "$ENDANALYSIS": f"{begin + 4:08d}"})
    second = build(words, floats([[1.0, 2.0]]), tail=tail)
    f = read(one(0, length) + second, 1)
    assert dict(f.analysis) == {"A": "1"}
    assert f.segments.analysis.begin == begin
    assert f.segments.data.length == 8


def test_reads_that_fail_are_not_taken_for_a_missing_data_set(read, monkeypatch):
    plain_read = Window.read

    def fail(window, begin, count):
        if window.start:
            raise FcsError("file-unreadable", "a.fcs", "file", None, "Input/output error", "a file")
        return plain_read(window, begin, count)

    monkeypatch.setattr(Window, "read", fail)
    with pytest.raises(FcsError, match="file-unreadable"):
        read(chain(2))


@pytest.mark.parametrize(
    "end", ["0", None, "9" * 10]
)  # that of supplemental TEXT counts inside the file alone
def test_data_set_at_the_end_of_the_second_one_may_be_counted_from_the_beginning_of_the_file(read, end):
    """Counted from the second data set there is one, too, but the nearer would be passed over."""
    length = len(one(0, 0, more={"$ENDSTEXT": end}))
    steps = (length, 2 * length, 0, 0)
    f = read(b"".join(one(n, step, more={"$ENDSTEXT": end}) for n, step in enumerate(steps)), 2)
    assert f.raw()[0, 0] == 2
    assert "next-data-absolute" in codes(f)


@pytest.mark.parametrize("by_text", [True, False])
def test_pointer_into_data_of_the_data_set_itself_counts_from_its_beginning(read, by_text):
    """Counted from the beginning of the file it leads to a data set among these events."""
    count, inner = 3000, one(9, 0)
    nowhere = lambda b, e: (MISSING, MISSING)  # noqa: E731
    options = {"header_data": lambda b, e: (0, 0)} if by_text else {"text_data": nowhere, "version": "2.0"}

    def middle(step, first):
        words = keywords(1, count, datatype="I", bits=8, ranges=256) | {"$NEXTDATA": f"{step:08d}"}
        return build(words, bytes(count - first) + inner.ljust(first, b"\0"), **options)

    first = len(one(0, 0))
    step = len(middle(0, first))
    f = read(one(0, first) + middle(step, first) + one(2, 0), 2)
    assert f.raw()[0, 0] == 2
    assert f.n_datasets == 3


def test_offsets_of_others_are_looked_for_before_text_alone(read):
    """TEXT begins right behind HEADER, which names no other segment."""
    f = read(plain(header_data=lambda b, e: (0, 0)))
    assert f.segments.text.begin == 58
    assert f.segments.others == ()
    spaced = plain(header_data=lambda b, e: (0, 0), delimiter=" ", more={"$BYTEORD": "1,2,3,4"})
    assert read(spaced).segments.others == ()
