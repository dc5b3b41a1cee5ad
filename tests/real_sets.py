"""Published files that templates with fitted gates are tried on: which files, and who belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import cytogate as cg

TEMPLATES = Path(__file__).parent / "reference" / "data"
FILES = {
    "flowdensity_bcell": "bcell_lsrii_open/flowDensity_sampleFCS_1.fcs",
    "flowai_bcell": "bcell_lsrii_open/Bcells*.fcs",
    "sdy420_cytof": "cytof_open/1*_cells_found.*.fcs",
    "cytonorm_blood": "cytof_open/Gates_PTLG*.fcs",
    "sdy736_t": "immport_sdy736_open/[HT]*_00.*.fcs",
    "hipc_dc": "hipc_dc_open/*.truth.npz",
}


@dataclass(frozen=True)
class RealSet:
    """One set: its template, fits, and what each file's events were gated to, by the file's short name."""

    template: cg.GatingTemplate
    fits: cg.Fits
    sources: dict[str, cg.FcsFile]

    @cached_property
    def strategies(self) -> dict[str, cg.GatingStrategy]:
        """Return the gates of each file."""
        return {name: self.template.resolve(source, self.fits) for name, source in self.sources.items()}

    @cached_property
    def results(self) -> dict:
        """Return what gating found in each file."""
        return {name: cg.gate(source, self.strategies[name]) for name, source in self.sources.items()}

    def percent(self, name: str, population: str, whole: str) -> float:
        """Return the percentage of a population of another in a file."""
        result = self.results[name]
        return 100 * result.count(population) / result.count(whole)


def fitted(name: str, reference_data: Path, folder: Path) -> RealSet:
    """Return a set, gated; arrays without a file are written to `folder` as FCS."""
    files = {short(path): path for path in sorted(reference_data.glob(FILES[name]))}
    if name == "hipc_dc":
        files = {key: as_fcs(path, folder / f"{key}.fcs") for key, path in files.items()}
    groups = [cg.Group(str(path), *belongs(key)) for key, path in files.items()]
    template = cg.load_template(TEMPLATES / f"{name}.yaml")
    fits = cg.fit_template(template, list(files.values()), groups)
    return RealSet(template, fits, {key: cg.read_fcs(path) for key, path in files.items()})


def as_fcs(path: Path, to: Path) -> Path:
    """Write the values of an npz file as FCS."""
    truth = np.load(path, allow_pickle=False)
    return cg.write_fcs(to, truth["values"], [str(name) for name in truth["channels"]])


def short(path: Path) -> str:
    """Return what a file is called in tables: without what all files of its set share."""
    return (
        path.name.removeprefix("Gates_")
        .replace("_Unstim_Control", "")
        .split(".")[0]
        .removesuffix("_cells_found")
    )


def belongs(key: str) -> tuple[str, str, str]:
    """Return subject, visit and batch of a file: of CytoNorm's, donor and control plate."""
    donor, _, batch = key.partition("_")
    return (donor, "", batch) if key.startswith("PTLG") else ("", "", "")
