"""One tube of one visit: its events, the truth about each, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.artefacts import Acquisition, acquire, saturate
from cytogate.simulate.composition import ENDPOINTS, endpoint_percent
from cytogate.simulate.content import Content, draw_content
from cytogate.simulate.disturbances import Disturbances, draw_disturbances
from cytogate.simulate.names import TubeName, batch_of
from cytogate.simulate.optics import Optics, optics_of
from cytogate.simulate.panels import SimulatedPanel, panels
from cytogate.simulate.photons import detect, unmix
from cytogate.simulate.populations import DEBRIS, stain_table
from cytogate.simulate.seeds import stream
from cytogate.simulate.spectra import GLOW_TILT, spectra_of
from cytogate.simulate.spillover import batch_matrix
from cytogate.simulate.staining import Staining, draw_staining

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.spec import TrialSpec

__all__ = ["Tube", "TubeName", "simulate_tube"]

_SCATTER_GAIN_SD = 0.02
_LARGE = 150_000.0  # forward scatter from which an event may leave the range
_BACKGROUND = 150.0  # of the tables' negatives on a BD instrument; unmixing takes it off
_TILT_SD = 0.25  # of the colour of cells' autofluorescence, which unmixing with one spectrum cannot follow
_BUBBLE_LEFT = (0.25, 0.75)  # of the signals while a bubble passes


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A simulated tube; arrays are in the order of the file.

    Attributes
    ----------
    name : TubeName
        Which tube.
    panel : SimulatedPanel
        Its stains.
    optics : Optics
        The instrument.
    values : (n, n_channels) float32
        As the file holds them: scatter, one column a dye, Time.
    matrix : (n_dyes, n_dyes) float64
        The spillover that was applied; row = dye. Of unmixed values it is the identity.
    spectra : (n_dyes + 1, n_detectors) float64 or None
        What values were unmixed with, autofluorescence last; None of a BD instrument.
    populations : tuple of str
        Names behind `labels`.
    labels, partner : (n,) int16
        Population of the event, and of the cell that stuck to it (-1: none).
    dead, doublet, debris, margin, clog, bubble, carried : (n,) bool
        The truth about each event.
    shares : dict
        Share of each population among cells as meant, before chance.
    staining : Staining
        Factors of batch, visit and sample.
    disturbances : Disturbances
        What went wrong while it ran.
    drift_laser, drift : str, float
        Laser that drifts, if any, and by how much it has at the end, as a share.
    """

    name: TubeName
    panel: SimulatedPanel
    optics: Optics
    values: NDArray[np.float32]
    matrix: NDArray[np.float64]
    spectra: NDArray[np.float64] | None
    populations: tuple[str, ...]
    labels: NDArray[np.int16]
    partner: NDArray[np.int16]
    dead: NDArray[np.bool_]
    doublet: NDArray[np.bool_]
    debris: NDArray[np.bool_]
    margin: NDArray[np.bool_]
    clog: NDArray[np.bool_]
    bubble: NDArray[np.bool_]
    carried: NDArray[np.bool_]
    shares: dict[str, float]
    staining: Staining
    disturbances: Disturbances
    drift_laser: str
    drift: float

    @property
    def channels(self) -> tuple[str, ...]:
        """All `$PnN` in file order; unmixed values are named by dye, others by detector."""
        if not self.optics.spectral:
            return self.panel.channels
        scatter, time = self.panel.channels[:4], self.panel.channels[-1]
        return (*scatter, *(f"{dye.fluorochrome}-A" for dye in self.panel.dyes), time)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Live single cells: what a correct analysis counts."""
        return ~(self.dead | self.doublet | self.debris)

    def counts(self) -> dict[str, int]:
        """Return how many live single cells each population has."""
        counts = np.bincount(self.labels[self.kept], minlength=len(self.populations))
        return {name: int(count) for name, count in zip(self.populations, counts, strict=True)}

    def endpoints(self) -> dict[str, tuple[float, float, int, int]]:
        """Return percent as meant, percent realised, count and count of the denominator of each endpoint."""
        counts = self.counts()
        found = {}
        for subset, (panel, _, counted, parents) in ENDPOINTS.items():
            if panel == self.panel.name:
                found[subset] = (
                    endpoint_percent(subset, self.shares),
                    endpoint_percent(subset, counts),
                    sum(counts[name] for name in counted),
                    sum(counts[name] for name in parents),
                )
        return found


def simulate_tube(name: TubeName, spec: TrialSpec, *, seed: int) -> Tube:
    """Simulate one tube.

    Parameters
    ----------
    name : TubeName
        Which tube.
    spec : TrialSpec
        What the trial is like.
    seed : int
        Seed of the trial.

    Returns
    -------
    Tube
        The same whichever other tubes are simulated, and in whichever order.
    """
    panel = panels()[name.panel]
    optics = optics_of(panel, cytek=name.subject in spec.cytek)
    rng = stream(seed, "control" if name.role != "sample" else "tube", *name.keys)
    content = draw_content(rng, name, spec, seed=seed)
    if name.replicate > 1:  # the same cells, but all that follows is new
        rng = stream(seed, "replicate", name.replicate, *name.keys)
    n_events = content.labels.size
    again = (name.replicate,) if name.replicate > 1 else ()
    disturbances = draw_disturbances(
        stream(seed, "flow", *name.keys, *again), optics, spec.flow, n_events / spec.rate
    )
    acquisition = acquire(
        rng,
        optics,
        n_events,
        rate=spec.rate,
        drift_probability=spec.drift_probability,
        clogged=name.sample in spec.clogged,
        disturbances=disturbances,
    )
    _thin(stream(seed, "bubble", *name.keys, *again), content, acquisition)
    staining = draw_staining(rng, name, panel, optics, spec, seed)
    recorded, matrix, spectra = _record(rng, content, acquisition, staining, name, spec, seed)
    monocyte = content.labels == stain_table(panel.name).populations.index("monocyte")
    large = (recorded[:, 0] > _LARGE * optics.forward) | (content.partner >= 0) | monocyte
    saturate(rng, recorded, large, spec.margin, ceiling=optics.ceiling)
    margin = np.asarray((recorded >= optics.ceiling).any(axis=1))
    if spectra is not None:
        recorded = np.column_stack([recorded[:, :4], unmix(recorded[:, 4:], spectra)])
    ticks = np.round(acquisition.seconds * optics.ticks_per_second, 1)
    populations = stain_table(panel.name).populations
    return Tube(
        name=name,
        panel=panel,
        optics=optics,
        values=np.column_stack([recorded, ticks]).astype(np.float32),
        matrix=matrix,
        spectra=spectra,
        populations=populations,
        labels=content.labels,
        partner=content.partner,
        dead=content.pulses.dead,
        doublet=content.partner >= 0,
        debris=content.labels == populations.index(DEBRIS),
        margin=margin,
        clog=acquisition.clog,
        bubble=acquisition.bubble,
        carried=content.carried,
        shares=content.shares,
        staining=staining,
        disturbances=disturbances,
        drift_laser=acquisition.drift_laser,
        drift=acquisition.drift,
    )


def _thin(rng: np.random.Generator, content: Content, acquisition: Acquisition) -> None:
    """Let cells that pass beside a bubble give less of everything, in place."""
    inside = acquisition.bubble
    left = rng.uniform(*_BUBBLE_LEFT, int(inside.sum()))
    for values in (
        content.pulses.fsc,
        content.pulses.fsc_height,
        content.pulses.ssc,
        content.pulses.ssc_height,
    ):
        values[inside] *= left
    acquisition.gain[inside] *= left[:, None]


def _record(
    rng: np.random.Generator,
    content: Content,
    acquisition: Acquisition,
    staining: Staining,
    name: TubeName,
    spec: TrialSpec,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
    """Return scatter and detectors (n, 4 + n_detectors), the matrix of the file, and its spectra if any."""
    panel = panels()[name.panel]
    optics = optics_of(panel, cytek=name.subject in spec.cytek)
    factor = staining.lot * staining.sample * staining.drift
    stain = content.pulses.abundance
    spectra = None
    if optics.spectral:
        dyes = spectra_of([dye.fluorochrome for dye in panel.dyes], staining.leak)
        reference = np.vstack([dyes, optics.shine[None, :] / optics.shine.max()]) * staining.gain
        spectra = reference / reference.max(axis=1, keepdims=True)
        stain = stain * (stain / (stain + _BACKGROUND)) ** 2
        tilt = _TILT_SD * rng.standard_normal(len(stain)) * content.pulses.glow * staining.glow
        stain, matrix = np.column_stack([stain, tilt]), np.eye(len(panel.dyes))
        factor, mixed = np.append(factor * optics.stain, 1.0), np.vstack([dyes, GLOW_TILT]) * staining.gain
    else:
        matrix = batch_matrix(panel, seed, batch_of(name, spec), staining.gain, staining.leak)
        mixed, factor = matrix, factor * staining.gain
    light = detect(
        rng,
        optics,
        stain * factor,
        content.pulses.glow * staining.glow,
        mixed,
        gain=acquisition.gain,
        offset=staining.offset,
    )
    pulses = content.pulses
    scatter = np.column_stack([pulses.fsc, pulses.fsc_height, pulses.ssc, pulses.ssc_height])
    scatter *= np.repeat(np.exp(_SCATTER_GAIN_SD * rng.standard_normal(2)), 2)
    scatter *= np.repeat([optics.forward, optics.sideward], 2)
    return np.column_stack([np.minimum(scatter, optics.ceiling), light]), matrix, spectra
