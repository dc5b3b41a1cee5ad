"""From cells to numbers: spillover, photoelectrons, electronics, ceiling; and unmixing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.matrix import CompensationMatrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.optics import Optics

_BLOCK = 4096


def detect(
    rng: np.random.Generator,
    optics: Optics,
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
    optics : Optics
        Gives units per photoelectron, noise and autofluorescence of each detector.
    abundance : (n, n_dyes) float
        Scale units in the dyes' own detectors.
    glow : (n,) float
        Autofluorescence against a lymphocyte's.
    matrix : (n_dyes, n_detectors) float
        Row = dye, column = detector.
    gain : (n, n_detectors) float
        Drift and clogs: 1 where the instrument is itself.
    offset : (n_detectors,) float
        Baseline that is left in each detector, scale units.

    Returns
    -------
    (n, n_detectors) float64
        At most the ceiling of the detectors.
    """
    light = np.empty((abundance.shape[0], matrix.shape[1]))
    for begin in range(0, abundance.shape[0], _BLOCK):  # blocks stay in the processor's cache
        part = slice(begin, begin + _BLOCK)
        light[part] = glow[part, None] * optics.shine[None, :]
        for k in range(matrix.shape[0]):  # in a fixed order: the same bytes with any linear algebra library
            light[part] += abundance[part, k, None] * matrix[None, k, :]
    counted = rng.poisson(np.maximum(light, 0.0) / optics.photon)
    signal = gain * optics.photon * counted + offset + optics.noise * rng.standard_normal(light.shape)
    return np.asarray(np.minimum(signal, optics.ceiling))


def unmix(raw: NDArray[np.float64], spectra: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the amounts of dyes and autofluorescence that explain the detectors best (least squares).

    Parameters
    ----------
    raw : (n, n_detectors) float
        What the detectors reported.
    spectra : (n_dyes + 1, n_detectors) float
        Row = dye, autofluorescence last.

    Returns
    -------
    (n, n_dyes) float64
        Scale units of each dye's brightest detector.
    """
    names = [str(number) for number in range(spectra.shape[1])]
    dyes = [f"dye {number}" for number in range(spectra.shape[0])]
    inverse = CompensationMatrix(names, dyes, spectra).inverse
    amounts = np.zeros((raw.shape[0], spectra.shape[0] - 1))
    for begin in range(0, raw.shape[0], _BLOCK):
        part = slice(begin, begin + _BLOCK)
        for j in range(raw.shape[1]):
            amounts[part] += raw[part, j, None] * inverse[None, j, :-1]
    return amounts
