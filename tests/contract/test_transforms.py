"""What every registered transform must do, whichever file it comes from."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from cytogate.transforms.base import Transform, transform_from_dict, transform_kinds

CANDIDATES = [
    {"T": 262144.0, "W": 0.5, "M": 4.5, "A": 0.0},
    {"T": 1000.0, "W": 1.0, "M": 4.0, "A": 1.0},
    {"T": 4194304.0, "W": 1.5, "M": 5.5, "A": 0.2},
]
KINDS = transform_kinds.names()


def examples(kind):
    accepted = set(transform_kinds.get(kind).__dataclass_fields__)
    return [
        transform_from_dict({"kind": kind, **{k: v for k, v in c.items() if k in accepted}})
        for c in CANDIDATES
    ]


ALL = [scale for kind in KINDS for scale in examples(kind)]


def test_the_four_kinds_of_gating_ml_are_there():
    assert {"linear", "log", "asinh", "logicle"} <= set(KINDS)


@pytest.mark.parametrize("scale", ALL, ids=str)
class TestTransform:
    def test_meets_the_protocol_under_its_name(self, scale):
        assert isinstance(scale, Transform)
        assert transform_kinds.get(scale.kind) is type(scale)

    def test_is_one_at_the_top_of_scale(self, scale):
        assert scale.forward(scale.T) == pytest.approx(1.0, abs=1e-12)

    def test_is_monotone(self, scale):
        x = np.sort(np.concatenate([-np.geomspace(1e-6, 1e7, 400), [0.0], np.geomspace(1e-6, 1e7, 400)]))
        y = scale.forward(x)
        assert (np.diff(y[np.isfinite(y)]) > 0).all()

    def test_inverse_undoes_forward(self, scale):
        x = np.geomspace(1.0, scale.T, 200)
        np.testing.assert_allclose(scale.inverse(scale.forward(x)), x, rtol=1e-9)

    def test_nan_stays_nan_and_empty_stays_empty(self, scale):
        assert math.isnan(scale.forward(math.nan))
        assert math.isnan(scale.inverse(math.nan))
        assert scale.forward(np.empty(0)).shape == (0,)
        assert scale.forward(math.inf) == math.inf

    def test_takes_read_only_strided_and_float32_arrays_and_leaves_them(self, scale):
        x = np.geomspace(1, 1000, 40, dtype=np.float32)
        x.setflags(write=False)
        np.testing.assert_array_equal(scale.forward(x[::2]), scale.forward(x.astype(np.float64))[::2])

    def test_kernel_and_method_have_the_same_bits(self, scale):
        from cytogate.kernels.transforms import forward_scalar

        x = np.geomspace(1e-3, 1e6, 60)
        parameters = scale.parameters
        assert parameters.dtype == np.float64
        assert parameters.shape == (16,)
        assert not parameters.flags.writeable
        expected = [forward_scalar(scale.kernel_code, parameters, float(value)) for value in x]
        np.testing.assert_array_equal(scale.forward(x), expected)

    def test_dictionary_and_pickle_round_trip(self, scale):
        assert transform_from_dict(scale.to_dict()) == scale
        assert pickle.loads(pickle.dumps(scale)) == scale
        assert hash(pickle.loads(pickle.dumps(scale))) == hash(scale)

    def test_ticks_lie_on_the_axis(self, scale):
        ticks = scale.ticks(0.0, scale.T)
        assert len(ticks.major) >= 2
        assert all(0.0 <= value <= scale.T for value in (*ticks.minor, *(value for value, _ in ticks.major)))


def test_importing_a_transform_loads_no_compiler():
    code = (
        "import sys; from cytogate.transforms.base import transform_kinds; transform_kinds.names(); "
        "from cytogate.transforms.logicle import Logicle; Logicle(1000, 1, 4); "
        "sys.exit(sum(name in sys.modules for name in ('numba', 'scipy', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
