"""Values of one sample: all that is needed to gate it anywhere, and what it gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.stats.limits import Limits
from cytogate.study.definition.cleaning import Cleaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.gating.adjusting import GateChange
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.files.hashing import Hashed
    from cytogate.study.sample.control_overlays import Control
    from cytogate.study.sample.failure import Failure
    from cytogate.study.sample.looks import GateLook

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """All that is needed to gate one sample, anywhere.

    Attributes
    ----------
    index : int
        Position of the sample in the sheet; results are sorted by it.
    sample, file : str
        As the sheet names them.
    path : str
        Where the file lies.
    endpoints : tuple of Endpoint
        The subsets of this panel; references are full paths.
    threads : int or None
        Threads that share this file; None for all processors.
    changes : tuple of GateChange
        Gates of this sample that were changed by hand.
    controls : tuple of Control
        FMO tubes to be drawn beside this sample.
    cleaning : Cleaning
        Which checks look at the tube, and which take events out.
    known : Hashed or None
        What the file held when the run began; a file in another state is read and hashed again.
    """

    index: int
    sample: str
    file: str
    path: str
    template: GatingTemplate
    fits: Fits | None = None
    endpoints: tuple[Endpoint, ...] = ()
    limits: Limits = field(default_factory=Limits)
    dataset: int = 0
    lenient: bool = False
    refuse: tuple[str, ...] = ()
    threads: int | None = 1
    previews: bool = True
    changes: tuple[GateChange, ...] = ()
    controls: tuple[Control, ...] = ()
    cleaning: Cleaning = field(default_factory=Cleaning)
    known: Hashed | None = None


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What one sample gave; `failure` is set and the tables are empty when it failed.

    `counts` holds (count, denominator count) of each endpoint that was counted; `template_counts` those
    without the changes made by hand, of the endpoints that these touch; `shifts` how the logit of an endpoint
    changes when the fitted gates are drawn anew; `gates` what is known of each gate. `matrices` are those
    applied. `pictures` are (name, PNG) and `plots` says what they show; `overlays` are histograms
    beside controls. `qc` are the rows of the checks, `track` the tube over time where they found a bad
    stretch. `strategy` is the line of ``gates.jsonl``; `instrument` what the keywords say of the acquisition;
    `volumes` microlitres of ``$VOL`` by the unit that it may be in, `duration` its seconds. `seconds` are
    those of the whole work and `stages` those of its parts: read, resolve, adjust, clean, gate, measure,
    check, draw. `peak_memory` is that of the process that gated it, in bytes, up to then.
    """

    index: int
    sample: str
    failure: Failure | None = None
    n_events: int | None = None
    sha256: str | None = None
    size: int | None = None
    warnings: tuple[str, ...] = ()
    populations: Sequence[Row] = ()
    intensities: tuple[Row, ...] = ()
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    template_counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    shifts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    gates: Sequence[GateLook] = ()
    strategy: dict[str, Any] | None = None
    instrument: dict[str, Any] | None = None
    volumes: dict[str, float] = field(default_factory=dict)
    duration: float | None = None
    matrices: tuple[dict[str, Any], ...] = ()
    plots: tuple[dict[str, Any], ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    overlays: tuple[dict[str, Any], ...] = ()
    qc: tuple[Row, ...] = ()
    track: dict[str, Any] | None = None
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    peak_memory: int | None = None

    def population_counts(self) -> dict[str, int]:
        """Return the events of each population that was counted, by its full path."""
        return {row["population"]: row["count"] for row in self.populations}
