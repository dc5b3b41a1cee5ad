"""Fitting: what the templates leave to be found in the data, once for all tubes of a panel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.study.planning.controls import groups_of
from cytogate.study.sample.cleaning import cleaner

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cytogate.errors import Problem
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.fitting.jobs import Workers
    from cytogate.study.planning.plan import Plan
    from cytogate.study.running.kept import Kept
    from cytogate.study.running.keys import Keys

FITS = "fits"  # kind of a kept piece


def fit_panel(plan: Plan, panel: str, workers: Workers, *, threads: int | None) -> Fits:
    """Return the fits of one panel, estimated over the tubes of patients, of what cleaning leaves of them.

    Tubes that cannot be read or lack a marker are passed over here; they fail by themselves later. A control
    that cannot be read is as good as none.

    Parameters
    ----------
    workers : Workers
        Who looks at the tubes.
    threads : int or None
        How many threads share a tube; None for all processors.
    """
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.fitting.fit import fit_template

    study, template = plan.study, plan.templates[panel]
    read = partial(read_fcs, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
    groups = groups_of(plan.gated, plan.rows, panel, template)
    clean = cleaner(study.cleaning, threads=threads)
    tubes = _tubes(plan, panel)
    return fit_template(template, tubes, groups, read=read, clean=clean, workers=workers, threads=threads)


def kept_fits(
    plan: Plan, kept: Kept, keys: Keys, workers: Workers, *, threads: int | None
) -> dict[str, Fits]:
    """Return the fits of each panel; kept ones where no tube, control or template has changed.

    Fits without a tube whose disk failed, or that was lost, are not kept: it may be there next time.
    """
    from cytogate.gating.fitting.fits import Fits

    found = {}
    for panel in plan.templates:
        key = fits_key(plan, panel, keys)
        known = kept.get(FITS, panel, key)
        if known is not None:
            found[panel] = Fits.from_dict(known)
            continue
        found[panel] = fit_panel(plan, panel, workers, threads=threads)
        if not _may_pass(found[panel]):
            kept.put(FITS, panel, key, found[panel].to_dict())
    return found


def fits_key(plan: Plan, panel: str, keys: Keys) -> str:
    """Return the key under which the fits of a panel are kept, of the whole study."""
    groups = groups_of(plan.gated, plan.rows, panel, plan.templates[panel])
    paths = {*_tubes(plan, panel), *(path for group in groups for path in group.controls.values())}
    used = [(row.file, row.path) for row in plan.rows if row.path in paths]
    told = sorted((group.key, group.to_dict()) for group in groups)
    return keys.of_fits(plan, panel, used, told)


def unread_tubes(plan: Plan, fits: Mapping[str, Fits]) -> list[str]:
    """Return the samples and controls whose disk failed, or that were lost, while a template was fitted."""
    paths = {problem.location for fit in fits.values() for problem in _may_pass(fit)}
    return [row.sample for row in plan.rows if row.path in paths]


def _may_pass(fits: Fits) -> list[Problem]:
    """Return why tubes were passed over that may be there next time."""
    from cytogate.gating.fitting.fits import LOST, UNREAD

    return [problem for problem in fits.skipped if problem.code in (LOST, UNREAD)]


def only_these(fits: Fits, paths: Collection[str]) -> Fits:
    """Return what of the fits is needed to gate some of their tubes: small, to go with the work on them.

    A tube that was not fitted to is placed by what all others say together, which then goes along.
    """
    placements = {path: placed for path in paths if (placed := fits.placements_of(path)) is not None}
    groups = {path: fits.groups[path] for path in paths if path in fits.groups}
    return replace(
        fits,
        files=(),
        skipped=(),
        placements=MappingProxyType(placements),
        common=fits.common if len(placements) < len(paths) else MappingProxyType({}),
        groups=MappingProxyType(groups),
    )


def _tubes(plan: Plan, panel: str) -> list[str]:
    return [row.path for row in plan.gated if row.panel == panel and row.role == "sample"]
