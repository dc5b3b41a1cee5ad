"""Which tube: patient, visit and panel, and of a control what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.simulate.panels import panels
from cytogate.simulate.patients import number_of

if TYPE_CHECKING:
    from cytogate.simulate.spec import TrialSpec

_SHORT = {"fmo": "FMO", "single_stain": "SS", "unstained": "US"}


@dataclass(frozen=True, slots=True)
class TubeName:
    """Which tube.

    Attributes
    ----------
    subject : str
        Patient, ``"P1"``.
    week : int
        Weeks after the infusion.
    panel : str
        ``"bcell"`` or ``"treg"``.
    replicate : int
        From 1; the others hold the same cells, stained and acquired again.
    role : str
        As in the sample sheet: ``sample``, ``fmo``, ``single_stain`` or ``unstained``.
    control_for : str
        Marker that an FMO lacks, or that alone a single stain has.
    """

    subject: str
    week: int
    panel: str
    replicate: int = 1
    role: str = "sample"
    control_for: str = ""

    @property
    def visit(self) -> str:
        """Name of the visit, ``"W12"``."""
        return f"W{self.week}"

    @property
    def sample(self) -> str:
        """Name of the sample: ``"P1_W12_B"``, ``"P1_W12_B_R2"`` or ``"P1_W12_B_FMO_CD27"``."""
        parts = [self.subject, self.visit, panels()[self.panel].tube]
        if self.replicate > 1:
            parts.append(f"R{self.replicate}")
        if self.role != "sample":
            parts.append(_SHORT[self.role])
        if self.control_for:
            parts.append(self.control_for.replace("/", "-"))
        return "_".join(parts)

    @property
    def keys(self) -> tuple[str | int, ...]:
        """What tells the tube's random numbers from others'; replicates share their cells."""
        own = (self.subject, self.week, self.panel)
        return own if self.role == "sample" else (*own, self.role, self.control_for)


def batch_number(name: TubeName, spec: TrialSpec) -> int:
    """Return the place of a tube's staining batch in time, from 0."""
    if spec.batches.by == "visit":
        return name.week // 4
    return number_of(name.subject) // spec.batches.patients


def batch_of(name: TubeName, spec: TrialSpec) -> str:
    """Return the staining batch: what was thawed and stained together.

    Examples
    --------
    >>> from cytogate.simulate.spec import TrialSpec
    >>> batch_of(TubeName("P3", 0, "bcell"), TrialSpec())
    'batch2'
    """
    by_visit = spec.batches.by == "visit"
    batch = f"batch_{name.visit}" if by_visit else f"batch{batch_number(name, spec) + 1}"
    return batch if name.replicate == 1 else f"{batch}_R{name.replicate}"
