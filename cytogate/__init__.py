"""Exact, fast batch gating of flow cytometry trials.

Public names are loaded on first use, so that ``import cytogate`` stays light. What stands in ``__all__`` is
public; all else may change without notice.

Packages, each importing only from those below it:

- `cli` - the commands, one file each
- `report`, `bench` - the HTML page of a run; what ``cytogate benchmark`` measures
- `plots` - figures and pages
- `study` - study file and sample sheet to run folder
- `stats` - intervals, limits, clinical composites
- `interop`, `qc`, `simulate` - gates of other programs; what went wrong with a tube; a trial whose truth is
  known
- `gating` - templates, strategies, the engine, intensities
- `methods` - where gates belong in the data: one method a file
- `fcs` - FCS files, read and written
- `gates`, `transforms`, `compensation` - geometry, scales and matrices, one kind a file
- `kernels` - compiled loops
- `registry`, `edge` - how kinds are found; text files as checked values
- `errors`, `platform`, `versions` - what all use

Examples
--------
>>> import cytogate as cg
>>> logicle = cg.transforms.Logicle(T=262144, W=0.5, M=4.5, A=0.0)
>>> round(float(logicle.forward(262144.0)), 9)
1.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate import transforms
    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.errors import (
        CompensationError,
        CytogateError,
        FcsError,
        GatingError,
        InteropError,
        PanelError,
        Problem,
        StoreError,
        StudyError,
        TemplateError,
        TransformError,
    )
    from cytogate.fcs.events import Events
    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.read import read_fcs
    from cytogate.fcs.writing.write import write_fcs
    from cytogate.gating.definitions import definitions
    from cytogate.gating.engine import gate
    from cytogate.gating.fitting.fit import fit_template
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.fitting.placement import Group
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template import GatingTemplate
    from cytogate.gating.template.library import load_template
    from cytogate.interop.flowjo.workspace import read_flowjo
    from cytogate.interop.gatingml.read import read_gatingml
    from cytogate.interop.gatingml.write import write_gatingml
    from cytogate.report.figure_files import write_figures
    from cytogate.report.page import write_report
    from cytogate.simulate.trial import simulate_trial
    from cytogate.study.export.anndata_files import export_anndata, to_anndata
    from cytogate.study.export.populations import export_fcs
    from cytogate.study.export.tables import export_csv, export_parquet
    from cytogate.study.export.workbook import export_xlsx
    from cytogate.study.run_folder.run import open_run
    from cytogate.study.run_study import run_study

    __version__: str

# public name -> the module that holds it
_HOMES = {
    "CompensationError": "cytogate.errors",
    "CompensationMatrix": "cytogate.compensation.matrix",
    "CytogateError": "cytogate.errors",
    "Events": "cytogate.fcs.events",
    "FcsError": "cytogate.errors",
    "FcsFile": "cytogate.fcs.file",
    "Fits": "cytogate.gating.fitting.fits",
    "GatingError": "cytogate.errors",
    "GatingStrategy": "cytogate.gating.strategy",
    "GatingTemplate": "cytogate.gating.template.gating_template",
    "Group": "cytogate.gating.fitting.placement",
    "InteropError": "cytogate.errors",
    "PanelError": "cytogate.errors",
    "Problem": "cytogate.errors",
    "StoreError": "cytogate.errors",
    "StudyError": "cytogate.errors",
    "TemplateError": "cytogate.errors",
    "TransformError": "cytogate.errors",
    "definitions": "cytogate.gating.definitions",
    "export_anndata": "cytogate.study.export.anndata_files",
    "export_csv": "cytogate.study.export.tables",
    "export_fcs": "cytogate.study.export.populations",
    "export_parquet": "cytogate.study.export.tables",
    "export_xlsx": "cytogate.study.export.workbook",
    "fit_template": "cytogate.gating.fitting.fit",
    "gate": "cytogate.gating.engine",
    "load_template": "cytogate.gating.template.library",
    "open_run": "cytogate.study.run_folder.run",
    "read_fcs": "cytogate.fcs.read",
    "read_flowjo": "cytogate.interop.flowjo.workspace",
    "read_gatingml": "cytogate.interop.gatingml.read",
    "run_study": "cytogate.study.run_study",
    "simulate_trial": "cytogate.simulate.trial",
    "to_anndata": "cytogate.study.export.anndata_files",
    "write_fcs": "cytogate.fcs.writing.write",
    "write_figures": "cytogate.report.figure_files",
    "write_gatingml": "cytogate.interop.gatingml.write",
    "write_report": "cytogate.report.page",
}

_PACKAGES = ("transforms",)

__all__ = [
    "CompensationError",
    "CompensationMatrix",
    "CytogateError",
    "Events",
    "FcsError",
    "FcsFile",
    "Fits",
    "GatingError",
    "GatingStrategy",
    "GatingTemplate",
    "Group",
    "InteropError",
    "PanelError",
    "Problem",
    "StoreError",
    "StudyError",
    "TemplateError",
    "TransformError",
    "__version__",
    "definitions",
    "export_anndata",
    "export_csv",
    "export_fcs",
    "export_parquet",
    "export_xlsx",
    "fit_template",
    "gate",
    "load_template",
    "open_run",
    "read_fcs",
    "read_flowjo",
    "read_gatingml",
    "run_study",
    "simulate_trial",
    "to_anndata",
    "transforms",
    "write_fcs",
    "write_figures",
    "write_gatingml",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module, once."""
    if name == "__version__":
        from cytogate.versions import installed

        value: object = installed("cytogate")
    elif name in _PACKAGES:
        value = importlib.import_module(f"{__name__}.{name}")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(_unknown(name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _unknown(name: str) -> str:
    from cytogate.errors import nearest

    return f"module 'cytogate' has no attribute {name!r}. {nearest(name, __all__)}"
