from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fcs.build import build, unsigned
from fcs.build import keywords as build_words
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import FcsError, PanelError, StoreError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.compose import DELIMITERS, header_and_text
from cytogate.fcs.writing.outgoing import without_scaling
from cytogate.fcs.writing.write import write_fcs

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
NAME = st.text(st.sampled_from("ABFLab12-_ ()/|\\!"), min_size=1, max_size=8).map(lambda s: "x" + s.strip())
KEY = st.text(st.sampled_from("ABCD$/|\\ !~^*#"), min_size=1, max_size=8).map(lambda s: "K" + s.strip() + "k")


@given(
    values=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
        elements=st.floats(width=32),
    ),
    data=st.data(),
)
def test_what_is_written_is_read_back(tmp_path, values, data):
    names = data.draw(st.lists(NAME, min_size=values.shape[1], max_size=values.shape[1], unique=True))
    labels = [data.draw(st.none() | TEXT) for _ in names]
    keywords = data.draw(st.dictionaries(KEY, TEXT, max_size=5))
    channels = [Channel(name, label) for name, label in zip(names, labels, strict=True)]
    f = read_fcs(write_fcs(tmp_path / "a.fcs", values, channels, keywords))
    np.testing.assert_array_equal(f.raw(), values)
    assert {p.code for p in f.warnings} <= {"text-delimiter-in-value", "values-not-finite"}
    assert any(p.code == "values-not-finite" for p in f.warnings) != np.isfinite(values).all()
    assert f.channels.names == tuple(names)
    blank = " \0\t\r\n"
    assert f.channels.labels == tuple((label or "").strip(blank) or None for label in labels)
    kept = {key.upper(): value.strip(blank) for key, value in keywords.items() if value.strip(blank)}
    assert {key: f.keywords.get(key) for key in kept} == kept


def test_written_file_is_compliant_to_the_byte(tmp_path):
    path = write_fcs(tmp_path / "a.fcs", [[1.0, 2.0]], ["FSC-A", "Time"], {"$CYT": "x"})
    raw = path.read_bytes()
    places = [int(raw[i : i + 8]) for i in range(10, 58, 8)]
    text = raw[places[0] : places[1] + 1]
    assert raw[:10] == b"FCS3.1    "
    assert text[:1] == text[-1:]
    assert np.frombuffer(raw[places[2] : places[3] + 1], "<f4").tolist() == [1.0, 2.0]
    assert raw[places[3] + 1 :] == b"00000000"
    f = read_fcs(path)
    assert (int(f.keywords["$BEGINDATA"]), int(f.keywords["$ENDDATA"])) == (places[2], places[3])
    wanted = {
        "$PAR": "2",
        "$TOT": "1",
        "$DATATYPE": "F",
        "$BYTEORD": "1,2,3,4",
        "$P2E": "0,0",
        "$P2G": "1",
        "$TIMESTEP": "1",
    }
    assert {key: f.keywords[key] for key in wanted} == wanted


def test_structural_keywords_of_the_caller_are_computed_instead(tmp_path):
    wrong = {
        "$TOT": "99",
        "$PAR": "7",
        "$BEGINDATA": "1",
        "$ENDDATA": "2",
        "$DATATYPE": "I",
        "$NEXTDATA": "5",
        "$P1B": "8",
        "$P1N": "x",
        "$BYTEORD": "4,3,2,1",
    }
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], wrong))
    assert (f.n_events, f.channels.names, f.warnings) == (1, ("A",), ())


def test_scale_keywords_of_the_caller_are_written(tmp_path):
    keywords = {"$P1V": "500", "$P2G": "2", "$TIMESTEP": "0.01", "$P1R": "1024", "SPILL": "1,A,1"}
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[4.0, 4.0, 4.0]], ["A", "B", "Time"], keywords))
    assert f.events().tolist() == [[4.0, 2.0, 0.04]]
    assert f.keywords["$P1V"] == "500"
    assert f.channels[0].range == 1024
    assert f.spillover == CompensationMatrix(["A"], ["A"], [[1.0]])


def test_ranges_cover_the_values(tmp_path):
    channels = [Channel("A"), Channel("B", range=1024.0), Channel("C", range=float("inf"))]
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[3e5, 5.0, np.nan]], channels))
    assert [channel.range for channel in f.channels] == [300001.0, 1024.0, 1.0]


def test_events_bring_channels_keywords_and_spillover_but_no_scaling(tmp_path):
    matrix = CompensationMatrix(["B", "A"], ["B", "A"], [[1.0, 0.1], [0.2, 1.0]])
    events = Events(
        [[1.0, 2.0]], [Channel("A", "CD3"), "B"], matrix, {"$P1G": "3", "$CYT": "x", "$TIMESTEP": "0.1"}
    )
    f = read_fcs(write_fcs(tmp_path / "a.fcs", events))
    assert (f.spillover, f.channels["CD3"].name, f.keywords["$CYT"]) == (matrix, "A", "x")
    assert f.events().tolist() == [[1.0, 2.0]]
    again = read_fcs(write_fcs(tmp_path / "b.fcs", f))
    assert again.events().tolist() == [[1.0, 2.0]]
    assert without_scaling({"$P10E": "4,1", "$P1R": "9"}) == {"$P1R": "9"}


@pytest.mark.parametrize(
    ("events", "channels", "keywords", "match"),
    [
        ([[1.0]], ["A", "B"], {}, r"shape \(1, 1\)"),
        ([1.0], ["A"], {}, r"shape \(1,\)"),
        ([["a"]], ["A"], {}, "numbers"),
        (np.empty((2, 0)), [], {}, "one column per channel"),
        ([[1e39]], ["A"], {}, "1e\\+39 in event 0 of A.*float32"),
        ([[1.0]], ["A,B"], {}, "without commas"),
        ([[1.0]], None, {}, "one name per column"),
        ([[1.0]], ["A"], {"\xe9": "x"}, "printable ASCII"),
        ([[1.0]], ["A"], {"": "x"}, "name of a keyword"),
        ([[1.0]], ["A"], {"K": 5}, "text: text"),
        ([[1.0]], ["A"], {"K": "a\0b"}, "NUL"),
        ([[1.0]], [" "], {}, "empty value"),
        ([[1.0, 2.0]], ["A", " A"], {}, "blanks around them alone"),
        ([[1.0]], ["A"], {"K": "x", "k": "y"}, "'x' and 'y'; expected one value"),
        ([[1.0]], ["A"], {"K" * 1025: "x"}, "keyword of 1025 characters; expected at most 1024"),
        ([[1.0]], ["A" * 1025], {}, "of at most 1024 characters"),
        (
            [[1.0]],
            ["A"],
            {f"K{i}": "x" for i in range(LIMITS.max_keywords)},
            f"at most {LIMITS.max_keywords}",
        ),
        ([[1.0]], ["A"], {"$P1E": "4,1"}, "0,0 for floating-point values.*without_scaling"),
        ([[1.0]], ["A"], {"$P1E": "junk"}, "0,0 for floating-point values"),
        ([[1.0]], ["A"], {"$P1G": "0"}, r"\$P1G: found '0'; expected a number above 0"),
        ([[1.0]], ["Time"], {"$TIMESTEP": "fast"}, r"\$TIMESTEP: found 'fast'; expected a number above 0"),
        ([[1j]], ["A"], {}, "complex128; expected numbers"),
        (np.array([[-1e39, 1.0]]), ["A", "B"], {}, "-1e\\+39 in event 0 of A"),
        ([[1.0] * 4097], [f"A{i}" for i in range(4097)], {}, "at most 4096"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(tmp_path, events, channels, keywords, match):
    with pytest.raises(FcsError, match=match) as caught:
        write_fcs(tmp_path / "a.fcs", events, channels, keywords)
    assert caught.value.code == "cannot-write"
    assert list(tmp_path.iterdir()) == []


def test_doubled_names_are_refused(tmp_path):
    with pytest.raises(PanelError, match="more than once: A"):
        write_fcs(tmp_path / "a.fcs", [[1.0, 2.0]], ["A", "A"])


def test_delimiter_is_escaped_when_every_one_is_used(tmp_path):
    every = "".join(map(chr, DELIMITERS))
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], {"NOTE": f"x{every}y//z"}))
    assert f.keywords["NOTE"] == f"x{every}y//z"
    starts = {f"K{i}": mark + every for i, mark in enumerate(every)}
    with pytest.raises(FcsError, match="begin with every delimiter"):
        write_fcs(tmp_path / "b.fcs", [[1.0]], ["A"], starts)


def test_keyword_without_a_name_is_refused(tmp_path):
    with pytest.raises(
        FcsError, match=r"'': found the name of a keyword; expected printable ASCII.*cannot-write"
    ):
        write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], {"": "x"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a\0b.fcs"])
def test_path_that_names_no_file_is_refused(name):
    with pytest.raises(FcsError, match="expected the name of a file"):
        write_fcs(name, [[1.0]], ["A"])


def test_values_beyond_everything_are_kept_or_refused(tmp_path):
    kept = [[np.nan, np.inf, -np.inf, float(np.finfo(np.float32).max), 1e-46]]
    f = read_fcs(write_fcs(tmp_path / "a.fcs", kept, list("ABCDE")))
    np.testing.assert_array_equal(f.events(), np.array(kept, np.float32).astype(float))
    just_beyond = float(np.nextafter(np.float64(np.finfo(np.float32).max), np.inf))
    with pytest.raises(FcsError, match="float32 holds"):
        write_fcs(tmp_path / "b.fcs", [[just_beyond]], ["A"])
    with pytest.raises(FcsError, match="float32 holds"):
        write_fcs(tmp_path / "b.fcs", np.array([[np.longdouble("1e400")]]), ["A"])


def test_text_beyond_the_limit_of_readers_is_refused(tmp_path):
    most = LIMITS.max_text_bytes
    with pytest.raises(FcsError, match=rf"TEXT: found \d+ bytes of keywords; expected at most {most}"):
        write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], {"NOTE": "x" * most})
    with pytest.raises(FcsError, match="a keyword without a name"):
        header_and_text(tmp_path / "a.fcs", [("", "x")], 0)
    assert list(tmp_path.iterdir()) == []


def test_as_many_keywords_and_as_large_text_as_readers_take_are_written(tmp_path):
    f = read_fcs(write_fcs(tmp_path / "few.fcs", [[1.0]], ["A"], {"K": "x"}))
    more = LIMITS.max_keywords - len(f.keywords) + 1
    full = read_fcs(write_fcs(tmp_path / "many.fcs", [[1.0]], ["A"], {f"K{i}": "x" for i in range(more)}))
    assert len(full.keywords) == LIMITS.max_keywords
    with pytest.raises(FcsError, match=f"found {LIMITS.max_keywords + 1} keywords"):
        write_fcs(tmp_path / "more.fcs", [[1.0]], ["A"], {f"K{i}": "x" for i in range(more + 1)})
    note = "x" * (LIMITS.max_text_bytes - 2000)
    assert read_fcs(write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], {"K": note})).keywords["K"] == note


def test_without_events_data_is_empty_and_begins_behind_text(tmp_path):
    path = write_fcs(tmp_path / "a.fcs", np.empty((0, 2)), ["A", "B"], {"$CYT": "x"})
    f = read_fcs(path)
    assert (f.n_events, f.warnings, f.events().shape) == (0, (), (0, 2))
    assert int(f.keywords["$ENDDATA"]) == int(f.keywords["$BEGINDATA"]) - 1 == path.stat().st_size - 9


def test_keywords_of_channels_that_are_not_there_are_left_out(tmp_path):
    keywords = {"$P2V": "5", "$P1V": "6", "$P0X": "7", "$PKN1": "8", "P9DISPLAY": "LOG"}
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], keywords))
    assert {key: f.keywords.get(key) for key in keywords} == {
        "$P2V": None,
        "$P1V": "6",
        "$P0X": None,
        "$PKN1": "8",
        "P9DISPLAY": "LOG",
    }


@pytest.mark.parametrize(
    ("given", "written"), [("1023.5", "1023.5"), ("inf", "7"), ("junk", "7"), ("-4", "7"), (" ", "7")]
)
def test_range_keyword_counts_where_it_is_a_range(tmp_path, given, written):
    f = read_fcs(write_fcs(tmp_path / "a.fcs", [[6.5]], [Channel("A", range=6.5)], {"$P1R": given}))
    assert f.keywords["$P1R"] == written
    assert f.warnings == ()


class _FailingStream:
    def __init__(self, stream, after):
        self.stream, self.left = stream, after

    def write(self, part):
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")
        return self.stream.write(part)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()

    def __getattr__(self, name):
        return getattr(self.stream, name)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_full_disk_leaves_the_old_file_and_no_remains(tmp_path, monkeypatch, after):
    path = write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"])
    before = path.read_bytes()
    opened = type(path).open
    monkeypatch.setattr(type(path), "open", lambda self, mode: _FailingStream(opened(self, mode), after))
    with pytest.raises(StoreError, match=r"a\.fcs: cannot be written: No space left"):
        write_fcs(path, [[2.0]], ["A"])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


CHILD = """
import sys, resource, numpy as np
from cytogate.errors import StoreError
from cytogate.fcs.writing.write import write_fcs
path, limit = sys.argv[1], int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        write_fcs(path, np.full((300_000, 4), 2.0, np.float32), list("ABCD"))
    except StoreError as error:
        print(error)
    sys.exit()
for value in range(1, 10_000):
    write_fcs(path, np.full((300_000, 4), value, np.float32), list("ABCD"))
    print(value, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of file sizes are POSIX")
@pytest.mark.parametrize("limit", [10, 1000, 70_000, 4_000_000])
def test_system_that_takes_no_more_bytes_leaves_the_old_file(tmp_path, limit):
    path = write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"])
    before = path.read_bytes()
    words = [sys.executable, "-c", CHILD, str(path), str(limit)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert re.search(r"a\.fcs: cannot be written: File too large\. Nothing was changed", done.stdout)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("after", [0.001, 0.004, 0.007, 0.011])
def test_killed_writer_leaves_a_whole_file(tmp_path, after):
    path = tmp_path / "a.fcs"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path), "0"], stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout.readline() == "1\n"
        time.sleep(after)
        child.kill()
    f = read_fcs(path)
    assert (f.n_events, f.warnings) == (300_000, ())
    values = f.raw()
    assert values[0, 0] >= 1
    assert (values == values[0, 0]).all()
    assert all(other.name.startswith(".a.fcs.") for other in tmp_path.iterdir() if other != path)
    write_fcs(path, [[1.0]], ["A"])
    assert read_fcs(path).n_events == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser writes everywhere")
def test_folder_that_is_read_only_is_a_store_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"])
    assert list(tmp_path.iterdir()) == []


def test_folder_or_file_in_the_way_is_a_store_error(tmp_path):
    (tmp_path / "folder.fcs").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "folder.fcs", tmp_path / "file" / "a.fcs"):
        with pytest.raises(StoreError, match="cannot be written"):
            write_fcs(path, [[1.0]], ["A"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.fcs"]


def test_missing_folder_is_a_store_error(tmp_path):
    with pytest.raises(StoreError, match=re.escape(str(tmp_path / "no" / "a.fcs"))):
        write_fcs(tmp_path / "no" / "a.fcs", [[1.0]], ["A"])


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_file_has_the_modes_of_an_ordinary_new_file(tmp_path):
    path = write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"])
    (tmp_path / "b").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_large_data_are_located_by_text_only():
    words = [("$PAR", "1")]
    head = header_and_text(Path("a.fcs"), words, 200_000_000)
    assert [int(head[i : i + 8]) for i in (26, 34)] == [0, 0]
    begin = int(re.search(rb"\$BEGINDATA.0*(\d+)", head)[1])
    assert begin == len(head)
    assert int(re.search(rb"\$ENDDATA.0*(\d+)", head)[1]) == begin + 200_000_000 - 1


def scaled_file(tmp_path, **more):
    words = build_words(3, 3, datatype="I", bits=16, ranges=1024, names=["FSC-A", "FL1-A", "Time"], **more)
    path = tmp_path / "scaled.fcs"
    path.write_bytes(build(words, unsigned([(1, 1000, 2), (5, 900, 4), (3, 1023, 6)], [2, 2, 2])))
    return read_fcs(path)


@pytest.mark.parametrize(
    ("scaling", "ranges"),
    [
        ({}, [1024, 1024, 1024]),
        ({"$P2E": "4,1"}, [1024, 10000, 1024]),
        ({"$P2E": "4,0.1"}, [1024, 1000, 1024]),
        ({"$P1G": "3", "$P2G": "0.5"}, [342, 2048, 1024]),
        ({"$TIMESTEP": "0.01"}, [1024, 1024, 11]),
    ],
)
def test_ranges_of_scaled_channels_are_written_in_scale_values(tmp_path, scaling, ranges):
    f = scaled_file(tmp_path, **scaling)
    again = read_fcs(write_fcs(tmp_path / "b.fcs", f))
    np.testing.assert_array_equal(again.events(), f.events().astype(np.float32))
    assert [channel.range for channel in again.channels] == ranges
    assert (again.events() <= ranges).all()
    assert read_fcs(write_fcs(tmp_path / "c.fcs", again)).channels == again.channels


def test_ranges_of_the_caller_are_kept_and_events_in_memory_are_scaled_alike(tmp_path):
    f = scaled_file(tmp_path, **{"$P2E": "4,1"})
    by_keyword = read_fcs(write_fcs(tmp_path / "b.fcs", f, keywords={"$P2R": "20000"}))
    by_channel = read_fcs(write_fcs(tmp_path / "c.fcs", f, ["A", Channel("B", range=30000), "C"]))
    in_memory = Events(f.events(), f.channels, keywords=f.keywords)
    of_memory = read_fcs(write_fcs(tmp_path / "d.fcs", in_memory))
    found = [g.channels[1].range for g in (by_keyword, by_channel, of_memory)]
    assert found == [20000, 30000, 10000]


@pytest.mark.parametrize(
    ("channel", "keywords", "field"),
    [("A", {"NOTE": "a\udc80b"}, "NOTE"), ("A\udc80", {}, r"\$P1N"), (Channel("A", "\ud800"), {}, r"\$P1S")],
)
def test_text_that_utf8_cannot_hold_is_refused_and_nothing_written(tmp_path, channel, keywords, field):
    with pytest.raises(FcsError, match=rf"{field}.*text that UTF-8 can hold"):
        write_fcs(tmp_path / "a.fcs", [[1.0]], [channel], keywords)
    assert list(tmp_path.iterdir()) == []


def test_blanks_around_a_value_are_in_the_file_but_not_read(tmp_path):
    path = write_fcs(tmp_path / "a.fcs", [[1.0]], ["A"], {"NOTE": " pad "})
    assert b"NOTE/ pad /" in path.read_bytes()
    assert read_fcs(path).keywords["NOTE"] == "pad"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"the folder .*nowhere does not exist; make it first"):
        write_fcs(tmp_path / "nowhere" / "a.fcs", [[1.0]], ["A"])
