"""From cells to numbers: spillover, photoelectrons, electronics, ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.panels import CEILING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.panels import SimulatedPanel


def detect(
    rng: np.random.Generator,
    panel: SimulatedPanel,
    abundance: NDArray[np.float64],
    glow: NDArray[np.float64],
    matrix: NDArray[np.float64],
    *,
    gain: NDArray[np.float64],
    offset: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what the detectors report.

    The light in detector j is what the dyes send there by `matrix` plus autofluorescence. Its photoelectrons
    are counted one by one, so bright neighbours leave spread behind that compensation cannot remove, and dim
    cells fall below zero.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used in a fixed order.
    panel : SimulatedPanel
        Gives units per photoelectron, noise and autofluorescence of each detector.
    abundance : (n, n_dyes) float
        Scale units in the dyes' own detectors.
    glow : (n,) float
        Autofluorescence against a lymphocyte's.
    matrix : (n_dyes, n_dyes) float
        Row = dye, column = detector.
    gain : (n, n_dyes) float
        Drift and clogs: 1 where the instrument is itself.
    offset : (n_dyes,) float
        Baseline that is left in each detector, scale units.

    Returns
    -------
    (n, n_dyes) float64
        At most the ceiling of the detectors.
    """
    photon = np.array([dye.photon for dye in panel.dyes])
    noise = np.array([dye.noise for dye in panel.dyes])
    shine = np.array([dye.autofluorescence for dye in panel.dyes])
    light = glow[:, None] * shine[None, :]
    for k in range(
        abundance.shape[1]
    ):  # sums in a fixed order: the same bytes with any linear algebra library
        light += abundance[:, k, None] * matrix[None, k, :]
    counted = rng.poisson(np.maximum(light, 0.0) / photon)
    signal = gain * photon * counted + offset + noise * rng.standard_normal(light.shape)
    return np.asarray(np.minimum(signal, CEILING))
