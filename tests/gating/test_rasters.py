"""Certified rasters: what they say of an event is what the exact test says, bit for bit, or nothing."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gating.rasters import cells_raster, polygon_raster, quadric_raster, resolution
from cytogate.kernels.rasters import BORDER, look_up
from cytogate.kernels.shapes import cell_is_marked
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle

SCALES = [
    None,
    Linear(262144, 100),
    Log(262144, 4.5),
    Asinh(262144, 4.5, 0.5),
    Logicle(262144, 0.5, 4.5),
    Logicle(4194304, 0, 5.5, 1),
    Hyperlog(262144, 0.5, 4.5, 0.0),
    Biex(channels=256),
    Bounded(Logicle(262144, 0.5, 4.5), 0.25, 0.75),
    Bounded(Log(262144, 4.5), 0.0, 1.0),
]
UNIT = [scale for scale in SCALES if not isinstance(scale, Biex | Bounded)]  # where 0 to 1 is of one piece
AXES = (Dimension("x"), Dimension("y"))
SPECIAL = np.array(
    [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7e308, -1.7e308, 1e-300, -1.0, 262144.0]
)


def forward(scale, values):
    return values if scale is None else scale.forward(values)


def inverse(scale, positions):
    with np.errstate(all="ignore"):
        return np.asarray(positions, float) if scale is None else scale.inverse(np.asarray(positions, float))


def near(values):
    """Each value, its neighbours, and values a little farther off."""
    around = [values]
    for direction in (-math.inf, math.inf):
        step = values
        for _ in range(2):
            step = np.nextafter(step, direction)
            around.append(step)
    around += [values * (1 + 1e-12), values * (1 - 1e-9)]
    return np.concatenate(around)


def codes(raster, x, y):
    """What the raster says of each event."""
    source, target = np.ones(len(x), np.uint8), np.zeros(len(x), np.uint8)
    places, border = np.zeros(len(x), np.int32), np.zeros(len(x), np.int32)
    m = look_up(len(x), *raster.axes, x, y, raster.cells, source, target, places, border)
    found = target.copy()
    found[border[:m]] = BORDER
    return found


def agree(raster, x, y, exact):
    """Check every event of which the raster says something; return the share of the others."""
    found = codes(raster, x, y)
    sure = found != BORDER
    np.testing.assert_array_equal(found[sure] == 1, exact[sure])
    return 1.0 - sure.mean()


def steps_of(raster, axis):
    """Data values at which the index of an axis steps, found again without the kernel's bisection."""
    kind, a, b, first, _, cells = raster.axes[axis]
    if kind == 0.0:
        return a + np.arange(int(cells) + 1) / b
    k = first + np.arange(int(cells) + 1)
    size = (np.left_shift(1023, 52) + np.abs(k).astype(np.int64) * 2 ** int(b)).view(np.float64)
    return np.sign(k) * (size - 1.0) / a


def adversaries(shapes_x, shapes_y, raster, rng, scales):
    """Events on and beside what matters, and anywhere."""
    xs, ys = near(inverse(scales[0], shapes_x)), near(inverse(scales[1], shapes_y))
    if raster is not None:
        xs = np.concatenate([xs, near(rng.choice(steps_of(raster, 0), 40))])
        ys = np.concatenate([ys, near(rng.choice(steps_of(raster, 1), 40))])
    xs, ys = np.concatenate([xs, SPECIAL]), np.concatenate([ys, SPECIAL])
    low_x, high_x = np.nanmin(shapes_x), np.nanmax(shapes_x)
    low_y, high_y = np.nanmin(shapes_y), np.nanmax(shapes_y)
    x = rng.uniform(low_x - 0.2 * (high_x - low_x), high_x + 0.2 * (high_x - low_x), 1500)
    y = rng.uniform(low_y - 0.2 * (high_y - low_y), high_y + 0.2 * (high_y - low_y), 1500)
    n = len(near(inverse(scales[0], shapes_x)))
    return (
        np.concatenate([rng.choice(xs, 1500), inverse(scales[0], x), xs[:n]]),
        np.concatenate([rng.choice(ys, 1500), inverse(scales[1], y), ys[:n]]),
    )


def check_polygon(vertices, scales, size, seed):
    try:
        gate = PolygonGate(AXES, vertices)
    except GatingError:  # without area: no such gate comes to the engine
        return None
    (primitive,) = gate.lower()
    raster = polygon_raster(*scales, primitive.vertices, size)
    if raster is None:
        return None
    rng = np.random.default_rng(seed)
    finite = np.where(np.isfinite(gate.vertices), gate.vertices, 0.5)
    part = rng.random((len(finite), 5, 1))
    edges = [(a + part[k] * (b - a)) for k, (a, b) in enumerate(pairwise([*finite, finite[0]]))]
    points = rng.permutation(np.concatenate([finite, *edges]))[:400]
    x, y = adversaries(points[:, 0], points[:, 1], raster, rng, scales)
    with np.errstate(all="ignore"):
        positions = np.column_stack([forward(scales[0], x), forward(scales[1], y)])
    return agree(raster, x, y, gate.contains(positions))


coordinate = st.floats(-0.5, 1.5) | st.integers(0, 8).map(lambda k: k / 8)
size = st.sampled_from([2, 5, 62, 126, 254])
scale_pair = st.tuples(st.sampled_from(SCALES[1:]), st.sampled_from(SCALES[1:]))


@given(
    st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=12), scale_pair, size, st.integers(0, 99)
)
def test_polygon_raster_says_what_the_exact_test_says(vertices, scales, size, seed):
    check_polygon(vertices, scales, size, seed)


huge_or_tiny = st.one_of(
    st.floats(-1e150, 1e150),
    st.floats(-1e-140, 1e-140),
    st.floats(1e5, 1e5 + 1e-6),
    st.integers(-3, 3).map(float),
)


@given(st.lists(st.tuples(huge_or_tiny, huge_or_tiny), min_size=3, max_size=9), size, st.integers(0, 99))
def test_polygon_raster_without_transform_holds_for_huge_tiny_and_narrow_shapes(vertices, size, seed):
    check_polygon(vertices, (None, None), size, seed)


@given(
    low=st.floats(0.1, 0.5),
    high=st.floats(0.6, 0.9),
    corner=st.sampled_from([(1, 1), (1, -1), (-1, 1), (-1, -1)]),
    scales=scale_pair | st.just((None, None)),
    seed=st.integers(0, 99),
)
def test_polygon_raster_holds_for_vertices_at_infinity(low, high, corner, scales, seed):
    a, b = corner[0] * math.inf, corner[1] * math.inf
    check_polygon([[low, high], [a, high], [a, b], [low, b]], scales, 62, seed)
    check_polygon([[low, -math.inf], [high, -math.inf], [high, math.inf], [low, math.inf]], scales, 62, seed)


@pytest.mark.parametrize("scale", UNIT, ids=str)
@pytest.mark.parametrize("n_vertices", [3, 100, 10_000])
def test_polygon_of_many_vertices(scale, n_vertices):
    angle = np.linspace(0, 2 * np.pi, n_vertices, endpoint=False)
    rng = np.random.default_rng(n_vertices)
    radius = 0.3 + 0.05 * rng.random(n_vertices)
    vertices = np.column_stack([0.5 + radius * np.cos(angle), 0.5 + radius * np.sin(angle)])
    undecided = check_polygon(vertices, (scale, scale), 254, 1)
    assert undecided < 0.9  # most adversaries lie on the outline


@pytest.mark.parametrize("scale", UNIT, ids=str)
def test_raster_decides_nearly_all_events_of_a_common_polygon(scale):
    gate = PolygonGate(AXES, [[0.3, 0.3], [0.7, 0.35], [0.8, 0.7], [0.5, 0.8], [0.35, 0.6]])
    raster = polygon_raster(scale, scale, gate.vertices, 254)
    position = np.random.default_rng(4).uniform(0.25, 0.85, (20_000, 2))
    x, y = (np.ascontiguousarray(inverse(scale, column)) for column in position.T)
    exact = gate.contains(np.column_stack([forward(scale, x), forward(scale, y)]))
    assert agree(raster, x, y, exact) < 0.03
    assert 0.2 < exact.mean() < 0.6


@pytest.mark.parametrize(
    "vertices",
    [
        [[0.5, 0.1], [0.5, 0.5], [0.5, 0.9]],
        [[0.1, 0.5], [0.4, 0.5], [0.9, 0.5]],
        [[0.2, 0.2], [0.8, 0.8], [0.2, 0.2]],
        [[0.2, 0.2], [0.8, 0.8 + 1e-15], [0.8, 0.8]],
        [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]],
        [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1], [0.5, 0.2], [0.5, 0.6], [0.2, 0.6]],
    ],
)
@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_slivers_and_crossings(vertices, scale):
    for size in (3, 62, 254):
        check_polygon(vertices, (scale, scale), size, 3)


def test_products_that_would_lose_digits_are_left_to_the_exact_test():
    assert polygon_raster(None, None, np.array([[0.0, 0.0], [1e-160, 0.0], [0.0, 1e-160]]), 62) is None


@given(
    mean=st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5)),
    spread=st.tuples(st.floats(0.01, 1.0), st.floats(0.01, 1.0)),
    tilt=st.floats(-0.99999, 0.99999),
    square=st.floats(0.01, 9.0),
    scales=scale_pair | st.just((None, None)),
    size=size,
    skew=st.floats(-0.3, 0.3),
    seed=st.integers(0, 99),
)
def test_ellipse_raster_says_what_the_exact_test_says(mean, spread, tilt, square, scales, size, skew, seed):
    (a, c), b = spread, tilt * math.sqrt(spread[0] * spread[1])
    gate = EllipsoidGate(AXES, mean, [[a, b * (1 + skew)], [b * (1 - skew), c]], square)
    raster = quadric_raster(*scales, gate.mean, gate.precision, square, size)
    if raster is None:
        return
    angle = np.linspace(0, 2 * np.pi, 60)
    if a * c - b * b * (1 - skew * skew) <= 0:
        return
    factor = np.linalg.cholesky(np.linalg.inv(0.5 * (gate.precision + gate.precision.T)))
    points = gate.mean + math.sqrt(square) * (factor @ np.stack([np.cos(angle), np.sin(angle)])).T
    x, y = adversaries(points[:, 0], points[:, 1], raster, np.random.default_rng(seed), scales)
    with np.errstate(all="ignore"):
        positions = np.column_stack([forward(scales[0], x), forward(scales[1], y)])
    agree(raster, x, y, gate.contains(positions))


@pytest.mark.parametrize("scale", UNIT, ids=str)
def test_raster_decides_nearly_all_events_of_a_common_ellipse(scale):
    gate = EllipsoidGate(AXES, [0.6, 0.5], [[0.02, 0.01], [0.01, 0.03]], 1.0)
    raster = quadric_raster(scale, scale, gate.mean, gate.precision, 1.0, 254)
    position = np.random.default_rng(4).uniform(0.3, 0.9, (20_000, 2))
    x, y = (np.ascontiguousarray(inverse(scale, column)) for column in position.T)
    exact = gate.contains(np.column_stack([forward(scale, x), forward(scale, y)]))
    assert agree(raster, x, y, exact) < 0.03
    assert exact.mean() > 0.1


@pytest.mark.parametrize(
    "precision", [[[1.0, 2.0], [2.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]
)
def test_form_that_is_not_positive_definite_is_left_to_the_exact_test(precision):
    assert quadric_raster(None, None, np.zeros(2), np.array(precision), 1.0, 62) is None


@given(
    low=st.floats(-0.2, 0.2),
    per_unit=st.floats(5, 300),
    offset=st.sampled_from([0.0, 0.5, 0.25]),
    first=st.tuples(st.integers(-5, 60), st.integers(-5, 60)),
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    density=st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]),
    scales=scale_pair | st.just((None, None)),
    size=size,
    seed=st.integers(0, 99),
)
def test_cells_raster_says_what_the_exact_test_says(
    low, per_unit, offset, first, shape, density, scales, size, seed
):
    rng = np.random.default_rng(seed)
    inside = (rng.random(shape) < density).astype(np.uint8)
    grid = np.array([[low, per_unit, offset, first[0]], [low, per_unit, offset, first[1]]], dtype=float)
    raster = cells_raster(*scales, grid, inside, size)
    if raster is None:
        return
    points = low + (rng.integers(0, 62, (60, 2)) + np.array(first) - 1 - offset) / per_unit
    x, y = adversaries(points[:, 0], points[:, 1], raster, rng, scales)
    with np.errstate(all="ignore"):
        positions = zip(forward(scales[0], x), forward(scales[1], y), strict=True)
    exact = np.array([cell_is_marked(a, b, grid, inside) for a, b in positions])
    agree(raster, x, y, exact)


def test_finer_rasters_are_for_more_events():
    assert resolution(1000) < resolution(100_000) < resolution(1_000_000)


def test_a_shape_that_was_met_before_is_not_made_again():
    vertices = np.array([[0.1, 0.1], [0.9, 0.2], [0.5, 0.8]])
    one = polygon_raster(SCALES[4], None, vertices, 62)
    assert polygon_raster(Logicle(262144, 0.5, 4.5), None, vertices.copy(), 62) is one
    assert polygon_raster(SCALES[4], None, vertices + 0.01, 62) is not one
