"""What a simulated trial is like: sizes, nuisance, batch effects, controls, accidents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.errors import StudyError
from cytogate.simulate.patients import SUBJECTS
from cytogate.simulate.sections import Accidents, Batches, Biology, Controls, Flow, Populations
from cytogate.simulate.spec_checks import wrong_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """Choices of a simulated trial; the defaults make the small enriched trial of ``sample_fcs``.

    Attributes
    ----------
    name : str
        Name of the study.
    subjects : tuple of str
        Who takes part: P1 to P6 are described, further patients (P7 ...) are drawn.
    enriched : bool
        Tubes hold mostly B cells, or CD4 T cells; otherwise blood mononuclear cells.
    bcell_events, treg_events : int
        Events of a file on average.
    events_cv : float
        Spread of the number of events between files.
    debris, dead, doublets, margin : float
        Share of events; of cells that are dead; of events with two cells or more; of saturated events.
    rate : float
        Events a second.
    drift_probability : float
        Share of files in which one laser drifts.
    clogged : tuple of str
        Samples with a partial clog.
    instrument_sd, lot_sd, glow_sd, sample_sd : float
        SD of ln factor: detector gain and antibody lot and autofluorescence between batches, staining
        between samples.
    missing : tuple of str
        Samples that were never acquired.
    weeks : tuple of int
        Weeks at which blood is drawn for flow cytometry.
    cytek : tuple of str
        Patients whose tubes are acquired on a spectral instrument.
    few_b_cells : tuple of str
        B tubes with fewer than 500 B cells.
    mislabelled : tuple of str
        FMO samples that lack the marker of the next FMO of their batch and panel instead of their own.
    replicates : int
        How often each sample is stained and acquired: same cells, other staining, batch effects and noise.
    staining_drift : mapping
        Visit to marker to ln factor of the staining: ``{"W12": {"CD27": 0.2}}``.
    flow, batches, controls, accidents, biology, populations
        The sections, see `cytogate.simulate.sections`.
    """

    name: str = "Umbilical-cord MSC in refractory SLE (synthetic)"
    subjects: tuple[str, ...] = SUBJECTS
    enriched: bool = True
    bcell_events: int = 9_000
    treg_events: int = 10_600
    events_cv: float = 0.05
    debris: float = 0.04
    dead: float = 0.045
    doublets: float = 0.03
    margin: float = 0.003
    rate: float = 320.0
    drift_probability: float = 0.2
    clogged: tuple[str, ...] = ()
    instrument_sd: float = 0.05
    lot_sd: float = 0.09
    glow_sd: float = 0.08
    sample_sd: float = 0.05
    missing: tuple[str, ...] = ()
    weeks: tuple[int, ...] = (0, 4, 12, 24)
    cytek: tuple[str, ...] = ()
    few_b_cells: tuple[str, ...] = ()
    mislabelled: tuple[str, ...] = ()
    replicates: int = 1
    staining_drift: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    flow: Flow = field(default_factory=Flow)
    batches: Batches = field(default_factory=Batches)
    controls: Controls = field(default_factory=Controls)
    accidents: Accidents = field(default_factory=Accidents)
    biology: Biology = field(default_factory=Biology)
    populations: Populations = field(default_factory=Populations)

    def __post_init__(self) -> None:
        problems = wrong_in(self)
        if problems:
            title = "The specification of the trial is wrong:"
            raise StudyError(title, problems)

    def events_of(self, panel: str, role: str = "sample") -> int:
        """Return the mean number of events of a tube."""
        if role != "sample":
            return self.controls.fmo_events if role == "fmo" else self.controls.single_events
        return self.bcell_events if panel == "bcell" else self.treg_events

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, source: str = "trial") -> TrialSpec:
        """Return the specification that plain values describe.

        Besides the attributes, ``nuisance`` names the preset to start from (none, mild or full), and
        ``patients`` says how many take part instead of ``subjects``.

        Raises
        ------
        StudyError
            Lists every unknown key and every value of the wrong kind or size.

        Examples
        --------
        >>> spec = TrialSpec.from_dict({"nuisance": "full", "patients": 8, "flow": {"carry_over": 0.01}})
        >>> spec.subjects[-1], spec.flow.carry_over, spec.flow.clog_probability
        ('P8', 0.01, 0.1)
        """
        from cytogate.simulate.spec_reading import values_of

        return cls(**values_of(cls, data, source=source))


def read_spec(path: str | Path) -> TrialSpec:
    """Read a specification from YAML: a mapping as `TrialSpec.from_dict` takes it.

    Raises
    ------
    StudyError
        When the file is missing, is not YAML, or says something wrong; lists every problem.
    """
    from cytogate.simulate.spec_reading import read_mapping

    return TrialSpec.from_dict(read_mapping(path), source=str(path))
