"""Described: the keywords of one ``$Pn``, and where to say what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.errors import FcsError
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.terms import Terms


@dataclass(frozen=True, slots=True)
class Described:
    """What a file says of parameter `n`, from 1; keywords go by their suffix: ``"B"`` is ``$PnB``."""

    n: int
    keywords: Mapping[str, str]
    terms: Terms
    findings: Findings

    def key(self, suffix: str) -> str:
        """Return the keyword of a suffix."""
        return f"$P{self.n}{suffix}"

    def text(self, suffix: str) -> str | None:
        """Return what it says; None where it is absent."""
        return self.keywords.get(self.key(suffix))

    def note(self, code: str, suffix: str, message: str) -> None:
        """Add a warning about a keyword."""
        self.findings.note(code, self.key(suffix), message)

    def error(self, code: str, suffix: str, found: object, expected: str, fix: str = "") -> FcsError:
        """Return (not raise) the error about a keyword; its byte is added where TEXT is at hand."""
        return self.findings.error(code, self.key(suffix), None, found, expected, fix)
