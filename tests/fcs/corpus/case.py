"""One file of the corpus: its bytes, what is true of it, and which answers of a reader are acceptable."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fcs.corpus.table import Table


@dataclass(frozen=True)
class Case:
    """A file and its truth.

    Attributes
    ----------
    name, group : str
        ``group`` is the class of fault or rarity; the two together are unique.
    content : bytes
    allowed, leniently : str
        Acceptable answers, with ``|`` between: ``exact`` (the values, without a warning), ``+code`` (the
        values, with this warning), ``+`` (the values, with any warning), ``!code`` (refused with this error),
        ``~code`` (on request: values that the file's own words imply, with a warning, where nothing in the
        file tells which of its words is wrong).
    table : Table or None
        The events; None where no answer but a refusal can be right.
    left : Table or None
        What lenient reading may give: the events that are there. As `table` unless told.
    names, labels, keywords, spillover
        What else must be so when the file is read: channel names; labels; some keywords (None: absent); rows
        of coefficients, or the code (or codes, with ``|`` between) with which the matrix is turned down.
    dataset : int
    hole : (int, int) or None
        Where in the file NUL bytes are to be put in, and how many.
    """

    name: str
    group: str
    content: bytes = field(repr=False)
    allowed: str
    leniently: str
    table: Table | None = field(repr=False, default=None)
    left: Table | None = field(repr=False, default=None)
    names: tuple | None = None
    labels: tuple | None = None
    keywords: dict | None = None
    spillover: object = None
    dataset: int = 0
    hole: tuple | None = None
    is_valid: bool = False

    def __str__(self):
        return f"{self.group}: {self.name}"

    @property
    def file_name(self):
        """A name that every file system takes."""
        text = f"{self.group} {self.name}".casefold()
        return "".join(c if c.isalnum() else "-" for c in text) + ".fcs"

    def truth(self, *, lenient=False):
        """The events that a reader may give."""
        return self.left if lenient else self.table

    def answers(self, *, lenient=False):
        """The set of acceptable answers."""
        return {answer.strip() for answer in (self.leniently if lenient else self.allowed).split("|")}

    def write(self, folder):
        """Write the file into a folder; return its path."""
        path = Path(folder) / self.file_name
        with path.open("wb") as stream:
            at, size = self.hole or (len(self.content), 0)
            stream.write(self.content[:at])
            stream.seek(size, 1)  # the file system keeps no bytes of a hole
            stream.write(self.content[at:])
        return path


class Cases:
    """Collects the cases of one theme."""

    def __init__(self, theme, *, are_valid=False):
        self.theme = theme
        self.are_valid = are_valid
        self.found = []

    def add(self, name, content, allowed, table=None, *, leniently=None, left=None, group=None, **more):
        """Add a case; `content` may be a `Table`, which is then the truth, too."""
        if isinstance(content, Table):
            content, table = content.file(), content
        self.found.append(
            Case(
                name,
                group or self.theme,
                content,
                allowed,
                leniently or allowed,
                table,
                left or table,
                is_valid=self.are_valid,
                **more,
            )
        )
