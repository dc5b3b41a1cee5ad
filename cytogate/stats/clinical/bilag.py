"""BILAG: grades A (severe) to E (never involved) by organ system, their numbers, and what is new.

Grades are taken as recorded; they are not derived from the items of the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GRADES = "ABCDE"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the index.

    Attributes
    ----------
    name : str
    systems : tuple of str
        As columns ``bilag_<system>`` name them.
    numbers : mapping of grade to int
        For a numeric total.
    """

    name: str
    systems: tuple[str, ...]
    numbers: Mapping[str, int]


# Numbers of Yee et al. 2010.
BILAG_2004 = Version(
    "BILAG-2004",
    (
        "constitutional",
        "mucocutaneous",
        "neuropsychiatric",
        "musculoskeletal",
        "cardiorespiratory",
        "gastrointestinal",
        "ophthalmic",
        "renal",
        "haematological",
    ),
    MappingProxyType({"A": 12, "B": 8, "C": 1, "D": 0, "E": 0}),
)
# The index of the first responder index: eight systems.
CLASSIC = Version(
    "classic BILAG",
    (
        "general",
        "mucocutaneous",
        "neurological",
        "musculoskeletal",
        "cardiorespiratory",
        "vasculitis",
        "renal",
        "haematological",
    ),
    MappingProxyType({"A": 9, "B": 3, "C": 1, "D": 0, "E": 0}),
)
SYSTEMS = BILAG_2004.systems
ALL_SYSTEMS = tuple(dict.fromkeys((*BILAG_2004.systems, *CLASSIC.systems)))


def version_of(systems: Iterable[str]) -> Version | None:
    """Return the version that has all of these systems, BILAG-2004 where both have; None where neither has.

    Examples
    --------
    >>> version_of(["renal", "vasculitis"]).name, version_of(["vasculitis", "ophthalmic"])
    ('classic BILAG', None)
    """
    named = set(systems)
    return next((version for version in (BILAG_2004, CLASSIC) if named <= set(version.systems)), None)


def score(grades: Mapping[str, str], version: Version = BILAG_2004) -> int | None:
    """Return the sum of the numbers of all systems; None where one was not recorded.

    Examples
    --------
    >>> score({system: "E" for system in SYSTEMS} | {"renal": "A", "mucocutaneous": "B"})
    20
    """
    if set(grades) < set(version.systems):
        return None
    return sum(version.numbers[grades[system]] for system in version.systems)


def new_a(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the systems that are A and were not, of those recorded at both visits, in order of name."""
    return tuple(s for s in sorted(set(before) & set(after)) if after[s] == "A" != before[s])


def new_b(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the systems that are B and were C, D or E: from A to B is improvement, in order of name.

    Examples
    --------
    >>> new_b({"renal": "A", "ophthalmic": "D"}, {"renal": "B", "ophthalmic": "B"})
    ('ophthalmic',)
    """
    return tuple(s for s in sorted(set(before) & set(after)) if after[s] == "B" and before[s] in "CDE")


def not_improved(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the systems that were A or B and did not get better: A to B, C or D; B to C or D."""
    return tuple(
        s for s in sorted(set(before) & set(after)) if before[s] in "AB" and not before[s] < after[s]
    )
