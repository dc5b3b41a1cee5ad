"""What clinical rules look at, of one subject at one visit, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ClinicalState:
    """What a rule looks at, for one subject at one visit.

    Attributes
    ----------
    visit : str
    week : float or None
    sledai : float or None
        Total of the study's version of SLEDAI.
    bilag : mapping of system to grade
        Grades A to E; a system left out was not recorded.
    pga : float or None
        Physician's global assessment, on 0 to 3.
    prednisone_mg_day : float or None
        Prednisone equivalent of all steroids.
    meds_violation : bool or None
        Prohibited medication or withdrawal; None where the trial does not record it.
    items : mapping of descriptor to bool
        SLEDAI descriptors; one left out was not recorded.
    """

    visit: str
    week: float | None = None
    sledai: float | None = None
    bilag: Mapping[str, str] = field(default_factory=dict)
    pga: float | None = None
    prednisone_mg_day: float | None = None
    meds_violation: bool | None = None
    items: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """The verdict on one subject: `responder` is None when the subject is not evaluable.

    `reasons` says, clause by clause, what was found; for a responder as well. `clauses` holds, by name,
    whether each was met; None where a value was missing.
    """

    responder: bool | None
    reasons: tuple[str, ...]
    clauses: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
