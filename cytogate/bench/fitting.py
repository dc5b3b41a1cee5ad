"""What fitting a template takes: the tubes it is fitted to, and the memory it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.bench.fresh import in_fresh_process
from cytogate.bench.memory import peak_bytes, peak_from_here
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.template.library import load_template
from cytogate.simulate.names import TubeName
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.trial import write_tube
from cytogate.simulate.tube import simulate_tube

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WEEKS = 4  # between visits


def simulated_tubes(folder: Path, n_tubes: int, n_events: int, *, seed: int = 5) -> list[Path]:
    """Write B tubes of one patient's visits, without spread in their size, and return their paths."""
    spec = TrialSpec(bcell_events=n_events, events_cv=0.0)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(n_tubes):
        tube = simulate_tube(TubeName("P1", WEEKS * number, "bcell"), spec, seed=seed)
        paths.append(folder / f"{tube.name.sample}.fcs")
        write_tube(tube, paths[-1], seed=seed, study=spec.name)
    return paths


def peak_of_fitting(template: str, paths: Sequence[Path]) -> dict[str, float]:
    """Return before_mb, peak_mb and extra_mb of a fresh process that fits a template to files once.

    What the kernels take is not counted: the template is fitted to the first file before.
    """
    before, after = (value / 1e6 for value in in_fresh_process(_fit, template, tuple(map(str, paths)))[1])
    return {"before_mb": before, "peak_mb": after, "extra_mb": after - before}


def _fit(template: str, paths: Sequence[str]) -> tuple[int, int]:
    loaded = load_template(template)
    fit_template(loaded, paths[:1])
    before = peak_from_here()
    fit_template(loaded, paths)
    return before, peak_bytes()
