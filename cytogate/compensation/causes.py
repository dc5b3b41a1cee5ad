"""Causes: every reason why the spillover keyword of a file is not used, or used with a warning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of spillover keyword that is not as it should be.

    Attributes
    ----------
    code : str
        Stable name, as `Problem` has it.
    what : str
        What is wrong.
    used : bool
        Whether the matrix is used nevertheless. Where not, events stay readable and gates on
        uncompensated values work; those that ask for the file's matrix are refused with this reason.
    seen : tuple of str
        Public threads about such files.
    """

    code: str
    what: str
    used: bool = False
    seen: tuple[str, ...] = ()


_ALL = (
    Cause("spillover-count", "it does not begin with the number of detectors, or with one above $PAR"),
    Cause("spillover-length", "n detectors have other than n x n coefficients", seen=("flowCore#96",)),
    Cause("spillover-decimal-commas", "coefficients have decimal commas: 0,95", seen=("flowCore#209",)),
    Cause("spillover-name-commas", "names of channels hold commas"),
    Cause("spillover-coefficient", "a coefficient is no number"),
    Cause("spillover-not-finite", "a coefficient is NaN, infinite, or beyond float64"),
    Cause("spillover-numbered", "detectors are given by parameter number", seen=("flowCore#198",)),
    Cause("spillover-labels", "detectors are given by $PnS"),
    Cause("spillover-unknown-detector", "a detector is no channel of the file"),
    Cause("spillover-duplicate-detector", "a detector stands twice"),
    Cause("spillover-zero", "all coefficients are 0"),
    Cause("spillover-diagonal-zero", "the coefficient of a detector in itself is 0"),
    Cause("spillover-unusable", "the matrix cannot be inverted: condition number above 1e8"),
    Cause("spillover-percent", "$COMP of FCS 3.0 or $DFCmTOn of FCS 2.0: named, not applied"),
    Cause(
        "spillover-conflict",
        "a second spillover keyword differs from the first, which counts",
        used=True,
        seen=("flowCore#62", "FlowKit#92"),
    ),
    Cause("spillover-name-spelling", "names differ from $PnN in case or blanks alone", used=True),
    Cause("spillover-condition", "condition number above 100: errors grow", used=True),
    Cause("spillover-diagonal", "a coefficient of a detector in itself is not 1", used=True),
    Cause("spillover-negative", "coefficients are negative", used=True),
)
CAUSES: dict[str, Cause] = {cause.code: cause for cause in _ALL}
