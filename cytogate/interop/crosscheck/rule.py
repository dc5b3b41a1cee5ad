"""A rule of the standard on which readers differ, and the file that it may bear on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.fcs.file import FcsFile

BOTH = ("flowio", "fcsparser")


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that is compared, with the bytes of its TEXT as they stand there."""

    file: FcsFile
    text: bytes

    @property
    def codes(self) -> frozenset[str]:
        """Codes of all warnings about the file."""
        return frozenset(problem.code for problem in self.file.warnings)

    def lacks(self, keyword: str) -> bool:
        """Say whether the file has no such keyword."""
        return keyword not in self.file.keywords


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the standard.

    Attributes
    ----------
    code : str
    section : str
        Where it stands; empty for a limit of a program that no rule is about.
    says : str
        The rule, in one sentence.
    bears_on : callable
        Whether a file has the feature that the rule is about.
    readers : tuple of str
        Those known not to keep it.
    misread : callable, optional
        (records, file, channel) -> (n,) values that a reader sees which does not keep the rule, or None where
        the channel does not have the feature.
    about : {"bytes", "place", "text", "scale"}
        What goes wrong: values of a record, where the records lie, what the keywords say, or log and gain.
    complaint : str
        Regular expression of what a reader says that fails because of it; empty where it may say anything.
    """

    code: str
    section: str
    says: str
    bears_on: Callable[[Subject], bool]
    readers: tuple[str, ...] = BOTH
    misread: Callable[[NDArray[np.uint8], FcsFile, int], NDArray[Any] | None] | None = field(
        default=None, repr=False
    )
    about: Literal["bytes", "place", "text", "scale"] = "bytes"
    complaint: str = ""
