"""The engine on random trees, events on borders, and any size of chunks and blocks, against the plain way."""

from __future__ import annotations

import numpy as np
from gating_cases import CHANNELS, SPILL, TRANSFORMS, plainly
from hypothesis import assume, given
from hypothesis import strategies as st

import cytogate as cg
from cytogate.gates._checks import on_one_line
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import passes
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

SCALES = {
    **TRANSFORMS,
    "log": cg.transforms.Log(T=262144, M=4.5),
    "linear": cg.transforms.Linear(T=262144, A=100),
}
place = st.integers(0, 10).map(lambda k: k / 10) | st.floats(-0.2, 1.2)


@st.composite
def dims(draw, n):
    chosen = []
    for _ in range(n):
        name = draw(st.sampled_from(CHANNELS[:5]))
        compensation = draw(st.sampled_from(["FCS", "uncompensated"]))
        transform = draw(st.sampled_from(sorted(SCALES)))
        ratio = (
            Ratio(name, draw(st.sampled_from("ABC")), 1e4, 5.0, 1.0) if draw(st.integers(0, 5)) == 0 else None
        )
        chosen.append(Dimension("R" if ratio else name, compensation, transform, ratio))
    return tuple(chosen)


@st.composite
def gates(draw, paths, k):
    kind = draw(st.sampled_from(["range", "box", "polygon", "ellipse", "quadrants", "boolean", "solid"]))
    if kind == "boolean" and paths:
        operation = draw(st.sampled_from(["and", "or", "not"]))
        n = 1 if operation == "not" else draw(st.integers(2, 3))
        picked = draw(st.lists(st.sampled_from(paths), min_size=n, max_size=n))
        return BooleanGate(operation, tuple(Reference(path, draw(st.booleans())) for path in picked))
    if kind in ("range", "boolean"):
        low = draw(place)
        return RectangleGate(draw(dims(1)), (low,), (low + draw(st.floats(0.01, 1) | st.just(np.inf)),))
    if kind == "box":
        low = draw(st.tuples(place, place))
        return RectangleGate(draw(dims(2)), low, tuple(v + draw(st.floats(0.01, 1)) for v in low))
    if kind == "polygon":
        vertices = draw(st.lists(st.tuples(place, place), min_size=3, max_size=8))
        assume(not on_one_line(np.array(vertices)))  # such a polygon is refused
        return PolygonGate(draw(dims(2)), vertices)
    if kind == "quadrants":
        cuts = (draw(st.lists(place, min_size=1, max_size=2, unique=True)), [draw(place)])
        cells = [Quadrant(f"Q{k}{x}{y}", ((0, x), (1, y))) for x in range(len(cuts[0]) + 1) for y in (0, 1)]
        return QuadrantGate(draw(dims(2)), tuple(tuple(sorted(c)) for c in cuts), tuple(cells))
    n = 2 if kind == "ellipse" else 3
    root = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 0.3, (n, n))
    return EllipsoidGate(draw(dims(n)), draw(st.tuples(*[place] * n)), root @ root.T + 0.01 * np.eye(n), 1.5)


@st.composite
def trees(draw, most=7):
    nodes, paths = [], []
    for k in range(draw(st.integers(1, most))):
        parent = draw(st.sampled_from([None, *paths])) if paths else None
        gate = draw(gates(paths, k))
        nodes.append(GateNode(f"g{k}", gate, parent))
        paths += [f"{parent or ''}/{name}" for name in (gate.parts or (f"g{k}",))]
    return GatingStrategy.build(nodes, transforms=SCALES)


def awkward_events(n, seed, dtype):
    """Events in the range of the scales, some of them exactly on what gates like to cut at."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([SCALES["logicle"].inverse(rng.uniform(-0.1, 1.1, n)) for _ in CHANNELS])
    for column, scale in zip(values.T, [*SCALES.values(), *SCALES.values()], strict=False):
        column[: n // 3] = scale.inverse(rng.integers(0, 11, n // 3) / 10)
    rare = rng.random(values.shape) < 0.02
    values[rare] = rng.choice([np.nan, np.inf, -np.inf, 0.0, 1e30, -1e30], rare.sum())
    with np.errstate(over="ignore"):
        return cg.Events(rng.permutation(values).astype(dtype), CHANNELS, spillover=SPILL)


@given(
    strategy=trees(),
    n=st.integers(0, 700),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
    chunk=st.sampled_from([1, 500, 5000, 1 << 20]),
    block=st.sampled_from([8, 16, 64, 104, 2048]),
    threads=st.integers(1, 3),
    share=st.sampled_from([None, 0.05, 0.6]),
)
def test_random_trees_equal_the_plain_way(strategy, n, seed, dtype, chunk, block, threads, share):
    source = awkward_events(n, seed, dtype)
    keep = None if share is None else np.random.default_rng(seed).random(n) < share
    before = passes.CHUNK_BYTES, passes.BLOCK
    passes.CHUNK_BYTES, passes.BLOCK = chunk, block
    try:
        result = cg.gate(source, strategy, keep=keep, threads=threads)
        counted = cg.gate(source, strategy, keep=keep, threads=threads, masks=False)
        loaded = LoadedSample(source, strategy, keep=keep, threads=threads).result
    finally:
        passes.CHUNK_BYTES, passes.BLOCK = before
    for path, expected in plainly(source, strategy, keep).items():
        np.testing.assert_array_equal(result.mask(path), expected, err_msg=path)
        assert result.count(path) == counted.count(path) == expected.sum()
    np.testing.assert_array_equal(loaded.bits, result.bits)
    np.testing.assert_array_equal(loaded.counts, result.counts)


@given(one=trees(), other=trees(), n=st.integers(0, 300), seed=st.integers(0, 99))
def test_any_strategy_after_any_other_equals_gating_anew(one, other, n, seed):
    source = awkward_events(n, seed, np.float32)
    sample = LoadedSample(source, one)
    for strategy in (other, one, other):
        again, anew = sample.regate(strategy), cg.gate(source, strategy)
        np.testing.assert_array_equal(again.bits, anew.bits)
        np.testing.assert_array_equal(again.counts, anew.counts)
