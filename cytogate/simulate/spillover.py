"""Spillover of the two panels: what each dye leaves in the other detectors, per staining batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.simulate.panels import SimulatedPanel

DECIMALS = 6  # of the keyword; the simulation uses the rounded matrix, so the keyword is exact

# fluorochrome: detector and fraction of its own peak
_BCELL = """
BUV395         : UV450 .06
LIVE/DEAD Blue : V450 .10 V525 .05 UV379 .03
BUV737         : UV820 .50 R730 .17 V710 .10 V780 .06 R780 .10
BUV805         : UV740 .05 V780 .15 R780 .12
BV421          : V525 .10 V610 .02 V670 .01 UV379 .01 UV450 .06
BV510          : V450 .02 V610 .32 V670 .14 V710 .08 V780 .04 B530 .04 UV450 .05
BV605          : V670 .40 V710 .20 V780 .09 YG586 .05 YG610 .35 V525 .02
BV650          : V710 .45 V780 .20 R670 .12 R730 .09 V610 .20 YG610 .03
BV711          : V780 .55 R730 .20 B710 .05 V670 .06 R780 .06
BV785          : V710 .04 UV820 .10 R780 .05
MitoTracker Green : YG586 .015 V525 .03 B710 .01
BB700          : V710 .22 V780 .18 R730 .20 YG780 .12 R670 .10 R780 .08
PE             : YG610 .39 B710 .08 YG780 .01 V610 .03 B530 .005
PE-CF594       : YG586 .03 B710 .25 V610 .06 V670 .03 YG780 .06 R670 .01
PE-Cy7         : YG586 .012 R780 .05 V780 .05 UV820 .02 YG610 .003
APC            : R730 .45 R780 .09 YG610 .01 B710 .03 V670 .03
APC-R700       : R780 .24 R670 .04 V710 .04 UV740 .12 B710 .03
APC-H7         : R670 .03 R730 .02 YG780 .02 UV820 .05
"""

_TREG = """
BUV395         : V450 .004
BV421          : V525 .10 V610 .02 UV379 .01
Aqua           : V450 .02 V610 .32 V710 .08 V780 .04 B530 .04
BV605          : V710 .20 V780 .09 YG586 .05 V525 .02
BV711          : V780 .55 B710 .05 R780 .06
BV785          : V710 .04 R780 .05
AF488          : YG586 .012 V525 .04 B710 .01
PerCP-Cy5.5    : V710 .10 V780 .12 YG780 .12 R670 .05 R780 .08
PE             : B710 .08 YG780 .01 V610 .03 B530 .005
PE-Cy7         : YG586 .012 R780 .05 V780 .05 B710 .004
AF647          : R780 .08 B710 .02 V710 .01
APC-H7         : R670 .03 YG780 .02
"""

# tandem: the donor's detector and how much of the peak an old reagent can leak into it
_TANDEMS = {"PE-Cy7": ("YG586", 0.03), "APC-H7": ("R670", 0.03), "BB700": ("B530", 0.01)}
_UNLISTED_SHARE = 0.6
_UNLISTED_RANGE = (1e-4, 5e-3)


def _rows(text: str) -> dict[str, dict[str, float]]:
    rows = {}
    for line in text.strip().splitlines():
        fluorochrome, entries = line.split(" : ")
        words = entries.split()
        rows[fluorochrome.strip()] = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    return rows


def instrument_matrix(panel: SimulatedPanel, seed: int) -> NDArray[np.float64]:
    """Return the spillover of the instrument in this trial, before any batch effect.

    Returns
    -------
    (n_dyes, n_dyes) float64
        Row = dye, column = detector, in the panel's order; the diagonal is 1. Entries that no data sheet
        lists are drawn log-uniformly, so that about as many are zero as in real files.
    """
    listed = _rows(_BCELL if panel.name == "bcell" else _TREG)
    detectors = [dye.detector for dye in panel.dyes]
    rng = stream(seed, "spillover", panel.name)
    matrix = np.eye(len(detectors))
    for i, dye in enumerate(panel.dyes):
        row = listed[dye.fluorochrome]
        for j, detector in enumerate(detectors):
            present, size = rng.random(), rng.uniform(*np.log(_UNLISTED_RANGE))
            if i == j:
                continue
            if detector in row:
                matrix[i, j] = row[detector]
            elif present < _UNLISTED_SHARE:
                matrix[i, j] = np.exp(size)
    return matrix


def batch_matrix(
    panel: SimulatedPanel, seed: int, batch: str, gains: NDArray[np.float64], leak: float = 0.0
) -> NDArray[np.float64]:
    """Return the spillover as one batch was acquired with: detector gains moved, tandems a little broken.

    Parameters
    ----------
    panel : SimulatedPanel
        The tube.
    seed : int
        Seed of the trial.
    batch : str
        Name of the staining batch.
    gains : (n_dyes,) float
        Gain of each detector against the instrument's setting.
    leak : float
        What old tandems leave with their donors beyond the usual, as a share of their peak.

    Returns
    -------
    (n_dyes, n_dyes) float64
        Rounded as the keyword is written.
    """
    matrix = instrument_matrix(panel, seed)
    detectors = [dye.detector for dye in panel.dyes]
    rng = stream(seed, "tandems", panel.name, batch)
    age = rng.random()
    for i, dye in enumerate(panel.dyes):
        donor, most = _TANDEMS.get(dye.fluorochrome, ("", 0.0))
        if donor in detectors:
            matrix[i, detectors.index(donor)] += most * age + leak
    scaled = matrix * gains[None, :] / gains[:, None]
    return np.asarray(np.round(scaled, DECIMALS))


def spillover_keyword(channels: Sequence[str], matrix: NDArray[np.float64]) -> str:
    """Return the value of `$SPILLOVER`: count, channels, rows of the matrix."""
    numbers = [f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") for value in matrix.ravel()]
    return ",".join([str(len(channels)), *channels, *numbers])
