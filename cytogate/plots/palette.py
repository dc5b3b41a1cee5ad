"""Colours, dashes and symbols that tell patients apart, also to colour-blind readers and in grey print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Okabe and Ito 2008, without their yellow (too pale for a line on white).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon")
DASHES = {True: "solid", False: "dash", None: "dot"}
RESPONSE_WORDS = {True: "responder", False: "non-responder", None: "response not known"}


@dataclass(frozen=True, slots=True)
class SubjectStyle:
    """How one patient is drawn in every figure of a report.

    Attributes
    ----------
    colour : str
        ``"#rrggbb"``.
    symbol : str
        A plotly marker symbol.
    responder : bool or None
        Solid line, dashed line; dotted when it is not known.
    """

    colour: str
    symbol: str
    responder: bool | None

    @property
    def dash(self) -> str:
        """Return the plotly name of the dash."""
        return DASHES[self.responder]

    @property
    def svg_dash(self) -> str:
        """Return the SVG ``stroke-dasharray``; empty for a solid line."""
        return {"solid": "", "dash": "5 3", "dot": "1.5 2.5"}[self.dash]

    @property
    def words(self) -> str:
        """Return what the dash says, in words."""
        return RESPONSE_WORDS[self.responder]


def subject_styles(
    subjects: Sequence[str], responders: Mapping[str, bool | None] | None = None
) -> dict[str, SubjectStyle]:
    """Give each patient a colour and a symbol, in the order of `subjects`; pairs repeat after 42 patients.

    Examples
    --------
    >>> styles = subject_styles(["P1", "P2"], {"P1": True, "P2": False})
    >>> styles["P1"].dash, styles["P2"].dash
    ('solid', 'dash')
    """
    known = responders or {}
    n_colours = len(COLOURS)
    return {
        subject: SubjectStyle(
            colour=COLOURS[i % n_colours],
            symbol=SYMBOLS[(i // n_colours) % len(SYMBOLS)],
            responder=known.get(subject),
        )
        for i, subject in enumerate(subjects)
    }
