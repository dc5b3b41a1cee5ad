"""Spectra of the dyes on a five-laser spectral instrument, generated from a few numbers each.

A dye's signature is what its emission (a peak and a red shoulder, log-normal in wavelength) sends through the
band of each detector, times how well the detector's laser excites it. Tandems keep a little of their donor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# laser: centres of the bands, nm
_BANDS = """
UV 373 388 428 443 458 473 514 542 582 613 664 692 720 750 780 812
V  428 443 458 473 508 525 542 581 598 615 664 692 720 750 780 812
B  508 525 542 581 598 615 661 679 697 717 738 760 783 812
YG 577 598 615 661 679 697 720 750 780 812
R  660 679 697 717 738 760 783 812
"""

# emission peak (nm), its width (SD of ln wavelength), excitation by UV, V, B, YG and R;
# of tandems the donor's peak and the share that stays with it
_DYES = """
BUV395            395 .040  1   .10 0   0   0
LIVE/DEAD Blue    450 .080  1   .25 0   0   0
BUV737            737 .028  1   .08 0   .02 .35  395 .04
BUV805            805 .028  1   .05 0   0   .12  395 .04
BV421             421 .045  .08 1   0   0   0
BV510             512 .085  .25 1   .06 0   0
Aqua              522 .080  .30 1   .04 0   0
BV605             605 .036  .10 1   .03 .30 0    421 .04
BV650             650 .030  .08 1   .02 .20 .25  421 .03
BV711             711 .028  .08 1   .03 .05 .30  421 .02
BV785             785 .028  .08 1   .02 .02 .12  421 .03
MitoTracker Green 520 .040  .02 .05 1   .02 0
AF488             519 .036  .02 .05 1   .01 0
BB700             700 .032  .03 .40 1   .20 .30  515 .02
PerCP-Cy5.5       693 .034  .05 .35 1   .35 .12  675 .08
PE                578 .032  .03 .15 .45 1   0
PE-CF594          612 .032  .02 .05 .50 1   .01  578 .05
PE-Cy7            783 .028  .02 .04 .50 1   .03  578 .03
APC               661 .030  .01 .01 .01 .30 1
AF647             667 .027  .01 .01 .01 .20 1
APC-R700          705 .032  .01 .02 .01 .35 1    661 .05
APC-H7            785 .030  0   .01 0   .12 1    661 .05
"""
_LASERS = ("UV", "V", "B", "YG", "R")
_SHOULDER, _SHOULDER_SHARE, _SHOULDER_WIDTH = 55.0, 0.22, 0.045  # nm to the red, share, SD of ln wavelength
_LEAST = 1e-4  # of the peak; less is none

# Autofluorescence of lymphocytes: NADH and flavins, excited by the short lasers.
_GLOW_PEAKS = ((455.0, 0.11, 0.75), (535.0, 0.09, 0.45))
_GLOW_HEIGHT = {"UV": 3900.0, "V": 3600.0, "B": 1900.0, "YG": 700.0, "R": 200.0}
_GLOW_FLOOR = 55.0


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector: its name, laser and the centre of its band in nm."""

    name: str
    laser: str
    centre: float

    @property
    def half_band(self) -> float:
        """Half the width of the band, nm: narrow where dyes crowd, wide in the far red."""
        return 7.5 if self.centre < 500 else 9.0 if self.centre < 680 else 13.0


def _detectors() -> tuple[Detector, ...]:
    found = []
    for line in _BANDS.strip().splitlines():
        laser, *centres = line.split()
        found += [Detector(f"{laser}{i}", laser, float(nm)) for i, nm in enumerate(centres, start=1)]
    return tuple(found)


DETECTORS = _detectors()


def photon_scale(detector: Detector) -> float:
    """Return scale units a photoelectron: 2 to 4 in the blue, 15 to 30 in the far red."""
    if detector.laser == "YG":
        return 18.0 if detector.centre < 740 else 30.0
    return (
        3.0 if detector.centre < 520 else 6.0 if detector.centre < 600 else 11.0 + (detector.centre > 680) * 5
    )


def _light(peaks: Sequence[tuple[float, float, float]]) -> NDArray[np.float64]:
    """Return what an emission of (nm, width, share) sends through the bands, by excitation of 1."""
    centre = np.array([detector.centre for detector in DETECTORS])
    half = np.array([detector.half_band for detector in DETECTORS])
    total = np.zeros(len(DETECTORS))
    for step in (-0.67, 0.0, 0.67):  # three points of the band
        log_nm = np.log(centre + step * half)
        for nm, width, share in peaks:
            total += share * half * np.exp(-0.5 * ((log_nm - np.log(nm)) / width) ** 2)
    return total


def _glow() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    blue, green = (_light((peak,)) for peak in _GLOW_PEAKS)
    height = np.array([_GLOW_HEIGHT[detector.laser] for detector in DETECTORS]) / (blue + green).max()
    return _GLOW_FLOOR + height * (blue + green), height * (green - blue)


# GLOW_TILT is how autofluorescence differs between cells: more flavin and less NADH, or less and more.
GLOW, GLOW_TILT = _glow()


def spectra_of(fluorochromes: Sequence[str], tandem_leak: float = 0.0) -> NDArray[np.float64]:
    """Return the signatures of dyes.

    Parameters
    ----------
    fluorochromes : sequence of str
        As the panels call them.
    tandem_leak : float
        What tandems leave with their donors beyond their making, as a share.

    Returns
    -------
    (n_dyes, 64) float64
        Row = dye; 1 in the detector where it is brightest.
    """
    table = {}
    for line in _DYES.strip().splitlines():
        name, rest = line[:18].strip(), line[18:].split()
        table[name] = [float(word) for word in rest]
    rows = []
    lasers = [_LASERS.index(detector.laser) for detector in DETECTORS]
    for name in fluorochromes:
        nm, width, *others = table[name]
        excitation, donor = np.array(others[:5])[lasers], others[5:]
        shoulder = (nm + _SHOULDER, _SHOULDER_WIDTH, _SHOULDER_SHARE)
        row = excitation * _light(((nm, width, 1.0), shoulder))
        row /= row.max()
        if donor:
            left = excitation * _light(((donor[0], 0.035, 1.0),))
            row += (donor[1] + tandem_leak) * left / max(left.max(), 1e-12)
            row /= row.max()
        rows.append(np.where(row < _LEAST, 0.0, row))
    return np.round(np.array(rows), 6)
