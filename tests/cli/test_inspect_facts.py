"""What `cytogate inspect` tells of one file: values, segments, spillover, keywords, checksum."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from fcs.build import build, floats, keywords, plain, unsigned

from cytogate.fcs.file import FcsFile


@pytest.fixture
def tube(tmp_path):
    return tmp_path / "tube.fcs"


def entry(call, *words):
    """The one entry of the JSON."""
    outcome = call("inspect", *words, "--json")
    (file,) = json.loads(outcome.out)["files"]
    return file


def words_of(outcome) -> str:
    return " ".join(outcome.out.split())


KEYS = {
    *("file", "bytes", "version", "dataset", "n_datasets", "n_events", "n_channels", "segments", "data_type"),
    *(
        "byte_order",
        "event_bytes",
        "acquisition",
        "channels",
        "spillover",
        "standing",
        "keywords",
        "analysis",
    ),
    *("looked_through", "warnings"),
}


def test_the_keys_of_the_json_stay(call, tube):
    tube.write_bytes(plain())
    file = entry(call, tube)
    assert set(file) == KEYS
    assert set(entry(call, tube, "--crc")) == KEYS | {"checksum"}
    assert set(file["segments"]) == {"text", "supplemental", "data", "analysis", "others"}
    assert set(file["standing"]) == {"missing", "deprecated", "forbidden", "unknown"}
    assert set(file["acquisition"]) == {
        *("begin", "end", "seconds", "microlitres", "cytometer", "serial_number", "operator", "stated"),
        *("date", "problems"),
    }
    names = {"number", "name", "label", "original_name", "kind", "type", "bits", "range", "gain", "log"}
    values = {"minimum", "maximum", "n_nan", "n_infinite", "n_lost_bits"}
    assert set(file["channels"][0]) == names | values
    assert set(entry(call, tube, "--header")["channels"][0]) == names


def test_minimum_and_maximum_are_of_finite_values(call, tube):
    rows = [[1.0, math.nan], [-2.5, math.inf], [3.0, 7.0]]
    tube.write_bytes(plain(rows))
    first, second = entry(call, tube)["channels"]
    assert (first["minimum"], first["maximum"], first["n_nan"]) == (-2.5, 3.0, 0)
    assert (second["minimum"], second["maximum"]) == (7.0, 7.0)
    assert (second["n_nan"], second["n_infinite"]) == (1, 1)
    header = call("inspect", tube).out
    assert "NaN  infinite" in header
    assert "lost bits" not in header


def test_lost_bits_are_a_column_where_there_are_any(call, tube):
    words = keywords(2, 2, datatype="I", bits=16, ranges=[1024, 65536])
    tube.write_bytes(build(words, unsigned([[1025, 1], [3, 2]], [2, 2])))
    assert [channel["n_lost_bits"] for channel in entry(call, tube)["channels"]] == [1, 0]
    assert "lost bits" in call("inspect", tube).out


def test_header_alone_looks_at_no_event(call, tube, monkeypatch):
    tube.write_bytes(plain())

    def look(self):
        message = "the events were looked at"
        raise AssertionError(message)

    monkeypatch.setattr(FcsFile, "reader", look)
    outcome = call("inspect", tube, "--header")
    assert outcome.code == 0
    assert "minimum" not in outcome.out


def test_segments_say_where_they_lie(call, tube):
    raw = plain()
    tube.write_bytes(raw)
    places = entry(call, tube)["segments"]
    assert places["text"]["begin"] == 58
    assert places["data"]["end"] == len(raw) - 1
    assert (places["analysis"], places["supplemental"], places["others"]) == (None, None, [])
    assert f"DATA {places['data']['begin']}-{len(raw) - 1}" in call("inspect", tube).out


def test_stored_types_and_scales_are_shown_where_they_differ(call, tube):
    words = keywords(3, 1, datatype="I", bits=[16, 32, 8], ranges=[1024, 2**32, 256])
    words |= {"$P1E": "4,1", "$P2G": "2.5"}
    tube.write_bytes(build(words, unsigned([[3, 4, 5]], [2, 4, 1])))
    words = words_of(call("inspect", tube))
    assert "data mixed types (int 16, int 32, int 8), little endian, 7 bytes an event" in words
    assert "int 16 1024 log 4 from 1" in words
    assert "int 32 4294967296 gain 2.5" in words


def test_plain_floats_have_no_columns_for_types_and_scales(call, tube):
    tube.write_bytes(plain())
    header = next(line for line in call("inspect", tube).out.splitlines() if line.split()[:1] == ["n"])
    assert header.split() == ["n", "name", "kind", "range", "minimum", "maximum"]


def test_keywords_that_the_version_does_not_have_are_named_by_kind(call, tube):
    tube.write_bytes(plain(version="3.1", more={"$P1TAG": "a", "$P2TAG": "b", "$FOO": "1", "$GATE": "0"}))
    words = words_of(call("inspect", tube))
    assert "standard deprecated keywords: $GATE" in words
    assert "standard keywords of another version of FCS: $PnTAG (2)" in words
    assert "standard keywords that no version of FCS knows: $FOO" in words


def test_keywords_that_the_version_requires_are_named(call, tube):
    tube.write_bytes(plain(more={"$NEXTDATA": None}))
    assert "required, but absent: $NEXTDATA" in words_of(call("inspect", tube))
    assert entry(call, tube)["standing"]["missing"] == ["$NEXTDATA"]


def test_all_keywords_are_listed_on_request(call, tube):
    tube.write_bytes(plain(more={"MY WORD": "my value"}))
    assert "MY WORD" not in call("inspect", tube).out
    assert any(
        line.split() == ["MY", "WORD", "my", "value"]
        for line in call("inspect", tube, "--keywords").out.splitlines()
    )
    assert entry(call, tube)["keywords"]["MY WORD"] == "my value"


def test_the_same_warning_of_many_channels_is_said_once(call, tube):
    words = keywords(4, 1, datatype="I", bits=16, ranges=1024) | {f"$P{n}E": "4,0" for n in range(1, 5)}
    tube.write_bytes(build(words, unsigned([[1, 2, 3, 4]], [2, 2, 2, 2])))
    out = words_of(call("inspect", tube))
    assert out.count("log-offset-zero") == 1
    assert "The same of $P2E, $P3E, $P4E." in out
    codes = [warning["code"] for warning in entry(call, tube)["warnings"]]
    assert codes.count("log-offset-zero") == 4


def test_a_matrix_of_zeros_off_the_diagonal_says_so(call, tube):
    tube.write_bytes(plain(more={"$SPILLOVER": "2,SSC-A,FL1-A,1,0,0,1"}))
    assert "all zero: acquired without compensation" in words_of(call("inspect", tube))


def test_largest_coefficients_come_first_and_name_where_light_comes_from(call, tube):
    tube.write_bytes(plain(more={"$SPILLOVER": "3,FSC-A,SSC-A,FL1-A,1,0.1,0.5,0,1,0,0.01,1.2,1"}))
    largest = entry(call, tube)["spillover"]["largest"]
    assert [(one["from"], one["into"], one["value"]) for one in largest] == [
        ("FL1-A", "SSC-A", 1.2),
        ("FSC-A", "FL1-A", 0.5),
        ("FSC-A", "SSC-A", 0.1),
        ("FL1-A", "FSC-A", 0.01),
    ]


def test_a_checksum_is_computed_on_request_and_compared(call, tube):
    raw = plain()
    tube.write_bytes(raw + b"00000000")
    found = entry(call, tube, "--crc")["checksum"]
    assert (found["stated"], found["agrees"]) == (None, None)
    tube.write_bytes(raw + f"{found['computed']:08d}".encode())
    assert entry(call, tube, "--crc")["checksum"]["agrees"] is True
    tube.write_bytes(raw + f"{(found['computed'] + 1) % 65536:08d}".encode())
    outcome = call("inspect", tube, "--crc")
    assert "WRONG: the file was changed or damaged" in outcome.out
    assert "warning [checksum-differs]" in outcome.out


def test_no_events_have_no_minimum(call, tube):
    tube.write_bytes(
        plain(
            [[1.0, 2.0]],
            more={"$TOT": "0"},
            text_data=lambda b, e: ("0", "0"),
            header_data=lambda b, e: (0, 0),
        )
    )
    file = entry(call, tube)
    assert file["n_events"] == 0
    assert file["channels"][0]["minimum"] is None
    assert "–" in call("inspect", tube).out


def test_who_measured_and_on_what_is_shown(call, tube):
    told = {"$CYT": "LSRII", "$CYTSN": "H47", "$OP": "Ann", "$DATE": "04-MAR-2019"}
    tube.write_bytes(plain(more=told))
    words = words_of(call("inspect", tube))
    assert "cytometer LSRII, serial number H47, operated by Ann" in words
    found = entry(call, tube)["acquisition"]
    assert (found["cytometer"], found["serial_number"], found["operator"]) == ("LSRII", "H47", "Ann")
    assert found["stated"] == {"$DATE": "04-MAR-2019"}


def test_when_was_measured_is_shown_with_what_is_odd_about_it(call, tube):
    told = {"$DATE": "2019-MAR-04", "$BTIM": "10:11:12", "$ETIM": "10:13:20", "$VOL": "85200"}
    tube.write_bytes(plain(more=told))
    words = words_of(call("inspect", tube))
    assert "acquired 2019-03-04 10:11:12 to 10:13:20, 128 s, 85.2 µl" in words
    assert "note [acquisition-date-form] $DATE: " in words
    assert "$DATE: $DATE" not in words


def test_a_day_without_time_is_shown(call, tube):
    tube.write_bytes(plain(more={"$DATE": "04-MAR-2019"}))
    assert "acquired 2019-03-04" in words_of(call("inspect", tube))


def test_a_file_that_says_nothing_of_its_acquisition_says_so(call, tube):
    tube.write_bytes(plain())
    assert "acquired not said" in words_of(call("inspect", tube))


def test_numbers_written_as_text_are_shown(call, tube):
    words = keywords(2, 2, datatype="A", bits=4, ranges=10000)
    tube.write_bytes(build(words, b"  12   3 450  99"))
    assert "data numbers written as text" in words_of(call("inspect", tube))
    first, second = entry(call, tube)["channels"]
    assert (first["minimum"], first["maximum"], second["maximum"]) == (12, 450, 99)


def test_the_second_data_set_is_shown_by_its_number(call, tube):
    first = plain(more={"$NEXTDATA": "00000000"})
    first = plain(more={"$NEXTDATA": f"{len(first):08d}"})
    tube.write_bytes(first + plain([[9.0, 8.0], [7.0, 6.0]]))
    assert "data set 1 of 2 (numbered from 0)" in words_of(call("inspect", tube, "--dataset", 1))
    assert entry(call, tube, "--dataset", 1)["n_channels"] == 2


def test_differences_are_told_with_the_rule_that_decides(call, tube):
    rows = [[197121], [66051]]
    tube.write_bytes(build(keywords(1, 2, datatype="I", bits=24, ranges=2**24), unsigned(rows, [3])))
    outcome = call("inspect", tube, "--cross-check")
    assert "fcsparser 0.2" in outcome.out
    assert "values of FSC-A: 197121 here, 131328 there, in 2 events of the first [padding]" in outcome.out
    words = words_of(outcome)
    assert "rule [padding] FCS 3.0, 3.2.20 $BYTEORD: An integer of 3, 5, 6 or 7 bytes lies in" in words
    assert "flowio" in words
    assert "cannot read the file" in words
    (theirs,) = [
        one for one in entry(call, tube, "--cross-check")["cross_check"] if one["reader"] == "fcsparser"
    ]
    assert [rule["code"] for rule in theirs["rules"]] == ["padding"]
    assert theirs["differences"][0]["is_proven"] is True


def test_real_files_fit_80_columns_where_names_allow_it(call, reference_data, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("flowio/coulter.lmd", "fcsparser/EY_2013-07-19_PBS_FCS_3.1_Custom_Add_Well_A1.001.fcs"):
        out = call("inspect", reference_data / "fcs_formats_open" / name).out
        assert max(map(len, out.splitlines()[1:])) <= 80


def test_numbers_are_those_of_the_file(call, tube):
    values = np.random.default_rng(1).normal(size=(500, 3)).astype(np.float32)
    tube.write_bytes(build(keywords(3, 500), floats(values.tolist())))
    for n, channel in enumerate(entry(call, tube)["channels"]):
        assert channel["minimum"] == float(values[:, n].min())
        assert channel["maximum"] == float(values[:, n].max())
