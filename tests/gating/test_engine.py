"""The engine against the plainest way to gate: transform everything, ask every gate, AND with the parent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL, TRANSFORMS, dim, events, full_tree
from hypothesis import given
from hypothesis import strategies as st

import cytogate as cg
from cytogate.errors import CompensationError, GatingError, PanelError
from cytogate.fcs.panel import Channel
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import passes
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy


def plainly(source: cg.Events, strategy: GatingStrategy, keep=None) -> dict[str, np.ndarray]:
    """Transform every event of every gate, ask the gate, AND with the parent."""
    values = source.events()
    table = {name: values[:, k] for k, name in enumerate(CHANNELS)}
    with np.errstate(invalid="ignore"):
        compensated = dict(zip("ABC", SPILL.apply(values, CHANNELS)[:, 2:5].T, strict=True))
    masks: dict[str | None, np.ndarray] = {
        None: np.ones(len(values), bool) if keep is None else np.asarray(keep)
    }
    waiting = list(strategy.populations)
    while waiting:
        population = waiting.pop(0)
        gate = population.gate
        needs = [population.parent, *(r.population for r in getattr(gate, "references", ()))]
        if any(need not in masks for need in needs):
            waiting.append(population)
            continue
        if isinstance(gate, BooleanGate):
            terms = [masks[r.population] != r.complement for r in gate.references]
            inside = (
                ~terms[0]
                if gate.operation == "not"
                else getattr(np, f"logical_{gate.operation}").reduce(terms)
            )
        else:
            columns = []
            for d in gate.dims:
                column = compensated[d.channel] if d.compensation == "FCS" else table[d.channel]
                transform = strategy.transform_of(d)
                columns.append(column if transform is None else transform.forward(column))
            inside = gate.contains(np.column_stack(columns), population.part)
        masks[population.path] = masks[population.parent] & inside
    del masks[None]
    return masks


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


def test_result_does_not_depend_on_threads_or_on_the_size_of_chunks(monkeypatch):
    source, strategy = events(200_000), full_tree()
    one = cg.gate(source, strategy, threads=1)
    for threads, chunk in [(2, 1 << 20), (5, 1 << 16), (3, 1), (1, 1 << 30)]:
        monkeypatch.setattr(passes, "CHUNK_BYTES", chunk)
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


def test_grid_is_refused_where_no_gate_carries_one():
    with pytest.raises(GatingError, match="no gate of this strategy carries a display grid"):
        cg.gate(events(10), full_tree(), grid="flowjo")


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
