"""One sample: open, resolve, gate, measure, draw. Pure, small in, small out; whatever fails becomes a row."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from cytogate.platform import peak_memory
from cytogate.stats.intervals import wilson
from cytogate.stats.limits import Limits, flag, too_few_for_intensity
from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.files.input_files import check_unchanged, file_state, hash_file
from cytogate.study.hooks import fault_point
from cytogate.study.sample.cleaning import inspected
from cytogate.study.sample.failure import Failure, describe_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cytogate.errors import Problem
    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.source import EventSource
    from cytogate.gating.adjusting import GateChange
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.files.hashing import Hashed
    from cytogate.study.sample.control_overlays import Control
    from cytogate.study.sample.looks import GateLook

log = logging.getLogger(__name__)

Row = dict[str, Any]
STATISTICS = ("median",)  # of every fluorescence channel in every population


@dataclass(frozen=True, slots=True)
class Job:
    """All that is needed to gate one sample, anywhere.

    Attributes
    ----------
    index : int
        Position of the sample in the sheet; results are sorted by it.
    sample, file : str
        As the sheet names them.
    path : str
        Where the file lies.
    endpoints : tuple of Endpoint
        The subsets of this panel; references are full paths.
    threads : int or None
        Threads that share this file; None for all processors.
    changes : tuple of GateChange
        Gates of this sample that were changed by hand.
    controls : tuple of Control
        FMO tubes to be drawn beside this sample.
    cleaning : Cleaning
        Which checks look at the tube, and which take events out.
    known : Hashed or None
        What the file held when the run began; a file in another state is read and hashed again.
    """

    index: int
    sample: str
    file: str
    path: str
    template: GatingTemplate
    fits: Fits | None = None
    endpoints: tuple[Endpoint, ...] = ()
    limits: Limits = field(default_factory=Limits)
    dataset: int = 0
    lenient: bool = False
    refuse: tuple[str, ...] = ()
    threads: int | None = 1
    previews: bool = True
    changes: tuple[GateChange, ...] = ()
    controls: tuple[Control, ...] = ()
    cleaning: Cleaning = field(default_factory=Cleaning)
    known: Hashed | None = None


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What one sample gave; `failure` is set and the tables are empty when it failed.

    `counts` holds (count, denominator count) of each endpoint that was counted; `template_counts` those
    without the changes made by hand, of the endpoints that these touch; `shifts` how the logit of an endpoint
    changes when the fitted gates are drawn anew; `gates` what is known of each gate. `matrices` are those
    applied. `pictures` are (name, PNG) and `plots` says what they show; `overlays` are histograms
    beside controls. `qc` are the rows of the checks, `track` the tube over time where they found a bad
    stretch. `strategy` is the line of ``gates.jsonl``; `instrument` what the keywords say of the acquisition;
    `volumes` microlitres of ``$VOL`` by the unit that it may be in, `duration` its seconds. `seconds` are
    those of the whole work and `stages` those of its parts: read, resolve, adjust, clean, gate, measure,
    check, draw. `peak_memory` is that of the process that gated it, in bytes, up to then.
    """

    index: int
    sample: str
    failure: Failure | None = None
    n_events: int | None = None
    sha256: str | None = None
    size: int | None = None
    warnings: tuple[str, ...] = ()
    populations: tuple[Row, ...] = ()
    intensities: tuple[Row, ...] = ()
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    template_counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    shifts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    gates: tuple[GateLook, ...] = ()
    strategy: dict[str, Any] | None = None
    instrument: dict[str, Any] | None = None
    volumes: dict[str, float] = field(default_factory=dict)
    duration: float | None = None
    matrices: tuple[dict[str, Any], ...] = ()
    plots: tuple[dict[str, Any], ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    overlays: tuple[dict[str, Any], ...] = ()
    qc: tuple[Row, ...] = ()
    track: dict[str, Any] | None = None
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    peak_memory: int | None = None

    def population_counts(self) -> dict[str, int]:
        """Return the events of each population that was counted, by its full path."""
        return {row["population"]: row["count"] for row in self.populations}


class _Stage:
    """Where the work is, for the failure row, and the seconds that it took so far in each stage."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = "open"
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def enter(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[self.name] = self.seconds.get(self.name, 0.0) + now - self._since
        self._since, self.name = now, name
        fault_point(name, self.number)


def run_sample(job: Job) -> SampleResult:
    """Gate one sample. Never raises for what is wrong with the sample: that becomes its `failure`."""
    began = time.perf_counter()
    stage = _Stage(job.index)
    sha256, size = None, None
    try:
        stage.enter("read")
        before = file_state(job.path)
        known = job.known if job.known is not None and job.known.state == before else None
        sha256, size = (known.sha256, before[0]) if known is not None else hash_file(job.path)
        result = _gate(job, stage, sha256, size, began)
        check_unchanged(job.path, before)
    except Exception as error:  # noqa: BLE001 - the one border at which any fault becomes a row
        log.info("sample %s failed at %s: %s", job.sample, stage.name, error)
        return SampleResult(
            index=job.index,
            sample=job.sample,
            failure=describe_failure(
                error, sample=job.sample, file=job.file, stage=stage.name, path=job.path
            ),
            sha256=sha256,
            size=size,
            seconds=time.perf_counter() - began,
        )
    return result


def _gate(job: Job, stage: _Stage, sha256: str, size: int, began: float) -> SampleResult:
    from cytogate.fcs.acquisition import volume_in
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.adjusting import adjust, depends_on
    from cytogate.gating.cleaning import with_cleaning
    from cytogate.gating.engine import gate
    from cytogate.study.sample.gate_checks import gate_looks, gate_shifts
    from cytogate.study.sample.instruments import instrument_facts
    from cytogate.study.sample.matrices import applied_matrices

    read = partial(read_fcs, dataset=job.dataset, lenient=job.lenient, refuse=job.refuse)
    source = read(job.path)
    instrument = instrument_facts(source)
    volumes = {unit: ul for unit in ("nl", "ul") if (ul := volume_in(source.keywords, unit))}
    stage.enter("resolve")
    strategy = job.template.resolve(source, fits=job.fits, read=read)
    drawn = strategy
    if job.changes:
        stage.enter("adjust")
        strategy = adjust(drawn, job.changes)
    stage.enter("clean")
    tube = inspected(source, strategy, job.cleaning, threads=job.threads)
    every_event, strategy = strategy, with_cleaning(strategy, tube.gates)
    drawn = with_cleaning(drawn, tube.gates)
    stage.enter("gate")
    result = gate(source, strategy, threads=job.threads)
    stage.enter("measure")
    populations = tuple(_population_rows(job, result))
    markers = _markers(job, source)
    intensities = tuple(_intensity_rows(job, source, result, markers))
    counts = _counts(job.endpoints, result)
    template_counts = {}
    if job.changes:
        paths = depends_on(strategy, [entry.gate for entry in job.changes])
        touched = [entry for entry in job.endpoints if {entry.population, entry.of} & paths]
        template_counts = _counts(touched, gate(source, drawn, threads=job.threads)) if touched else {}
    stage.enter("check")
    qc = tube.rows(job.sample, result, [entry.of for entry in job.endpoints])
    shifts, gates = gate_shifts(job, source, every_event), gate_looks(job, source, strategy, result)
    stage.enter("draw")
    plots, pictures, beside = (
        _previews(job, source, strategy, result, markers, read) if job.previews else ((), (), ())
    )
    stage.enter("end")
    return SampleResult(
        index=job.index,
        sample=job.sample,
        n_events=source.n_events,
        sha256=sha256,
        size=size,
        warnings=tuple(_warnings(job, (*source.warnings, *strategy.warnings, *result.warnings))),
        populations=populations,
        intensities=intensities,
        counts=counts,
        template_counts=template_counts,
        shifts=shifts,
        gates=gates,
        strategy={
            "sample": job.sample,
            "strategy": strategy.to_dict(),
            **({"adjusted": [entry.gate for entry in job.changes]} if job.changes else {}),
        },
        instrument=instrument,
        volumes=volumes,
        duration=source.acquisition.duration,
        matrices=applied_matrices(source, strategy),
        plots=plots,
        pictures=pictures,
        overlays=beside,
        qc=qc,
        track=tube.track(job.sample),
        seconds=time.perf_counter() - began,
        stages=stage.seconds,
        peak_memory=peak_memory(),
    )


def _counts(endpoints: Iterable[Endpoint], result: GatingResult) -> dict[str, tuple[int, int]]:
    return {entry.name: (result.count(entry.population), result.count(entry.of)) for entry in endpoints}


def _warnings(job: Job, problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield str(problem).replace(job.path, job.file)


def _population_rows(job: Job, result: GatingResult) -> Iterator[Row]:
    for population in result.strategy.populations:
        count, parent_count = result.count(population.path), result.parent_count(population.path)
        low, high = wilson(count, parent_count)
        yield {
            "sample": job.sample,
            "population": population.path,
            "parent": population.parent or "",
            "count": count,
            "parent_count": parent_count,
            "percent_of_parent": finite(result.percent_of_parent(population.path)),
            "ci_low": finite(100 * low),
            "ci_high": finite(100 * high),
            "flag": flag(count, parent_count, job.limits),
        }


def finite(value: float) -> float | None:
    """Return the value, or None where it is not a finite number: tables hold nulls, not NaN."""
    return value if math.isfinite(value) else None


def _intensity_rows(
    job: Job, source: FcsFile, result: GatingResult, markers: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the median of the compensated linear values of every fluorescence channel in every population."""
    from numpy import ndindex

    from cytogate.gating.intensities.measuring import measure

    found = measure(result, STATISTICS, threads=job.threads)
    for place in ndindex(found.values.shape):
        population, channel, statistic = place
        name = found.channels[channel]
        n = int(found.n[population, channel])
        why = too_few_for_intensity(n, job.limits)
        yield {
            "sample": job.sample,
            "population": found.populations[population],
            "channel": name,
            "marker": markers.get(name) or source.channels[name].label or name,
            "statistic": found.statistics[statistic],
            "value": None if why else finite(float(found.values[place])),
            "n": n,
            "note": why,
        }


def _markers(job: Job, source: FcsFile) -> dict[str, str]:
    """Return the template's marker of each channel that it knows."""
    from cytogate.gating.template.matching import channels_of

    return {channel.name: marker for marker, channel in channels_of(job.template, source).items()}


def _previews(
    job: Job,
    source: FcsFile,
    strategy: GatingStrategy,
    result: GatingResult,
    markers: Mapping[str, str],
    read: Callable[[str], EventSource],
) -> tuple[tuple[dict[str, Any], ...], tuple[tuple[str, bytes], ...], tuple[dict[str, Any], ...]]:
    from cytogate.gating.views import views
    from cytogate.study.files.names import slug
    from cytogate.study.sample.control_overlays import overlays
    from cytogate.study.sample.previews import density_png, plot_entry

    fitted = {} if job.fits is None else job.fits.axes
    channels = {marker: channel for channel, marker in markers.items()}
    ranges = {channels[marker]: limits for marker, limits in fitted.items() if marker in channels}
    subsets = {endpoint.name: endpoint.population for endpoint in job.endpoints}
    traced = tuple(dict.fromkeys(subsets.values()))
    drawn = views(source, strategy, result, ranges=ranges, traced=traced, threads=job.threads)
    plots, pictures = [], []
    for number, view in enumerate(drawn, start=1):
        name = f"{number:02d}-{slug(view.gate_name, 40)}.png"
        pictures.append((name, density_png(view.counts)))
        plots.append(plot_entry(view, name, subsets))
    beside = overlays(job.controls, drawn, strategy, channels, traced, read, threads=job.threads)
    return tuple(plots), tuple(pictures), tuple(beside)
