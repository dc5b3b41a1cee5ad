"""Looking: each population is summarised as from whole columns, whatever the blocks and the threads."""

from __future__ import annotations

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL, dim, events, full_tree, plainly
from plain_gating import axis_values
from summaries import assert_same

import cytogate as cg
from cytogate.errors import GatingError, PanelError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import looking
from cytogate.gating.cleaning import CleaningGate, with_cleaning
from cytogate.gating.looking import Wanted, look, pick
from cytogate.gating.node import GateNode
from cytogate.gating.passes import BLOCK
from cytogate.gating.strategy import GatingStrategy
from cytogate.kernels.columns import FEW
from cytogate.methods import summary as summaries
from cytogate.methods.span import span_of
from cytogate.methods.summary import Span, Summary

N = 3 * BLOCK + 77
A, B, C = (dim(name, "logicle") for name in "ABC")
RATIO = Dimension("half", ratio=Ratio("A", "FSC-A"))


def wanted(population: str | None, *dims: Dimension) -> Wanted:
    scales = full_tree().transforms
    spans = [span_of(scales.get(one.transform or ""), 262144.0) for one in dims]
    return Wanted(population, dims, tuple(spans))


EVERYTHING = [
    wanted("Deep", C, A),
    wanted(None, dim("FSC-A"), dim("SSC-A")),
    wanted(None, dim("FSC-A")),
    wanted("Cells", A),
    wanted("Cells", A, dim("B", "asinh")),
    wanted("Not blob", B),
    wanted("Q11", A, C),
    wanted("Q11", C),
    wanted("Bright/Any", dim("Time")),
    wanted("Egg", RATIO, dim("B")),
]


def plain_looks(
    source: cg.Events, strategy: GatingStrategy, some: list[Wanted], name: str, left: np.ndarray | None = None
) -> list[Summary]:
    """Return summaries of whole columns: gate without the engine, then count; of the events that are left."""
    root = np.ones(source.n_events, bool) if left is None else left
    inside = plainly(source, strategy)
    found = []
    for entry in some:
        mask = root
        if entry.population is not None:
            mask = inside[strategy.find(entry.population).path] & root
        columns = [axis_values(source.events(), CHANNELS, one, strategy, SPILL) for one in entry.dims]
        at = np.flatnonzero(mask)
        found.append(Summary.of(np.column_stack(columns)[at], entry.spans, indices=at, name=name))
    return found


@pytest.fixture(params=[20_000, 50])
def reservoir(request, monkeypatch):
    """Let reservoirs hold all events, or so few that they are full in every block."""
    monkeypatch.setattr(summaries, "RESERVOIR", request.param)
    monkeypatch.setattr(looking, "RESERVOIR", request.param)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_population_is_summarised_as_from_whole_columns(reservoir, dtype):
    source, strategy = events(N, dtype=dtype), full_tree()
    found = look(source, strategy, EVERYTHING, "tube")
    for ours, plain in zip(found, plain_looks(source, strategy, EVERYTHING, "tube"), strict=True):
        assert ours.n > 0
        assert_same(ours, plain)


@pytest.mark.parametrize(("threads", "chunk"), [(1, 1), (2, 1), (3, 60_000), (2, 1 << 20)])
def test_blocks_and_threads_do_not_matter(reservoir, monkeypatch, threads, chunk):
    source, strategy = events(N), full_tree()
    expected = look(source, strategy, EVERYTHING, "tube", threads=1)
    monkeypatch.setattr("cytogate.gating.passes.CHUNK_BYTES", chunk)
    monkeypatch.setattr(looking, "CHUNK_BYTES", chunk)
    for ours, before in zip(
        look(source, strategy, EVERYTHING, "tube", threads=threads), expected, strict=True
    ):
        assert_same(ours, before)


@pytest.mark.parametrize("most", [1, 50, 4_000])
@pytest.mark.parametrize("chunk", [1, 1 << 20])
def test_events_are_picked_as_a_look_holds_them(monkeypatch, most, chunk):
    source, strategy = events(N), full_tree()
    looked = look(source, strategy, EVERYTHING, "tube")
    monkeypatch.setattr("cytogate.gating.passes.CHUNK_BYTES", chunk)
    monkeypatch.setattr(looking, "CHUNK_BYTES", chunk)
    for ours, whole in zip(pick(source, strategy, EVERYTHING, "tube", most), looked, strict=True):
        np.testing.assert_array_equal(ours, whole.events[:most])


def test_no_events_are_picked_from_an_empty_file():
    found = pick(events(0), full_tree(), EVERYTHING, "tube", 50)
    assert [picked.shape for picked in found] == [(0, len(entry.dims)) for entry in EVERYTHING]


def test_a_file_is_looked_at_as_its_events_are(tmp_path):
    source, strategy = events(N), full_tree()
    spill = "3,A,B,C," + ",".join(str(value) for value in SPILL.values.ravel().tolist())
    write_fcs(tmp_path / "tube.fcs", source.values, CHANNELS, keywords={"$SPILLOVER": spill})
    found = look(read_fcs(tmp_path / "tube.fcs"), strategy, EVERYTHING, "tube")
    for ours, plain in zip(found, look(source, strategy, EVERYTHING, "tube"), strict=True):
        assert_same(ours, plain)


@pytest.mark.parametrize("n", [0, 1, 10, 100])
def test_few_events_are_no_error(n):
    source, strategy = events(n), full_tree()
    found = look(source, strategy, EVERYTHING, "tube")
    for ours, plain in zip(found, plain_looks(source, strategy, EVERYTHING, "tube"), strict=True):
        assert_same(ours, plain)


def test_what_one_look_asks_does_not_change_another():
    source, strategy = events(N), full_tree()
    together = look(source, strategy, EVERYTHING, "tube")
    for entry, ours in zip(EVERYTHING, together, strict=True):
        (alone,) = look(source, strategy, [entry], "tube")
        assert_same(ours, alone)


def test_the_name_of_the_sample_chooses_the_events():
    source, strategy = events(N), full_tree()
    (one,), (other,) = (pick(source, strategy, [wanted("Cells", A)], name, 50) for name in ("one", "other"))
    assert len(one) == len(other) == 50
    assert len(np.intersect1d(one, other)) < 25


def test_gates_that_nobody_asks_for_need_no_channel():
    nodes = [node for node, _ in full_tree().gates]
    nodes.append(GateNode("Elsewhere", RectangleGate((Dimension("D"),), (0.0,), (1.0,))))
    strategy = GatingStrategy.build(nodes, transforms=full_tree().transforms)
    source = events(500)
    (found,) = look(source, strategy, [wanted("Cells", A)], "tube")
    assert_same(found, look(source, full_tree(), [wanted("Cells", A)], "tube")[0])
    with pytest.raises(PanelError, match="/Elsewhere"):
        look(source, strategy, [wanted("Elsewhere", A)], "tube")


def test_a_tree_without_gates_has_its_root():
    source = events(300)
    bare = GatingStrategy.build([], transforms=full_tree().transforms)
    (found,) = look(source, bare, [wanted(None, A)], "tube")
    assert_same(found, plain_looks(source, bare, [wanted(None, A)], "tube")[0])
    assert look(source, bare, [], "tube") == ()


def test_many_events_of_a_population_and_few_are_read_alike():
    strategy, source = full_tree(), events(N)
    counts = cg.gate(source, strategy)
    assert counts.count("Cells") * FEW > N > counts.count("Deep") * FEW  # both ways of filling are taken


def test_as_many_spans_as_dimensions_are_expected():
    with pytest.raises(GatingError, match=r"Cells: 2 dimensions and 1 spans"):
        Wanted("Cells", (A, B), (Span(0.0, 1.0),))
    with pytest.raises(GatingError, match=r"all events: 3 dimensions"):
        Wanted(None, (A, B, C), (Span(0.0, 1.0),) * 3)


def test_what_cleaning_takes_out_is_not_looked_at(reservoir):
    """In the root, in populations of few events, and where cleaning leaves nothing of a block."""
    source = events(N)
    column = source.column("Time")
    early, late = np.quantile(column, [0.2, 0.6])
    clog = CleaningGate("clog", RectangleGate((dim("Time"),), (early,), (late,)), keeps=False)
    range_ = CleaningGate("range", RectangleGate((dim("FSC-A"),), (-np.inf,), (150_000.0,)), keeps=True)
    strategy = with_cleaning(full_tree(), [clog, range_])
    left = ~((column >= early) & (column < late)) & (source.column("FSC-A") < 150_000.0)
    assert 0.1 < left.mean() < 0.7
    found = look(source, strategy, EVERYTHING, "tube", threads=2)
    for ours, plain in zip(found, plain_looks(source, strategy, EVERYTHING, "tube", left), strict=True):
        assert_same(ours, plain)
