"""Dead cells: the share of events outside the gate of live cells.

Thawed cells have 3 to 12 % dead ones; many more, and what is measured is who survived the freezer.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from cytogate.qc.check import Finding, Measured, PopulationCheck, checks, verdict_of

if TYPE_CHECKING:
    from cytogate.qc.gated import Gated

NAME = "dead_cells"
LIVE = re.compile(r"(?:^|[ /_-])(?:live|viable|alive)(?![a-z])", re.I)
LIMITS = (15.0, 30.0, 60.0)  # percent of the parent


def check_dead_cells(gated: Gated) -> Finding:
    """Return the share of the live gate's parent that is outside of it."""
    live = next((one for one in gated.result.strategy.populations if LIVE.search(one.name)), None)
    percent = math.nan if live is None else 100.0 - gated.result.percent_of_parent(live.path)
    if math.isnan(percent):
        return Finding(NAME, (Measured("percent", None, "not checked"),))
    return Finding(NAME, (Measured("percent", percent, verdict_of(percent, LIMITS)),))


checks.register(NAME)(PopulationCheck(check_dead_cells))
