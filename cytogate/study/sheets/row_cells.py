"""The cells of one row of a table, read by kind: what is wrong is collected, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.stats.clinical import bilag
from cytogate.study.sheets.cells import bad_id, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_YES = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}


class RowCells:
    """The cells of one row, read by kind; what is wrong is collected."""

    def __init__(self, table: str, row: int, cells: Mapping[str, str]) -> None:
        self.place = f"{table} row {row}"
        self.cells = cells
        self.problems: list[Problem] = []

    def wrong(self, column: str, code: str, message: str, fix: str = "") -> None:
        """Add a problem of one cell."""
        self.problems.append(Problem(code, f"{self.place}, column {column}", message, fix))

    def id(self, column: str) -> str:
        """Return an id, verbatim."""
        text = self.cells.get(column, "")
        trouble = bad_id(text, needed=True)
        if trouble:
            self.wrong(column, "id-wrong", trouble)
        return text

    def number(self, column: str) -> float | None:
        """Return a number; None of an empty cell."""
        value, trouble = number_of(self.cells.get(column, ""))
        if trouble:
            self.wrong(column, "number-wrong", trouble)
        return value

    def measured(self, column: str) -> tuple[float | None, float | None]:
        """Return a value, or the limit that it is below (``<0.1``); neither of an empty cell."""
        text = self.cells.get(column, "").strip()
        if not text.startswith("<"):
            return self.number(column), None
        limit, trouble = number_of(text[1:])
        if trouble or limit is None or limit <= 0:
            what = f"{text[:40]!r} names no limit above 0."
            self.wrong(column, "limit-wrong", what, "Write < and the limit of the assay: <0.1.")
            return None, None
        return None, limit

    def yes_no(self, column: str) -> bool | None:
        """Return an answer; None of an empty cell."""
        text = self.cells.get(column, "").strip().casefold()
        if not text:
            return None
        if text not in _YES:
            self.wrong(column, "yes-no-wrong", f"{text[:40]!r} is neither yes nor no.", "Write 1 or 0.")
        return _YES.get(text)

    def grade(self, column: str) -> str | None:
        """Return a BILAG grade; None of an empty cell."""
        text = self.cells.get(column, "").strip().upper()
        if not text:
            return None
        if text not in bilag.GRADES or len(text) != 1:
            what = f"{text[:40]!r} is not a BILAG grade."
            self.wrong(column, "grade-wrong", what, "Write A, B, C, D or E.")
            return None
        return text


def unreadable(problems: Iterable[Problem]) -> bool:
    """Return whether the rows cannot be understood: the file, or the columns that say whose they are."""
    return any(
        problem.code.startswith("table-") or problem.code in ("column-missing", "column-twice")
        for problem in problems
    )
