from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from gating_cases import events as case_events
from gating_cases import full_tree
from hypothesis import given
from hypothesis import strategies as st
from plain_gating import plain_gating

import cytogate as cg
from cytogate.errors import InteropError
from cytogate.gates._checks import on_one_line
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.tree import join
from cytogate.interop.gatingml import read_gatingml, write_gatingml
from cytogate.interop.gatingml.write_gates import location_in
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle

CHANNELS = ("FSC-A", "V450-A", "B530-A", "R660 -A")
MATRIX = cg.CompensationMatrix(
    CHANNELS[1:], ("CD27", "IgD", "CD19 'x'"), [[1, 0.2, 0], [0.1, 1, 0.3], [0.02, 0, 1]]
)
SPILL = cg.CompensationMatrix(CHANNELS[1:], CHANNELS[1:], [[1, 0.1, 0], [0, 1, 0.1], [0.3, 0, 1]])
INVERTED = cg.CompensationMatrix(
    CHANNELS[1:], MATRIX.fluorochromes, [[1, -0.25, 0], [0, 1, -0.5], [0.125, 0, 1]], inverted=True
)
UNMIXING = cg.CompensationMatrix(CHANNELS, ("CD27", "IgD"), [[0, 1, 0.25, 0], [0.125, 0.1, 1, 0.5]])
MATRICES = {"M 1": MATRIX, "inverted": INVERTED, "unmixing": UNMIXING}
TRANSFORMS = {
    "linear": Linear(T=1000, A=100),
    "log scale": Log(T=1000, M=4),
    "asinh/5": Asinh(T=1000, M=4, A=1),
    "B": Logicle(T=1000, W=0.5, M=4, A=0.1),
    "hyper+": Hyperlog(T=1000, W=0.5, M=4, A=0.1),
    "both ends": Bounded(Logicle(T=1000, W=0.5, M=4), 0.1, 0.75),
    "one end": Bounded(Linear(T=1000, A=100), minimum=0.1),
}
NAMES = st.sampled_from(
    ["B", "B/DN", "IgD+ CD27-", "IgD- CD27-", "root", "FCS", "7-AAD", "µ", "a\\b", " ", '<&">', "x\ny"]
)
CUTS = st.sampled_from([-50.0, -0.1, 0.0, 0.1, 0.3, 1 / 3, 0.5, 0.75, 1.0, 20.0, 100.5, 400.0])


def _names_under(compensation: str) -> tuple[str, ...]:
    if compensation == "unmixing":
        return UNMIXING.fluorochromes
    return (*CHANNELS, *MATRIX.fluorochromes) if compensation in MATRICES else CHANNELS


@st.composite
def dimensions(draw) -> Dimension:
    compensation = draw(st.sampled_from(["uncompensated", "FCS", *MATRICES]))
    names = st.sampled_from(_names_under(compensation))
    transform = draw(st.sampled_from([None, *TRANSFORMS]))
    if draw(st.integers(0, 3)):
        return Dimension(draw(names), compensation, transform)
    factor, *moves = (draw(st.sampled_from([-2.5, 0.1, 1.0, 30.0])) for _ in "ABC")
    ratio = Ratio(draw(names), draw(names), factor, *moves)
    return Dimension(draw(NAMES.filter(bool)), compensation, transform, ratio)


@st.composite
def rectangles(draw) -> RectangleGate:
    dims = draw(st.lists(dimensions(), min_size=1, max_size=3))
    bounds = [sorted(draw(st.lists(CUTS, min_size=2, max_size=2, unique=True))) for _ in dims]
    low = tuple(-math.inf if draw(st.booleans()) else pair[0] for pair in bounds)
    high = tuple(math.inf if draw(st.booleans()) else pair[1] for pair in bounds)
    return RectangleGate(tuple(dims), low, high)


@st.composite
def polygons(draw) -> PolygonGate:
    dims = (draw(dimensions()), draw(dimensions()))
    if draw(st.booleans()):
        cut = draw(CUTS)
        return PolygonGate(
            dims, [[cut, -math.inf], [math.inf, -math.inf], [math.inf, math.inf], [cut, math.inf]]
        )
    corners = st.lists(st.tuples(CUTS, CUTS), min_size=3, max_size=7)
    return PolygonGate(dims, draw(corners.filter(lambda points: not on_one_line(np.array(points)))))


@st.composite
def ellipsoids(draw) -> EllipsoidGate:
    size = draw(st.integers(2, 3))
    dims = tuple(draw(dimensions()) for _ in range(size))
    spread = np.diag([draw(st.floats(0.01, 500)) for _ in range(size)])
    spread[0, 1] = spread[1, 0] = draw(st.floats(-0.9, 0.9)) * math.sqrt(spread[0, 0] * spread[1, 1])
    return EllipsoidGate(dims, [draw(CUTS) for _ in range(size)], spread, draw(st.floats(0.1, 5)))


@st.composite
def quadrants(draw) -> QuadrantGate:
    dims = tuple(draw(st.lists(dimensions(), min_size=1, max_size=3)))
    cuts = tuple(tuple(sorted(draw(st.lists(CUTS, min_size=1, max_size=3, unique=True)))) for _ in dims)
    parts = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        used = sorted(draw(st.sets(st.integers(0, len(dims) - 1), min_size=1)))
        parts.append(Quadrant(name, tuple((at, draw(st.integers(0, len(cuts[at])))) for at in used)))
    return QuadrantGate(dims, cuts, tuple(parts))


@st.composite
def booleans(draw, paths: list[str]) -> BooleanGate:
    operation = draw(st.sampled_from(["and", "or", "not"]))
    n = 1 if operation == "not" else draw(st.integers(2, 3))
    return BooleanGate(
        operation, tuple(Reference(draw(st.sampled_from(paths)), draw(st.booleans())) for _ in range(n))
    )


@st.composite
def strategies(draw) -> GatingStrategy:
    nodes: list[GateNode] = []
    paths: dict[str, tuple[str, ...]] = {}
    for _ in range(draw(st.integers(1, 7))):
        kinds = [rectangles(), polygons(), ellipsoids(), quadrants()]
        gate = draw(st.one_of(*kinds, booleans(list(paths)) if paths else rectangles()))
        parent = draw(st.sampled_from([None, *paths]))
        name = draw(NAMES)
        above = paths[parent] if parent is not None else ()
        made = {join((*above, part)): (*above, part) for part in gate.parts or (name,)}
        if made.keys() & paths.keys():
            continue
        paths.update(made)
        display = draw(st.one_of(st.none(), dimensions()))
        nodes.append(GateNode(name, gate, parent, display))
    definitions = {path: f"definition of {path}" for path in list(paths)[::2]}
    return GatingStrategy.build(nodes, compensations=MATRICES, transforms=TRANSFORMS, definitions=definitions)


def _events(seed: int = 0, n: int = 400) -> cg.Events:
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(0.4, 0.6, n), *np.exp(rng.normal(2, 3, (3, n)))])
    on_borders = rng.choice([-50.0, 0.0, 0.1, 0.3, 0.5, 1.0, 20.0, 400.0], values.shape)
    values = np.where(rng.random(values.shape) < 0.3, on_borders, values)
    values[:6] = [[np.nan] * 4, [np.inf] * 4, [-np.inf] * 4, [np.nan, 1, 1, 1], [1, np.inf, 1, 1], [0] * 4]
    return cg.Events(values, CHANNELS, spillover=SPILL)


EVENTS = _events()


@given(strategies())
def test_round_trip_keeps_names_and_the_events_of_every_population(tmp_path_factory, strategy):
    path = tmp_path_factory.mktemp("gml") / "gates.xml"
    write_gatingml(strategy, path)
    again = read_gatingml(path)
    assert set(again.paths) == set(strategy.paths)
    assert again.definitions == strategy.definitions
    assert again.transforms == strategy.transforms
    assert again.compensations == strategy.compensations
    assert again.warnings == ()
    before, after = cg.gate(EVENTS, strategy), cg.gate(EVENTS, again)
    plain = plain_gating(EVENTS.values, CHANNELS, strategy, SPILL)
    for population in strategy.populations:
        np.testing.assert_array_equal(
            after.mask(population.path), before.mask(population.path), err_msg=population.path
        )
        np.testing.assert_array_equal(
            before.mask(population.path), plain[population.path], err_msg=population.path
        )
        assert again.find(population.path).gate_name == population.gate_name


@given(strategies())
def test_second_round_trip_writes_the_same_bytes(tmp_path_factory, strategy):
    folder = tmp_path_factory.mktemp("gml")
    write_gatingml(strategy, folder / "1.xml")
    write_gatingml(read_gatingml(folder / "1.xml"), folder / "2.xml")
    write_gatingml(read_gatingml(folder / "2.xml"), folder / "3.xml")
    assert (folder / "3.xml").read_bytes() == (folder / "2.xml").read_bytes()


@given(strategies())
def test_written_file_is_valid_by_the_schema_of_the_standard(tmp_path_factory, strategy):
    from lxml import etree

    path = tmp_path_factory.mktemp("gml") / "gates.xml"
    write_gatingml(strategy, path)
    schema = _schema()
    assert schema.validate(etree.parse(path)), schema.error_log


def _schema():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from flowkit._resources import gml_schema

    return gml_schema


def test_display_dimension_survives(tmp_path):
    shown = Dimension("CD27", "M 1", "asinh/5")
    node = GateNode("Live", RectangleGate((Dimension("FSC-A"),), (1.0,), (math.inf,)), display=shown)
    write_gatingml(
        GatingStrategy.build([node], compensations={"M 1": MATRIX}, transforms=TRANSFORMS), tmp_path / "g.xml"
    )
    assert read_gatingml(tmp_path / "g.xml").find("Live").display == shown


@pytest.mark.parametrize("compensation", [None, "FCS", "uncompensated", "M 1"])
def test_matrix_of_channels_without_gates_survives(tmp_path, compensation):
    node = GateNode("Live", RectangleGate((Dimension("FSC-A"),), (1.0,), (math.inf,)))
    strategy = GatingStrategy.build([node], compensations=MATRICES, compensation=compensation)
    write_gatingml(strategy, tmp_path / "g.xml")
    assert read_gatingml(tmp_path / "g.xml").compensation == compensation


def test_numbers_come_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(1)
    vertices = rng.normal(size=(50, 2)) * 10.0 ** rng.integers(-300, 140, (50, 2))
    matrix = cg.CompensationMatrix(("A", "B"), ("A", "B"), [[1.0, 0.1 + 2**-55], [1 / 3, 1.0]])
    strategy = GatingStrategy.build(
        [GateNode("P", PolygonGate((Dimension("A", "m"), Dimension("B", "m")), vertices))],
        compensations={"m": matrix},
    )
    write_gatingml(strategy, tmp_path / "g.xml")
    again = read_gatingml(tmp_path / "g.xml")
    np.testing.assert_array_equal(again.find("P").gate.vertices, vertices)
    np.testing.assert_array_equal(again.compensations["m"].values, matrix.values)


def test_one_gate_object_in_two_places_is_written_twice(tmp_path):
    gate = RectangleGate((Dimension("FSC-A"),), (0.0,), (1.0,))
    nodes = [GateNode("A", gate), GateNode("X", gate, "A"), GateNode("B", gate), GateNode("X", gate, "B")]
    write_gatingml(GatingStrategy.build(nodes), tmp_path / "g.xml")
    assert set(read_gatingml(tmp_path / "g.xml").paths) == {"/A", "/A/X", "/B", "/B/X"}


def test_detector_under_a_matrix_is_written_as_its_fluorochrome(tmp_path):
    node = GateNode("R", RectangleGate((Dimension("V450-A", "M 1"),), (0.0,), (1.0,)))
    write_gatingml(GatingStrategy.build([node], compensations={"M 1": MATRIX}), tmp_path / "g.xml")
    assert read_gatingml(tmp_path / "g.xml").find("R").gate.dims == (Dimension("CD27", "M 1"),)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4, unique=True).map(
        sorted
    )
)
def test_location_lies_in_its_interval(cuts):
    borders = [-math.inf, *cuts, math.inf]
    for interval in range(len(cuts) + 1):
        location = location_in(tuple(cuts), interval)
        assert borders[interval] <= location < borders[interval + 1]


def test_kinds_that_gatingml_lacks_are_refused_all_at_once(tmp_path):
    @dataclass(frozen=True)
    class Cloud:
        kind: ClassVar[str] = "cloud"
        dims: tuple[Dimension, ...] = ()
        parts: tuple[str, ...] = ()

    on_biex = RectangleGate((Dimension("FSC-A", transform="t"),), (100.0,), (2000.0,))
    nodes = [GateNode("C1", Cloud()), GateNode("C2", Cloud()), GateNode("B", on_biex, "C1")]
    strategy = GatingStrategy.build(nodes, transforms={"t": Biex()})
    with pytest.raises(InteropError) as caught:
        write_gatingml(strategy, tmp_path / "g.xml")
    assert [problem.location for problem in caught.value.problems] == [
        "transform 't'",
        "gate 'C1'",
        "gate 'C2'",
    ]
    assert "not 'cloud'" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inside", [Biex(), FlowJoLog(1.0, 4.0), Bounded(Biex(), 0.0, 4000.0)])
@pytest.mark.parametrize("shown", [False, True])
def test_scale_of_flowjo_is_refused_with_the_populations_that_need_it(tmp_path, inside, shown):
    on_scale = Dimension("FSC-A", transform="FSC scale")
    plain = Dimension("FSC-A")
    gate = RectangleGate((plain if shown else on_scale,), (1.0,), (2.0,))
    nodes = [GateNode("A", gate, display=on_scale if shown else None), GateNode("B", gate, "A")]
    nodes.append(GateNode("C", RectangleGate((plain,), (1.0,), (2.0,))))
    strategy = GatingStrategy.build(nodes, transforms={"FSC scale": inside})
    needing = "/A" if shown else "/A, /A/B"
    with pytest.raises(
        InteropError,
        match=rf"transform 'FSC scale': Gating-ML 2.0 has .* not '{inside.kind}'.*: {needing}\. Dr",
    ):
        write_gatingml(strategy, tmp_path / "g.xml")


def test_scale_of_flowjo_that_nothing_needs_is_left_out(tmp_path):
    node = GateNode("A", RectangleGate((Dimension("FSC-A"),), (1.0,), (2.0,)))
    write_gatingml(GatingStrategy.build([node], transforms={"t": Biex()}), tmp_path / "g.xml")
    assert dict(read_gatingml(tmp_path / "g.xml").transforms) == {}


# --- a logicle whose top lies at M -----------------------------------------------------------------------

TO_M = Logicle(T=1000, W=0.5, M=4.5, A=0.1, scale="0-M")
WIDE = {"m": TO_M, "clamped": Bounded(TO_M, 0.5, 4.0), "one": Logicle(T=1000, W=0.5, M=4.5)}


def _on_wide_scales() -> GatingStrategy:
    v, b, r = (Dimension(CHANNELS[k], "M 1", name) for k, name in ((1, "m"), (2, "one"), (3, "clamped")))
    corners = [(0.5, 0.1), (3.6, 0.3), (4.4, 0.8), (1.0, 0.9)]
    spread = [[1.5, 0.1, 0.2], [0.1, 0.04, 0.0], [0.2, 0.0, 2.0]]
    parts = (Quadrant("low", ((0, 0), (1, 1))), Quadrant("high", ((0, 2),)))
    nodes = [
        GateNode("box", RectangleGate((v, b), (1.0, 0.2), (math.inf, 0.9))),
        GateNode("outline", PolygonGate((v, b), corners)),
        GateNode("egg", EllipsoidGate((v, b, r), (2.2, 0.5, 2.0), spread, 2.0)),
        GateNode("quarters", QuadrantGate((v, r), ((1.1, 2.7), (0.7,)), parts), "box"),
        GateNode("top", RectangleGate((r,), (4.0,), (math.inf,))),
    ]
    return GatingStrategy.build(nodes, compensations=MATRICES, transforms=WIDE)


def test_logicle_up_to_m_is_written_in_units_of_m(tmp_path):
    strategy = _on_wide_scales()
    write_gatingml(strategy, tmp_path / "g.xml")
    again = read_gatingml(tmp_path / "g.xml")
    to_one = Logicle(T=1000, W=0.5, M=4.5, A=0.1)
    assert again.transforms["m"] == to_one
    assert again.transforms["clamped"] == Bounded(to_one, 0.5 / 4.5, 4.0 / 4.5)
    before, after = cg.gate(EVENTS, strategy), cg.gate(EVENTS, again)
    for path in strategy.paths:
        np.testing.assert_array_equal(after.mask(path), before.mask(path), err_msg=path)
        assert before.mask(path).any(), path


def test_positions_that_rounding_would_join_are_refused(tmp_path):
    cut = 1.0
    close = next(
        (a, math.nextafter(a, 9))
        for a in np.linspace(cut, 2, 1000).tolist()
        if a / 4.5 == math.nextafter(a, 9) / 4.5
    )
    dim = Dimension("FSC-A", transform="m")
    node = GateNode("Q", QuadrantGate((dim,), (close,), (Quadrant("between", ((0, 1),)),)))
    with pytest.raises(InteropError, match=r"gate 'Q': positions on FSC-A lie so close.*Move them apart"):
        write_gatingml(GatingStrategy.build([node], transforms=WIDE), tmp_path / "g.xml")


def test_name_with_control_characters_is_refused(tmp_path):
    strategy = GatingStrategy.build([GateNode("a\x07b", RectangleGate((Dimension("A"),), (0.0,), (1.0,)))])
    with pytest.raises(InteropError, match="a name holds control characters"):
        write_gatingml(strategy, tmp_path / "g.xml")


@pytest.fixture
def flowkit():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import flowkit

        yield flowkit


def test_flowkit_reads_what_is_written_and_counts_the_same(tmp_path, flowkit):
    events = case_events(5000, seed=3, dtype=np.float64)
    values = np.nan_to_num(events.values, nan=1.0, posinf=1e5, neginf=0.0)
    events = cg.Events(values, [channel.name for channel in events.channels], spillover=events.spillover)
    full = full_tree()
    kept = {"M": events.spillover}
    nodes = [
        GateNode(node.gate_name, _with_matrix(node.gate), node.parent)
        for node in {(p.gate_name, p.parent): p for p in full.populations}.values()
    ]
    strategy = GatingStrategy.build(nodes, compensations=kept, transforms=full.transforms)
    write_gatingml(strategy, tmp_path / "g.xml")

    sample = flowkit.Sample(
        values, sample_id="s", channel_labels=[channel.name for channel in events.channels]
    )
    theirs = flowkit.parse_gating_xml(str(tmp_path / "g.xml")).gate_sample(sample).report
    ours = cg.gate(events, strategy)
    counts = dict(zip(theirs["gate_name"], theirs["count"], strict=True))
    names = {"Not_blob": "Not blob"}
    assert {names.get(name, name): int(count) for name, count in counts.items()} == {
        population.name: ours.count(population.path) for population in strategy.populations
    }
    assert min(counts.values()) >= 0
    assert sum(count > 10 for count in counts.values()) >= 10


def _with_matrix(gate):
    """Return the gate with the file's own spillover spelled as the matrix M."""
    data = gate.to_dict()
    for dim in data.get("dims", ()):
        dim["compensation"] = "M" if dim["compensation"] == "FCS" else dim["compensation"]
    return type(gate).from_dict(data)
