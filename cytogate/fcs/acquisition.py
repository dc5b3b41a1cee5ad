"""Acquisition: when, for how long, on which volume, instrument and by whom a data set was acquired."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.fcs.text.numbers import comma_decimal, decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICKS = 60  # FCS 3.0, 3.2.20: $BTIM/hh:mm:ss:tt/ counts 1/60 s; FCS 3.1 writes hundredths: hh:mm:ss.cc
_DAY = timedelta(days=1)
_DAYS = 31  # a year of two digits beyond is no day of a month
_CENTURY_FROM = 70  # of FCS 2.0's two digits: 70 is 1970, 69 is 2069
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:([:.,])([0-9]{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]+([^-/ ]+?)\.?[-/ ]+([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/. ]+([^-/ ]+?)\.?[-/ ]+([0-9]{1,2})")
_VOLUME = re.compile(r"(.+?)\s*(nl|ul|\u00b5l|\u03bcl|ml)?", re.I)
_MICROLITRES = {"nl": 1e-3, "ul": 1.0, "\u00b5l": 1.0, "\u03bcl": 1.0, "ml": 1e3}
_CYTEK = re.compile(r"aurora|northern ?lights|nl-?[0-9]{4}|spectroflo", re.I)
# First letters of the months, English first, then other languages of instrument computers without accents.
# What means one month here and another there is left out: listopad is October and November.
_MONTHS = (
    "jan ene gen sty oca ian tamm янв",
    "feb fev lut sub helm фев",
    "mar maer mrz mrt maal мар",
    "apr avr abr kwi nis huht апр",
    "may mai mag mei maj touk маи мая",
    "jun juin giu cze haz iun kesa июн",
    "jul juil lug tem iul hein июл",
    "aug aou ago sie avg agu elok авг",
    "sep set wrz szep eyl syys сен",
    "oct okt out ott paz eki loka окт",
    "nov kas noi marr ноя",
    "dec dez dic des gru ara joul дек",
)
_ENGLISH = tuple(words.split()[0] for words in _MONTHS)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}


@dataclass(frozen=True, slots=True)
class Acquisition:
    """When and how a data set was acquired, as far as its keywords say it.

    Attributes
    ----------
    begin, end : datetime or None
        Of ``$BEGINDATETIME`` and ``$ENDDATETIME`` (FCS 3.2, with their zone where it is given), or of
        ``$DATE``, ``$BTIM`` and ``$ETIM``, in the clock of the instrument's computer.
    duration : float or None
        Seconds from begin to end; known without ``$DATE``, too.
    volume : float or None
        Microlitres of ``$VOL``.
    cytometer, serial_number, operator : str or None
        ``$CYT``, ``$CYTSN`` and ``$OP``; None where absent or blank.
    date : date or None
        Day of the beginning.
    problems : tuple of Problem
        What could not be read, or needed another reading than the standard's.
    """

    begin: datetime | None = None
    end: datetime | None = None
    duration: float | None = None
    volume: float | None = None
    cytometer: str | None = None
    serial_number: str | None = None
    operator: str | None = None
    date: date | None = None
    problems: tuple[Problem, ...] = ()


def read_acquisition(keywords: Mapping[str, str], path: str = "") -> Acquisition:
    """Return what the keywords say of the acquisition; what cannot be read is None and a problem.

    Examples
    --------
    >>> found = read_acquisition({"$DATE": "01-OCT-2012", "$BTIM": "23:59:58", "$ETIM": "00:00:03.50"})
    >>> str(found.begin), str(found.end), found.duration
    ('2012-10-01 23:59:58', '2012-10-02 00:00:03.500000', 5.5)
    """
    reader = _Reader(keywords, path)
    begin, end = reader.moment("$BEGINDATETIME"), reader.moment("$ENDDATETIME")
    duration = reader.duration(begin, end)
    day = begin.date() if begin is not None else reader.day()
    if begin is None and end is None:
        began, ended = reader.clock("$BTIM"), reader.clock("$ETIM")
        begin = _at(day, began)
        if began is not None and ended is not None:
            if ended < began:
                ended += _DAY
                reader.problem("acquisition-over-midnight", "$ETIM", "earlier than $BTIM; of the next day.")
            duration = (ended - began).total_seconds()
        end = _at(day, ended)
    return Acquisition(
        begin,
        end,
        duration,
        reader.volume(),
        reader.text("$CYT"),
        reader.text("$CYTSN"),
        reader.text("$OP"),
        day,
        tuple(reader.problems),
    )


def volume_in(keywords: Mapping[str, str], unit: str) -> float | None:
    """Return microlitres of ``$VOL`` where its number counts ``"nl"`` or ``"ul"``; None where it has none.

    A unit in the keyword itself goes before the one that is given.

    Examples
    --------
    >>> volume_in({"$VOL": "60"}, "ul"), volume_in({"$VOL": "60000"}, "nl"), volume_in({}, "nl")
    (60.0, 60.0, None)
    """
    return _Reader(keywords, "").volume(unit)


class _Reader:
    """Reads keywords of one data set and collects what is wrong with them."""

    def __init__(self, keywords: Mapping[str, str], path: str) -> None:
        self.keywords = keywords
        self.path = path
        self.problems: list[Problem] = []

    def problem(self, code: str, field: str, message: str) -> None:
        self.problems.append(Problem(code, f"{self.path}: {field}", f"{field}: {message}"))

    def text(self, key: str) -> str | None:
        return (self.keywords.get(key) or "").strip() or None

    def moment(self, key: str) -> datetime | None:
        """Return a time of ISO 8601, of FCS 3.2."""
        text = self.text(key)
        if text is None:
            return None
        try:
            if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}", text):
                raise ValueError
            return datetime.fromisoformat(text)
        except ValueError:
            message = f"{text[:40]!r} is no time such as 2021-02-28T14:22:10+01:00."
            self.problem("acquisition-time-unreadable", key, message)
            return None

    def duration(self, begin: datetime | None, end: datetime | None) -> float | None:
        if begin is None or end is None:
            return None
        if (begin.tzinfo is None) != (end.tzinfo is None):
            self.problem("acquisition-time-unreadable", "$ENDDATETIME", "one of begin and end has no zone.")
            return None
        seconds = (end - begin).total_seconds()
        if seconds < 0:
            self.problem("acquisition-time-unreadable", "$ENDDATETIME", "earlier than $BEGINDATETIME.")
            return None
        return seconds

    def day(self) -> date | None:
        """Return ``$DATE``: dd-mmm-yyyy (FCS 3.0), dd-mmm-yy (FCS 2.0), or another one that is certain."""
        text = self.text("$DATE")
        if text is None:
            return None
        if match := _DAY_FIRST.fullmatch(text):
            day, word, year = match.groups()
        elif match := _YEAR_FIRST.fullmatch(text):
            year, word, day = match.groups()
            self.problem("acquisition-date-form", "$DATE", f"{text[:40]!r} has the year first.")
        else:
            day, word, year = "0", "", "0"
        is_last = len(year) == 4 or int(year) > _DAYS
        month = _month(
            word, year_first=match is not None and len(match[1]) == 4, day=int(day), is_last=is_last
        )
        try:
            found = date(_year(year), month, int(day))
        except ValueError:
            self.problem("acquisition-date-unreadable", "$DATE", f"{text[:40]!r} is no date.")
            return None
        if word.casefold() != _ENGLISH[month - 1]:
            self.problem("acquisition-date-form", "$DATE", f"{text[:40]!r} is read as {found}.")
        return found

    def clock(self, key: str) -> timedelta | None:
        """Return the time of day."""
        text = self.text(key)
        if text is None:
            return None
        match = _TIME.fullmatch(text)
        hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3]) if match else (99, 0, 0)
        if match and match[6]:
            hours = hours % 12 + (12 if match[6] in "pP" else 0) if 1 <= hours <= 12 else 99
        if match is None or hours > 23 or minutes > 59 or seconds > 59:
            self.problem("acquisition-time-unreadable", key, f"{text[:40]!r} is no time of day.")
            return None
        return timedelta(hours=hours, minutes=minutes, seconds=seconds + self._fraction(key, match))

    def _fraction(self, key: str, match: re.Match[str]) -> float:
        separator, digits = match[4], match[5]
        if not digits:
            return 0.0
        if separator == ":" and len(digits) <= 2 and int(digits) < _TICKS:
            return int(digits) / _TICKS
        if separator != ".":
            self.problem("acquisition-time-form", key, f"{match[0]!r}: {digits} is read as decimals.")
        return float(f"0.{digits}")

    def volume(self, unit: str | None = None) -> float | None:
        """Return microlitres: ``$VOL`` counts nanolitres from FCS 3.1 on, but microlitres with Cytek."""
        text = self.text("$VOL")
        if text is None:
            return None
        match = _VOLUME.fullmatch(text)
        number = decimal(match[1]) if match else None
        if number is None and match:
            number = comma_decimal(match[1])
        if match is None or number is None or not 0 <= number < 1e12:
            self.problem("acquisition-volume-unreadable", "$VOL", f"{text[:40]!r} is no volume.")
            return None
        if match[2]:
            return number * _MICROLITRES[match[2].casefold()]
        if unit is not None:
            return number * _MICROLITRES[unit]
        instrument = f"{self.text('$CYT') or ''} {self.text('CREATOR') or ''}"
        if _CYTEK.search(instrument):
            message = f"{text[:40]!r} of {instrument.strip()[:40]} is read as microlitres."
            self.problem("acquisition-volume-unit", "$VOL", message)
            return number
        return number * _MICROLITRES["nl"]


def _at(day: date | None, clock: timedelta | None) -> datetime | None:
    if day is None or clock is None:
        return None
    try:
        return datetime.combine(day, datetime.min.time()) + clock
    except OverflowError:
        return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= _CENTURY_FROM else 2000)


def _month(word: str, *, year_first: bool, day: int, is_last: bool) -> int:
    """Return the number of a month, 0 where it is none, or could be the day, or the year the day."""
    number = word.removesuffix("\u6708").removesuffix("\uc6d4")  # "month" in Chinese, Japanese, and Korean
    if number.isascii() and number.isdecimal() and len(number) <= 2:
        certain = number != word or year_first or (is_last and (day > 12 or int(number) == day))
        return int(number) if certain else 0
    letters = "".join(letter for letter in unicodedata.normalize("NFKD", word.casefold()) if letter.isalpha())
    return next((_MONTH_OF[letters[:n]] for n in (4, 3) if letters[:n] in _MONTH_OF), 0)
