"""Every registered method in a template: no sample aborts the fit, whatever its events are like."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.engine import gate
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.placement import Group
from cytogate.gating.template.file import template_from_dict
from cytogate.methods.base import cut_methods, shape_methods

CHANNELS = [Channel("FSC-A"), Channel("FSC-H"), Channel("B1-A", "CD19"), Channel("Y1-A", "CD27")]
OUTLINE = {
    "vertices": [[20_000.0, 20_000.0], [120_000.0, 20_000.0], [120_000.0, 120_000.0], [20_000.0, 120_000.0]]
}


def template(gate_of: dict):
    return template_from_dict(
        {
            "format": "cytogate.template",
            "version": 1,
            "name": "t",
            "compensation": "none",
            "panel": {"CD19": [], "CD27": []},
            "scales": {
                "default": {"kind": "logicle", "T": 262144.0, "W": "auto", "M": 4.5},
                "scatter": {"kind": "linear", "T": 262144.0},
            },
            "gates": [
                gate_of,
                {"name": "Below", "parent": "Found", "threshold": {"x": "CD27", "above": 100.0}},
            ],
        }
    )


def tube(name: str, n: int, seed: int) -> Events:
    rng = np.random.default_rng(seed)
    area = rng.normal(70_000, 8000, n)
    stained = np.where(rng.random(n) < 0.3, 20_000.0, 100.0) * np.exp(rng.normal(0, 0.4, n))
    return Events(
        np.column_stack([area, area * 0.9 + rng.normal(0, 1500, n), stained, stained + rng.normal(0, 80, n)]),
        CHANNELS,
        path=name,
    )


def odd_tubes() -> list[Events]:
    """Return tubes of every size, one whose markers are dead, and one that is a single value."""
    sound = [tube(f"n{n}", n, seed) for seed, n in enumerate([0, 1, 10, 100, 3000, 3001])]
    dead = tube("dead", 2000, 8).values.copy()
    dead[:, 2:] = 0.0
    same = np.full((2000, 4), 50_000.0)
    missing = tube("missing", 2000, 9).values.copy()
    missing[:, 2:] = np.nan
    return [
        *sound,
        *(Events(v, CHANNELS, path=p) for v, p in ((dead, "dead"), (same, "same"), (missing, "nan"))),
    ]


def gates() -> dict[str, dict]:
    """Return a gate of each registered method, with its defaults."""
    found = {}
    for kind in cut_methods.names():
        method = {"kind": kind, "x": "CD19", "keep": "above", "fallback": 2000.0, "min_events": 0}
        found[f"cut {kind}"] = {"name": "Found", "method": method}
    for kind in shape_methods.names():
        method = {"kind": kind, "x": "FSC-A", "y": "FSC-H", "fallback": OUTLINE, "min_events": 0}
        found[f"shape {kind}"] = {"name": "Found", "method": method}
    return found


@pytest.mark.parametrize("which", list(gates()))
def test_no_tube_aborts_the_fit(which):
    made = template(gates()[which])
    tubes = odd_tubes()
    control = tube("control", 2000, 10)
    groups = [Group(source.path, "P1", controls={"CD19": "control"}) for source in tubes]
    fits = fit_template(made, tubes, groups, read=lambda _path: control)
    assert (set(fits.placements), fits.skipped) == ({source.path for source in tubes}, ())
    for source in tubes:
        (placement,) = fits.placements[source.path].values()
        assert all(map(math.isfinite, placement.position))
        result = gate(source, made.resolve(source, fits))
        assert 0 <= result.count("Found") <= source.n_events
    assert gate(tubes[4], made.resolve(tubes[4], fits)).count("Found") > 300
