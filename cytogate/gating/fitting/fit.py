"""Fit a template: what it leaves to be found, found over all files of a study."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.gating.fitting.asking import Sample
from cytogate.gating.fitting.fits import Fits, left_out
from cytogate.gating.fitting.placement import Group
from cytogate.gating.fitting.rounds import fit_rounds
from cytogate.gating.fitting.scales import PooledScales
from cytogate.gating.fitting.tubes import ControlTubes, Opened, Tube
from cytogate.gating.template.parts import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cytogate.errors import Problem
    from cytogate.fcs.source import EventSource
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
) -> Fits:
    """Return what a template leaves to be found, found over `files`: scales, then cuts and gates.

    Parameters
    ----------
    template : GatingTemplate
        Which scales have ``W: auto``, and which cuts and gates are found by methods.
    files : iterable of paths or event sources
        All files of the study that the template is for. A file that cannot be used is skipped and named in
        ``fits.skipped``. The order of the files does not matter. Events are read once for the scales and
        once for each level of cuts and gates; headers and summaries stay in memory, events never.
    groups : iterable of Group, optional
        Subject, visit, batch and control tubes of files, by `Group.key`; those of a file without one are
        empty. Groups of further files are kept for when these are resolved.
    read : callable, optional
        Opens a path, of files and of control tubes; by default `cytogate.read_fcs`.

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
    sources: dict[str, Callable[[], EventSource]] = {}
    seen: list[str] = []
    skipped: list[Problem] = []
    for entry in files:
        name = str(entry) if isinstance(entry, str | Path) else entry.path
        source = Opened(read, name) if isinstance(entry, str | Path) else partial(_given, entry)
        try:
            pooled.add(source())
        except (CytogateError, OSError) as error:
            skipped.append(left_out(name, error))
            continue
        seen.append(name)
        sources[_free(name, sources)] = source
    scales, axes = pooled.scales(), pooled.axes()
    placements: dict[str, dict[str, Placement]] = {}
    common: dict[str, Together] = {}
    if template.fitted:
        tops = {marker: high for marker, (_, high) in axes.items()}
        controls = ControlTubes(template, read, scales, tops)
        samples = {
            key: Sample(by_key.get(key, Group(key)), Tube(template, source, key, scales, tops), controls)
            for key, source in sources.items()
        }
        placements, common, lost = fit_rounds(template, samples)
        skipped += [*lost, *controls.unread]
    return Fits(
        template=template.name,
        template_sha256=template.sha256,
        scales=read_only(scales),
        axes=read_only(axes),
        files=tuple(sorted(seen)),
        skipped=tuple(sorted(skipped, key=lambda problem: (problem.location, problem.message))),
        placements=read_only({key: read_only(found) for key, found in placements.items()}),
        common=read_only(common),
        groups=read_only(by_key),
    )


def _given(source: EventSource) -> EventSource:
    return source


def _free(name: str, taken: Iterable[str]) -> str:
    """Return a key for events: their path, or with a number where other events have the same."""
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name} ({number})"
    return key
