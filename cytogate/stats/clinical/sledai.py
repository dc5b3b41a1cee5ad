"""SLEDAI: 24 weighted descriptors of lupus activity, their total (at most 105) and its cross-check.

SLEDAI-2K, SELENA-SLEDAI and the original SLEDAI share weights and differ in when a descriptor is present:
`INSTRUMENTS` says how. Sheets hold descriptors as yes or no, so one table of weights serves all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Weights of SLEDAI-2K (Gladman, Ibanez, Urowitz 2002).
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "seizure": 8,
        "psychosis": 8,
        "organic_brain": 8,
        "visual": 8,
        "cranial_nerve": 8,
        "lupus_headache": 8,
        "cva": 8,
        "vasculitis": 8,
        "arthritis": 4,
        "myositis": 4,
        "urinary_casts": 4,
        "haematuria": 4,
        "proteinuria": 4,
        "pyuria": 4,
        "rash": 2,
        "alopecia": 2,
        "mucosal_ulcers": 2,
        "pleurisy": 2,
        "pericarditis": 2,
        "low_complement": 2,
        "dna_binding": 2,
        "fever": 1,
        "thrombocytopenia": 1,
        "leukopenia": 1,
    }
)
SEROLOGICAL = ("low_complement", "dna_binding")
MAXIMUM = 105


@dataclass(frozen=True, slots=True)
class Instrument:
    """A version of the index.

    Attributes
    ----------
    name : str
        As study files name it.
    short : str
        In reasons.
    counts : str
        What it counts that the others do not.
    """

    name: str
    short: str
    counts: str


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Instrument(
                "SLEDAI-2K",
                "SLEDAI",
                "persistent proteinuria, rash, alopecia and mucosal ulcers count (Gladman et al. 2002)",
            ),
            Instrument(
                "SELENA",
                "SELENA-SLEDAI",
                "proteinuria counts when new or recent; scleritis and episcleritis count as visual, "
                "vertigo as cranial nerve disorder",
            ),
            Instrument(
                "SLEDAI",
                "original SLEDAI",
                "proteinuria, rash, alopecia and mucosal ulcers count when new or recurrent "
                "(Bombardier et al. 1992)",
            ),
        )
    }
)


def total(items: Mapping[str, bool]) -> int:
    """Return the score of the descriptors that are present; a descriptor left out is absent.

    Raises
    ------
    KeyError
        When a descriptor is not one of the 24 of `WEIGHTS`.

    Examples
    --------
    >>> total({"arthritis": True, "rash": True, "fever": False, "dna_binding": True})
    8
    """
    return sum(WEIGHTS[item] for item, present in items.items() if present)


def clinical_total(items: Mapping[str, bool]) -> int:
    """Return the score without complement and DNA binding (clinical SLEDAI)."""
    return total({item: present for item, present in items.items() if item not in SEROLOGICAL})


def clinical_score(recorded: float | None, items: Mapping[str, bool]) -> float | None:
    """Return clinical SLEDAI from a total and its descriptors; None where they cannot tell.

    A total of 0 needs no descriptor; another needs the two serological ones, or all 24.

    Examples
    --------
    >>> clinical_score(8, {"low_complement": True, "dna_binding": True})
    4
    >>> clinical_score(8, {"low_complement": True}) is None
    True
    """
    if set(items) == set(WEIGHTS):
        return clinical_total(items)
    if recorded == 0:
        return 0
    if recorded is None or not set(SEROLOGICAL) <= set(items):
        return None
    return recorded - total({item: items[item] for item in SEROLOGICAL})


def disagreement(items: Mapping[str, bool], recorded: float | None) -> str:
    """Return what is wrong with a recorded total, or "" when it agrees with its descriptors.

    A record with no descriptors at all is judged by its range alone; one with some but not all of the 24
    can only be refuted when the descriptors given exceed the total.
    """
    if recorded is None:
        return ""
    if recorded != int(recorded) or not 0 <= recorded <= MAXIMUM:
        return f"a SLEDAI-2K total is a whole number from 0 to {MAXIMUM}, not {recorded:g}"
    if not items:
        return ""
    scored = total(items)
    whole = set(items) == set(WEIGHTS)
    if scored == recorded or (not whole and scored < recorded):
        return ""
    given = "the 24 descriptors" if whole else f"the {len(items)} descriptors given"
    return f"the total says {recorded:g}, and {given} make {scored}"
