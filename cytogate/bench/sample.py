"""A generated tube of 18 float32 channels, 13 of them spilling into each other, as large as one asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.keyword import format_spillover
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TOP = 262144.0
BLOCK = 100_000  # events drawn from one random stream
SCATTER = ("FSC-A", "FSC-H", "SSC-A", "SSC-H")
MARKERS = {
    "CD19": "BV421-A",
    "CD3": "BV510-A",
    "CD27": "BV605-A",
    "IgD": "BV711-A",
    "CD24": "BV786-A",
    "CD38": "FITC-A",
    "CD21": "PerCP-A",
    "CD4": "PE-A",
    "CD25": "PE-CF594-A",
    "CD127": "PE-Cy7-A",
    "FoxP3": "APC-A",
    "Helios": "AF700-A",
    "Viability": "APC-Cy7-A",
}
DETECTORS = tuple(MARKERS.values())
DIM = 120.0  # median of a marker that a cell does not carry

# Share of the events, then markers that are bright, each with its median; the others are dim.
KINDS = (
    (0.05, {"CD19": 8000, "IgD": 9000, "CD24": 3000, "CD38": 1500, "CD21": 6000}),  # naive
    (0.01, {"CD19": 9000, "IgD": 9000, "CD24": 12000, "CD38": 20000, "CD21": 2000}),  # transitional
    (0.01, {"CD19": 14000, "IgD": 8000, "CD24": 300, "CD38": 1200}),  # activated naive
    (0.03, {"CD19": 8000, "CD27": 5000, "CD24": 5000, "CD21": 6000}),  # switched memory
    (0.02, {"CD19": 8000, "CD27": 5000, "IgD": 5000, "CD24": 5000, "CD21": 6000}),  # unswitched memory
    (0.01, {"CD19": 9000, "CD24": 700}),  # double negative
    (0.36, {"CD3": 15000, "CD4": 9000, "CD127": 5000, "CD25": 500, "CD27": 6000}),  # CD4
    (0.02, {"CD3": 14000, "CD4": 9000, "CD25": 6000, "FoxP3": 4000, "Helios": 5000}),  # regulatory, Helios+
    (0.01, {"CD3": 14000, "CD4": 9000, "CD25": 6000, "FoxP3": 4000}),  # regulatory, Helios-
    (0.24, {"CD3": 15000, "CD127": 2500, "CD27": 5000}),  # CD8
    (0.24, {"CD38": 4000}),  # others
)


def write_sample(path: Path, n_events: int, *, seed: int = 1) -> None:
    """Write the generated tube as an FCS file that carries its spillover.

    Parameters
    ----------
    path : Path
        The file.
    n_events : int
        A longer tube begins with the events of a shorter one, but for their times. The table is held in
        memory while it is written: 72 bytes an event.
    seed : int
        Of the events.
    """
    matrix = spillover()
    labels = {detector: marker for marker, detector in MARKERS.items()}
    channels = [Channel(name, labels.get(name), TOP) for name in (*SCATTER, *DETECTORS, "Time")]
    keywords = {"$SPILLOVER": format_spillover(matrix)}
    write_fcs(path, sample_events(n_events, matrix.values, seed=seed), channels, keywords=keywords)


def spillover(seed: int = 2) -> CompensationMatrix:
    """Return a matrix whose neighbours spill most."""
    rng = np.random.default_rng(seed)
    distance = np.abs(np.subtract.outer(np.arange(len(DETECTORS)), np.arange(len(DETECTORS))))
    values = np.round(rng.uniform(0.2, 1.0, distance.shape) * 0.15 / np.maximum(1, distance) ** 1.5, 4)
    values[distance > 6] = 0.0
    np.fill_diagonal(values, 1.0)
    return CompensationMatrix(DETECTORS, DETECTORS, values)


def sample_events(n_events: int, matrix: NDArray[np.float64], *, seed: int = 1) -> NDArray[np.float32]:
    """Return (n_events, 18) float32: scatter, the 13 measured fluorescences, time in seconds."""
    out = np.empty((n_events, len(SCATTER) + len(DETECTORS) + 1), dtype=np.float32)
    for number, begin in enumerate(range(0, n_events, BLOCK)):
        part = out[begin : begin + BLOCK]
        rng = np.random.default_rng([seed, number])
        part[:, : len(SCATTER)] = _scatter(rng)[: len(part)]
        part[:, len(SCATTER) : -1] = _fluorescence(rng, matrix)[: len(part)]
    out[:, -1] = np.arange(n_events) * (600.0 / max(1, n_events))
    return out


def _scatter(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (BLOCK, 4): areas and heights; doublets have too much area for their height."""
    out = np.empty((BLOCK, len(SCATTER)))
    forward = rng.normal(80_000, 14_000, BLOCK).clip(1000, TOP)
    doublet = rng.random(BLOCK) < 0.06
    out[:, 0] = forward * np.where(doublet, 1.8, 1.0)
    out[:, 1] = forward * rng.normal(0.8, 0.02, BLOCK)
    out[:, 2] = rng.lognormal(10.2, 0.35, BLOCK)
    out[:, 3] = out[:, 2] * 0.8
    return out


def _fluorescence(rng: np.random.Generator, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (BLOCK, 13) measured values: spilled over, with noise of the detector and of the photons."""
    names = list(MARKERS)
    medians = np.full((len(KINDS), len(names)), DIM)
    for row, (_, bright) in enumerate(KINDS):
        for marker, median in bright.items():
            medians[row, names.index(marker)] = median
    kind = rng.choice(len(KINDS), BLOCK, p=[share for share, _ in KINDS])
    true = medians[kind] * rng.lognormal(0.0, 0.5, (BLOCK, len(names)))
    true[rng.random(BLOCK) < 0.08, names.index("Viability")] *= 100  # dead cells
    measured = true @ matrix
    noise = rng.normal(0, 40, measured.shape) + rng.normal(0, 1, measured.shape) * np.sqrt(8 * measured)
    return np.asarray(measured + noise)
