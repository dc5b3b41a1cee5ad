"""Terms: by what a data set is read: the rules of its version, the limits, and whether leniently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.fcs.limits import Limits
    from cytogate.fcs.versions import VersionRules


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all segments of one data set.

    Attributes
    ----------
    rules : VersionRules
        Of the version that HEADER states.
    limits : Limits
    lenient : bool
        Repairs that change the number of events or leave values uncertain are allowed.
    """

    rules: VersionRules
    limits: Limits
    lenient: bool = False
