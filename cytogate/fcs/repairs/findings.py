"""Findings: what deviates in one file."""

from __future__ import annotations

from cytogate.errors import CytogateError, FcsError, Problem
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.repairs.refusals import advice_on_refusal


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
        """Return (not raise) the error that refuses the file; `fix` is that of the code if not given."""
        fix = fix or advice_on_refusal(code)
        return FcsError(code, self.path, field, offset, str(found), expected, fix=fix)
