"""What staining and the instrument's settings do to a tube: by batch, by visit, by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.names import TubeName, batch_number, batch_of
from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.optics import Optics
    from cytogate.simulate.panels import SimulatedPanel
    from cytogate.simulate.spec import TrialSpec

_BATCHES_TO_OLD_AGE = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Staining:
    """The factors of one tube.

    Attributes
    ----------
    gain : (n_detectors,) float64
        Of the detectors in this batch.
    lot, drift, sample : (n_dyes,) float64
        Factor of each stain: antibody lot, injected drift of the visit, this sample.
    glow : float
        Factor of autofluorescence.
    offset : (n_detectors,) float64
        Baseline, scale units.
    leak : float
        What tandems leave with their donors beyond the usual.
    """

    gain: NDArray[np.float64]
    lot: NDArray[np.float64]
    drift: NDArray[np.float64]
    sample: NDArray[np.float64]
    glow: float
    offset: NDArray[np.float64]
    leak: float


def draw_staining(
    rng: np.random.Generator,
    name: TubeName,
    panel: SimulatedPanel,
    optics: Optics,
    spec: TrialSpec,
    seed: int,
) -> Staining:
    """Draw the factors of a tube.

    Parameters
    ----------
    rng : numpy.random.Generator
        The tube's own, for what differs between samples; batches have theirs.
    name, panel, optics, spec, seed
        Which tube, its stains, its instrument, and the trial.

    Returns
    -------
    Staining
        Tubes of a batch share all but `drift` and `sample`.
    """
    more = ("cytek",) if optics.spectral else ()
    of_batch = stream(seed, "batch", batch_of(name, spec), panel.name, *more)
    n_dyes, n_detectors = len(panel.dyes), len(optics.detectors)
    gain = np.exp(spec.instrument_sd * of_batch.standard_normal(n_detectors))
    lot = np.exp(spec.lot_sd * of_batch.standard_normal(n_dyes))
    glow = float(np.exp(spec.glow_sd * of_batch.standard_normal()))
    offset = spec.batches.offset_sd * of_batch.standard_normal(n_detectors) * optics.offset
    shifts = spec.staining_drift.get(name.visit, {})
    return Staining(
        gain=gain,
        lot=lot,
        drift=np.exp(np.array([float(shifts.get(marker, 0.0)) for marker in panel.markers])),
        sample=np.exp(spec.sample_sd * rng.standard_normal(n_dyes)),
        glow=glow,
        offset=offset,
        leak=spec.batches.tandem_leak * min(1.0, (batch_number(name, spec) + 1) / _BATCHES_TO_OLD_AGE),
    )
