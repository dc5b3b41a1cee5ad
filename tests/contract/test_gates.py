"""What every registered gate must do, whichever file it comes from."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from cytogate.errors import GatingError
from cytogate.gates.base import Gate, gate_from_dict, gate_kinds
from cytogate.gates.primitive import Boolean, Interval, Polygon, Quadric

AXES = [
    {"channel": "CD19", "compensation": "FCS", "transform": "logicle"},
    {"channel": "CD3", "compensation": "uncompensated", "transform": None},
]
# A gate of each kind as its file would hold it. A kind that comes from elsewhere is met here by a class
# attribute `example`, the dictionary of one of its gates.
EXAMPLES = {
    "rectangle": {"dims": AXES, "minimum": [0.2, "-inf"], "maximum": ["inf", 0.7]},
    "polygon": {"dims": AXES, "vertices": [[0.1, 0.2], [0.9, 0.2], [0.9, "inf"], [0.1, "inf"]]},
    "ellipsoid": {
        "dims": AXES,
        "mean": [0.5, 0.4],
        "covariance": [[0.04, 0.01], [0.01, 0.02]],
        "distance_square": 1.5,
    },
    "quadrant": {
        "dims": AXES,
        "cuts": [[0.4], [0.3, 0.6]],
        "quadrants": [{"name": "low", "intervals": [[0, 0], [1, 0]]}, {"name": "mid", "intervals": [[1, 1]]}],
    },
    "boolean": {
        "operation": "and",
        "references": [{"population": "B"}, {"population": "T", "complement": True}],
    },
}
KINDS = gate_kinds.names()


def example(kind):
    described = EXAMPLES.get(kind) or gate_kinds.get(kind).example
    return gate_from_dict({"kind": kind, **described})


def parts_of(gate):
    return gate.parts or (None,)


def events(n_dims, n=3000):
    return np.random.default_rng(9).uniform(-0.2, 1.2, (n, n_dims))


def geometric():
    return [kind for kind in KINDS if example(kind).dims]


def test_the_kinds_of_gating_ml_are_there():
    assert {"rectangle", "polygon", "ellipsoid", "quadrant", "boolean"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
class TestGate:
    def test_meets_the_protocol_under_its_name(self, kind):
        gate = example(kind)
        assert isinstance(gate, Gate)
        assert gate.kind == kind
        assert gate_kinds.get(kind) is type(gate)

    def test_survives_json_with_infinities(self, kind):
        gate = example(kind)
        text = json.dumps(gate.to_dict(), allow_nan=False)
        assert gate_from_dict(json.loads(text)) == gate

    def test_survives_pickle_and_is_equal_by_value(self, kind):
        gate = example(kind)
        copy = pickle.loads(pickle.dumps(gate))
        assert copy == gate
        assert hash(copy) == hash(gate)
        assert gate != object()

    def test_is_frozen(self, kind):
        gate = example(kind)
        with pytest.raises((AttributeError, TypeError)):
            gate.kind_of_thing = 1
        field = next(iter(type(gate).__dataclass_fields__))
        if field != "kind":
            with pytest.raises(AttributeError):
                setattr(gate, field, None)

    def test_lowers_to_primitives_or_says_that_it_does_not(self, kind):
        gate = example(kind)
        for part in parts_of(gate):
            lowered = gate.lower(part)
            assert lowered is None or all(
                isinstance(p, (Interval, Polygon, Quadric, Boolean)) for p in lowered
            )
            assert lowered is None or len(lowered) >= 1


@pytest.mark.parametrize("kind", geometric())
class TestGeometry:
    def test_mask_is_boolean_one_an_event(self, kind):
        gate = example(kind)
        for part in parts_of(gate):
            mask = gate.contains(events(len(gate.dims)), part)
            assert mask.dtype == np.bool_
            assert mask.shape == (3000,)
            assert 0 < mask.sum() < 3000

    def test_no_events_give_an_empty_mask(self, kind):
        gate = example(kind)
        for part in parts_of(gate):
            assert gate.contains(np.empty((0, len(gate.dims))), part).shape == (0,)

    def test_nan_in_every_column_is_outside(self, kind):
        gate = example(kind)
        values = np.full((3, len(gate.dims)), math.nan)
        for part in parts_of(gate):
            assert not gate.contains(values, part).any()

    def test_order_of_events_does_not_matter(self, kind):
        gate = example(kind)
        values = events(len(gate.dims))
        order = np.random.default_rng(2).permutation(len(values))
        for part in parts_of(gate):
            np.testing.assert_array_equal(
                gate.contains(values[order], part), gate.contains(values, part)[order]
            )

    def test_read_only_float32_and_column_major_values_are_taken_and_left_alone(self, kind):
        gate = example(kind)
        values = events(len(gate.dims)).astype(np.float32)
        expected = [gate.contains(values.astype(np.float64), part) for part in parts_of(gate)]
        for variant in (values, np.asfortranarray(values)):
            before = variant.copy()
            variant.setflags(write=False)
            for part, mask in zip(parts_of(gate), expected, strict=True):
                np.testing.assert_array_equal(gate.contains(variant, part), mask)
            np.testing.assert_array_equal(variant, before)

    def test_wrong_shapes_are_refused(self, kind):
        gate = example(kind)
        for part in parts_of(gate):
            with pytest.raises(GatingError, match="takes values of shape"):
                gate.contains(np.zeros((4, len(gate.dims) + 1)), part)

    def test_an_unknown_part_is_refused(self, kind):
        with pytest.raises(GatingError, match="no such thing"):
            example(kind).contains(np.zeros((1, len(example(kind).dims))), "no such thing")

    def test_outline_is_a_table_of_points(self, kind):
        gate = example(kind)
        for part in parts_of(gate):
            outline = gate.outline(part)
            assert outline.ndim == 2
            assert outline.shape[1] == 2
            assert not np.isnan(outline).any()

    def test_primitives_hold_the_events_of_the_gate(self, kind):
        from cytogate.gates.ellipsoid import EllipsoidGate
        from cytogate.gates.polygon import PolygonGate
        from cytogate.gates.rectangle import RectangleGate

        gate = example(kind)
        columns = dict(zip(gate.dims, events(len(gate.dims)).T, strict=True))
        values = np.stack([columns[dim] for dim in gate.dims], axis=1)
        for part in parts_of(gate):
            inside = np.ones(len(values), dtype=bool)
            for primitive in gate.lower(part) or ():
                if isinstance(primitive, Interval):
                    whole = RectangleGate((primitive.dim,), (primitive.low,), (primitive.high,))
                elif isinstance(primitive, Polygon):
                    whole = PolygonGate((primitive.x, primitive.y), primitive.vertices)
                else:
                    covariance = np.linalg.inv(primitive.precision)
                    whole = EllipsoidGate(
                        primitive.dims, primitive.mean, covariance, primitive.distance_square
                    )
                inside &= whole.contains(np.stack([columns[dim] for dim in whole.dims], axis=1))
            if gate.lower(part) is not None:
                np.testing.assert_array_equal(inside, gate.contains(values, part))


def test_importing_gates_loads_no_compiler():
    code = (
        "import sys; from cytogate.gates.base import gate_kinds; gate_kinds.names(); "
        "sys.exit(sum(name in sys.modules for name in ('numba', 'scipy', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
