"""Cells: the true abundance of every marker on every cell, before any light is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.populations import (
    DEBRIS,
    EFFLUX_STEP,
    LANDMARKS,
    LYMPHOCYTE,
    MATURATION,
    SCATTER_OF,
    SHARES,
    correlation_root,
    stain_table,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.panels import SimulatedPanel
    from cytogate.simulate.populations import StainTable

_GLOW_SIZE = 0.5  # correlation of autofluorescence and scatter with a cell's size
_SIDE_FORWARD = 0.35
_LIVE_DYE = (150.0, 0.38)
_DEAD_DYE = (20_000.0, 0.43)
_DYING_DYE = (3_500.0, 0.35)
_DYING_SHARE = 0.10
_UNRULY_SHARE, _UNRULY_SPREAD = 0.06, 1.7  # real clouds have longer tails than a Gaussian's
_FIXED_FSC, _FIXED_GLOW = 0.86, 2.0
_DEBRIS_THRESHOLD, _DEBRIS_MEAN, _DEBRIS_SSC, _DEBRIS_SSC_SD = 5_000.0, 8_000.0, 5_000.0, 0.77


@dataclass(frozen=True, slots=True)
class Cells:
    """What enters the flow cell.

    Attributes
    ----------
    labels : (n,) int16
        Index into the stain table's populations.
    dead : (n,) bool
        Dead or dying.
    abundance : (n, n_dyes) float64
        Scale units in each dye's own detector.
    glow : (n,) float64
        Autofluorescence against a lymphocyte's.
    fsc, ssc : (n,) float64
        Scatter areas.
    """

    labels: NDArray[np.int16]
    dead: NDArray[np.bool_]
    abundance: NDArray[np.float64]
    glow: NDArray[np.float64]
    fsc: NDArray[np.float64]
    ssc: NDArray[np.float64]


def draw_cells(
    rng: np.random.Generator,
    panel: SimulatedPanel,
    labels: NDArray[np.int16],
    dead: NDArray[np.bool_],
    *,
    table: StainTable,
) -> Cells:
    """Draw one cell for each label.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used in a fixed order.
    panel : SimulatedPanel
        The tube.
    labels : (n,) int16
        Populations, as indices into the stain table.
    dead : (n,) bool
        Which cells are dead or dying; debris never is.
    table : StainTable
        How the populations stain in this trial.

    Returns
    -------
    Cells
        In the order of `labels`.
    """
    root = correlation_root(table.markers)
    normal = _correlate(rng.standard_normal((labels.size, root.shape[0])), root)
    size = normal[:, 0]
    log_median = _log_medians(rng, panel.name, labels, table)
    unruly = np.where(rng.random(labels.size) < _UNRULY_SHARE, _UNRULY_SPREAD, 1.0)
    stained = np.exp(log_median + normal[:, 1:] * table.log_sd[labels] * unruly[:, None])
    sticky = np.exp(rng.normal(0.75, 0.35, labels.size))  # dead cells bind everything a little
    stained[dead] = stained[dead] * 0.8 + 90.0 * (sticky[dead, None] - 1.0).clip(0.0)
    abundance = np.empty((labels.size, len(panel.dyes)))
    for column, marker in enumerate(panel.markers):
        if marker == panel.viability:
            abundance[:, column] = _viability(rng, dead)
        else:
            abundance[:, column] = stained[:, table.markers.index(marker)]
    fsc, ssc, glow = _scatter(rng, panel, labels, dead, size)
    return Cells(labels, dead, abundance, glow, fsc, ssc)


def _correlate(normal: NDArray[np.float64], root: NDArray[np.float64]) -> NDArray[np.float64]:
    columns = np.ascontiguousarray(normal.T)
    correlated = np.zeros_like(columns)  # in a fixed order: the same with any linear algebra library
    for i in range(root.shape[0]):
        for j in range(i + 1):
            correlated[i] += root[i, j] * columns[j]
    return np.ascontiguousarray(correlated.T)


def _log_medians(
    rng: np.random.Generator, panel: str, labels: NDArray[np.int16], table: StainTable
) -> NDArray[np.float64]:
    log_median = table.log_median[labels]
    if panel == "bcell":
        _bend_along_arc(rng, labels, log_median, table)
    for share in SHARES[panel]:
        chosen = (labels == table.populations.index(share.population)) & (
            rng.random(labels.size) < share.share
        )
        for marker, median in share.medians:
            log_median[chosen, table.markers.index(marker)] = np.log(median)
    return log_median


def _bend_along_arc(
    rng: np.random.Generator, labels: NDArray[np.int16], log_median: NDArray[np.float64], table: StainTable
) -> None:
    """Replace the medians of naive and transitional cells by points of one continuous arc, in place."""
    tau = np.full(labels.size, np.nan)
    for name, place in MATURATION.items():
        chosen = labels == table.populations.index(name)
        tau[chosen] = place.low + place.span * rng.beta(place.a, place.b, int(chosen.sum()))
    on_arc = ~np.isnan(tau)
    tau = tau[on_arc]
    stops = np.array([stop for _, stop in LANDMARKS])
    landmarks = table.log_median[[table.populations.index(name) for name, _ in LANDMARKS]]
    for column, marker in enumerate(table.markers):
        if marker == "MTG":
            centre, width = EFFLUX_STEP
            share = 1.0 / (1.0 + np.exp(-(tau - centre) / width))
            share = (share - 1.0 / (1.0 + np.exp(centre / width))).clip(0.0)
            height = np.interp(tau, stops[1:], landmarks[1:, column]) - landmarks[0, column]
            log_median[on_arc, column] = landmarks[0, column] + share * height
        else:
            log_median[on_arc, column] = np.interp(tau, stops, landmarks[:, column])


def _viability(rng: np.random.Generator, dead: NDArray[np.bool_]) -> NDArray[np.float64]:
    dying = dead & (rng.random(dead.size) < _DYING_SHARE)
    median = np.where(dying, _DYING_DYE[0], np.where(dead, _DEAD_DYE[0], _LIVE_DYE[0]))
    spread = np.where(dying, _DYING_DYE[1], np.where(dead, _DEAD_DYE[1], _LIVE_DYE[1]))
    return np.asarray(median * np.exp(spread * rng.standard_normal(dead.size)))


def _scatter(
    rng: np.random.Generator,
    panel: SimulatedPanel,
    labels: NDArray[np.int16],
    dead: NDArray[np.bool_],
    size: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    populations = stain_table(panel.name).populations
    kinds = [SCATTER_OF.get(name, LYMPHOCYTE) for name in populations]
    fsc_median, fsc_cv, ssc_median, ssc_cv, glow_median = (
        np.array([getattr(kind, field) for kind in kinds])[labels]
        for field in ("fsc", "fsc_cv", "ssc", "ssc_cv", "glow")
    )
    own = rng.standard_normal((labels.size, 3))
    forward = _GLOW_SIZE * size + np.sqrt(1.0 - _GLOW_SIZE**2) * own[:, 0]
    sideward = _SIDE_FORWARD * forward + np.sqrt(1.0 - _SIDE_FORWARD**2) * own[:, 1]
    wider = np.where(dead, 0.10, 0.0)
    fsc = fsc_median * np.where(dead, 0.65, 1.0) * np.exp((fsc_cv + wider) * forward)
    ssc = ssc_median * np.where(dead, 1.35, 1.0) * np.exp((ssc_cv + wider) * sideward)
    glow = glow_median * np.exp(0.35 * (_GLOW_SIZE * size + np.sqrt(1.0 - _GLOW_SIZE**2) * own[:, 2]))
    glow *= np.where(dead, 2.5 * np.exp(0.8 * rng.standard_normal(labels.size)), 1.0)
    debris = labels == populations.index(DEBRIS)
    n_debris = int(debris.sum())
    fsc[debris] = _DEBRIS_THRESHOLD + rng.exponential(_DEBRIS_MEAN, n_debris)
    ssc[debris] = _DEBRIS_SSC * np.exp(_DEBRIS_SSC_SD * rng.standard_normal(n_debris))
    glow[debris] *= 0.3
    if panel.fixed:
        fsc[~debris] *= _FIXED_FSC
        glow *= _FIXED_GLOW
    return fsc, ssc, glow
