"""Fitting: what the templates leave to be found in the data, once for all tubes of a panel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.study.planning.controls import groups_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.planning.plan import Plan
    from cytogate.study.running.kept import Kept
    from cytogate.study.running.keys import Keys

FITS = "fits"  # kind of a kept piece


def fit_panels(plan: Plan) -> dict[str, Fits]:
    """Return the fits of each panel, estimated over the tubes of patients.

    Tubes that cannot be read or lack a marker are passed over here; they fail by themselves later. A control
    that cannot be read is as good as none.
    """
    return {panel: fit_panel(plan, panel) for panel in plan.templates}


def fit_panel(plan: Plan, panel: str) -> Fits:
    """Return the fits of one panel."""
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.fitting.fit import fit_template

    study, template = plan.study, plan.templates[panel]
    read = partial(read_fcs, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
    groups = groups_of(plan.gated, plan.rows, panel, template)
    return fit_template(template, _tubes(plan, panel), groups, read=read)


def kept_fits(plan: Plan, kept: Kept, keys: Keys) -> dict[str, Fits]:
    """Return the fits of each panel; kept ones where no tube, control or template has changed.

    Fits without a tube whose disk failed are not kept: it may be there next time.
    """
    from cytogate.gating.fitting.fits import UNREAD, Fits

    found = {}
    for panel, template in plan.templates.items():
        groups = groups_of(plan.gated, plan.rows, panel, template)
        paths = {*_tubes(plan, panel), *(path for group in groups for path in group.controls.values())}
        used = [(row.file, row.path) for row in plan.rows if row.path in paths]
        told = sorted((group.key, group.to_dict()) for group in groups)
        key = keys.of_fits(plan, panel, used, told)
        known = kept.get(FITS, panel, key)
        found[panel] = fit_panel(plan, panel) if known is None else Fits.from_dict(known)
        if known is None and all(problem.code != UNREAD for problem in found[panel].skipped):
            kept.put(FITS, panel, key, found[panel].to_dict())
    return found


def unread_tubes(plan: Plan, fits: Mapping[str, Fits]) -> list[str]:
    """Return the samples and controls whose disk failed while a template was fitted to them."""
    from cytogate.gating.fitting.fits import UNREAD

    paths = {problem.location for fit in fits.values() for problem in fit.skipped if problem.code == UNREAD}
    return [row.sample for row in plan.rows if row.path in paths]


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
