"""The engine against the plainest way to gate: transform everything, ask every gate, AND with the parent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL, TRANSFORMS, dim, events, full_tree, plainly
from hypothesis import given
from hypothesis import strategies as st

import cytogate as cg
from cytogate.errors import CompensationError, GatingError, PanelError
from cytogate.fcs.channels.panel import Channel
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Cells
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import passes
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.linear import Linear


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 2047, 2048, 2049, 10_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_population_equals_the_plain_way(n, dtype):
    source, strategy = events(n, dtype=dtype), full_tree()
    result = cg.gate(source, strategy)
    for path, expected in plainly(source, strategy).items():
        np.testing.assert_array_equal(result.mask(path), expected, err_msg=path)
        assert result.count(path) == expected.sum()
    assert result.populations == strategy.paths
    if n == 10_000:
        assert all(result.count(path) > 10 for path in result.populations), result.table()


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 5000), data=st.data())
def test_kept_events_alone_take_part(seed, n, data):
    source, strategy = events(n, seed), full_tree()
    keep = np.random.default_rng(seed).random(n) < data.draw(st.floats(0, 1))
    result = cg.gate(source, strategy, keep=keep)
    assert result.n_events == keep.sum()
    np.testing.assert_array_equal(result.root_mask(), keep)
    for path, expected in plainly(source, strategy, keep).items():
        np.testing.assert_array_equal(result.mask(path), expected, err_msg=path)


def test_result_does_not_depend_on_threads_or_on_the_size_of_chunks_and_blocks(monkeypatch):
    source, strategy = events(200_000), full_tree()
    one = cg.gate(source, strategy, threads=1)
    for threads, chunk, block in [(2, 1 << 20, 1024), (5, 1 << 16, 24), (3, 1, 4096), (1, 1 << 30, 100_000)]:
        monkeypatch.setattr(passes, "CHUNK_BYTES", chunk)
        monkeypatch.setattr(passes, "BLOCK", block)
        other = cg.gate(source, strategy, threads=threads)
        np.testing.assert_array_equal(other.bits, one.bits)
        np.testing.assert_array_equal(other.counts, one.counts)


def test_result_does_not_depend_on_the_order_of_events():
    source, strategy = events(5000), full_tree()
    order = np.random.default_rng(1).permutation(5000)
    shuffled = cg.Events(source.values[order], CHANNELS, spillover=SPILL)
    result, other = cg.gate(source, strategy), cg.gate(shuffled, strategy)
    for path in result.populations:
        np.testing.assert_array_equal(other.mask(path), result.mask(path)[order])


def test_file_gives_the_same_bits_as_its_array(tmp_path):
    source, strategy = events(5000), full_tree()
    values = np.nan_to_num(source.values, nan=0.0, posinf=1e6, neginf=-1e6)
    spill = "3,A,B,C," + ",".join(repr(float(v)) for v in SPILL.values.ravel())
    cg.write_fcs(tmp_path / "a.fcs", values, CHANNELS, keywords={"$SPILLOVER": spill, "$TIMESTEP": "1"})
    array = cg.gate(cg.Events(values, CHANNELS, spillover=SPILL), strategy)
    file = cg.gate(cg.read_fcs(tmp_path / "a.fcs"), strategy)
    np.testing.assert_array_equal(file.bits, array.bits)


def test_child_is_never_larger_than_its_parent():
    result = cg.gate(events(5000), full_tree())
    for path in result.populations:
        assert result.count(path) <= result.parent_count(path)


@dataclass(frozen=True)
class Ring:
    """A foreign kind of gate, which lowers to nothing."""

    kind: ClassVar[str] = "ring"
    dims: tuple[Dimension, ...]
    parts: tuple[str, ...] = ()

    def contains(self, values, part=None):
        radius = np.hypot(values[:, 0] - 0.5, values[:, 1] - 0.5)
        return (radius > 0.1) & (radius < 0.3)

    def lower(self, part=None):
        return None


def test_foreign_gate_is_asked_directly():
    gate = Ring((dim("A", "logicle"), dim("C", "logicle")))
    strategy = GatingStrategy.build(
        [
            GateNode("Bright", RectangleGate((dim("A"),), (200.0,), (np.inf,))),
            GateNode("Ring", gate, "Bright"),
        ],
        transforms=TRANSFORMS,
    )
    source = events(150_000)
    result = cg.gate(source, strategy, threads=2)
    expected = plainly(source, strategy)["/Bright/Ring"]
    assert 0 < expected.sum() < 150_000
    np.testing.assert_array_equal(result.mask("Ring"), expected)


def test_missing_channel_is_named_with_the_nearest():
    strategy = GatingStrategy.build([GateNode("x", RectangleGate((Dimension("FSC-B"),), (0.0,), (1.0,)))])
    with pytest.raises(PanelError, match=r"FSC-B.*FSC-A"):
        cg.gate(events(10), strategy)


def test_matrix_whose_detectors_the_panel_lacks_is_refused_by_name():
    foreign = cg.CompensationMatrix(("A", "PE-A"), ("A", "PE-A"), [[1, 0.1], [0, 1]])
    strategy = GatingStrategy.build(
        [GateNode("x", RectangleGate((Dimension("A", "m"),), (0.0,), (1.0,)))], compensations={"m": foreign}
    )
    with pytest.raises(CompensationError, match=r"'m' needs detectors that the panel lacks: PE-A"):
        cg.gate(events(10), strategy)


def test_fluorochrome_names_a_compensated_channel():
    matrix = cg.CompensationMatrix(("A", "B", "C"), ("Dye1", "Dye2", "Dye3"), SPILL.values)
    by_dye = GatingStrategy.build(
        [GateNode("x", RectangleGate((Dimension("Dye2", "m"),), (300.0,), (np.inf,)))],
        compensations={"m": matrix},
    )
    by_detector = GatingStrategy.build([GateNode("x", RectangleGate((dim("B"),), (300.0,), (np.inf,)))])
    assert cg.gate(events(3000), by_dye).count("x") == cg.gate(events(3000), by_detector).count("x") > 100


def test_scatter_and_time_are_never_compensated():
    strategy = GatingStrategy.build(
        [GateNode("x", RectangleGate((Dimension("FSC-A", "FCS"),), (9e4,), (np.inf,)))]
    )
    source = events(2000)
    assert cg.gate(source, strategy).count("x") == (source.values[:, 0] >= 9e4).sum()


def test_keep_of_the_wrong_length_is_refused():
    with pytest.raises(GatingError, match=r"keep has shape \(3,\); the source has 10 events"):
        cg.gate(events(10), full_tree(), keep=[True, False, True])


def test_gates_without_a_display_grid_are_refused_together_by_path():
    with pytest.raises(GatingError, match="5 gates cannot be evaluated in cells") as caught:
        cg.gate(events(10), full_tree(), grid="flowjo")
    assert [problem.location for problem in caught.value.problems] == [
        "/Cells", "/Cells/Blob", "/Cells/Bow", "/Cells/Half", "/Cells/Egg",
    ]  # fmt: skip


def test_unknown_grid_is_refused():
    with pytest.raises(GatingError, match=r"no such display grid\. Known: 'flowjo'"):
        cg.gate(events(10), full_tree(), grid="flojo")


@dataclass(frozen=True)
class Tiles:
    """A gate that has a display grid: marked cells."""

    kind: ClassVar[str] = "tiles"
    dims: tuple[Dimension, ...]
    grid: Grid | None
    first: tuple[int, int] = (3, 2)
    parts: tuple[str, ...] = ()

    @property
    def inside(self):
        return np.random.default_rng(5).random((12, 15)) < 0.6

    def lower(self, part=None):
        return RectangleGate(self.dims[:1], (-np.inf,), (np.inf,)).lower()

    def lower_on_grid(self, part=None):
        return (Cells(*self.dims, self.grid, self.first, self.inside),)

    def contains(self, values, part=None):
        inside = np.zeros(len(values), bool)
        finite = np.isfinite(values).all(axis=1)  # beyond the map, the nearest cell counts
        x = (self.grid.x.cell(values[finite, 0]) - self.first[0]).clip(0, 11).astype(int)
        y = (self.grid.y.cell(values[finite, 1]) - self.first[1]).clip(0, 14).astype(int)
        inside[finite] = self.inside[x, y]
        return inside


@pytest.mark.parametrize("n", [3000, 60_000])
@pytest.mark.parametrize("few", [False, True])
def test_gates_with_a_grid_run_in_its_cells(n, few):
    grid = Grid(GridAxis(0.0, 1.0, 25), GridAxis(0.1, 0.9, 20, 0.5))
    dims = (dim("A", "logicle"), dim("C", "asinh"))
    low = 3000.0 if few else -np.inf
    strategy = GatingStrategy.build(
        [
            GateNode("Some", RectangleGate((dim("B"),), (low,), (np.inf,))),
            GateNode("Tiles", Tiles(dims, grid), "Some"),
        ],
        transforms=TRANSFORMS,
    )
    source = events(n)
    expected = plainly(source, strategy)["/Some/Tiles"]
    assert 5 < expected.sum() < n * (0.2 if few else 0.7)
    np.testing.assert_array_equal(cg.gate(source, strategy, grid="flowjo").mask("Tiles"), expected)
    assert expected.sum() < n / 4 or not few
    exact = cg.gate(source, strategy)  # this gate's exact form holds everything
    assert exact.count("Tiles") == exact.count("Some")


def test_without_masks_counts_are_the_same_and_masks_come_later():
    source, strategy = events(30_000), full_tree()
    keep = np.random.default_rng(3).random(30_000) < 0.7
    kept = cg.gate(source, strategy, keep=keep)
    counted = cg.gate(source, strategy, keep=keep, masks=False)
    assert callable(counted.made_bits)
    np.testing.assert_array_equal(counted.counts, kept.counts)
    np.testing.assert_array_equal(counted.mask("Blob"), kept.mask("Blob"))
    assert not callable(counted.made_bits)
    np.testing.assert_array_equal(counted.bits, kept.bits)


def test_later_masks_use_the_same_grid():
    strategy = GatingStrategy.build(
        [
            GateNode(
                "Tiles",
                Tiles((dim("A", "logicle"), dim("C", "asinh")), Grid(GridAxis(0, 1, 25), GridAxis(0, 1, 25))),
            )
        ],
        transforms=TRANSFORMS,
    )
    counted = cg.gate(events(3000), strategy, grid="flowjo", masks=False)
    assert counted.mask("Tiles").sum() == counted.count("Tiles") < 3000


def ratio(numerator, denominator, transform=None, compensation="FCS"):
    return Dimension("R", compensation, transform, Ratio(numerator, denominator, 2.0, -10.0, 30.0))


@pytest.mark.parametrize("few", [False, True])
def test_ratio_is_made_of_compensated_channels_before_its_transform(few):
    low = 3000.0 if few else -np.inf
    nodes = [
        GateNode("Some", RectangleGate((dim("B"),), (low,), (np.inf,))),
        GateNode("Range", RectangleGate((ratio("A", "C"),), (1.0,), (np.inf,)), "Some"),
        GateNode("Raw", RectangleGate((ratio("A", "C", None, "uncompensated"),), (1.0,), (np.inf,)), "Some"),
        GateNode(
            "Shape",
            PolygonGate((ratio("A", "B", "asinh"), dim("C", "asinh")), [[-0.2, 0.1], [0.4, 0.2], [0.3, 0.8]]),
            "Some",
        ),
    ]
    strategy = GatingStrategy.build(nodes, transforms=TRANSFORMS)
    source = events(30_000)
    result = cg.gate(source, strategy)
    for path, expected in plainly(source, strategy).items():
        np.testing.assert_array_equal(result.mask(path), expected, err_msg=path)
    assert 50 < result.count("Range") != result.count("Raw")
    assert result.count("Shape") > 0
    assert result.count("Some") < 30_000 / 4 or not few


def test_no_threads_are_refused():
    with pytest.raises(GatingError, match="at least one thread"):
        cg.gate(events(10), full_tree(), threads=0)


def broken_spillover(value: str = "2,A,B,1,1,1,1") -> cg.Events:
    return cg.Events(events(50).values, CHANNELS, keywords={"$SPILLOVER": value}, path="a.fcs")


def test_gates_on_the_files_own_matrix_refuse_one_that_cannot_be_used():
    strategy = GatingStrategy.build([GateNode("x", RectangleGate((dim("A"),), (0,), (9,)))])
    with pytest.raises(CompensationError) as caught:
        cg.gate(broken_spillover(), strategy)
    message = str(caught.value)
    assert message.startswith("a.fcs: $SPILLOVER is there but cannot be used (")
    assert "cannot be inverted" in message
    assert "the gates on A ask for the file's own matrix" in message
    assert caught.value.problems[0].code == "spillover-unusable"


@pytest.mark.parametrize("d", [Dimension("A", "uncompensated"), Dimension("FSC-A", "FCS")])
def test_matrix_that_cannot_be_used_does_not_matter_where_none_is_needed(d):
    strategy = GatingStrategy.build([GateNode("x", RectangleGate((d,), (0,), (1e6,)))])
    broken, whole = broken_spillover(), cg.Events(events(50).values, CHANNELS)
    assert cg.gate(broken, strategy).count("x") == cg.gate(whole, strategy).count("x") > 0


@dataclass(frozen=True)
class Slice:
    """A foreign kind of gate, which lowers to a range and then a polygon or an ellipsoid."""

    kind: ClassVar[str] = "slice"
    dims: tuple[Dimension, ...]
    whole: PolygonGate | EllipsoidGate
    parts: tuple[str, ...] = ()

    def lower(self, part=None):
        return (*RectangleGate(self.dims[:1], (0.4,), (0.6,)).lower(), *self.whole.lower())


@pytest.mark.parametrize("kind", ["polygon", "ellipsoid"])
def test_primitives_of_one_gate_narrow_each_other_in_any_order(kind):
    dims = (dim("A", "logicle"), dim("C", "logicle"))
    whole = (
        PolygonGate(dims, [[0.2, 0.2], [0.8, 0.2], [0.5, 0.9]])
        if kind == "polygon"
        else EllipsoidGate(dims, [0.5, 0.5], [[0.05, 0.0], [0.0, 0.05]], 1.0)
    )
    nodes = [
        GateNode("Slice", Slice(dims, whole)),
        GateNode("Whole", whole),
        GateNode("Band", RectangleGate(dims[:1], (0.4,), (0.6,))),
    ]
    result = cg.gate(events(5000), GatingStrategy.build(nodes, transforms=TRANSFORMS))
    expected = result.mask("Whole") & result.mask("Band")
    assert expected.sum() > 50
    np.testing.assert_array_equal(result.mask("Slice"), expected)


def test_matrix_by_labels_compensates_a_gate_by_name():
    values = events(3000).values
    panel = [
        Channel("FSC-A"),
        Channel("SSC-A"),
        Channel("D1", "A"),
        Channel("D2", "B"),
        Channel("D3", "C"),
        Channel("Time"),
    ]
    source = cg.Events(values, panel)
    counts = [
        cg.gate(
            source,
            GatingStrategy.build(
                [GateNode("x", RectangleGate((Dimension(name, "m"),), (300.0,), (np.inf,)))],
                compensations={"m": SPILL},
            ),
        ).count("x")
        for name in ("B", "D2")
    ]
    assert (
        counts[0]
        == counts[1]
        == cg.gate(
            events(3000),
            GatingStrategy.build([GateNode("x", RectangleGate((dim("B"),), (300.0,), (np.inf,)))]),
        ).count("x")
    )


def test_gates_on_compensated_channels_of_events_without_a_matrix_are_told():
    strategy = GatingStrategy.build([GateNode("x", RectangleGate((dim("B"),), (300.0,), (np.inf,)))])
    bare = cg.Events(events(100).values, CHANNELS, path="old.fcs")
    assert [str(problem) for problem in cg.gate(bare, strategy).warnings] == [
        "old.fcs: it holds no spillover matrix, so B were gated as they are. Is that what the gates expect?"
    ]
    assert cg.gate(events(100), strategy).warnings == ()


@pytest.mark.parametrize(
    ("source", "strategy", "said"),
    [
        ("a.fcs", full_tree(), "source is 'a.fcs'; a file that read_fcs opened, or Events, is expected"),
        (events(5), "sle_bcell", "strategy is 'sle_bcell'; a GatingStrategy is expected: see load_template"),
        (
            events(5),
            cg.load_template("sle_bcell"),
            "strategy is a GatingTemplate; a GatingStrategy is expected: template.resolve",
        ),
    ],
)
def test_other_things_than_events_and_a_strategy_are_named(source, strategy, said):
    with pytest.raises(GatingError, match=re.escape(said)):
        cg.gate(source, strategy)


def test_strategy_that_takes_the_matrix_of_the_events_refuses_events_without():
    gate = RectangleGate((dim("B"),), (300.0,), (np.inf,))
    strategy = GatingStrategy.build([GateNode("x", gate)], compensation="FCS", source="template t")
    with pytest.raises(CompensationError, match="gates of template t ask for the matrix that comes"):
        cg.gate(cg.Events(events(100).values, CHANNELS), strategy)


@pytest.mark.parametrize("top", [0.5, 1.0, 1e300])
@pytest.mark.parametrize("high", [1e10, np.inf])
def test_range_on_a_scale_is_the_same_at_the_largest_numbers(top, high):
    scale, largest = Linear(T=top, A=0.0), np.finfo(np.float64).max
    values = np.array([[1.0], [1e300], [1e308], [largest], [np.inf], [-np.inf], [np.nan]])
    gate = RectangleGate((Dimension("A", transform="t"),), (0.0,), (high,))
    strategy = GatingStrategy.build([GateNode("x", gate)], transforms={"t": scale})
    with np.errstate(over="ignore"):
        expected = gate.contains(scale.forward(values))
    assert cg.gate(cg.Events(values, ["A"]), strategy).mask("x").tolist() == expected.tolist()


@pytest.mark.parametrize("masks", [True, False])
def test_kept_events_are_those_named_when_gating(masks):
    keep = np.ones(300, dtype=bool)
    result = cg.gate(events(300), full_tree(), keep=keep, masks=masks)
    keep[:] = False
    assert result.root_mask().all()
    assert result.mask("Cells").sum() == result.count("Cells") > 0


def test_masks_of_events_that_have_changed_since_they_were_counted_are_refused():
    values = events(300).values.copy()
    result = cg.gate(cg.Events(values, CHANNELS, spillover=SPILL), full_tree(), masks=False)
    values[:] = 0.0
    with pytest.raises(GatingError, match=r"The events: gating again.*the events have changed"):
        result.mask("Cells")


@pytest.mark.parametrize("keep", [np.arange(5), [1.0, np.nan, 0.0, 1.0, 1.0], ["yes"] * 5])
def test_keep_that_is_no_bools_is_refused(keep):
    with pytest.raises(GatingError, match=r"keep holds .*; one bool an event is expected"):
        cg.gate(events(5), full_tree(), keep=keep)


def test_keep_of_no_events_is_taken():
    assert cg.gate(events(0), full_tree(), keep=[]).n_events == 0
