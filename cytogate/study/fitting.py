"""Fitting: what the templates leave to be found in the data, once for all tubes of a panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.study.controls import groups_of

if TYPE_CHECKING:
    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.plan import Plan


def fit_panels(plan: Plan) -> dict[str, Fits]:
    """Return the fits of each panel, estimated over the tubes of patients.

    Tubes that cannot be read or lack a marker are passed over here; they fail by themselves later. A control
    that cannot be read is as good as none.
    """
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.fitting.fit import fit_template

    study = plan.study
    read = partial(read_fcs, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
    fits = {}
    for panel, template in plan.templates.items():
        groups = groups_of(plan.gated, plan.rows, panel, template)
        files = [row.path for row in plan.gated if row.panel == panel and row.role == "sample"]
        fits[panel] = fit_template(template, files, groups, read=read)
    return fits
