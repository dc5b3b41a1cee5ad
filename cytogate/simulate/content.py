"""What flows through the cytometer in one tube: cells, doublets and debris, before any light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.artefacts import Pulses, stick_together
from cytogate.simulate.cells import draw_cells
from cytogate.simulate.composition import cell_shares, family_of
from cytogate.simulate.panels import SimulatedPanel, panels
from cytogate.simulate.patients import number_of, visit_values
from cytogate.simulate.populations import DEBRIS, moved, stain_table
from cytogate.simulate.schedule import omitted
from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.names import TubeName
    from cytogate.simulate.spec import TrialSpec

_FEW_B_CELLS = 250  # expected in a tube that has too few
_CARRY_OVER_DECAY = 0.1  # of the tube's events: most of the tube before comes first


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The events of a tube in the order in which they pass.

    Attributes
    ----------
    labels, partner : (n,) int16
        Population of the event, and of the cell that stuck to it (-1: none).
    carried : (n,) bool
        From the tube before.
    pulses : Pulses
        Stain, autofluorescence and scatter.
    shares : dict
        Share of each population among cells as meant.
    """

    labels: NDArray[np.int16]
    partner: NDArray[np.int16]
    carried: NDArray[np.bool_]
    pulses: Pulses
    shares: dict[str, float]


def draw_content(rng: np.random.Generator, name: TubeName, spec: TrialSpec, *, seed: int) -> Content:
    """Draw the events of a tube.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used in a fixed order.
    name : TubeName
        Which tube; controls hold cells of their patient's visit without the stains that they lack.
    spec : TrialSpec
        What the trial is like.
    seed : int
        Seed of the trial.

    Returns
    -------
    Content
        The same for all replicates of a sample.
    """
    panel = panels()[name.panel]
    values = _values(name.subject, name, spec, seed)
    shares = cell_shares(name.panel, values, enriched=spec.enriched)
    if name.sample in spec.few_b_cells and name.panel == "bcell":
        shares = _scarce(shares, spec.events_of(name.panel))
    labels, dead, doublets, partners = _draw_events(
        rng, panel, spec, shares, spec.events_of(name.panel, name.role)
    )
    carried = _carry_over(labels, name, spec, seed)
    table = moved(stain_table(panel.name), spec.populations, panel=panel.name, seed=seed)
    cells = draw_cells(rng, panel, labels, dead, table=table)
    others = draw_cells(rng, panel, partners, rng.random(partners.size) < spec.dead, table=table)
    pulses = stick_together(rng, cells, doublets, others)
    _mark_garp(rng, panel, labels, pulses.abundance, values["GARP%Treg"] / 100)
    pulses.abundance[:, ~_stained(name, spec, panel)] = 0.0
    partner = np.full(labels.size, -1, dtype=np.int16)
    partner[doublets] = partners
    return Content(labels, partner, carried, pulses, shares)


def _values(subject: str, name: TubeName, spec: TrialSpec, seed: int) -> dict[str, float]:
    return visit_values(seed, subject, name.week, change=spec.biology.change, noise=spec.biology.noise)


def _stained(name: TubeName, spec: TrialSpec, panel: SimulatedPanel) -> NDArray[np.bool_]:
    """Return which stains were put into a tube."""
    markers = np.array(panel.markers)
    if name.role == "unstained":
        return np.zeros(markers.size, dtype=bool)
    if name.role == "single_stain":
        return np.asarray(markers == name.control_for)
    return np.asarray(markers != omitted(name, spec))


def _scarce(shares: dict[str, float], n_events: int) -> dict[str, float]:
    """Return the shares with so few B cells that about `_FEW_B_CELLS` are expected."""
    family = family_of("bcell")
    b_cells = sum(shares[label] for label in family)
    wanted = _FEW_B_CELLS / n_events
    factor = min(1.0, wanted * (1.0 - b_cells) / ((1.0 - wanted) * b_cells)) if wanted < 1.0 else 1.0
    return {label: share * (factor if label in family else 1.0) for label, share in shares.items()}


def _carry_over(labels: NDArray[np.int16], name: TubeName, spec: TrialSpec, seed: int) -> NDArray[np.bool_]:
    """Replace the labels of a few cells by those of the tube before, in place; most come at the start.

    The tube before is that of the neighbour in recruitment at the same visit, whether or not he takes part.
    """
    carried = np.zeros(labels.size, dtype=bool)
    if not spec.flow.carry_over:
        return carried
    populations = stain_table(name.panel).populations
    rng = stream(seed, "carry-over", *name.keys)
    neighbour = f"P{(number_of(name.subject) ^ 1) + 1}"
    shares = cell_shares(name.panel, _values(neighbour, name, spec, seed), enriched=spec.enriched)
    chance = np.array([shares.get(label, 0.0) for label in populations])
    count = rng.binomial(labels.size, spec.flow.carry_over)
    places = (rng.exponential(_CARRY_OVER_DECAY, count) * labels.size).astype(np.int64)
    carried[places[places < labels.size]] = True
    carried &= labels != populations.index(DEBRIS)
    drawn = rng.choice(len(populations), int(carried.sum()), p=chance / chance.sum())
    labels[carried] = drawn.astype(np.int16)
    return carried


def _draw_events(
    rng: np.random.Generator, panel: SimulatedPanel, spec: TrialSpec, shares: dict[str, float], mean: int
) -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int16]]:
    """Draw labels, dead flags, the events that are doublets and the labels of their second cells."""
    populations = stain_table(panel.name).populations
    n_events = max(round(mean * float(np.exp(spec.events_cv * rng.standard_normal()))), 1)
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
