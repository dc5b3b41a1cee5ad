"""Fit a template: what it leaves to be found, found over all files of a study."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.gating.fitting.fits import SKIPPED, Fits
from cytogate.gating.fitting.jobs import FirstJob, FirstLook, here, look_first
from cytogate.gating.fitting.placement import Group
from cytogate.gating.fitting.rounds import Sample, fit_rounds
from cytogate.gating.fitting.scales import PooledScales
from cytogate.gating.fitting.tubes import Opened, Tube
from cytogate.gating.template.parts import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cytogate.errors import Problem
    from cytogate.fcs.source import EventSource
    from cytogate.gating.cleaning import CleaningGate
    from cytogate.gating.fitting.jobs import Clean, Workers
    from cytogate.gating.fitting.placement import Placement, Together
    from cytogate.gating.template.gating_template import GatingTemplate


def read_plainly(path: str) -> EventSource:
    """Open a file as `cytogate.read_fcs` does without options."""
    from cytogate.fcs.read import read_fcs

    return read_fcs(path)


def fit_template(
    template: GatingTemplate,
    files: Iterable[str | Path | EventSource],
    groups: Iterable[Group] | None = None,
    *,
    read: Callable[[str], EventSource] = read_plainly,
    clean: Clean | None = None,
    workers: Workers = here,
    threads: int | None = None,
) -> Fits:
    """Return what a template leaves to be found, found over `files`: scales, then cuts and gates.

    Parameters
    ----------
    template : GatingTemplate
        Which scales have ``W: auto``, and which cuts and gates are found by methods.
    files : iterable of paths or event sources
        All files of the study that the template is for. A file that cannot be used is skipped and named in
        ``fits.skipped``. The order of the files does not matter. Events are read once for the scales, once
        for each level of cuts and gates, and once more in levels with parts that compare a sample with all
        together. What stays in memory of a file are its header and what its methods say; events never.
    groups : iterable of Group, optional
        Subject, visit, batch and control tubes of files, by `Group.key`; those of a file without one are
        empty. Groups of further files are kept for when these are resolved.
    read : callable, optional
        Opens a path, of files and of control tubes; by default `cytogate.read_fcs`.
    clean : callable, optional
        Returns the gates that take events of a tube out, for the tube and a strategy that compensates it.
        These events are not looked at then, neither for scales nor for cuts. By default all events are.
    workers : Workers, optional
        Does the looks at tubes, which are jobs; by default this process. What is found does not depend on it.
    threads : int, optional
        How many threads share a file; by default as many as there are processors.

    Returns
    -------
    Fits

    Notes
    -----
    Scales: at most 20,000 events are looked at in each file, spread evenly over it. The negative compensated
    values of all files are pooled, so that every file is drawn and gated on one scale. With r their 5th
    percentile, ``W = (M - log10(T / |r|)) / 2`` (Parks, Roederer and Moore 2006, with the quantile that
    flowCore uses), clamped to 0 ... 2 and to M / 2. A marker without negative values has W = 0: there is
    nothing to spread. Events with a saturated detector are left out, for compensation makes them hugely
    negative in other colours. r is known to 0.3 %, W to 0.001.

    Cuts and gates: docs/gating_methods.md says how levels, scope, anchor and fallback work.
    """
    by_key = {group.key: group for group in sorted(groups or (), key=lambda group: group.key)}
    pooled = PooledScales(template)
    given = [_named(entry, read) for entry in files]
    first = {
        number: Tube(template, opened, name, threads=threads) for number, (name, opened) in enumerate(given)
    }
    looks, skipped = _first_looks(first, workers, clean, pooled)
    scales, axes = pooled.scales(), pooled.axes()
    known: Any = {
        "scales": {marker: dict(scale) for marker, scale in scales.items()},
        "tops": {marker: high for marker, (_, high) in axes.items()},
    }
    placements: dict[str, dict[str, Placement]] = {}
    common: dict[str, Together] = {}
    if template.fitted:
        samples: dict[str, Sample] = {}
        for number, cleaning in sorted(looks.items()):
            key = _free(first[number].name, samples)
            tube = replace(first[number], name=key, cleaning=cleaning, **known)
            samples[key] = Sample(by_key.get(key, Group(key)), tube)
        controls, unread = _controls(template, samples.values(), read, workers, clean, threads)
        controls = {path: replace(tube, **known) for path, tube in controls.items()}
        placements, common, lost = fit_rounds(template, samples, controls, workers)
        skipped += [problem for problem in [*unread, *lost] if problem not in skipped]
    return Fits(
        template=template.name,
        template_sha256=template.sha256,
        scales=read_only(scales),
        axes=read_only(axes),
        files=tuple(sorted(first[number].name for number in looks)),
        skipped=tuple(sorted(skipped, key=lambda problem: (problem.location, problem.message))),
        placements=read_only({key: read_only(found) for key, found in placements.items()}),
        common=read_only(common),
        groups=read_only(by_key),
    )


def _named(
    entry: str | Path | EventSource, read: Callable[[str], EventSource]
) -> tuple[str, Callable[[], EventSource]]:
    """Return the name of a file or of events, and what opens them."""
    if isinstance(entry, str | Path):
        return str(entry), Opened(read, str(entry))
    return entry.path, partial(_given, entry)


def _given(source: EventSource) -> EventSource:
    return source


def _first_looks(
    tubes: Mapping[int, Tube], workers: Workers, clean: Clean | None, pooled: PooledScales | None
) -> tuple[dict[int, tuple[CleaningGate, ...]], list[Problem]]:
    """Return the cleaning gates of tubes that can be used, whose values are pooled, and why others cannot."""
    looks: dict[int, tuple[CleaningGate, ...]] = {}
    skipped = []
    numbers = list(tubes)
    jobs = [FirstJob(tubes[number], clean, is_pooled=pooled is not None) for number in numbers]
    for at, look in workers(look_first, jobs) if jobs else ():
        if isinstance(look, FirstLook):
            looks[numbers[at]] = look.cleaning
            if pooled is not None:
                pooled.add(look.values)
        else:
            skipped.append(look)
    return looks, skipped


def _controls(
    template: GatingTemplate,
    samples: Iterable[Sample],
    read: Callable[[str], EventSource],
    workers: Workers,
    clean: Clean | None,
    threads: int | None,
) -> tuple[dict[str, Tube], list[Problem]]:
    """Return the control tubes that some part looks at, by path, and those whose disk failed."""
    markers = {part.markers[0] for part in template.fitted.values() if part.method.looks_at != "sample"}
    paths = sorted(
        {path for sample in samples for marker, path in sample.group.controls.items() if marker in markers}
    )
    tubes = [Tube(template, Opened(read, path), path, threads=threads) for path in paths]
    if clean is None:
        return {tube.name: tube for tube in tubes}, []
    looks, skipped = _first_looks(dict(enumerate(tubes)), workers, clean, None)
    usable = {tubes[at].name: replace(tubes[at], cleaning=cleaning) for at, cleaning in sorted(looks.items())}
    return usable, [problem for problem in skipped if problem.code != SKIPPED]  # those are as good as none


def _free(name: str, taken: Iterable[str]) -> str:
    """Return a key for events: their path, or with a number where other events have the same."""
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name} ({number})"
    return key
