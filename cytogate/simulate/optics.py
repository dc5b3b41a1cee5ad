"""The two instruments: their detectors, what these make of light, and their range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.panels import RANGE, SimulatedPanel
from cytogate.simulate.spectra import DETECTORS, GLOW, photon_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

CYTEK_RANGE = 4_194_304.0
_CYTEK_NOISE = 260.0  # SD in every dim detector


@dataclass(frozen=True, slots=True, eq=False)
class Optics:
    """What turns light into numbers.

    Attributes
    ----------
    instrument : str
        ``"bd"`` or ``"cytek"``.
    detectors, lasers : tuple of str
        Names of the detectors, and the laser of each.
    photon, noise, shine : (n_detectors,) float
        Scale units a photoelectron; SD of the electronics; autofluorescence of a lymphocyte.
    top : float
        `$PnR`: a saturated detector says one less.
    stain : float
        Scale units of a stain against the tables, which are for a BD instrument.
    forward, sideward : float
        The same of scatter.
    ticks_per_second : float
        Of the Time channel.
    offset : float
        Baseline left in a detector, against that of a BD instrument.
    """

    instrument: str
    detectors: tuple[str, ...]
    lasers: tuple[str, ...]
    photon: NDArray[np.float64]
    noise: NDArray[np.float64]
    shine: NDArray[np.float64]
    top: float
    stain: float
    forward: float
    sideward: float
    ticks_per_second: float
    offset: float

    @property
    def ceiling(self) -> float:
        """What a saturated detector says."""
        return self.top - 1.0

    @property
    def spectral(self) -> bool:
        """Whether there are more detectors than dyes, so that files hold unmixed values."""
        return self.instrument == "cytek"


@cache
def optics_of(panel: SimulatedPanel, *, cytek: bool) -> Optics:
    """Return the instrument that acquires a panel: BD with a detector a dye, or Cytek with 64.

    Examples
    --------
    >>> from cytogate.simulate.panels import panels
    >>> len(optics_of(panels()["bcell"], cytek=True).detectors)
    64
    """
    if cytek:
        return Optics(
            instrument="cytek",
            detectors=tuple(detector.name for detector in DETECTORS),
            lasers=tuple(detector.laser for detector in DETECTORS),
            photon=np.array([photon_scale(detector) for detector in DETECTORS]),
            noise=np.full(len(DETECTORS), _CYTEK_NOISE),
            shine=GLOW,
            top=CYTEK_RANGE,
            stain=12.0,
            forward=20.0,
            sideward=30.0,
            ticks_per_second=10_000.0,
            offset=4.0,
        )
    return Optics(
        instrument="bd",
        detectors=tuple(dye.detector for dye in panel.dyes),
        lasers=tuple(dye.detector.rstrip("0123456789") for dye in panel.dyes),
        photon=np.array([dye.photon for dye in panel.dyes]),
        noise=np.array([dye.noise for dye in panel.dyes]),
        shine=np.array([dye.autofluorescence for dye in panel.dyes]),
        top=RANGE,
        stain=1.0,
        forward=1.0,
        sideward=1.0,
        ticks_per_second=100.0,
        offset=1.0,
    )
