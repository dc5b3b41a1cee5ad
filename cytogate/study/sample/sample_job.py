"""One sample: open, resolve, gate, measure, draw. Pure, small in, small out; whatever fails becomes a row."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from cytogate.platform import peak_memory
from cytogate.study.files.input_files import check_unchanged, file_state, hash_file
from cytogate.study.hooks import fault_point
from cytogate.study.sample.cleaning import cleaner, inspected
from cytogate.study.sample.failure import describe_failure
from cytogate.study.sample.table_rows import endpoint_counts, intensity_rows, population_rows
from cytogate.study.sample.values import SampleResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cytogate.errors import Problem
    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.source import EventSource
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.study.sample.values import Job

log = logging.getLogger(__name__)


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
    clean = cleaner(job.cleaning, threads=job.threads)
    strategy = job.template.resolve(source, fits=job.fits, read=read, clean=clean)
    drawn = strategy
    if job.changes:
        stage.enter("adjust")
        strategy = adjust(drawn, job.changes)
    stage.enter("clean")
    tube = inspected(source, strategy, job.cleaning, threads=job.threads)
    strategy = with_cleaning(strategy, tube.gates)
    drawn = with_cleaning(drawn, tube.gates)
    stage.enter("gate")
    result = gate(source, strategy, threads=job.threads)
    stage.enter("measure")
    populations = tuple(population_rows(job, result))
    markers = _markers(job, source)
    intensities = tuple(intensity_rows(job, source, result, markers))
    counts = endpoint_counts(job.endpoints, result)
    template_counts = {}
    if job.changes:
        paths = depends_on(strategy, [entry.gate for entry in job.changes])
        touched = [entry for entry in job.endpoints if {entry.population, entry.of} & paths]
        template_counts = (
            endpoint_counts(touched, gate(source, drawn, threads=job.threads)) if touched else {}
        )
    stage.enter("check")
    qc = tube.rows(job.sample, result, [entry.of for entry in job.endpoints])
    shifts, gates = gate_shifts(job, source, strategy), gate_looks(job, source, strategy, result)
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


def _warnings(job: Job, problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield str(problem).replace(job.path, job.file)


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
