"""One tube of one visit: its events, the truth about each, and what the cytometer writes beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.artefacts import TICKS_PER_SECOND, acquire, saturate, stick_together
from cytogate.simulate.cells import draw_cells
from cytogate.simulate.composition import ENDPOINTS, cell_shares, endpoint_percent
from cytogate.simulate.panels import CEILING, SimulatedPanel, panels
from cytogate.simulate.patients import SUBJECTS, visit_values
from cytogate.simulate.photons import detect
from cytogate.simulate.populations import DEBRIS, stain_table
from cytogate.simulate.seeds import stream
from cytogate.simulate.spillover import batch_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.spec import TrialSpec

_OFFSET_SD = 8.0  # baseline left in a detector, scale units
_SCATTER_GAIN_SD = 0.02
_LARGE = 150_000.0  # forward scatter from which an event may leave the range


@dataclass(frozen=True, slots=True)
class TubeName:
    """Which tube: patient, week after the infusion and panel."""

    subject: str
    week: int
    panel: str

    @property
    def visit(self) -> str:
        """Name of the visit, ``"W12"``."""
        return f"W{self.week}"

    @property
    def sample(self) -> str:
        """Name of the sample, ``"P1_W12_B"``."""
        return f"{self.subject}_{self.visit}_{panels()[self.panel].tube}"

    @property
    def batch(self) -> str:
        """Staining batch: all visits of two patients were thawed and stained together."""
        return f"batch{SUBJECTS.index(self.subject) // 2 + 1}"


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A simulated tube; arrays are in the order of the file.

    Attributes
    ----------
    name : TubeName
        Which tube.
    panel : SimulatedPanel
        Its channels.
    values : (n, n_channels) float32
        As the file holds them.
    matrix : (n_dyes, n_dyes) float64
        The spillover that was applied; row = dye.
    populations : tuple of str
        Names behind `labels`.
    labels, partner : (n,) int16
        Population of the event, and of the cell that stuck to it (-1: none).
    dead, doublet, debris, margin, clog : (n,) bool
        The truth about each event.
    shares : dict
        Share of each population among cells as meant, before chance.
    """

    name: TubeName
    panel: SimulatedPanel
    values: NDArray[np.float32]
    matrix: NDArray[np.float64]
    populations: tuple[str, ...]
    labels: NDArray[np.int16]
    partner: NDArray[np.int16]
    dead: NDArray[np.bool_]
    doublet: NDArray[np.bool_]
    debris: NDArray[np.bool_]
    margin: NDArray[np.bool_]
    clog: NDArray[np.bool_]
    shares: dict[str, float]

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
    rng = stream(seed, "tube", name.subject, name.week, name.panel)
    values = visit_values(seed, name.subject, name.week)
    shares = cell_shares(name.panel, values, enriched=spec.enriched)
    labels, dead, doublets, partners = _draw_events(rng, panel, spec, shares)
    cells = draw_cells(rng, panel, labels, dead)
    partner_cells = draw_cells(rng, panel, partners, rng.random(partners.size) < spec.dead)
    pulses = stick_together(rng, cells, doublets, partner_cells)
    _mark_garp(rng, panel, labels, pulses.abundance, values["GARP%Treg"] / 100)
    acquisition = acquire(
        rng,
        panel,
        labels.size,
        rate=spec.rate,
        drift_probability=spec.drift_probability,
        clogged=name.sample in spec.clogged,
    )
    gain, stain, glow, offset = _batch_effects(name, panel, spec, seed)
    matrix = batch_matrix(panel, seed, name.batch, gain)
    tint = np.exp(spec.sample_sd * rng.standard_normal(len(panel.dyes)))
    light = detect(
        rng,
        panel,
        pulses.abundance * (stain * tint * gain),
        pulses.glow * glow,
        matrix,
        gain=acquisition.gain,
        offset=offset,
    )
    scatter = np.column_stack([pulses.fsc, pulses.fsc_height, pulses.ssc, pulses.ssc_height])
    scatter *= np.repeat(np.exp(_SCATTER_GAIN_SD * rng.standard_normal(2)), 2)
    recorded = np.column_stack([np.minimum(scatter, CEILING), light])
    partner = np.full(labels.size, -1, dtype=np.int16)
    partner[doublets] = partners
    monocyte = labels == stain_table(panel.name).populations.index("monocyte")
    saturate(rng, recorded, (recorded[:, 0] > _LARGE) | (partner >= 0) | monocyte, spec.margin)
    ticks = np.round(acquisition.seconds * TICKS_PER_SECOND, 1)
    populations = stain_table(panel.name).populations
    return Tube(
        name=name,
        panel=panel,
        values=np.column_stack([recorded, ticks]).astype(np.float32),
        matrix=matrix,
        populations=populations,
        labels=labels,
        partner=partner,
        dead=pulses.dead,
        doublet=partner >= 0,
        debris=labels == populations.index(DEBRIS),
        margin=np.asarray((recorded >= CEILING).any(axis=1)),
        clog=acquisition.clog,
        shares=shares,
    )


def _draw_events(
    rng: np.random.Generator, panel: SimulatedPanel, spec: TrialSpec, shares: dict[str, float]
) -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int16]]:
    """Draw labels, dead flags, the events that are doublets and the labels of their second cells."""
    populations = stain_table(panel.name).populations
    n_events = max(
        round(spec.events_of(panel.name) * float(np.exp(spec.events_cv * rng.standard_normal()))), 1
    )
    debris, dead_share, doublet_share = (
        share * float(np.exp(0.2 * rng.standard_normal()))
        for share in (spec.debris, spec.dead, spec.doublets)
    )
    chance = np.array([shares.get(name, 0.0) for name in populations])
    cell_chance = chance / chance.sum()
    chance = cell_chance * (1.0 - debris)
    chance[populations.index(DEBRIS)] = debris
    counts = rng.multinomial(n_events, chance / chance.sum())
    labels = rng.permutation(np.repeat(np.arange(len(populations), dtype=np.int16), counts))
    is_cell = labels != populations.index(DEBRIS)
    dead = is_cell & (rng.random(n_events) < dead_share)
    doublets = np.flatnonzero(is_cell & (rng.random(n_events) < doublet_share))
    partners = rng.choice(len(populations), doublets.size, p=cell_chance).astype(np.int16)
    return labels, dead, doublets, partners


def _mark_garp(
    rng: np.random.Generator,
    panel: SimulatedPanel,
    labels: NDArray[np.int16],
    abundance: NDArray[np.float64],
    share: float,
) -> None:
    """Let a share of the Tregs carry GARP and LAP, in place."""
    if panel.name != "treg":
        return
    populations = stain_table("treg").populations
    is_treg = np.isin(labels, [populations.index("Treg Helios+"), populations.index("Treg Helios-")])
    chosen = is_treg & (rng.random(labels.size) < share)
    for marker, factor in (("GARP", 8.0), ("LAP", 8.0)):
        abundance[chosen, panel.markers.index(marker)] *= factor


def _batch_effects(
    name: TubeName, panel: SimulatedPanel, spec: TrialSpec, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, NDArray[np.float64]]:
    """Draw detector gains, antibody lots, autofluorescence and baselines of a batch."""
    rng = stream(seed, "batch", name.batch, panel.name)
    n_dyes = len(panel.dyes)
    gain = np.exp(spec.instrument_sd * rng.standard_normal(n_dyes))
    stain = np.exp(spec.lot_sd * rng.standard_normal(n_dyes))
    glow = float(np.exp(spec.glow_sd * rng.standard_normal()))
    return gain, stain, glow, _OFFSET_SD * rng.standard_normal(n_dyes)
