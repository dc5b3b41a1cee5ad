"""Repairs: each named deviation that a file may have and still be read, with its warning code.

A repair is made only where one reading is provable: the DATA segment has the length that ``$TOT`` and the
parameters imply, lies inside the file and does not overlap TEXT. Those marked `lenient` change the number of
events or the values, and are made on request only.
"""

from __future__ import annotations

from dataclasses import dataclass

from cytogate.errors import CytogateError, FcsError, Problem


@dataclass(frozen=True, slots=True)
class Repair:
    """One kind of deviation, what is done about it, and public threads about files that have it."""

    code: str
    what: str
    lenient: bool = False
    seen: tuple[str, ...] = ()  # "flowCore#51"


_ALL = (
    Repair("header-offsets-blank", "offsets of DATA in HEADER are blank; those of TEXT are used"),
    Repair("header-offsets-unreadable", "offsets of HEADER are no numbers; those of TEXT are used"),
    Repair("header-version-blanks", "bytes 6 to 9 of HEADER are not blank"),
    Repair("data-offsets-differ", "HEADER and TEXT name different places of DATA; exactly one is proven"),
    Repair("data-offsets-missing", "TEXT does not say where DATA lies; HEADER does"),
    Repair("data-end-past", "DATA is said to end one byte too late"),
    Repair(
        "data-end-missing", "only the beginning of DATA is known, and the events fill the file from there"
    ),
    Repair("text-end-past", "TEXT is said to end on the first byte of DATA"),
    Repair("text-no-final-delimiter", "the last keyword of TEXT has no delimiter behind it"),
    Repair("text-padded", "TEXT has blanks behind its last delimiter"),
    Repair("text-empty-values", "doubled delimiters are empty values, not escaped delimiters"),
    Repair(
        "text-delimiter-in-value", "a value holds the delimiter before a '$': an empty value may be swallowed"
    ),
    Repair("text-blanks", "blanks around keywords are left out"),
    Repair("text-latin1", "TEXT is not UTF-8; it is read as latin-1"),
    Repair("text-duplicate-keyword", "a keyword stands twice; the first one counts"),
    Repair("supplemental-text-ignored", "supplemental TEXT lies nowhere, or is TEXT itself"),
    Repair("keywords-missing", "keywords that the version requires are absent, and not needed"),
    Repair("total-missing", "$TOT is absent; the number of events follows from the length of DATA"),
    Repair("parameter-bits-missing", "$PnB is absent on floating-point data; the type gives the width"),
    Repair(
        "parameter-bits-stored-wider", "$PnB is no whole number of bytes; values fill the next whole ones"
    ),
    Repair("parameter-range-unreadable", "$PnR of floating-point data is no number"),
    Repair("parameter-range-ignored", "$PnR of integers is no range; no mask is applied", lenient=True),
    Repair("channel-unnamed", "$PnN is absent; the parameter number is the name"),
    Repair("channel-name-duplicate", "$PnN stands for several parameters; their numbers are added"),
    Repair("log-on-float-ignored", "$PnE on floating-point data is left alone"),
    Repair("log-offset-zero", "$PnE has offset 0 with decades above 0; 1 is used"),
    Repair("log-scale-missing", "$PnE is absent on integer data; it is taken as linear"),
    Repair("log-scale-unreadable", "$PnE is no pair of numbers; values are taken as linear", lenient=True),
    Repair("log-on-time-ignored", "$PnE of the time channel is left alone"),
    Repair("gain-unreadable", "$PnG is no number above 0; 1 is used"),
    Repair("gain-with-log-ignored", "$PnG stands beside a logarithmic $PnE; it is left alone"),
    Repair("gain-on-float-ignored", "$PnG on floating-point data is left alone from FCS 3.2 on"),
    Repair("time-gain-ignored", "$PnG of the time channel is left alone"),
    Repair("timestep-unreadable", "$TIMESTEP is no number above 0; time stays in the instrument's unit"),
    Repair("byte-order-mixed", "$BYTEORD is neither little nor big endian"),
    Repair("more-data-sets", "the file holds more data sets than the one read"),
    Repair("next-data-unreadable", "$NEXTDATA points at no data set"),
    Repair("bits-beyond-range", "integers have bits above $PnR; they are masked away"),
    Repair(
        "data-truncated", "the file ends before the last event; the whole events there are read", lenient=True
    ),
    Repair("total-mismatch", "$TOT is not what DATA holds; the events there are read", lenient=True),
)
REPAIRS: dict[str, Repair] = {repair.code: repair for repair in _ALL}


def is_lenient(code: str) -> bool:
    """Say whether a warning is of a repair that is made on request only."""
    return code in REPAIRS and REPAIRS[code].lenient


class Findings:
    """Collects the deviations of one file while it is opened."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def note(self, code: str, field: str, message: str, fix: str = "") -> None:
        """Add a warning; `code` must be one of `REPAIRS`."""
        if code not in REPAIRS:
            text = f"no repair called {code!r}"
            raise CytogateError(text)
        self.problems.append(Problem(code, f"{self.path}: {field}", message, fix))

    def error(
        self, code: str, field: str, offset: int | None, found: object, expected: str, fix: str = ""
    ) -> FcsError:
        """Return (not raise) the error that refuses the file."""
        return FcsError(code, self.path, field, offset, str(found), expected, fix=fix)
