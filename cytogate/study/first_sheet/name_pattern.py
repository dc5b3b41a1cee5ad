"""Patterns of file names: ``{subject}_{visit}_{panel}`` tells which part of a name is what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import Problem, StudyError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS = ("sample", "subject", "visit", "week", "panel", "batch", "role", "control_for", "note")
ANYTHING = "*"
_PART = re.compile(r"\{([^{}]*)\}")
_MOST = 500  # characters and fields of a pattern


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern that was understood; made by `parse_pattern`.

    Attributes
    ----------
    text : str
        As it was written.
    fields : tuple of str
        The name of each part in braces, in order; empty for a part that means nothing.
    expression : re.Pattern
        One group for each field.
    """

    text: str
    fields: tuple[str, ...]
    expression: re.Pattern[str]

    def read(self, name: str) -> dict[str, str] | None:
        """Return what a name says, by field; None where the pattern does not fit it.

        Parameters
        ----------
        name : str
            Path below the folder, with ``/`` and without its ending.

        Examples
        --------
        >>> parse_pattern("{subject}_{visit}_{}").read("fcs/P01_W0_003")
        {'subject': 'P01', 'visit': 'W0'}
        >>> parse_pattern("{subject}-{subject}/{visit}").read("01-003/W4")
        {'subject': '01-003', 'visit': 'W4'}
        >>> parse_pattern("{subject}_{visit}").read("P01_W0_Bcell") is None
        True
        """
        if "/" not in self.text:
            name = name.rpartition("/")[2]
        match = self.expression.fullmatch(name)
        if match is None:
            return None
        spans: dict[str, tuple[int, int]] = {}
        for number, field in enumerate(self.fields, start=1):
            begin, end = match.span(number)
            if field:
                spans[field] = (spans.get(field, (begin, end))[0], end)
        return {field: name[begin:end].strip() for field, (begin, end) in spans.items()}


def parse_pattern(text: str) -> NamePattern:
    """Return a pattern, understood.

    Fields are the columns of a sheet; ``{}`` is a part that means nothing, ``{*}`` any rest with all its
    marks. A field holds none of the marks (``_``, ``-``, blanks ...) that the pattern puts around fields. A
    field that stands twice reaches from the first to the second: ``{subject}-{subject}`` for ``01-003``.
    With ``/`` the pattern is of the folders above the file, too. It is no regular expression.

    Raises
    ------
    StudyError
        A field is unknown, two fields touch, or there is none.
    """
    problems = []
    pieces = _PART.split(text)
    literals, names = pieces[::2], [name.strip() for name in pieces[1::2]]
    if not names or len(text) > _MOST:
        what = "names no field." if not names else f"is longer than {_MOST} characters."
        problems.append(Problem("pattern-wrong", repr(text[:80]), what, "Such as {subject}_{visit}_{panel}."))
    for name in dict.fromkeys(names):
        if name not in ("", ANYTHING, *FIELDS):
            fix = f"{nearest(name, FIELDS)} Fields: {', '.join(FIELDS)}; {{}} for a part that means nothing."
            problems.append(Problem("pattern-wrong", repr(text), f"unknown field {name!r}.", fix))
    if any("{" in piece or "}" in piece for piece in literals):
        problems.append(Problem("pattern-wrong", repr(text), "a brace stands alone."))
    if any(not piece for piece in literals[1:-1]):
        what = "two fields touch: nothing tells where one ends."
        problems.append(Problem("pattern-wrong", repr(text), what, "Put the mark between them."))
    if problems:
        title = "The pattern of file names cannot be understood:"
        raise StudyError(title, problems)
    return NamePattern(
        text, tuple("" if name == ANYTHING else name for name in names), _compiled(literals, names)
    )


def _compiled(literals: Sequence[str], names: Sequence[str]) -> re.Pattern[str]:
    marks = {letter for piece in literals for letter in piece if not letter.isalnum() and letter != "/"}
    held = f"[^/{''.join(map(re.escape, sorted(marks)))}]+"
    made = [re.escape(literals[0])]
    for name, literal in zip(names, literals[1:], strict=True):
        made.append("(.+)" if name == ANYTHING else f"({held})")
        made.append(re.escape(literal))
    above = "(?:.*/)?" if any("/" in piece for piece in literals) else ""
    return re.compile(above + "".join(made), re.IGNORECASE)
