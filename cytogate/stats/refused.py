"""Statistics that are asked for by name, and those that are refused with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.stats.comparison import trend_tests

if TYPE_CHECKING:
    from cytogate.stats.comparison import Offered

POOLED = (
    "Visits of one patient are no independent points: pooled over patient-visits, a correlation mixes"
    " differences between patients with changes within them, and its p counts each patient many times. Use"
    " change_correlation (one point per patient) or rm_correlation (within patients)."
)
ASYMPTOTIC = (
    "With few subjects a normal approximation gives p values that cannot occur. Use the exact one, {instead}."
)
REFUSED = {
    **dict.fromkeys(
        ("spearman", "pearson", "kendall", "pooled_spearman", "pooled_pearson", "pooled_correlation"), POOLED
    ),
    **dict.fromkeys(("mann_whitney", "mannwhitney"), ASYMPTOTIC.format(instead="group_difference")),
}


def asked_for(name: str) -> Offered:
    """Return the test that studies call `name`.

    Raises
    ------
    CytogateError
        When it is refused, with the reason and what to use; or unknown, with the nearest names.

    Examples
    --------
    >>> asked_for("friedman").needs
    ('visits',)
    """
    if name in REFUSED and name not in trend_tests:
        message = f"The statistic {name!r} is not offered. {REFUSED[name]}"
        raise CytogateError(message)
    return trend_tests.get(name)
