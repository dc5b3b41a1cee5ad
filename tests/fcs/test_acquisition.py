"""Acquisition: times and volumes as instruments write them, and as the standard has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from fcs.build import plain
from hypothesis import given
from hypothesis import strategies as st

from cytogate.fcs.acquisition import read_acquisition
from cytogate.fcs.read import read_fcs
from cytogate.fcs.repairs.codes import REPAIRS


def found(**words):
    """The acquisition of keywords given without their dollars, and the codes of its problems."""
    acquisition = read_acquisition({f"${key}": text for key, text in words.items()}, "a.fcs")
    codes = [problem.code for problem in acquisition.problems]
    assert set(codes) <= set(REPAIRS)
    assert all(problem.location.startswith("a.fcs: $") for problem in acquisition.problems)
    return acquisition, codes


# --- days


@pytest.mark.parametrize(
    ("text", "day", "codes"),
    [
        ("01-OCT-1994", date(1994, 10, 1), []),
        ("02-Mar-2020", date(2020, 3, 2), []),
        ("22-Sep-13", date(2013, 9, 22), []),
        ("23-Aug-99", date(1999, 8, 23), []),
        ("2025-Feb-14", date(2025, 2, 14), ["acquisition-date-form"]),
        ("2016-03-05", date(2016, 3, 5), ["acquisition-date-form"] * 2),
        ("25/12/2015", date(2015, 12, 25), ["acquisition-date-form"]),
        ("05-05-2015", date(2015, 5, 5), ["acquisition-date-form"]),
        ("1. Mai 2019", date(2019, 5, 1), ["acquisition-date-form"]),
        ("04/05/2015", None, ["acquisition-date-unreadable"]),
        ("31-FEB-2015", None, ["acquisition-date-unreadable"]),
        ("00-JAN-2015", None, ["acquisition-date-unreadable"]),
        ("01-XYZ-2015", None, ["acquisition-date-unreadable"]),
        ("01-JAN-0000", None, ["acquisition-date-unreadable"]),
        ("yesterday", None, ["acquisition-date-unreadable"]),
        ("", None, []),
        ("  ", None, []),
    ],
)
def test_day(text, day, codes):
    acquisition, noted = found(DATE=text)
    assert (acquisition.date, noted) == (day, codes)


@pytest.mark.parametrize(
    ("month", "number"),
    [
        *(("M\xe4r", 3), ("M\xe4rz", 3), ("Mrz", 3), ("Okt", 10), ("Dez", 12), ("Mai", 5)),
        *(("janv.", 1), ("f\xe9vr.", 2), ("mars", 3), ("avr.", 4), ("juin", 6), ("juil.", 7), ("ao\xfbt", 8)),
        *(
            ("d\xe9c.", 12),
            ("ene", 1),
            ("abr", 4),
            ("ago", 8),
            ("dic", 12),
            ("gen", 1),
            ("mag", 5),
            ("giu", 6),
        ),
        *(("lug", 7), ("set", 9), ("ott", 10), ("fev", 2), ("out", 10), ("mrt", 3), ("mei", 5), ("maj", 5)),
        *(("10\u6708", 10), ("5\uc6d4", 5), ("\u043c\u0430\u0439", 5), ("pa\u017a", 10), ("marras", 11)),
        *(("October", 10), ("lis", 0)),
    ],
)
def test_months_of_other_languages(month, number):
    acquisition, codes = found(DATE=f"01-{month}-2019")
    assert acquisition.date == (date(2019, number, 1) if number else None)
    assert codes == ["acquisition-date-form" if number else "acquisition-date-unreadable"]


# --- times of day


@pytest.mark.parametrize(
    ("text", "microseconds", "codes"),
    [
        ("14:22:10", 0, []),
        ("14:22:10:30", 500_000, []),
        ("14:22:10:01", 16_667, []),
        ("14:22:10.56", 560_000, []),
        ("14:22:10.5", 500_000, []),
        ("14:22:10:509", 509_000, ["acquisition-time-form"]),
        ("14:22:10:75", 750_000, ["acquisition-time-form"]),
        ("14:22:10,25", 250_000, ["acquisition-time-form"]),
        ("2:22:10 PM", 0, []),
    ],
)
def test_time_of_day_and_its_fractions(text, microseconds, codes):
    acquisition, noted = found(DATE="01-OCT-1994", BTIM=text)
    assert acquisition.begin == datetime(1994, 10, 1, 14, 22, 10, microseconds)
    assert noted == codes
    assert (acquisition.end, acquisition.duration) == (None, None)


@pytest.mark.parametrize(
    "text", ["25:00:00", "12:60:00", "12:00:60", "noon", "13:00:00 PM", "1_2:00:00", "-1:00:00"]
)
def test_what_is_no_time_of_day(text):
    acquisition, codes = found(DATE="01-OCT-1994", BTIM=text, ETIM="12:00:00")
    assert (acquisition.begin, acquisition.end) == (None, datetime(1994, 10, 1, 12))
    assert acquisition.duration is None
    assert codes == ["acquisition-time-unreadable"]


def test_midnight_is_passed():
    acquisition, codes = found(DATE="31-DEC-2019", BTIM="23:59:58.50", ETIM="00:00:03")
    assert acquisition.begin == datetime(2019, 12, 31, 23, 59, 58, 500_000)
    assert acquisition.end == datetime(2020, 1, 1, 0, 0, 3)
    assert acquisition.duration == 4.5
    assert codes == ["acquisition-over-midnight"]


def test_duration_needs_no_day():
    acquisition, codes = found(BTIM="10:00:00", ETIM="10:01:30")
    assert (acquisition.begin, acquisition.end, acquisition.duration, codes) == (None, None, 90.0, [])


def test_the_last_day_there_is_has_no_next():
    acquisition, _ = found(DATE="31-DEC-9999", BTIM="10:00:00", ETIM="09:00:00")
    assert (acquisition.end, acquisition.duration) == (None, 23 * 3600.0)


# --- FCS 3.2


def test_times_with_zone():
    acquisition, codes = found(
        BEGINDATETIME="2021-02-28T14:22:10+01:00", ENDDATETIME="2021-02-28T13:23:10Z", DATE="x", BTIM="y"
    )
    assert acquisition.begin == datetime(2021, 2, 28, 14, 22, 10, tzinfo=timezone(timedelta(hours=1)))
    assert acquisition.end == datetime(2021, 2, 28, 13, 23, 10, tzinfo=UTC)
    assert (acquisition.duration, acquisition.date, codes) == (60.0, date(2021, 2, 28), [])


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2021-02-28T14:22:10+01:00", "2021-02-28T14:22:11"),
        ("2021-02-28T14:22:10", "2021-02-28T14:22:09"),
        ("2021-02-28", "2021-02-28T14:22:09"),
        ("2021-02-30T14:22:10", "2021-02-28T14:22:09"),
    ],
)
def test_times_of_which_no_duration_follows(begin, end):
    acquisition, codes = found(BEGINDATETIME=begin, ENDDATETIME=end)
    assert (acquisition.duration, codes) == (None, ["acquisition-time-unreadable"])


# --- volume and names


@pytest.mark.parametrize(
    ("text", "cytometer", "volume", "codes"),
    [
        ("29000", "MACSQuant VYB", 29.0, []),
        ("46000.5", "Attune NxT", 46.0005, []),
        ("120", "Aurora", 120.0, ["acquisition-volume-unit"]),
        ("99.5", "Northern Lights-3000", 99.5, ["acquisition-volume-unit"]),
        ("120 uL", "Aurora", 120.0, []),
        ("120 \xb5L", "x", 120.0, []),
        ("1,5 ml", "x", 1500.0, []),
        ("0", "x", 0.0, []),
        ("-5", "x", None, ["acquisition-volume-unreadable"]),
        ("nan", "x", None, ["acquisition-volume-unreadable"]),
        ("inf", "x", None, ["acquisition-volume-unreadable"]),
        ("a lot", "x", None, ["acquisition-volume-unreadable"]),
        ("1,000", "x", None, ["acquisition-volume-unreadable"]),
    ],
)
def test_volume(text, cytometer, volume, codes):
    acquisition, noted = found(VOL=text, CYT=cytometer)
    assert acquisition.volume == (None if volume is None else pytest.approx(volume))
    assert (acquisition.cytometer, noted) == (cytometer, codes)


def test_names_of_a_file(tmp_path):
    path = tmp_path / "a.fcs"
    words = {"$CYT": "LSRII", "$CYTSN": " ", "$OP": "A. B.", "$DATE": "01-OCT-2012", "$BTIM": "x"}
    path.write_bytes(plain(more=words))
    acquisition = read_fcs(path).acquisition
    assert (acquisition.cytometer, acquisition.serial_number, acquisition.operator) == (
        "LSRII",
        None,
        "A. B.",
    )
    assert [problem.location for problem in acquisition.problems] == [f"{path}: $BTIM"]
    assert read_fcs(path).warnings == ()


def test_real_files_say_when_they_were_acquired(reference_data):
    folder = reference_data / "fcs_formats_open"
    files = [
        path
        for path in sorted(folder.rglob("*.fcs"))
        if path.name not in {"corrupted.fcs", "sample_header.fcs"}
    ]
    assert len(files) > 10
    known = 0
    for path in files:
        file = read_fcs(path, lenient=True)
        acquisition = file.acquisition
        if file.keywords.get("$DATE") and file.keywords.get("$BTIM"):
            assert acquisition.begin is not None, path.name
            assert 0 <= acquisition.duration < 4 * 3600
            known += 1
    assert known > 5


KEYS = st.sampled_from(["DATE", "BTIM", "ETIM", "BEGINDATETIME", "ENDDATETIME", "VOL", "CYT", "OP"])
TEXTS = st.text(max_size=12) | st.text("0123456789:-./, TZJanFebMaPmunl+", max_size=24)


@given(st.dictionaries(KEYS, TEXTS))
def test_any_text_gives_an_acquisition(words):
    acquisition, _ = found(**words)
    assert acquisition.duration is None or acquisition.duration >= 0
    assert acquisition.volume is None or acquisition.volume >= 0
