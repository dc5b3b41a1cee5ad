"""FMO: a quantile of the control tube that lacks only this marker, in the same parent population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from cytogate.methods.base import NO_CONTROL, Bounds, Found, cut_methods
from cytogate.methods.cuts._answers import fall_back, not_share, refuse
from cytogate.methods.cuts.quantile import quantile_cut
from cytogate.methods.density import estimate
from cytogate.methods.peaks import landscape

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary


@cut_methods.register("fmo")
@dataclass(frozen=True, slots=True)
class Fmo:
    """The quantile Q_p of the fluorescence-minus-one control: the spread of all other dyes, without this one.

    A control with a second peak that is itself a population cannot be one: the tube is mislabelled, or the
    antibody was put in. Such a control is not believed.

    Parameters
    ----------
    probability : float
        Part of the control's events below the cut; 1 - p is the rate of false positives. As a rule 0.99 to
        0.999.
    most_stained : float
        Part of the control's events that may lie on a second peak above the first.

    Raises
    ------
    GatingError
        An argument that is not between 0 and 1.
    """

    looks_at: ClassVar[str] = "control"

    probability: float = 0.995
    most_stained: float = 0.02

    def __post_init__(self) -> None:
        faults = [
            not_share("probability", self.probability),
            not_share("most_stained", self.most_stained),
        ]
        refuse("fmo", faults)

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of a control."""
        found = quantile_cut(summary, bounds, self.probability)
        if found.fallback:
            return found
        density = estimate(summary, adjust=2.0)
        land = landscape(density, depth=0.25)
        if land.valleys:
            stained = float(density.counts[land.valleys[0].at :].sum()) / density.n
            if stained > self.most_stained:
                note = f"The control is stained itself: {stained:.0%} of its events lie on a second peak."
                return fall_back(summary, bounds, NO_CONTROL, note)
        return replace(found, note=f"{1 - self.probability:.2%} of the control's events lie above the cut.")
