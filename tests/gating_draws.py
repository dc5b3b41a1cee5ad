"""What property tests of gating draw: scales, matrices, gates of all kinds, trees, events on borders."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from gating_cases import CHANNELS, SPILL, TRANSFORMS
from hypothesis import strategies as st

import cytogate as cg
from cytogate import transforms as kinds
from cytogate.gates._checks import on_one_line
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import loaded, passes
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_asinh import FlowJoAsinh
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.logicle import Logicle
from cytogate.transforms.pullback import pull_back

# --- scales and matrices

STANDARD = {  # those that Gating-ML has too
    **TRANSFORMS,
    "log": kinds.Log(T=262144, M=4.5),
    "linear": kinds.Linear(T=262144, A=100),
    "to M": Logicle(T=262144, W=0.5, M=4.5, A=0.5, scale="0-M"),
    "hyperlog": Hyperlog(T=262144, W=0.5, M=4.5),
    "both ends": Bounded(Logicle(T=262144, W=0.7, M=4.5), 0.1, 0.7),
    "log from 0.2": Bounded(kinds.Log(T=262144, M=4.5), minimum=0.2),
}
SCALES = {
    **STANDARD,
    "biex": Biex(),
    "flowjo log": FlowJoLog(3.7, 4.5, 256.0),
    "flowjo asinh": FlowJoAsinh(262144, 1, 0),
}
MATRICES = {
    "mixed": cg.CompensationMatrix(("SSC-A", "A"), ("Dye 1", "Dye 2"), [[1, 0.25], [0.3, 1]]),
    "exact": cg.CompensationMatrix("ABC", "ABC", [[1, 0.5, 0.25], [0, 1, 0.5], [0, 0, 1]]),
    "unmixing": cg.CompensationMatrix(
        ("SSC-A", "A", "B", "C"), ("U1", "U2"), [[0, 1, 0.3, 0.1], [0.2, 0.1, 1, 0.5]]
    ),
    "inverted": cg.CompensationMatrix(
        "ABC", ("X", "Y", "Z"), [[1, -0.25, 0], [0, 1, -0.5], [0.125, 0, 1]], inverted=True
    ),
}
ALL_MATRICES = {**MATRICES, "FCS": SPILL}
NAMES = {
    "uncompensated": ("FSC-A", "SSC-A", "A", "B", "C"),
    "FCS": ("FSC-A", "A", "B", "C"),
    "mixed": ("Dye 1", "Dye 2", "SSC-A", "B"),
    "exact": ("A", "B", "C"),
    "unmixing": ("U1", "U2", "FSC-A"),
    "inverted": ("X", "Y", "C"),
}


def scale_top(scales, transform) -> float:
    """How long a scale is: unit places times this are positions."""
    return 262144.0 if transform is None else float(scales[transform].forward(262144.0))


# --- gates

places = st.integers(0, 10).map(lambda k: k / 10) | st.floats(-0.2, 1.2)
lengths = st.integers(1, 10).map(lambda k: k / 10) | st.floats(0.01, 1)


@st.composite
def dimensions(draw, scales=SCALES):
    compensation = draw(st.sampled_from(sorted(NAMES)))
    names = st.sampled_from(NAMES[compensation])
    transform = draw(st.sampled_from([None, *scales]))
    if draw(st.integers(0, 5)):
        return Dimension(draw(names), compensation, transform)
    factor = draw(st.sampled_from([1.0, 1e4, -64.0]))
    ratio = Ratio(draw(names), draw(names), factor, draw(st.sampled_from([0.0, 5.0])), 1.0)
    return Dimension("R", compensation, transform, ratio)


@st.composite
def axes(draw, n, scales=SCALES):
    """`n` dimensions, and how long the scale of each is."""
    dims = tuple(draw(dimensions(scales)) for _ in range(n))
    return dims, np.array([scale_top(scales, dim.transform) for dim in dims])


@st.composite
def grids(draw, tops):
    sides = []
    for top in tops.tolist():
        low = draw(st.sampled_from([0.0, 0.1, -0.2])) * top
        high = draw(st.sampled_from([1.0, 0.9])) * top
        cells = draw(st.sampled_from([1, 2, 7, 64, 256]))
        sides.append(GridAxis(low, high, cells, draw(st.sampled_from([0.0, 0.5])), draw(st.booleans())))
    return Grid(*sides)


@st.composite
def rectangles(draw, scales=SCALES, gridded=False):
    dims, tops = draw(axes(draw(st.integers(1, 3)), scales))
    bounds = []
    for top in tops.tolist():
        low = draw(places)
        high = low + draw(lengths)
        is_open = draw(st.sampled_from(["", "", "low", "high"]))
        bounds.append(
            (-math.inf if is_open == "low" else low * top, math.inf if is_open == "high" else high * top)
        )
    grid = draw(grids(tops)) if gridded and len(dims) == 2 else None
    return RectangleGate(dims, *zip(*bounds, strict=True), grid)


@st.composite
def polygons(draw, scales=SCALES, gridded=False):
    """Any outline: crossing itself, with vertices twice or on one line, or open to infinity."""
    dims, tops = draw(axes(2, scales))
    corners = st.lists(st.tuples(places, places), min_size=3, max_size=8).map(np.array)
    vertices = draw(corners.filter(lambda points: not on_one_line(points))) * tops
    if draw(st.integers(0, 4)) == 0:  # a half-plane with a crooked border
        chain = vertices[: draw(st.integers(1, len(vertices)))]
        (first, *_), (last, *_) = chain[0], chain[-1]
        side = draw(st.sampled_from([-math.inf, math.inf]))
        ends = [(last, math.inf), (side, math.inf), (side, -math.inf), (first, -math.inf)]
        vertices = np.vstack([chain, ends])
        if draw(st.booleans()):  # upwards or to the right
            vertices = (vertices / tops)[:, ::-1] * tops
    return PolygonGate(dims, vertices, draw(grids(tops)) if gridded else None)


@st.composite
def ellipsoids(draw, scales=SCALES, gridded=False):
    dims, tops = draw(axes(2 if gridded else draw(st.integers(2, 3)), scales))
    n = len(dims)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    root = rng.normal(0, 0.3, (n, n))
    covariance = root @ root.T + 0.01 * np.eye(n)
    if draw(st.integers(0, 3)) == 0:  # not symmetric, not always positive definite
        covariance += rng.normal(0, 0.1, (n, n))
    mean = np.array([draw(places) for _ in dims]) * tops
    square = draw(st.sampled_from([0.5, 1.0, 1.5]))
    return EllipsoidGate(
        dims, mean, covariance * np.outer(tops, tops), square, draw(grids(tops)) if gridded else None
    )


@st.composite
def quadrants(draw, scales=SCALES, *, name="Q", full=False):
    """Dividers with cuts, and some of the parts that they make; all of them where `full`."""
    dims, tops = draw(axes(draw(st.integers(1, 3)), scales))
    cuts = [
        sorted({place * top for place in draw(st.lists(places, min_size=1, max_size=3, unique=True))})
        for top in tops.tolist()
    ]
    cells = list(np.ndindex(*[len(values) + 1 for values in cuts]))
    if not full:
        cells = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=5, unique=True))
    parts = []
    for cell in cells:
        used = list(enumerate(cell))
        if not full and draw(st.integers(0, 3)) == 0:
            used = used[: draw(st.integers(1, len(used)))]
        parts.append(Quadrant(name + "".join(map(str, cell)), tuple(used)))
    return QuadrantGate(dims, tuple(map(tuple, cuts)), tuple(parts))


@st.composite
def booleans(draw, paths):
    operation = draw(st.sampled_from(["and", "or", "not"]))
    n = 1 if operation == "not" else draw(st.integers(2, 3))
    picked = draw(st.lists(st.sampled_from(paths), min_size=n, max_size=n))
    return BooleanGate(operation, tuple(Reference(path, draw(st.booleans())) for path in picked))


def shapes(name, scales=SCALES, *, gridded=False):
    """Any gate on dimensions; parts have names that begin with `name`."""
    bounds = rectangles(scales, gridded)
    return bounds | polygons(scales, gridded) | ellipsoids(scales, gridded) | quadrants(scales, name=name)


# --- trees


@st.composite
def node_lists(draw, most=7, scales=SCALES, gridded=False):
    """Nodes that make a tree, in any order, and the paths of their populations, parents first."""
    nodes, paths = [], []
    for k in range(draw(st.integers(1, most))):
        parent = draw(st.sampled_from([None, *paths]))
        shape = shapes(f"Q{k}-", scales, gridded=gridded)
        gate = draw(booleans(paths) if paths and draw(st.integers(0, 3)) == 3 else shape)
        nodes.append(GateNode(f"g{k}", gate, parent))
        paths += [f"{parent or ''}/{name}" for name in (gate.parts or (f"g{k}",))]
    return draw(st.permutations(nodes)), paths


def built(nodes, scales=SCALES):
    return GatingStrategy.build(nodes, compensations=MATRICES, transforms=scales)


def trees(most=7, scales=SCALES, *, gridded=False):
    return node_lists(most, scales, gridded).map(lambda drawn: built(drawn[0], scales))


def nodes_of(strategy):
    """The nodes that a strategy was built from, each once."""
    found = {}
    for entry in strategy.populations:
        found.setdefault((entry.parent, entry.gate_name), GateNode(entry.gate_name, entry.gate, entry.parent))
    return list(found.values())


def redrawn(strategy):
    """The strategy with one gate, one scale or one matrix another; populations keep their names."""

    @st.composite
    def changes(draw):
        nodes, scales = nodes_of(strategy), dict(strategy.transforms)
        matrices = dict(strategy.compensations)
        what = draw(st.sampled_from(["gate", "gate", "scale", "matrix", "parent"]))
        k = draw(st.integers(0, len(nodes) - 1))
        if what == "scale":
            scales["logicle"], scales["hyperlog"] = scales["hyperlog"], scales["logicle"]
        elif what == "matrix":
            matrices["mixed"] = cg.CompensationMatrix(
                ("SSC-A", "A"), ("Dye 1", "Dye 2"), [[1, 0.25], [0.35, 1]]
            )
        elif what == "parent" and nodes[k].gate.parts == () and _is_leaf(strategy, nodes[k]):
            nodes[k] = replace(nodes[k], parent=None)
        elif not nodes[k].gate.parts:
            nodes[k] = replace(nodes[k], gate=draw(rectangles() | polygons() | ellipsoids()))
        return GatingStrategy.build(nodes, compensations=matrices, transforms=scales)

    return changes()


def _is_leaf(strategy, node):
    path = f"{node.parent or ''}/{node.name}"
    needed = {entry.parent for entry in strategy.populations}
    for entry in strategy.populations:
        needed.update(reference.population for reference in getattr(entry.gate, "references", ()))
    return path not in needed


# --- events


def borders(gate, rng, n):
    """Positions (n, n_dims) on what the gate cuts at: thresholds, vertices, edges, crests, ends of cells."""
    grid = getattr(gate, "grid", None)
    if grid is not None and rng.random() < 0.5:
        sides = [
            axis.low
            + (rng.integers(-1, axis.cells + 2, n) - axis.offset) * (axis.high - axis.low) / axis.cells
            for axis in (grid.x, grid.y)
        ]
        return np.column_stack(sides)
    match gate:
        case RectangleGate():
            bounds = np.array([gate.minimum, gate.maximum, _middle(gate)])
            return np.column_stack([rng.choice(column, n) for column in bounds.T])
        case QuadrantGate():
            return np.column_stack([rng.choice(cuts, n) for cuts in gate.cuts])
        case EllipsoidGate():
            k = rng.integers(0, len(gate.mean), n)
            crest = gate.covariance.T[k] * np.sqrt(
                gate.distance_square / np.abs(np.diag(gate.covariance)[k, None])
            )
            return gate.mean + crest * rng.choice([-1, 1], (n, 1))
    first = rng.integers(0, len(gate.vertices), n)
    start, end = gate.vertices[first], gate.vertices[(first + 1) % len(gate.vertices)]
    start, end = (np.where(np.isfinite(ends), ends, rng.uniform(0, 1, ends.shape)) for ends in (start, end))
    found = start + (end - start) * rng.choice([0.0, 0.25, 0.5, 1 / 3], (n, 1))
    level = rng.random(n) < 0.3  # at the height of a vertex, anywhere else
    found[level, 0] = rng.choice(start[:, 0], level.sum())
    return found


def _ends_of_cells(axis, rng, n):
    cells = rng.integers(-1, axis.cells + 2, n)
    return axis.low + (cells - axis.offset) * (axis.high - axis.low) / axis.cells


def _middle(gate):
    low, high = (np.nan_to_num(bounds, posinf=1, neginf=0) for bounds in (gate.minimum, gate.maximum))
    return (low + high) / 2


def _values_at(scale, positions, rng):
    """Data values on positions, or up to two float64 beside them."""
    if scale is None:
        values = np.array(positions, dtype=np.float64)
    elif rng.random() < 0.5:
        values = np.array([pull_back(scale, position) for position in positions])
    else:
        values = np.array(scale.inverse(positions))
    for _ in range(rng.choice([0, 0, 1, 2])):
        values = np.nextafter(values, rng.choice([-np.inf, np.inf], len(values)))
    return values


def _place(rows, strategy, dims, positions, rng):
    """Set channels of rows (n, n_channels) so that the dimensions, once compensated, are at the positions."""
    true = {}

    def put(name, compensation, values):
        matrix = SPILL if compensation == "FCS" else strategy.compensations.get(compensation)
        names = () if matrix is None else (*matrix.fluorochromes, *matrix.targets)
        if name in names:
            k = names.index(name) % len(matrix.fluorochromes)
            true.setdefault(compensation, np.zeros((len(rows), len(matrix.fluorochromes))))[:, k] = values
        else:
            rows[:, CHANNELS.index(name)] = values

    for dim, places_on_dim in zip(dims, positions.T, strict=True):
        values = _values_at(strategy.transform_of(dim), places_on_dim, rng)
        if dim.ratio is None:
            put(dim.channel, dim.compensation, values)
            continue
        ratio, below = dim.ratio, 2.0 ** rng.integers(0, 5, len(rows))
        put(ratio.denominator, dim.compensation, ratio.C + below)
        put(ratio.numerator, dim.compensation, values * below / ratio.A + ratio.B)
    for compensation, amounts in true.items():
        matrix = SPILL if compensation == "FCS" else strategy.compensations[compensation]
        where = [CHANNELS.index(detector) for detector in matrix.detectors]
        rows[:, where] = amounts @ matrix.values


def events_for(strategy, n, seed, dtype=np.float64):
    """Events in the range of the scales; half lie on what the gates cut at or beside, some are no numbers."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([SCALES["logicle"].inverse(rng.uniform(-0.1, 1.1, n)) for _ in CHANNELS])
    measured = [entry.gate for entry in strategy.populations if entry.gate.dims]
    with np.errstate(all="ignore"):
        for begin in range(0, n // 2 if measured else 0, 10):
            gate = measured[rng.integers(len(measured))]
            rows = values[begin : begin + 10]
            _place(rows, strategy, gate.dims, borders(gate, rng, len(rows)), rng)
        rare = rng.random(values.shape) < 0.01
        values[rare] = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e30, -1e30], rare.sum())
        values[:1, 2] = 30_000.0  # all detectors dim would be taken for values compensated before
        return rng.permutation(values).astype(dtype)


def sourced(values):
    return cg.Events(values, CHANNELS, spillover=SPILL)


numbers_of_events = st.sampled_from([500, 333, 200, 96, 65, 9, 8, 1, 0]) | st.integers(0, 500)


@st.composite
def sources(draw, strategy):
    """Events for the gates of a strategy."""
    n, seed = draw(numbers_of_events), draw(st.integers(0, 2**32 - 1))
    return sourced(events_for(strategy, n, seed, draw(st.sampled_from([np.float32, np.float64]))))


@st.composite
def cases(draw, most=7, scales=SCALES, gridded=False):
    """A strategy and events for it."""
    strategy = draw(trees(most, scales, gridded=gridded))
    return strategy, draw(sources(strategy))


@st.composite
def sizes(draw):
    """Bytes of a chunk, events of a block (eights, for bits are packed), and blocks of a loaded range."""
    chunk = draw(st.sampled_from([1, 1, 3000, 1 << 20]) | st.integers(1, 20_000))
    block = draw(st.sampled_from([1, 2, 3, 8, 256]) | st.integers(1, 70))
    return chunk, 8 * block, draw(st.integers(1, 4))


@contextmanager
def sized(chunk, block, blocks):
    """Gate in pieces of other sizes."""
    before = passes.CHUNK_BYTES, passes.BLOCK, loaded.RANGE
    passes.CHUNK_BYTES, passes.BLOCK, loaded.RANGE = chunk, block, block * blocks
    try:
        yield
    finally:
        passes.CHUNK_BYTES, passes.BLOCK, loaded.RANGE = before
