"""Populations and their staining: medians per marker, as tables to be read and argued about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.sections import Populations

DEBRIS = "debris"
B_CELLS = (
    "resting naive", "T3", "T1/T2", "aNAV", "UM", "SWM resting", "SWM activated",
    "DN1", "DN2", "DN3", "plasmablast", "plasma cell",
)  # fmt: skip
CD4_CELLS = ("CD4 naive", "CD4 memory", "CD4 activated", "Treg Helios+", "Treg Helios-")

# Median of the compensated area, scale units of 262,144. The arc of maturation runs through T1/T2, T3 and
# resting naive: those rows are its landmarks (see MATURATION).
_BCELL = """
population     CD19  IgD  CD27  CD24  CD38 CD21 CD11c CXCR5   MTG  CD20 CD10 CD95   IgM CD138 HLA-DR CD3/CD14 CD45
resting_naive  4800 9000   130  3200  2600 6500    60  4500   950 10000   80  180  3500    60   9500       80 9000
T3             4500 7000   120  7500  6500 5000    60  3500  6500  9500  150  150  7000    60   9000       80 9000
T1/T2          4200 5000   120 14000 12000 1800    60  2500  9000  9000 1500  150 12000    60   9000       80 9000
aNAV           9000 5500   170   500   700  600  2800   700  7500 15000   80 1800  2500    60  16000       80 9000
UM             6000 2800  2200  7000  1000 8000   250  3200  7000 14000   80  500 15000    60  10000       80 9000
SWM_resting    5500  130  2600  6000   700 6500   200  3000  7500 13000   80  700   120    60  10000       80 9000
SWM_activated  8000  130  2500  1500   900  900  2200   900  8500 15000   80 3500   120    60  15000       80 9000
DN1            5200  130   150  4500   700 5500   150  3200  6500 12000   80  500   400    60  10000       80 9000
DN2           10000  150   180   350   400  450  4500   350  8500 16000   80 2500   300    60  18000       80 9000
DN3            4500  130   170   700  1500  900   250   350  7500  9000   80 1200   300    60   9000       80 9000
plasmablast    1800  130 14000   180 60000  300   120   250 11000   350   80 3500   250   900   8000       80 8000
plasma_cell    1200  120 18000   150 80000  250   100   200 11000   250   80 3500   200  9000   4000       80 7500
T                60   60  2500   150  1200   80    80   250  4000    60   60  900    60    60    150    16000 9000
NK               60   60   200    90  5000   70   900    90  4500    60   60  500    60    60    200      120 9000
monocyte        150  150   150   300  5500  150 22000   200  9000   150  100 1500   200   150  14000    16000 6500
granulocyte     120  120   120   250   900  900  3000   150  5000   120  700  600   120   100    200      900 3500
debris           35   40    50    60    80   40    40    50   300    40   40   60    50    40     60       60   60
ln_sd           .30  .75   .70   .55   .60  .60   .75   .65   .45   .35  .60  .70   .80   .80    .50      .34  .22
"""  # noqa: E501  (one population, one line)

_TREG = """
population      CD3  LAP  CD39 CD127 CD45RA Helios HLA-DR FoxP3 CD25 GARP   CD4
CD4_naive      9000   90   150  3400  14000    240    120   160  150   90 12000
CD4_memory     9000   95   300  3200    350    260    200   185  210   95 12000
CD4_activated  8500  100   700  2300    350    290   3000   380  900  100 12500
Treg_Helios+   8500  110  1500   350    350   2600    500  1500 3500   90 11500
Treg_Helios-   8500  100  1200   380    350    280    500  1400 3300   90 11500
CD8_T          9500   90   150  2400   6000    260    250   150  120   90   110
B                60   90  2500   120   9000    240  10000   150  300   90    90
NK               70   90   200   700   9000    500    300   150  120   90   120
monocyte        120  150  6000   300   1500    350  14000   260  250  150  2200
debris           45   50    50    50     70     90     60    70   50   50    60
ln_sd           .22  .40   .48   .43    .50    .40    .50   .43  .48  .40   .20
"""

_DIM_SD = 0.55  # unstained and dim cells are wider than the marker's own spread, below this median
_DIM_MEDIAN = 300.0


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a population that stains otherwise: its markers' medians instead of the table's."""

    population: str
    share: float
    medians: tuple[tuple[str, float], ...]


SHARES = {
    "bcell": (
        Share("resting naive", 0.015, (("IgD", 1250.0),)),  # IgD-dim cells between the modes
        Share("T", 0.25, (("CD27", 200.0),)),
        Share("T", 0.12, (("CXCR5", 2500.0),)),
        Share("T", 0.10, (("HLA-DR", 3000.0),)),
    ),
    "treg": (
        Share("CD4 memory", 0.22, (("CD25", 800.0),)),
        Share("Treg Helios+", 0.35, (("FoxP3", 3000.0), ("CD25", 4500.0), ("HLA-DR", 3000.0))),
        Share("Treg Helios-", 0.25, (("FoxP3", 2600.0), ("CD25", 4200.0), ("HLA-DR", 3000.0))),
        Share("Treg Helios+", 0.25, (("CD45RA", 14000.0), ("CD39", 200.0))),
        Share("Treg Helios+", 0.50, (("CD39", 4000.0),)),
        Share("Treg Helios-", 0.50, (("CD39", 4000.0),)),
        Share("CD8 T", 0.40, (("CD45RA", 600.0),)),
    ),
}

# Correlations of log abundance beyond the 0.2 that all markers of a cell share through its size.
_SHARED = 0.2
_PAIRS = {("CD24", "CD38"): 0.5, ("CD19", "CD20"): 0.4, ("FoxP3", "CD25"): 0.35, ("LAP", "GARP"): 0.4}


@dataclass(frozen=True, slots=True)
class Scatter:
    """Forward and side scatter of a population: medians and CVs."""

    fsc: float
    fsc_cv: float
    ssc: float
    ssc_cv: float
    glow: float  # autofluorescence against a lymphocyte's


LYMPHOCYTE = Scatter(62_000, 0.13, 18_000, 0.26, 1.0)
SCATTER_OF = {
    "aNAV": Scatter(68_000, 0.13, 20_000, 0.27, 1.2),
    "DN2": Scatter(69_000, 0.14, 20_500, 0.27, 1.2),
    "SWM activated": Scatter(67_000, 0.14, 20_000, 0.27, 1.1),
    "plasmablast": Scatter(77_000, 0.15, 23_500, 0.28, 1.5),
    "plasma cell": Scatter(79_000, 0.16, 25_000, 0.30, 1.6),
    "T1/T2": Scatter(65_000, 0.13, 18_500, 0.26, 1.0),
    "NK": Scatter(64_000, 0.13, 20_000, 0.28, 1.1),
    "CD4 activated": Scatter(66_000, 0.14, 19_500, 0.27, 1.1),
    "monocyte": Scatter(105_000, 0.13, 62_000, 0.25, 2.3),
    "granulocyte": Scatter(110_000, 0.12, 150_000, 0.25, 2.6),
}


@dataclass(frozen=True, slots=True)
class Maturation:
    """Where a population lies on the arc from mature (0) to newly emigrated (1): low + span * Beta(a, b)."""

    low: float
    span: float
    a: float
    b: float


# The arc's landmarks lie at 0 (resting naive), 0.5 (T3) and 1 (T1/T2). The dye-effluxing transporter comes
# as the last step, so MitoTracker falls steeply between T3 and naive while the other markers drift.
MATURATION = {
    "resting naive": Maturation(0.0, 0.24, 0.5, 4.0),
    "T3": Maturation(0.24, 0.51, 2.0, 1.9),
    "T1/T2": Maturation(0.75, 0.33, 1.6, 2.0),
}
LANDMARKS = (("resting naive", 0.0), ("T3", 0.5), ("T1/T2", 1.0))
EFFLUX_STEP = (0.24, 0.035)  # centre and width of the step in MitoTracker


@dataclass(frozen=True, slots=True)
class StainTable:
    """Log medians and spreads of one tube.

    Attributes
    ----------
    populations : tuple of str
        All labels, debris last.
    markers : tuple of str
        Without the viability dye, which dead cells decide.
    log_median, log_sd : (n_populations, n_markers) float
        Natural logarithms of scale units.
    """

    populations: tuple[str, ...]
    markers: tuple[str, ...]
    log_median: NDArray[np.float64]
    log_sd: NDArray[np.float64]


@cache
def stain_table(panel: str) -> StainTable:
    """Return the table of the tube `panel`."""
    header, *rows = map(str.split, (_BCELL if panel == "bcell" else _TREG).strip().splitlines())
    values = np.array([[float(word) for word in row[1:]] for row in rows])
    medians, spread = values[:-1], values[-1]
    log_sd = np.where(medians < _DIM_MEDIAN, np.maximum(spread, _DIM_SD), spread[None, :])
    if panel == "treg":  # the intracellular dyes' negatives are tight: autofluorescence, not antibody
        log_sd = np.broadcast_to(spread, medians.shape).copy()
    for array in (log_median := np.log(medians), log_sd):
        array.flags.writeable = False
    populations = tuple(row[0].replace("_", " ") for row in rows[:-1])
    return StainTable(populations, tuple(header[1:]), log_median, log_sd)


def moved(table: StainTable, by: Populations, *, panel: str, seed: int) -> StainTable:
    """Return the table of a trial whose populations stain otherwise.

    Parameters
    ----------
    table : StainTable
        Of the tube `panel`.
    by : Populations
        Factors of medians and spreads.
    panel : str
        Name of the tube's panel.
    seed : int
        Seed of the trial; decides the factors that are drawn.

    Returns
    -------
    StainTable
        `table` itself when nothing moves.
    """
    log_median, log_sd = table.log_median, table.log_sd
    if by.medians_sd:
        drawn = stream(seed, "medians", panel).standard_normal(log_median.shape)
        log_median = log_median + by.medians_sd * drawn
    for population, factors in by.medians.items():
        for marker, factor in factors.items():
            if population in table.populations and marker in table.markers:
                log_median = log_median.copy()
                place = table.populations.index(population), table.markers.index(marker)
                log_median[place] += np.log(factor)
    if by.spread != 1.0:
        log_sd = log_sd * by.spread
    if log_median is table.log_median and log_sd is table.log_sd:
        return table
    return replace(table, log_median=log_median, log_sd=log_sd)


@cache
def correlation_root(markers: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the Cholesky root of the correlations of (size, *markers)."""
    n = len(markers) + 1
    correlation = np.full((n, n), _SHARED)
    correlation[0, :] = correlation[:, 0] = np.sqrt(_SHARED)
    for (first, second), rho in _PAIRS.items():
        if first in markers and second in markers:
            i, j = markers.index(first) + 1, markers.index(second) + 1
            correlation[i, j] = correlation[j, i] = rho
    np.fill_diagonal(correlation, 1.0)
    return np.linalg.cholesky(correlation)
