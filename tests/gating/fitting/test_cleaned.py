"""Fitting to tubes that are cleaned: scales, cuts and controls are those of the events that are left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cytogate.errors import CytogateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate
from cytogate.gating.fitting.alone import place_alone
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.placement import Group
from cytogate.gating.template.file import template_from_dict

CHANNELS = [Channel("FSC-A"), Channel("B1-A", "CD19"), Channel("Y1-A", "CD27"), Channel("Time")]
CLOG = CleaningGate("clog", RectangleGate((Dimension("Time"),), (1000.0,), (2500.0,)), keeps=False)
TEMPLATE = template_from_dict(
    {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "compensation": "none",
        "panel": {"CD19": [], "CD27": []},
        "scales": {"default": {"kind": "logicle", "T": 262144, "W": "auto", "M": 4.5, "A": 0}},
        "cuts": {
            "b": {"marker": "CD19", "method": "mindensity", "fallback": 900, "anchor": "none"},
            "shifted": {"marker": "CD27", "of": "B", "method": "shift", "fallback": 900, "anchor": "study"},
            "fmo": {"marker": "CD27", "of": "B", "method": "fmo", "fallback": 900, "anchor": "none"},
        },
        "gates": [
            {"name": "B", "threshold": {"x": "CD19", "above": {"cut": "b"}}},
            {"name": "High", "parent": "B", "threshold": {"x": "CD27", "above": {"cut": "shifted"}}},
            {"name": "Over", "parent": "B", "threshold": {"x": "CD27", "above": {"cut": "fmo"}}},
        ],
    }
)


def tube(name: str, seed: int, *, clogged: bool = True, high: float = 0.5) -> Events:
    """6,000 events of two peaks a dye; those of the clog are dimmer, with a noise that W would follow."""
    rng = np.random.default_rng(seed)
    time = np.arange(6000.0)
    dyes = [np.where(rng.random(6000) < share, 8000.0, 0.0) for share in (0.5, high)]
    dyes = [dye * rng.lognormal(0, 0.3, 6000) + rng.normal(0, 80, 6000) for dye in dyes]
    table = np.column_stack([rng.normal(80_000, 6000, 6000), *dyes, time])
    bad = (time >= 1000) & (time < 2500)
    table[bad, 1:3] = table[bad, 1:3] * 0.4 + rng.normal(0, 300, (1500, 2))
    return Events(table if clogged else table[~bad], CHANNELS, path=name)


CONTROLS = {clogged: tube("fmo", 9, clogged=clogged, high=0.0) for clogged in (True, False)}
GROUPS = [Group(name, controls={"CD27": "fmo"}) for name in "abc"]


def clean(_source: Any, strategy: Any) -> tuple[CleaningGate, ...]:
    assert strategy.populations == ()
    return (CLOG,)


def fitted(clogged: bool, cleaned: Any) -> Any:
    tubes = [tube(name, seed, clogged=clogged) for seed, name in enumerate("abc")]
    return fit_template(TEMPLATE, tubes, GROUPS, read=lambda _: CONTROLS[clogged], clean=cleaned)


def test_a_clog_that_is_taken_out_moves_nothing():
    cleaned, without, dirty = fitted(True, clean), fitted(False, None), fitted(True, None)
    assert cleaned.scales == without.scales != dirty.scales
    assert cleaned.axes == without.axes
    for name in "abc":
        for cut in ("b", "shifted", "fmo"):
            found, expected = cleaned.placements[name][cut], without.placements[name][cut]
            assert found.to_dict() == expected.to_dict()
            assert found.fallback == ""
            assert found.n_events < dirty.placements[name][cut].n_events
    assert abs(cleaned.placements["a"]["fmo"].position[0] - dirty.placements["a"]["fmo"].position[0]) > 0.01


def test_a_tube_that_the_fits_do_not_know_is_placed_by_what_is_left_of_it():
    fits, group = fitted(False, None), Group("d", controls={"CD27": "fmo"})

    def place(clogged: bool, how: Any) -> dict[str, Any]:
        source = tube("d", 5, clogged=clogged)
        placed = place_alone(TEMPLATE, source, fits, group, read=lambda _: CONTROLS[clogged], clean=how)
        return {name: placement.to_dict() for name, placement in placed.items()}

    cleaned = place(True, clean)
    assert cleaned == place(False, None)
    assert cleaned != place(True, None)
    known = replace(fits, groups={"d": group})
    resolved = TEMPLATE.resolve(tube("d", 5), known, read=lambda _: CONTROLS[True], clean=clean)
    assert list(resolved.find("B").gate.minimum) == cleaned["b"]["position"]


def test_a_control_that_cannot_be_cleaned_is_as_good_as_none():
    def refuse(source: Any, _strategy: Any) -> tuple[CleaningGate, ...]:
        if source.path == "fmo":
            message = "no time channel"
            raise CytogateError(message)
        return (CLOG,)

    placements = fitted(True, refuse).placements
    assert {placed["fmo"].fallback for placed in placements.values()} == {"no-control"}
    fits = fitted(False, None)
    alone = place_alone(TEMPLATE, tube("d", 5), fits, GROUPS[0], read=lambda _: CONTROLS[True], clean=refuse)
    assert alone["fmo"].fallback == "no-control"


@pytest.mark.parametrize("disk", [True, False])
def test_a_control_that_cannot_be_read_when_it_is_cleaned_is_named_if_that_may_pass(disk):
    def read(_path: str) -> Events:
        if disk:
            raise OSError(5, "Input/output error")
        message = "this is no FCS file"
        raise CytogateError(message)

    tubes = [tube(name, seed) for seed, name in enumerate("abc")]
    fits = fit_template(TEMPLATE, tubes, GROUPS, read=read, clean=clean)
    assert [(problem.code, problem.location) for problem in fits.skipped] == [("fit-unread", "fmo")][:disk]
