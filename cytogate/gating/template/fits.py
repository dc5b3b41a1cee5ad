"""Fits: what a template leaves to be estimated, estimated once over all files of a study."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import CytogateError, Problem, TemplateError
from cytogate.gating.sampling import sample_events
from cytogate.gating.template.matching import channels_of, compensation_of
from cytogate.gating.template.parts import read_only

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import ScaleSpec

FORMAT = "cytogate.fits"
VERSION = 1
EVENTS_PER_FILE = 20_000
NEGATIVE_QUANTILE = 0.05  # of the negative values: r of the width rule
AXIS_QUANTILE = 0.001  # of all values: where a drawn axis begins
MAX_WIDTH = 2.0
MOST_SATURATED = 0.05  # of a file; beyond this the range is not the detector's ceiling

# Negative values are counted by magnitude: 1000 bins a decade from 0.001, so that memory does not grow.
_BINS_PER_DECADE = 1000
_LOWEST_DECADE = -3
_N_BINS = 11 * _BINS_PER_DECADE


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Scales and axis ranges of one template, for all files of a study.

    Attributes
    ----------
    template, template_sha256 : str
        The template they were estimated for.
    scales : Mapping
        Marker to ``{"kind", "T", "W", "M", "A"}`` as far as the kind has them.
    axes : Mapping
        Marker to (low, high) in data values, for drawing.
    files : tuple of str
        Files that were looked at, sorted.
    skipped : tuple of Problem
        Files that could not be, and why.
    """

    template: str
    template_sha256: str
    scales: Mapping[str, Mapping[str, Any]]
    axes: Mapping[str, tuple[float, float]]
    files: tuple[str, ...] = ()
    skipped: tuple[Problem, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `from_dict` reads them back."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "template": self.template,
            "template_sha256": self.template_sha256,
            "scales": {marker: dict(scale) for marker, scale in self.scales.items()},
            "axes": {marker: list(ends) for marker, ends in self.axes.items()},
            "files": list(self.files),
            "skipped": [
                {"code": p.code, "location": p.location, "message": p.message, "fix": p.fix}
                for p in self.skipped
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fits:
        """Return the fits that `to_dict` described.

        Raises
        ------
        TemplateError
            When the data are of another format or a newer version.
        """
        if data.get("format") != FORMAT or data.get("version") != VERSION:
            message = (
                f"Not fits that this version reads: format {data.get('format')!r}, version "
                f"{data.get('version')!r}; expected {FORMAT!r}, version {VERSION}."
            )
            raise TemplateError(message)
        return cls(
            template=data["template"],
            template_sha256=data["template_sha256"],
            scales=read_only({marker: read_only(scale) for marker, scale in data["scales"].items()}),
            axes=read_only(
                {marker: (float(ends[0]), float(ends[1])) for marker, ends in data["axes"].items()}
            ),
            files=tuple(data["files"]),
            skipped=tuple(Problem(**entry) for entry in data["skipped"]),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (Fits.from_dict, (self.to_dict(),))


def fit_template(template: GatingTemplate, files: Iterable[str | Path | EventSource]) -> Fits:
    """Return the scales of a template, estimated over `files`.

    Parameters
    ----------
    template : GatingTemplate
        Which scales have ``W: auto``, and which markers they belong to.
    files : iterable of paths or event sources
        All files of the study that the template is for. At most 20,000 events are looked at in each, spread
        evenly over the file; a file that cannot be used is skipped and named in ``fits.skipped``. The order
        of the files does not matter.

    Returns
    -------
    Fits

    Notes
    -----
    The negative compensated values of all files are pooled, so that every file is drawn and gated on one
    scale. With r their 5th percentile, ``W = (M - log10(T / |r|)) / 2`` (Parks, Roederer and Moore 2006, with
    the quantile that flowCore uses), clamped to 0 ... 2 and to M / 2. A marker without negative values has
    W = 0: there is nothing to spread. Events with a saturated detector are left out, for compensation
    makes them hugely negative in other colours. r is known to 0.3 %, W to 0.001.
    """
    pooled: dict[str, _Values] = {}
    seen: list[str] = []
    skipped: list[Problem] = []
    for entry in files:
        name = str(entry) if isinstance(entry, str | Path) else entry.path
        try:
            source = _opened(entry)
            for marker, values in _compensated(template, source).items():
                pooled.setdefault(marker, _Values(values.kind, values.range)).add(values)
        except (CytogateError, OSError) as error:
            skipped.append(Problem("fit-skipped", name, " ".join(str(error).split())))
            continue
        seen.append(name)
    scales = {}
    axes = {}
    for marker in sorted(pooled):
        values = pooled[marker]
        spec = template.scale(marker, is_scatter=values.kind != "fluorescence")
        if spec is not None:
            scales[marker] = read_only(_fitted(spec, values))
        low, high = _axis(spec, values)
        if low < high < math.inf:  # a file may give no range that a plot can have
            axes[marker] = (low, high)
    return Fits(
        template=template.name,
        template_sha256=template.sha256,
        scales=read_only(scales),
        axes=read_only(axes),
        files=tuple(sorted(seen)),
        skipped=tuple(sorted(skipped, key=lambda problem: (problem.location, problem.message))),
    )


class _Values:
    """Counts of the negative values of one marker by magnitude, and of all its values."""

    def __init__(self, kind: str, top: float, values: NDArray[np.float64] | None = None) -> None:
        self.kind = kind
        self.range = top
        self.n = 0
        self.counts = np.zeros(_N_BINS, np.int64)
        if values is not None:
            finite = values[np.isfinite(values)]
            self.n = len(finite)
            position = (np.log10(-finite[finite < 0]) - _LOWEST_DECADE) * _BINS_PER_DECADE
            bins = np.clip(position, 0, _N_BINS - 1).astype(np.int64)
            self.counts = np.bincount(bins, minlength=_N_BINS)

    def add(self, other: _Values) -> None:
        """Pool the values of another file."""
        self.n += other.n
        self.counts = self.counts + other.counts
        self.range = max(self.range, other.range)

    def negative_quantile(self, share: float) -> float | None:
        """Return the `share` quantile of the negative values; None where there are none."""
        n_negative = int(self.counts.sum())
        return self._nth_lowest(share * n_negative) if n_negative else None

    def quantile(self, share: float) -> float:
        """Return the `share` quantile of all values where it is negative, else 0."""
        wanted = share * self.n
        return self._nth_lowest(wanted) if wanted < int(self.counts.sum()) else 0.0

    def _nth_lowest(self, rank: float) -> float:
        lowest_first = np.cumsum(self.counts[::-1])
        at = int(np.searchsorted(lowest_first, rank, side="right"))
        at = min(at, int(np.searchsorted(lowest_first, lowest_first[-1])))
        here = int(self.counts[::-1][at])
        before = int(lowest_first[at]) - here
        within = (rank - before) / here
        position = _N_BINS - at - within
        return -math.pow(10.0, position / _BINS_PER_DECADE + _LOWEST_DECADE)


def _fitted(spec: ScaleSpec, values: _Values) -> dict[str, Any]:
    fitted = spec.to_dict() if spec.kind in ("log", "biex") else {"A": 0.0, **spec.to_dict()}
    if spec.is_estimated:
        lowest = values.negative_quantile(NEGATIVE_QUANTILE)
        fitted["W"] = logicle_width(lowest, top=float(fitted["T"]), decades=float(fitted["M"]))
    return fitted


def logicle_width(lowest: float | None, *, top: float, decades: float) -> float:
    """Return W for a reference value r of the negatives (None: there are none), to four decimals.

    Examples
    --------
    >>> logicle_width(-262.144, top=262144, decades=4.5)
    0.75
    """
    if lowest is None or lowest >= 0:
        return 0.0
    width = (decades - math.log10(top / -lowest)) / 2
    return round(min(max(width, 0.0), MAX_WIDTH, decades / 2), 4)


def _axis(spec: ScaleSpec | None, values: _Values) -> tuple[float, float]:
    high = values.range if spec is None else spec.top
    if spec is not None and spec.kind == "log":
        return (high / 10.0 ** float(spec.parameters["M"]), high)
    if values.kind != "fluorescence":
        return (0.0, high)
    return (min(values.quantile(AXIS_QUANTILE), 0.0), high)


def _opened(entry: str | Path | EventSource) -> EventSource:
    if isinstance(entry, str | Path):
        from cytogate.fcs.read import read_fcs

        return read_fcs(entry)
    return entry


def _compensated(template: GatingTemplate, source: EventSource) -> dict[str, _Values]:
    """Return the values of each marker of the template, from a bounded number of events."""
    channels = channels_of(template, source)
    matrix = compensation_of(template, source)
    names = [channel.name for channel in channels.values()]
    columns = list(dict.fromkeys([*names, *(matrix.detectors if matrix is not None else ())]))
    values = sample_events(source, columns, n_events=EVENTS_PER_FILE)
    values = values[~_saturated(values, [source.channels[name] for name in columns])]
    if matrix is not None:
        values = matrix.apply(values, columns)
    return {
        marker: _Values(channel.kind, channel.range, values[:, columns.index(channel.name)])
        for marker, channel in channels.items()
    }


def _saturated(values: NDArray[np.float64], channels: list[Channel]) -> NDArray[np.bool_]:
    """Return which events a detector could not measure: compensation makes all their colours wrong.

    A channel is passed over where ``$PnR`` says nothing about its values (amplified or divided ones) or is no
    ceiling, since more than a few events lie beyond it.
    """
    out = np.zeros(len(values), np.bool_)
    for column, channel in enumerate(channels):
        if channel.log is None and channel.gain == 1.0 and channel.kind in {"fluorescence", "scatter"}:
            beyond = values[:, column] >= channel.range - 1.0
            if len(beyond) and beyond.mean() <= MOST_SATURATED:
                out |= beyond
    return out
