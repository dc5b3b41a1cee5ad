"""Exceptions and problems: everything that can be wrong is said with what, where and what to do.

::

    CytogateError
    ├── FcsError            a file that cannot be read (code, path, field, offset, found, expected)
    ├── PanelError          a marker or channel that is missing, ambiguous or doubled
    ├── CompensationError   a matrix that cannot be used, or must not be used again
    ├── TransformError      parameters outside their domain
    ├── TemplateError       a gating template that is wrong (holds all problems)
    ├── GatingError         an unknown population, a strategy that does not fit a source
    ├── StudyError          a study file or sample sheet that is wrong (holds all problems)
    ├── StoreError          a run folder that cannot be written or read
    └── InteropError        a foreign gating file that cannot be understood
"""

from __future__ import annotations

import copyreg
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self


# Signs that would break a message in two, or that no output takes: they are spelled in a message.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return text with the signs spelled that no message should hold.

    Examples
    --------
    >>> printable("CD19\x1b[2J")
    'CD19\\x1b[2J'
    """
    return text if text.isprintable() else _UNPRINTABLE.sub(lambda sign: ascii(sign[0])[1:-1], text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or worth knowing, and where.

    Attributes
    ----------
    code : str
        Stable name of the kind of problem, e.g. ``"spillover-not-square"``.
    location : str
        Where it was seen, in the words of the file: ``"samples.csv row 7, column file"``.
    message : str
        What was found and what was expected.
    fix : str
        What the user can do; may be empty.

    Control characters of names and values are spelled in `message` and `fix`; in `location`, which holds the
    file as it is named, when it is shown.
    """

    code: str
    location: str
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", printable(self.message))
        object.__setattr__(self, "fix", printable(self.fix))

    def __str__(self) -> str:
        text = f"{printable(self.location)}: {self.message}" if self.location else self.message
        return f"{text} {self.fix}" if self.fix else text


class CytogateError(Exception):
    """Base of all errors that cytogate raises on purpose.

    Attributes
    ----------
    problems : tuple of Problem
        All that is wrong, when several things are; may be empty.
    """

    def __init__(self, message: str, *, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)

    def __new__(cls, *args: object, **_kwargs: object) -> Self:
        """Make an error, and see to it that it is pickled by itself.

        Libraries (tblib, which Dask and anndata load) teach pickle to take along what an exception was raised
        from, which need not be picklable: then a worker could not say its error.
        """
        copyreg.pickle(cls, lambda error: error.__reduce__())
        return super().__new__(cls, *args)

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[object, ...]]:
        # Errors cross process borders; keyword attributes must survive that.
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


_E = TypeVar("_E", bound=CytogateError)


def _rebuild(kind: type[_E], args: tuple[object, ...], state: dict[str, object]) -> _E:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class FcsError(CytogateError):
    """A file that is not FCS, or an FCS file that cannot be read without guessing.

    Parameters
    ----------
    code : str
        Stable name of the kind of fault, e.g. ``"data-truncated"``.
    path : str
        The file, as the user named it.
    field : str
        Segment or keyword: ``"HEADER"``, ``"$PAR"``, ``"DATA"``.
    offset : int or None
        Byte offset of the fault, where one is known.
    found, expected : str
        What stands there, and what should.
    fix : str
        What the user can do; may be empty.
    """

    def __init__(
        self,
        code: str,
        path: str,
        field: str,
        offset: int | None,
        found: str,
        expected: str,
        *,
        fix: str = "",
    ) -> None:
        self.code = code
        self.path = path
        self.field = field
        self.offset = offset
        self.found = found
        self.expected = expected
        self.fix = fix
        place = f"{field} at byte {offset}" if offset is not None else field
        message = f"{path}: {place}: found {found}; expected {expected}. [{code}]"
        super().__init__(printable(f"{message} {fix}" if fix else message))


class PanelError(CytogateError, ValueError):
    """A marker or channel that a panel lacks, has twice, or that is ambiguous."""


class CompensationError(CytogateError, ValueError):
    """A compensation matrix that cannot be used, or events that are compensated already."""


class TransformError(CytogateError, ValueError):
    """Parameters of a transform outside their domain."""


class _ProblemsError(CytogateError, ValueError):
    """An error whose message lists every problem, one a line."""

    def __init__(self, title: str, problems: Iterable[Problem] = ()) -> None:
        found = tuple(problems)
        same = [problem for problem in found if problem.message == title]  # not said twice
        head = " ".join(filter(None, [title, *(problem.fix for problem in same)]))
        lines = [head, *(f"  {problem}" for problem in found if problem not in same)]
        super().__init__("\n".join(lines), problems=found)
        self.title = title


class TemplateError(_ProblemsError):
    """A gating template that is wrong; lists every problem."""


class StudyError(_ProblemsError):
    """A study file or a sample sheet that is wrong; lists every problem."""


class GatingError(_ProblemsError):
    """A population that is unknown or ambiguous, or a strategy that does not fit its source."""


class InteropError(_ProblemsError):
    """A foreign gating file that cannot be understood."""


class StoreError(CytogateError):
    """A run folder that cannot be written or read."""


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Return names in a row; of many, the first ones and how many others there are.

    Examples
    --------
    >>> listed(["FSC-A", "SSC-A", "Time"], most=2)
    'FSC-A, SSC-A and 1 other'
    """
    n_others = len(names) - most
    more = f" and {n_others} other{'' if n_others == 1 else 's'}" if n_others > 0 else ""
    return ", ".join(names[:most]) + more


def nearest(name: str, known: Sequence[str], *, most: int = 3) -> str:
    """Return a phrase that names the known spellings nearest to `name`, or all when they are few.

    Examples
    --------
    >>> nearest("CD72", ["CD27", "IgD", "CD3"])
    'Did you mean CD27 or CD3?'
    >>> nearest("x", [])
    'There are none.'
    """
    if not known:
        return "There are none."
    close = closest(name, known, most=most)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = list(known[:12])
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return f"Known: {', '.join(shown)}{more}."


def closest(name: str, known: Sequence[str], *, most: int = 3) -> list[str]:
    """Return the known spellings that `name` may be a slip of, the nearest first.

    Examples
    --------
    >>> closest("falback", ["method", "fallback"])
    ['fallback']
    """
    lowered = {entry.casefold(): entry for entry in known}
    close = difflib.get_close_matches(name.casefold(), list(lowered), n=most, cutoff=0.5)
    return [lowered[entry] for entry in close]
