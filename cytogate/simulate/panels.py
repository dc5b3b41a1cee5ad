"""The two tubes' panels: dyes, detectors and what their electronics do (BD five-laser, 262,144 channels)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

RANGE = 262_144.0
CEILING = RANGE - 1.0  # a saturated detector says this
SCATTER = ("FSC-A", "FSC-H", "SSC-A", "SSC-H")
TIME = "Time"


@dataclass(frozen=True, slots=True)
class Dye:
    """One stain and the detector of its peak.

    Attributes
    ----------
    marker, fluorochrome : str
        ``"CD27"``, ``"BV605"``.
    detector : str
        Laser and band centre, ``"V610"``.
    voltage : int
        What `$PnV` says.
    photon : float
        Scale units per photoelectron.
    noise : float
        SD of the electronics, scale units.
    autofluorescence : float
        What an unstained lymphocyte gives in this detector, scale units.
    """

    marker: str
    fluorochrome: str
    detector: str
    voltage: int
    photon: float
    noise: float
    autofluorescence: float

    @property
    def channel(self) -> str:
        """`$PnN` of the pulse area."""
        return f"{self.detector}-A"

    @property
    def label(self) -> str:
        """`$PnS`."""
        return f"{self.marker} {self.fluorochrome}"


@dataclass(frozen=True, slots=True)
class SimulatedPanel:
    """The dyes of one tube, in the order of the file.

    Attributes
    ----------
    name : str
        As in the sample sheet: ``"bcell"`` or ``"treg"``.
    tube : str
        One letter that ends the sample's name.
    title : str
        What the cytometer calls the tube.
    dyes : tuple of Dye
        The fluorescence channels.
    fixed : bool
        Whether cells were fixed and permeabilised: smaller, more autofluorescent.
    viability : str
        Marker name of the dead-cell dye.
    """

    name: str
    tube: str
    title: str
    dyes: tuple[Dye, ...]
    fixed: bool
    viability: str

    @property
    def markers(self) -> tuple[str, ...]:
        """Marker of each dye."""
        return tuple(dye.marker for dye in self.dyes)

    @property
    def channels(self) -> tuple[str, ...]:
        """All `$PnN` in file order: scatter, fluorescence areas, Time."""
        return (*SCATTER, *(dye.channel for dye in self.dyes), TIME)


# detector: voltage, units per photoelectron, electronic SD, autofluorescence of a lymphocyte
_DETECTORS = """
UV379  480  12  25  15
UV450  430  12  25  35
UV740  560  14  25   6
UV820  600  14  30   4
V450   410  10  25  25
V525   420  10  25  30
V610   450  10  25  14
V670   480  11  25  10
V710   500  11  25   8
V780   540  13  28   6
B530   460   8  20  25
B710   540  11  25   6
YG586  470   9  20  10
YG610  490   9  20   8
YG780  560  12  28   4
R670   510  10  30   5
R730   560  12  32   4
R780   600  14  40   3
"""

_BCELL = """
CD19       BUV395          UV379
Viability  LIVE/DEAD Blue  UV450
CD20       BUV737          UV740
HLA-DR     BUV805          UV820
IgD        BV421           V450
CD3/CD14   BV510           V525
CD27       BV605           V610
CD10       BV650           V670
CXCR5      BV711           V710
CD21       BV785           V780
MTG        MitoTracker Green B530
CD38       BB700           B710
CD11c      PE              YG586
CD24       PE-CF594        YG610
CD95       PE-Cy7          YG780
CD138      APC             R670
IgM        APC-R700        R730
CD45       APC-H7          R780
"""

_TREG = """
CD3        BUV395          UV379
LAP        BV421           V450
Viability  Aqua            V525
CD39       BV605           V610
CD127      BV711           V710
CD45RA     BV785           V780
Helios     AF488           B530
HLA-DR     PerCP-Cy5.5     B710
FoxP3      PE              YG586
CD25       PE-Cy7          YG780
GARP       AF647           R670
CD4        APC-H7          R780
"""


def _dyes(text: str) -> tuple[Dye, ...]:
    detectors = {row[0]: row[1:] for row in map(str.split, _DETECTORS.strip().splitlines())}
    dyes = []
    for line in text.strip().splitlines():
        marker, rest = line.split(maxsplit=1)
        fluorochrome, detector = rest.rsplit(maxsplit=1)
        voltage, photon, noise, glow = detectors[detector]
        dye = Dye(
            marker, fluorochrome.strip(), detector, int(voltage), float(photon), float(noise), float(glow)
        )
        dyes.append(dye)
    return tuple(dyes)


@cache
def panels() -> dict[str, SimulatedPanel]:
    """Return the two panels by name.

    Examples
    --------
    >>> panels()["bcell"].dyes[6].label, panels()["bcell"].dyes[6].channel
    ('CD27 BV605', 'V610-A')
    """
    bcell = SimulatedPanel("bcell", "B", "B cell subsets", _dyes(_BCELL), fixed=False, viability="Viability")
    treg = SimulatedPanel("treg", "T", "Treg Helios GARP", _dyes(_TREG), fixed=True, viability="Viability")
    return {panel.name: panel for panel in (bcell, treg)}
