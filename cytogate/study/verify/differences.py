"""What verifying finds: differences in plain words, in the order of the chain, and what was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERIFICATION_FORMAT = "cytogate.verification"
VERIFICATION_VERSION = 1

Link = Literal["log", "manifest", "study", "document", "template", "input", "file", "report", "figures"]
SHOWN = 12  # letters of a hash that a person compares


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the run left it.

    Attributes
    ----------
    link : str
        Which link of the chain: ``log``, ``manifest``, ``study``, ``document``, ``template``, ``input``,
        ``file`` (tables, pictures and other files of the run), ``report``, or ``figures`` that came out
        otherwise.
    file : str
        The file it is about, as sheet, study or run folder name it.
    expected, found : str
        What the run says, and what is there.
    means : str
        What follows for the figures.
    fix : str
        What to do.
    """

    link: Link
    file: str
    expected: str
    found: str
    means: str
    fix: str


@dataclass(frozen=True, slots=True)
class Compared:
    """How many figures were held against the tables.

    Attributes
    ----------
    counts, numbers : int
        Whole numbers, and numbers with fractions.
    equal_bits : bool
        Whether numbers had to agree to the last bit; else within 1e-12 of their size.
    largest : float
        Largest relative deviation of a number that passed.
    """

    counts: int = 0
    numbers: int = 0
    equal_bits: bool = True
    largest: float = 0.0


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome for one run folder.

    Attributes
    ----------
    folder : Path
    differences : tuple of Difference
        In the order of the chain: the first is the first broken link.
    notes : tuple of str
        What is worth knowing and changes no figure: other versions, a torn line of the log.
    checked : mapping
        What was looked at, and how many.
    gated : tuple of str
        Samples that were gated again.
    compared : Compared or None
        None where nothing was gated again.
    """

    folder: Path
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)
    gated: tuple[str, ...] = ()
    compared: Compared | None = None

    @property
    def holds(self) -> bool:
        """Return whether no difference was found."""
        return not self.differences

    def plain(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        return {
            "format": VERIFICATION_FORMAT,
            "version": VERIFICATION_VERSION,
            "folder": str(self.folder),
            "holds": self.holds,
            "first_broken_link": None if self.holds else asdict(self.differences[0]),
            "differences": [asdict(difference) for difference in self.differences],
            "notes": list(self.notes),
            "checked": dict(self.checked),
            "gated_again": list(self.gated),
            "compared": None if self.compared is None else asdict(self.compared),
        }


def said_hash(digest: str | None, size: int | None = None) -> str:
    """Return a hash in words.

    Examples
    --------
    >>> said_hash("ab" * 32, 1200)
    'SHA-256 abababababab… (1200 bytes)'
    >>> said_hash(None)
    'no file that can be read'
    """
    if digest is None:
        return "no file that can be read"
    return f"SHA-256 {digest[:SHOWN]}…" + ("" if size is None else f" ({size} bytes)")
