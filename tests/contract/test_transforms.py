"""What every registered transform must do, whichever file it comes from."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from cytogate.transforms.base import N_PARAMETERS, Transform, transform_from_dict, transform_kinds

SETS = [
    {"T": 262144.0, "W": 0.5, "M": 4.5, "A": 0.0},
    {"T": 1000.0, "W": 1.0, "M": 4.0, "A": 1.0},
    {"T": 4194304.0, "W": 1.5, "M": 5.5, "A": 0.2},
]


def of_sets(kind, names, **others):
    """Return an example for each set of parameters, with its top of scale and the position of that."""
    length = others.get("length", 1.0)
    return [({"kind": kind, **{k: s[k] for k in names}, **others}, s["T"], length) for s in SETS]


# kind -> (dictionary, top of scale, its position)
EXAMPLES = {
    "linear": of_sets("linear", "TA"),
    "log": of_sets("log", "TM"),
    "asinh": of_sets("asinh", "TMA"),
    "logicle": [
        *of_sets("logicle", "TWMA"),
        ({"kind": "logicle", **SETS[1], "scale": "0-M"}, 1000.0, 4.0),
    ],
    "hyperlog": of_sets("hyperlog", "TWMA"),
    "biex": [
        ({"kind": "biex", "maximum": 262144.0, "positive": 4.5, "width": -100.0}, 263290.512383718, 4097.0),
        ({"kind": "biex", "maximum": 1000.0, "negative": 0.5, "channels": 256}, 1000.49660529603, 257.0),
    ],
    "flowjo_log": [({"kind": "flowjo_log", "offset": 2.0, "decades": 4.0, "length": 256.0}, 20000.0, 256.0)],
    "flowjo_asinh": of_sets("flowjo_asinh", "TMA", length=256.0),
    "bounded": [
        ({"kind": "bounded", "transform": {"kind": "logicle", **SETS[0]}}, 262144.0, 1.0),
        ({"kind": "bounded", "transform": {"kind": "hyperlog", **SETS[0]}, "maximum": 1.0}, 262144.0, 1.0),
        (
            {"kind": "bounded", "transform": {"kind": "log", "T": 1000.0, "M": 4.0}, "minimum": 0.0},
            1000.0,
            1.0,
        ),
    ],
}
KINDS = transform_kinds.names()
ALL = [
    (transform_from_dict(entries), top, place)
    for kind in KINDS
    for entries, top, place in EXAMPLES.get(kind, [])
]


def test_the_scales_of_gating_ml_and_of_flowjo_are_there_and_held_to_the_contract():
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize(("scale", "top", "place"), ALL, ids=str)
class TestTransform:
    def test_meets_the_protocol_under_its_name(self, scale, top, place):
        assert isinstance(scale, Transform)
        assert transform_kinds.get(scale.kind) is type(scale)

    def test_has_the_top_of_scale_at_its_place(self, scale, top, place):
        assert scale.forward(top) == pytest.approx(place, rel=1e-6 if scale.kind == "biex" else 1e-12)

    def test_is_monotone(self, scale, top, place):
        x = np.sort(np.concatenate([-np.geomspace(1e-6, 1e7, 400), [0.0], np.geomspace(1e-6, 1e7, 400)]))
        y = scale.forward(x)
        assert (np.diff(y[np.isfinite(y)]) >= 0).all()
        shown = (x >= 2.0) & (x <= top)
        assert (np.diff(y[shown]) > 0).all()

    def test_inverse_undoes_forward(self, scale, top, place):
        x = np.geomspace(2.0, top, 200)
        np.testing.assert_allclose(scale.inverse(scale.forward(x)), x, rtol=1e-9)

    def test_nan_stays_nan_and_empty_stays_empty(self, scale, top, place):
        assert math.isnan(scale.forward(math.nan))
        assert math.isnan(scale.inverse(math.nan))
        assert scale.forward(np.empty(0)).shape == (0,)
        assert scale.forward(math.inf) == (1.0 if getattr(scale, "maximum", None) == 1.0 else math.inf)

    def test_takes_read_only_strided_and_float32_arrays_and_leaves_them(self, scale, top, place):
        x = np.geomspace(1, 1000, 40, dtype=np.float32)
        x.setflags(write=False)
        np.testing.assert_array_equal(scale.forward(x[::2]), scale.forward(x.astype(np.float64))[::2])

    def test_kernel_and_method_have_the_same_bits(self, scale, top, place):
        from cytogate.kernels.transforms import forward_scalar

        x = np.geomspace(1e-3, 1e6, 60)
        parameters = scale.parameters
        assert parameters.dtype == np.float64
        assert parameters.shape == (N_PARAMETERS,)
        assert not parameters.flags.writeable
        expected = [forward_scalar(scale.kernel_code, parameters, float(value)) for value in x]
        np.testing.assert_array_equal(scale.forward(x), expected)

    def test_dictionary_and_pickle_round_trip(self, scale, top, place):
        assert transform_from_dict(scale.to_dict()) == scale
        assert pickle.loads(pickle.dumps(scale)) == scale
        assert hash(pickle.loads(pickle.dumps(scale))) == hash(scale)

    def test_ticks_lie_on_the_axis(self, scale, top, place):
        ticks = scale.ticks(0.0, top)
        assert len(ticks.major) >= 2
        assert all(0.0 <= value <= top for value in (*ticks.minor, *(value for value, _ in ticks.major)))


def test_importing_a_transform_loads_no_compiler():
    code = (
        "import sys; from cytogate.transforms.base import transform_kinds; transform_kinds.names(); "
        "from cytogate.transforms.logicle import Logicle; Logicle(1000, 1, 4); "
        "sys.exit(sum(name in sys.modules for name in ('numba', 'scipy', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
