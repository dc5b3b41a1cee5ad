"""Fitting: what the templates leave to be estimated, once for all tubes of a panel."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.template.fits import Fits
    from cytogate.study.plan import Plan

log = logging.getLogger(__name__)


def fit_panels(plan: Plan) -> dict[str, Fits]:
    """Return the fits of each panel, estimated over the tubes of patients.

    Tubes that cannot be read or lack a marker are passed over here; they fail by themselves later.
    """
    from cytogate.gating.template.fits import fit_template

    return {
        panel: fit_template(template, _sources(plan, panel)) for panel, template in plan.templates.items()
    }


def _sources(plan: Plan, panel: str) -> Iterator[FcsFile]:
    from cytogate.fcs.read import read_fcs

    study = plan.study
    for row in plan.rows:
        if row.panel != panel or row.role != "sample":
            continue
        try:
            yield read_fcs(row.path, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
        except (CytogateError, OSError) as error:
            log.info("%s is not looked at for the scales: %s", row.file, error)
