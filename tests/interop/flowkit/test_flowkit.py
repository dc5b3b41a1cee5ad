"""FlowKit strategies: both engines put the same events into every population, both ways."""

from __future__ import annotations

import flowkit
import numpy as np
import pytest
from flowkit import Dimension as Axis
from flowkit import QuadrantDivider, RatioDimension
from flowkit import gates as fk
from flowkit import transforms as scales
from flowkit_engine import members

import cytogate as cg
from cytogate.errors import InteropError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.interop.flowkit import from_flowkit, to_flowkit

CHANNELS = ["FSC-A", "SSC-A", "FITC-A", "PE-A", "APC-A", "V450-A"]
INF = np.inf
FITC, PE, APC = Dimension("FITC-A"), Dimension("PE-A"), Dimension("APC-A")
SPILL = np.array([[1.0, 0.2, 0.0], [0.1, 1.0, 0.05], [0.0, 0.3, 1.0]])


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(7)
    table = rng.lognormal(6.5, 1.3, size=(4000, len(CHANNELS)))
    table[:, 2:] -= rng.exponential(300.0, size=(4000, 4))
    return table.astype(np.float32).astype(np.float64)


@pytest.fixture(scope="module")
def sample(values):
    return flowkit.Sample(values, sample_id="tube", channel_labels=CHANNELS)


@pytest.fixture(scope="module")
def events(values):
    return cg.Events(values, CHANNELS)


@pytest.fixture
def same(sample, events):
    """Assert that both engines put the same events into the same populations; return our counts."""

    def act(ours: GatingStrategy, theirs) -> dict[str, int]:
        expected = members(theirs, sample)
        result = cg.gate(events, ours)
        assert set(expected) == set(result.populations)
        for path, mask in expected.items():
            np.testing.assert_array_equal(result.mask(path), mask, err_msg=path)
        return {path: result.count(path) for path in result.populations}

    return act


def strategy_of(*gates, transforms=(), matrices=()):
    """Make a FlowKit strategy of (gate, path of its parent)."""
    made = flowkit.GatingStrategy()
    for name, transform in dict(transforms).items():
        made.add_transform(name, transform)
    for name, matrix in dict(matrices).items():
        made.add_comp_matrix(name, matrix)
    for gate, path in gates:
        made.add_gate(gate, ("root", *path))
    return made


def every_kind():
    quadrants = fk.QuadrantGate(
        "Q",
        [
            QuadrantDivider("x", "FITC-A", "spill", [0.3, 0.6], "logicle"),
            QuadrantDivider("y", "PE-A", "spill", [0.5], "asinh"),
        ],
        [
            fk.Quadrant("low", ["x", "y"], [(None, 0.3), (None, 0.5)]),
            fk.Quadrant("middle", ["x", "y"], [(0.3, 0.6), (None, 0.5)]),
            fk.Quadrant("right", ["x"], [(0.6, None)]),
        ],
    )
    outline = [(0.1, 0.2), (0.9, 0.1), (0.3, 0.9), (0.8, 0.9)]  # crosses itself
    outlined = fk.PolygonGate("bright", [spilled("PE-A", "logicle"), spilled("APC-A", "log")], outline)
    between = RatioDimension("PE/FITC", "uncompensated", "log", range_min=0.0, range_max=0.3)
    ratio = fk.RectangleGate("ratio", [between])
    quadrant = {"ref": "middle", "path": ("root", "Cells", "Q"), "complement": True}
    bright = {"ref": "bright", "path": ("root", "Cells"), "complement": False}
    return strategy_of(
        (fk.RectangleGate("Cells", [Axis("FSC-A", range_min=200), Axis("SSC-A", range_max=9000)]), ()),
        (quadrants, ("Cells",)),
        (outlined, ("Cells",)),
        (
            fk.EllipsoidGate(
                "round",
                [Axis("V450-A", transformation_ref="linear"), Axis("APC-A", transformation_ref="hyperlog")],
                [0.1, 0.5],
                [[0.02, 0.005], [0.005, 0.03]],
                1.5,
            ),
            ("Cells", "Q", "low"),
        ),
        (fk.BooleanGate("not middle", "and", [quadrant, bright]), ("Cells",)),
        (fk.BooleanGate("none", "not", [bright]), ("Cells",)),
        (fk.BooleanGate("one", "or", [bright]), ()),
        (fk.RectangleGate("bright", [Axis("PE-A", transformation_ref="biex", range_min=1500)]), ()),
        (fk.RectangleGate("bright", [Axis("PE-A", transformation_ref="flowjo", range_min=0.4)]), ("bright",)),
        (ratio, ()),
        transforms={
            "logicle": scales.LogicleTransform(10000, 0.5, 4.5, 0),
            "asinh": scales.AsinhTransform(10000, 4, 1),
            "log": scales.LogTransform(10000, 4),
            "linear": scales.LinearTransform(10000, 100),
            "hyperlog": scales.HyperlogTransform(10000, 0.5, 4.5, 0),
            "biex": scales.WSPBiexTransform(negative=0.5, width=-100, positive=4.5, max_value=20000),
            "flowjo": scales.WSPLogTransform(offset=10, decades=4),
            "PE/FITC": scales.RatioTransform(["PE-A", "FITC-A"], 2, -1, -3),
        },
        matrices={"spill": flowkit.Matrix(SPILL, ["FITC-A", "PE-A", "APC-A"])},
    )


def spilled(channel, transform=None, **bounds):
    return Axis(channel, "spill", transform, **bounds)


def test_every_kind_of_gate_scale_and_matrix_keeps_its_events_both_ways(same):
    theirs = every_kind()
    ours = from_flowkit(theirs)
    counts = same(ours, theirs)
    assert len(counts) == 12
    assert all(20 < count < 3990 for count in counts.values()), counts
    back = to_flowkit(ours)
    assert same(ours, back) == counts
    assert same(from_flowkit(back), back) == counts
    assert ours.warnings == ()


def test_custom_gates_are_those_of_the_sample(same):
    theirs = strategy_of((fk.RectangleGate("A", [Axis("PE-A", range_min=500)]), ()))
    theirs.add_gate(fk.RectangleGate("A", [Axis("PE-A", range_min=900)]), ("root",), sample_id="other")
    assert from_flowkit(theirs).find("A").gate.minimum == (500.0,)
    assert from_flowkit(theirs, "unknown to the strategy").find("A").gate.minimum == (500.0,)
    assert from_flowkit(theirs, "other").find("A").gate.minimum == (900.0,)
    theirs.add_gate(fk.RectangleGate("A", [Axis("PE-A", range_min=700)]), ("root",), sample_id="tube")
    same(from_flowkit(theirs, "tube"), theirs)


def test_a_gate_that_keeps_what_lies_outside_becomes_not_of_what_lies_inside(sample, events):
    outline = [(100, 100), (2000, 100), (1000, 2000)]
    theirs = strategy_of(
        (fk.RectangleGate("P", [Axis("SSC-A", range_min=300)]), ()),
        (fk.PolygonGate("A", [Axis("PE-A"), Axis("APC-A")], outline, use_complement=True), ("P",)),
        (fk.RectangleGate("B", [Axis("PE-A", range_min=50, range_max=500)], use_complement=True), ("P", "A")),
    )
    ours = from_flowkit(theirs)
    result = cg.gate(events, ours)
    for path, mask in members(theirs, sample).items():
        np.testing.assert_array_equal(result.mask(path), mask, err_msg=path)
        assert 100 < mask.sum() < 3900
    assert set(result.populations) == {"/P", "/P/A (inside)", "/P/A", "/P/A/B (inside)", "/P/A/B"}
    assert [warning.location for warning in ours.warnings] == ["population /P/A", "population /P/A/B"]


def test_what_lies_inside_gets_a_name_that_no_other_population_has():
    theirs = strategy_of(
        (fk.RectangleGate("A (inside)", [Axis("PE-A", range_min=50)]), ()),
        (fk.RectangleGate("A", [Axis("PE-A", range_min=500)], use_complement=True), ()),
    )
    ours = from_flowkit(theirs)
    assert set(ours.paths) == {"/A (inside)", "/A (inside)'", "/A"}
    assert ours.find("/A (inside)'").gate.minimum == (500.0,)
    assert ours.find("/A").gate.references[0].population == "/A (inside)'"


def test_a_quadrant_that_reaches_over_a_cut_becomes_a_rectangle(same):
    gate = fk.QuadrantGate(
        "Q",
        [QuadrantDivider("x", "PE-A", "uncompensated", [100, 500, 900])],
        [fk.Quadrant("wide", ["x"], [(100, 900)]), fk.Quadrant("bright", ["x"], [(900, None)])],
    )
    theirs = strategy_of((gate, ()), (fk.RectangleGate("R", [Axis("APC-A", range_min=400)]), ("Q", "wide")))
    ours = from_flowkit(theirs)
    assert {type(population.gate) for population in ours.populations} == {RectangleGate}
    assert set(same(ours, theirs)) == {"/wide", "/wide/R", "/bright"}


def test_unmixing_by_least_squares_keeps_its_events_both_ways(same):
    values = np.array([[1.0, 0.3, 0.2], [0.1, 1.0, 0.4]])
    theirs = strategy_of(
        (fk.RectangleGate("A", [spilled("PE-A", range_min=300), spilled("FITC-A", range_max=800)]), ()),
        matrices={"spill": flowkit.SpectralMatrix(values, ["PE-A", "FITC-A", "APC-A"], ["PE-A", "FITC-A"])},
    )
    ours = from_flowkit(theirs)
    assert 100 < same(ours, theirs)["/A"] < 3900
    same(ours, to_flowkit(ours))


def test_fluorochromes_of_a_matrix_name_channels(same):
    matrix = flowkit.Matrix(SPILL, ["FITC-A", "PE-A", "APC-A"], ["CD3", "CD4", "CD8"])
    theirs = strategy_of(
        (fk.RectangleGate("A", [spilled("CD4", range_min=300)]), ()), matrices={"spill": matrix}
    )
    ours = from_flowkit(theirs)
    assert ours.find("A").gate.dims[0].channel == "CD4"
    assert same(ours, theirs) == same(ours, to_flowkit(ours))


def test_what_flowkit_compensates_beside_is_compensated_with_a_warning(same):
    theirs = strategy_of(
        (fk.RectangleGate("A", [spilled("PE-A", range_min=300), Axis("FITC-A", range_min=300)]), ()),
        (fk.RectangleGate("B", [spilled("PE-A", range_min=300), Axis("FSC-A", range_min=300)]), ()),
        matrices={"spill": flowkit.Matrix(SPILL, ["FITC-A", "PE-A", "APC-A"])},
    )
    ours = from_flowkit(theirs)
    same(ours, theirs)
    (warning,) = ours.warnings
    assert str(warning).startswith("population /A: FlowKit compensates FITC-A, too")
    assert ours.find("B").gate.dims[1].compensation == "uncompensated"


def test_the_ratio_of_values_that_are_not_compensated_comes_with_a_warning(same):
    theirs = strategy_of(
        (fk.RectangleGate("A", [RatioDimension("r", "spill", None, range_min=0.5, range_max=2)]), ()),
        transforms={"r": scales.RatioTransform(["PE-A", "FITC-A"], 1, 0, 0)},
        matrices={"spill": flowkit.Matrix(SPILL, ["FITC-A", "PE-A", "APC-A"])},
    )
    ours = from_flowkit(theirs)
    same(ours, theirs)
    assert [warning.location for warning in ours.warnings] == ["population /A"]


def test_everything_without_a_counterpart_is_listed_by_population():
    class Wiggle(scales.LinearTransform):
        pass

    two = fk.RectangleGate("two", [Axis("PE-A", "spill", range_min=1), Axis("APC-A", "other", range_min=1)])
    theirs = strategy_of(
        (fk.RectangleGate("P", [Axis("PE-A", range_min=1)]), ()),
        (fk.RectangleGate("wiggly", [Axis("PE-A", None, "wiggle", range_min=1)]), ("P",)),
        (fk.RectangleGate("narrow", [Axis("PE-A", None, "narrow", range_min=1)]), ("P",)),
        (fk.RectangleGate("no scale", [Axis("PE-A", None, "lost", range_min=1)]), ()),
        (fk.RectangleGate("no matrix", [Axis("PE-A", "lost", range_min=1)]), ()),
        (fk.RectangleGate("empty", [Axis("PE-A", range_min=9, range_max=1)]), ()),
        (two, ()),
        (fk.BooleanGate("lost", "or", [{"ref": "X", "path": ("root",), "complement": False}]), ("P",)),
        transforms={"wiggle": Wiggle(1000, 0), "narrow": scales.WSPBiexTransform(width=-2)},
    )
    with pytest.raises(InteropError) as caught:
        from_flowkit(theirs)
    assert {problem.location: problem.message for problem in caught.value.problems} == {
        "population /P/wiggly": "Wiggle has no counterpart here; LinearTransform, LogTransform, "
        "AsinhTransform, HyperlogTransform, LogicleTransform, WSPLogTransform, WSPBiexTransform have.",
        "population /P/narrow": "FlowKit and FlowJo differ in biexponential scales of the width basis -2; "
        "they agree from -1000 to -3.162.",
        "population /no scale": "the strategy has no transform 'lost'.",
        "population /no matrix": "the strategy has no matrix 'lost'.",
        "population /empty": "PE-A: found 9 to 1; expected minimum < maximum.",
        "population /two": "its dimensions name the matrices other, spill, and FlowKit can have one.",
        "population /P/lost": "it refers to root/X, which the strategy does not have.",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (flowkit.Session(), r"a Session; .* Take its gating_strategy\."),
        ("sle_bcell", r"a str; a flowkit\.GatingStrategy is expected\.$"),
    ],
)
def test_other_things_are_refused(given, said):
    with pytest.raises(InteropError, match=said):
        from_flowkit(given)


# the other way


def ours_of(*nodes, **things):
    return GatingStrategy.build([GateNode(name, gate, parent) for name, gate, parent in nodes], **things)


def test_infinite_vertices_are_written_as_far_ones(same):
    corner = PolygonGate((PE, APC), [(300, 200), (INF, 200), (INF, -INF), (300, -INF)])
    ours = ours_of(("corner", corner, None))
    assert 100 < same(ours, to_flowkit(ours))["/corner"] < 3900


def test_quadrants_whose_dividers_share_a_channel_become_rectangles(same):
    offset = QuadrantGate(
        (PE, APC, APC),
        ((400.0,), (300.0,), (600.0,)),
        (
            Quadrant("left up", ((0, 0), (1, 1))),
            Quadrant("right up", ((0, 1), (2, 1))),
            Quadrant("band", ((1, 1), (2, 0))),
        ),
    )
    ours = ours_of(("Q", offset, None), ("below", RectangleGate((FITC,), (100.0,), (INF,)), "band"))
    theirs = to_flowkit(ours)
    counts = same(ours, theirs)
    assert min(counts.values()) > 100
    assert ("band", ("root",)) in theirs.get_gate_ids()


def test_a_quadrant_gate_takes_a_name_that_is_free(same):
    cross = QuadrantGate(
        (PE, APC), ((400.0,), (300.0,)), (Quadrant("--", ((0, 0), (1, 0))), Quadrant("++", ((0, 1), (1, 1))))
    )
    other = QuadrantGate((FITC,), ((300.0,),), (Quadrant("F+", ((0, 1),)),))
    bright = RectangleGate((FITC,), (100.0,), (INF,))
    ours = ours_of(
        ("CD4/CD8", cross, None), ("CD4_CD8", bright, None), ("CD4_CD8", other, None), ("R", bright, "++")
    )
    theirs = to_flowkit(ours)
    same(ours, theirs)
    names = {name for name, _ in theirs.get_gate_ids()}
    assert {"CD4_CD8", "CD4_CD8 quadrants", "CD4_CD8 quadrants quadrants"} <= names


def test_scales_of_other_length_take_their_gates_along(same):
    scaled = {
        "jo": cg.transforms.FlowJoAsinh(T=10000, M=4, A=1, length=256),
        "core": cg.transforms.Logicle(T=10000, W=0.5, M=4.5, scale="0-M"),
        "log": cg.transforms.FlowJoLog(offset=10, decades=4, length=256),
    }
    x, y, z = (Dimension(name, transform=scale) for name, scale in zip(CHANNELS[2:], scaled, strict=False))
    ours = ours_of(
        ("box", RectangleGate((x, y), (60.0, 2.0), (200.0, INF)), None),
        ("outline", PolygonGate((x, y), [(60, 1.5), (200, 2.0), (110, 4.0)]), None),
        ("round", EllipsoidGate((y, z), (2.2, 100.0), ((0.4, 5.0), (5.0, 900.0)), 2.0), None),
        ("cross", QuadrantGate((y, z), ((2.2,), (100.0,)), (Quadrant("up", ((0, 1), (1, 1))),)), None),
        transforms=scaled,
    )
    assert min(same(ours, to_flowkit(ours)).values()) > 100


def test_an_open_rectangle_holds_no_nan(sample):
    ratio = Dimension("r", ratio=Ratio("PE-A", "FITC-A"), transform="log")
    ours = ours_of(
        ("any", RectangleGate((ratio,), (-INF,), (INF,)), None),
        transforms={"log": cg.transforms.Log(T=10, M=4)},
    )
    with np.errstate(invalid="ignore"):
        theirs = members(to_flowkit(ours), sample)["/any"]
    raw = sample.get_events(source="raw")
    np.testing.assert_array_equal(theirs, raw[:, 3] / raw[:, 2] >= 0)
    assert 0 < theirs.sum() < len(theirs)


def test_two_ratios_of_one_name_stay_two(same):
    one = Dimension("r", ratio=Ratio("PE-A", "FSC-A"))
    two = Dimension("r", ratio=Ratio("APC-A", "FSC-A", A=2.0))
    ours = ours_of(
        ("A", RectangleGate((one,), (0.5,), (2.0,)), None), ("B", RectangleGate((two,), (0.5,), (2.0,)), None)
    )
    assert min(same(ours, to_flowkit(ours)).values()) > 100


def test_everything_that_flowkit_lacks_is_listed_by_population():
    square = cg.CompensationMatrix(["FITC-A", "PE-A"], ["FITC-A", "PE-A"], np.eye(2))
    spectral = cg.CompensationMatrix(
        ["FITC-A", "PE-A", "APC-A"], ["CD3", "PE-A"], [[1, 0.2, 0.1], [0, 1, 0.3]]
    )
    bounded = cg.transforms.Bounded(cg.transforms.Linear(T=1000), 0.0, 1.0)

    def low(*dims):
        return RectangleGate(dims, (1.0,) * len(dims), (INF,) * len(dims))

    ratio = Dimension("r", "square", ratio=Ratio("PE-A", "FITC-A"))
    first, second = (Dimension(name, ratio=Ratio(name, "FSC-A")) for name in ("PE-A", "APC-A"))
    ours = ours_of(
        ("a/b", low(PE), None),
        ("root", low(PE), None),
        ("bounded", low(Dimension("PE-A", transform="bounded")), "root"),
        ("spectral", low(Dimension("CD3", "spectral")), None),
        ("twice", PolygonGate((PE, PE), [(0, 0), (1, 0), (1, 1)]), None),
        ("half", low(Dimension("PE-A", "square"), FITC), None),
        ("several", low(Dimension("PE-A", "square"), Dimension("APC-A", "FCS")), None),
        ("ratio", low(ratio), None),
        ("ratios", low(first, second), None),
        ("named", low(Dimension("PE-A", "Fcs")), None),
        compensations={"square": square, "spectral": spectral, "Fcs": square},
        transforms={"bounded": bounded},
    )
    with pytest.raises(InteropError, match=r"cannot be handed to FlowKit:\n") as caught:
        to_flowkit(ours)
    found = {
        problem.location.removeprefix("population "): problem.message for problem in caught.value.problems
    }
    assert found == {
        r"/a\/b": "FlowKit can have no gate called 'a/b'.",
        "/root": "FlowKit can have no gate called 'root'.",
        "/root/bounded": "FlowKit has no scale with bounds.",
        "/spectral": "FlowKit puts unmixed values in the columns of detectors, and CD3 are none.",
        "/twice": "2 of its dimensions are of PE-A, and FlowKit cannot tell them apart.",
        "/half": "FITC-A is not compensated and another dimension is; FlowKit compensates both or none.",
        "/several": "its dimensions name the matrices FCS, square, and FlowKit can have one.",
        "/ratio": "FlowKit takes ratios of values that are not compensated, and r is.",
        "/ratios": "it has two ratios of channels, and FlowKit can have one in a gate.",
        "/named": "FlowKit takes the matrix 'Fcs' for the file's own.",
    }
    assert len(caught.value.problems) == len(found)


def test_boolean_gates_keep_references_and_complements(same):
    ours = ours_of(
        ("later", BooleanGate("and", (Reference("A"), Reference("B", complement=True))), None),
        ("not", BooleanGate("not", (Reference("A", complement=True),)), "B"),
        ("A", RectangleGate((PE,), (300.0,), (INF,)), None),
        ("B", RectangleGate((APC,), (300.0,), (INF,)), None),
    )
    counts = same(ours, to_flowkit(ours))
    assert set(counts) == {"/later", "/B/not", "/A", "/B"}
    assert min(counts.values()) > 100
