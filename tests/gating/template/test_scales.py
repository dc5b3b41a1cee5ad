"""Scales of templates beyond the estimated logicle: hyperlog and FlowJo's biex."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.errors import TemplateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.engine import gate
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.template.file import template_from_dict
from cytogate.transforms.biex import Biex
from cytogate.transforms.hyperlog import Hyperlog

HYPERLOG = {"kind": "hyperlog", "T": 262144.0, "W": 0.5, "M": 4.5}
BIEX = {"kind": "biex", "width": -100.0, "positive": 4.5, "channels": 256}


def template(scale, **rectangle):
    return template_from_dict(
        {
            "format": "cytogate.template",
            "version": 1,
            "name": "t",
            "panel": {"CD19": []},
            "compensation": "none",
            "scales": {"default": scale},
            "gates": [{"name": "B", "rectangle": {"x": "CD19", "x_min": 300.0}, **rectangle}],
        }
    )


def events():
    rng = np.random.default_rng(4)
    return Events(np.exp(rng.normal(6, 1.5, (2000, 1))) - 200.0, [Channel("B1-A", "CD19 FITC")])


@pytest.mark.parametrize(
    ("entries", "twin"),
    [
        (HYPERLOG, Hyperlog(262144, 0.5, 4.5)),
        (BIEX, Biex(width=-100.0, positive=4.5, channels=256)),
        ({"kind": "biex"}, Biex()),
    ],
)
def test_the_gates_of_a_template_may_stand_on_any_scale(entries, twin):
    source = events()
    made = template(entries)
    strategy = made.resolve(source, fits=fit_template(made, [source]))
    assert strategy.transforms["scale_CD19"] == twin
    result = gate(source, strategy)
    np.testing.assert_array_equal(result.mask("B"), source.events()[:, 0] >= 300.0)
    assert template_from_dict(made.to_dict()).sha256 == made.sha256


def test_coordinates_may_be_channels_of_flowjo():
    source = events()
    made = template(BIEX, coordinates="scale", rectangle={"x": "CD19", "x_min": 100.0})
    expected = Biex(width=-100.0, positive=4.5, channels=256).forward(source.events()[:, 0]) >= 100.0
    np.testing.assert_array_equal(gate(source, made.resolve(source)).mask("B"), expected)
    assert 0 < expected.sum() < expected.size


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({**HYPERLOG, "W": 0.0}, "hyperlog W: found 0; expected 0 < W <= M/2"),
        ({**HYPERLOG, "W": "auto"}, "W of a hyperlog scale: found 'auto'; expected a number"),
        ({**HYPERLOG, "width": -10.0}, r"a hyperlog scale has M, T, W, A \(optional\); found M, T, W, width"),
        ({**BIEX, "width": 10.0}, "biex width: found 10; expected width <= 0"),
        ({**BIEX, "T": 1000.0}, r"a biex scale has channels \(optional\), .* found T, channels"),
        ({**BIEX, "channels": 99.5}, "biex channels: found 99.5; expected a whole number"),
    ],
)
def test_parameters_that_do_not_fit_the_kind_are_refused(entries, message):
    with pytest.raises(TemplateError, match=message):
        template(entries)
