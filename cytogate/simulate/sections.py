"""The sections of a trial's description: flow, batches, controls, accidents, biology and populations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes wrong while tubes are acquired; all off by default.

    Attributes
    ----------
    clog_probability : float
        Share of tubes with one or two partial clogs.
    bad_drift_probability : float
        Share of tubes in which one laser drifts by 10 to 20 %.
    bubble_probability : float
        Share of tubes with a bubble or back-flush.
    carry_over : float
        Share of events that come from the tube before.
    """

    clog_probability: float = 0.0
    bad_drift_probability: float = 0.0
    bubble_probability: float = 0.0
    carry_over: float = 0.0


@dataclass(frozen=True, slots=True)
class Batches:
    """What is stained together, and what differs between batches beyond gains, lots and autofluorescence.

    Attributes
    ----------
    by : str
        ``patient``: all visits of a few patients make a batch; ``visit``: all patients of a visit.
    patients : int
        How many patients are stained together.
    offset_sd : float
        SD of the baseline left in each detector, scale units of a BD instrument.
    tandem_leak : float
        Most that an old tandem leaks into its donor's detector, as a share of its peak, on top of what the
        default tandems leak; it rises with the batch.
    """

    by: str = "patient"
    patients: int = 2
    offset_sd: float = 8.0
    tandem_leak: float = 0.0


@dataclass(frozen=True, slots=True)
class Controls:
    """Control tubes of each batch, from its first patient's first visit; none by default.

    Attributes
    ----------
    fmo : tuple of str
        Markers, of either panel, for which a tube without that stain is acquired.
    fmo_events : int
        Events of such a tube on average.
    single_stain : bool
        Whether there is a tube of cells for each stain alone.
    unstained : bool
        Whether there is a tube without any stain.
    single_events : int
        Events of single-stain and unstained tubes on average.
    """

    fmo: tuple[str, ...] = ()
    fmo_events: int = 100_000
    single_stain: bool = False
    unstained: bool = False
    single_events: int = 20_000


@dataclass(frozen=True, slots=True)
class Accidents:
    """How many tubes or visits meet with an accident; which ones, the seed decides.

    Attributes
    ----------
    missing_tubes, missing_visits : int
        Tubes that were never acquired, and visits of a patient at which none was.
    clogged_tubes : int
        Tubes with a partial clog for a tenth of the time.
    few_b_cells : int
        B tubes with fewer than 500 B cells.
    swapped_fmos : int
        Pairs of FMO tubes that changed labels.
    """

    missing_tubes: int = 0
    missing_visits: int = 0
    clogged_tubes: int = 0
    few_b_cells: int = 0
    swapped_fmos: int = 0


@dataclass(frozen=True, slots=True)
class Biology:
    """What moves in the patients.

    Attributes
    ----------
    change : bool
        Whether treatment and disease move anything: subsets, the clinic's scores, serum.
    noise : bool
        Whether subsets vary from visit to visit.
    """

    change: bool = True
    noise: bool = True


@dataclass(frozen=True, slots=True)
class Populations:
    """How populations stain in this trial, against the tables of the simulation.

    Attributes
    ----------
    spread : float
        Factor of the SD of all ln abundances.
    medians_sd : float
        SD of ln factor, drawn for each population and marker of the trial.
    medians : mapping
        Population to marker to factor of its median: ``{"DN2": {"CD21": 1.5}}``.
    """

    spread: float = 1.0
    medians_sd: float = 0.0
    medians: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
