"""Laws of gating, on random trees of all gate kinds, scales and matrices, and events on every border.

Each law runs on few cases, always the same, and at length (``make soak``) on many, always others.
"""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL
from gating_draws import (
    MATRICES,
    SCALES,
    STANDARD,
    axes,
    built,
    cases,
    events_for,
    nodes_of,
    places,
    polygons,
    quadrants,
    redrawn,
    scale_top,
    sized,
    sizes,
    sourced,
    sources,
    trees,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_gating import axis_values, plain_gating

import cytogate as cg
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.pullback import pull_back

AT_LENGTH = {}
LARGEST = np.finfo(np.float64).max


def law(examples=40, **drawn):
    """Make a test of a rule, and keep it to be run at length."""

    def make(rule):
        AT_LENGTH[rule.__name__] = settings(max_examples=100 * examples)(given(**drawn)(rule))
        return settings(max_examples=examples, derandomize=True)(given(**drawn)(rule))

    return make


def masks_of(result):
    return {path: result.mask(path) for path in result.populations}


def assert_same_masks(found, expected):
    assert set(found) == set(expected)
    for path, mask in expected.items():
        np.testing.assert_array_equal(found[path], mask, err_msg=path)


def keep_of(share, n):
    return None if share is None else np.random.default_rng(n).random(n) < share


seeds = st.integers(0, 2**32 - 1)
shares = st.sampled_from([None, None, 0.0, 0.05, 0.6])


# --- the engine and the plain way


@law(80, case=cases(), pieces=sizes(), threads=st.integers(1, 3), share=shares)
def test_engine_equals_plain_numpy_in_pieces_of_any_size(case, pieces, threads, share):
    strategy, source = case
    keep = keep_of(share, source.n_events)
    with sized(*pieces):
        result = cg.gate(source, strategy, keep=keep, threads=threads)
        counted = cg.gate(source, strategy, keep=keep, threads=threads, masks=False)
        loaded = LoadedSample(source, strategy, keep=keep, threads=threads).result
    expected = plain_gating(source.events(), CHANNELS, strategy, SPILL, keep=keep)
    assert_same_masks(masks_of(result), expected)
    assert {path: result.count(path) for path in expected} == {
        path: mask.sum() for path, mask in expected.items()
    }
    np.testing.assert_array_equal(counted.counts, result.counts)
    np.testing.assert_array_equal(counted.bits, result.bits)
    np.testing.assert_array_equal(loaded.bits, result.bits)
    np.testing.assert_array_equal(loaded.counts, result.counts)
    np.testing.assert_array_equal(result.root_mask(), True if keep is None else keep)
    assert not np.unpackbits(result.bits, axis=1)[:, source.n_events :].any()


@law(60, case=cases(gridded=True), pieces=sizes(), threads=st.integers(1, 3))
def test_cells_of_a_display_grid_equal_plain_numpy(case, pieces, threads):
    strategy, source = case
    with sized(*pieces):
        result = cg.gate(source, strategy, grid="flowjo", threads=threads)
        loaded = LoadedSample(source, strategy, grid="flowjo", threads=threads).result
    expected = plain_gating(source.events(), CHANNELS, strategy, SPILL, in_cells=True)
    assert_same_masks(masks_of(result), expected)
    np.testing.assert_array_equal(loaded.bits, result.bits)


@law(25, case=cases(), pieces=sizes(), data=st.data())
def test_a_changed_gate_gives_what_gating_anew_gives(case, pieces, data):
    strategy, source = case
    with sized(*pieces):
        sample = LoadedSample(source, strategy)
        for _ in range(3):
            strategy = data.draw(redrawn(strategy))
            again, anew = sample.regate(strategy), cg.gate(source, strategy)
            np.testing.assert_array_equal(again.bits, anew.bits)
            np.testing.assert_array_equal(again.counts, anew.counts)


@law(20, case=cases(), other=trees(), pieces=sizes())
def test_any_strategy_after_any_other_gives_what_gating_anew_gives(case, other, pieces):
    one, source = case
    with sized(*pieces):
        sample = LoadedSample(source, one)
        for strategy in (other, one, other):
            again, anew = sample.regate(strategy), cg.gate(source, strategy)
            np.testing.assert_array_equal(again.bits, anew.bits)
            np.testing.assert_array_equal(again.counts, anew.counts)


# --- order, and parts of the events


@law(case=cases(), seed=seeds)
def test_the_order_of_events_does_not_matter(case, seed):
    strategy, source = case
    order = np.random.default_rng(seed).permutation(source.n_events)
    before, after = cg.gate(source, strategy), cg.gate(sourced(source.values[order]), strategy)
    assert_same_masks(masks_of(after), {path: mask[order] for path, mask in masks_of(before).items()})


@law(strategy=trees(), sizes=st.lists(st.integers(0, 200), min_size=1, max_size=4), seed=seeds)
def test_events_put_together_give_the_sum_of_counts(strategy, sizes, seed):
    parts = [events_for(strategy, n, seed + k) for k, n in enumerate(sizes)]
    together = cg.gate(sourced(np.concatenate(parts)), strategy)
    apart = [cg.gate(sourced(part), strategy) for part in parts]
    np.testing.assert_array_equal(together.counts, sum(result.counts for result in apart))
    for path in strategy.paths:
        np.testing.assert_array_equal(
            together.mask(path), np.concatenate([result.mask(path) for result in apart])
        )


# --- parents and children


@law(case=cases(), share=shares)
def test_children_never_exceed_their_parents(case, share):
    strategy, source = case
    result = cg.gate(source, strategy, keep=keep_of(share, source.n_events))
    for entry in strategy.populations:
        above = result.root_mask() if entry.parent is None else result.mask(entry.parent)
        assert not (result.mask(entry.path) & ~above).any()
        assert result.count(entry.path) <= result.parent_count(entry.path) == above.sum()


@law(case=cases(4), gate=quadrants(full=True), seed=seeds)
def test_quadrants_partition_their_parent(case, gate, seed):
    strategy, _ = case
    parent = strategy.paths[seed % len(strategy.paths)]
    tree = built([*nodes_of(strategy), GateNode("cross", gate, parent)])
    values = events_for(built([GateNode("cross", gate)]), 400, seed)
    result = cg.gate(sourced(values), tree)
    numbers = np.column_stack([axis_values(values, CHANNELS, dim, tree, SPILL) for dim in gate.dims])
    parts = sum(result.mask(f"{parent}/{part}").astype(int) for part in gate.parts)
    np.testing.assert_array_equal(parts, result.mask(parent) & ~np.isnan(numbers).any(axis=1))


@law(case=cases(), data=st.data())
def test_a_gate_and_its_complement_add_up_to_the_parent(case, data):
    strategy, source = case
    entry = data.draw(st.sampled_from(strategy.populations))
    rest = GateNode("rest", BooleanGate("not", (Reference(entry.path),)), entry.parent)
    result = cg.gate(source, built([*nodes_of(strategy), rest]))
    path = f"{entry.parent or ''}/rest"
    above = result.root_mask() if entry.parent is None else result.mask(entry.parent)
    np.testing.assert_array_equal(result.mask(path), above & ~result.mask(entry.path))
    assert result.count(path) + result.count(entry.path) == result.parent_count(path)


@law(case=cases(), data=st.data())
def test_boolean_identities_hold(case, data):
    strategy, source = case
    a, b, c = (data.draw(st.sampled_from(strategy.paths)) for _ in "abc")
    within = data.draw(st.sampled_from([None, *strategy.paths]))
    a, b, c = (Reference(path, data.draw(st.booleans())) for path in (a, b, c))
    made = list(nodes_of(strategy))

    def gate(operation, *terms):
        name = f"b{len(made)}"
        made.append(GateNode(name, BooleanGate(operation, terms), within))
        return Reference(f"{within or ''}/{name}")

    def no(term):
        return replace(term, complement=not term.complement)

    same = [
        (gate("not", gate("and", a, b)), gate("or", no(a), no(b))),  # De Morgan
        (gate("not", gate("or", a, b)), gate("and", no(a), no(b))),
        (gate("and", a, gate("or", b, c)), gate("or", gate("and", a, b), gate("and", a, c))),
        (gate("or", a, gate("and", b, c)), gate("and", gate("or", a, b), gate("or", a, c))),
        (gate("or", a, gate("and", a, b)), gate("and", a, gate("or", a, b))),
        (gate("not", gate("not", a)), gate("or", a, a)),
        (gate("and", a, b, c), gate("and", c, gate("and", b, a))),
        (gate("or", a, b, c), gate("or", c, gate("or", b, a))),
    ]
    nothing, all_of_it = gate("and", a, no(a)), gate("or", a, no(a))
    result = cg.gate(source, built(data.draw(st.permutations(made))))
    for left, right in same:
        np.testing.assert_array_equal(result.mask(left.population), result.mask(right.population))
    assert result.count(nothing.population) == 0
    assert result.count(all_of_it.population) == result.parent_count(all_of_it.population)


# --- borders


@law(
    100,
    name=st.sampled_from(sorted(SCALES)),
    place=places | st.floats(-3, 3) | st.floats(-500, 500),
    dtype=st.sampled_from("fd"),
)
def test_a_threshold_on_the_scale_is_the_threshold_pulled_back(name, place, dtype):
    scale, t = SCALES[name], place * scale_top(SCALES, name)
    border = pull_back(scale, t)
    near = [border, float(scale.inverse(t)), 0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -5e-324, 1e300]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(20):
            near += [np.nextafter(near[-1], np.inf), np.nextafter(near[0], -np.inf)]
            near += [border * (1 + 2.0 ** -len(near)), border * (1 - 2.0 ** -len(near))]
        x = np.array(near)
        x = x[np.abs(x) != LARGEST].astype(dtype)  # where no number reaches `t`, it is taken for infinity
    dim = Dimension("Time", transform=name)
    nodes = [
        GateNode("above", RectangleGate((dim,), (t,), (np.inf,))),
        GateNode("below", RectangleGate((dim,), (-np.inf,), (t,))),
    ]
    values = np.zeros((len(x), len(CHANNELS)), dtype=dtype)
    values[:, -1] = x
    result = cg.gate(sourced(values), built(nodes))
    y = scale.forward(x.astype(np.float64))
    np.testing.assert_array_equal(x.astype(np.float64) >= border, y >= t)
    np.testing.assert_array_equal(result.mask("above"), y >= t)
    np.testing.assert_array_equal(result.mask("below"), y < t)


def assert_partition(nodes, seed):
    """Every event with a finite position is in exactly one of the gates; return the masks."""
    strategy = built(nodes)
    values = events_for(strategy, 400, seed)
    result = cg.gate(sourced(values), strategy)
    columns = [axis_values(values, CHANNELS, dim, strategy, SPILL) for dim in nodes[0].gate.dims]
    finite = np.isfinite(columns).all(axis=0)
    parts = sum(result.mask(path).astype(int) for path in strategy.paths)
    np.testing.assert_array_equal(parts[finite], 1)
    assert not parts[np.isnan(columns).any(axis=0)].any()


@law(
    dims=axes(2),
    chain=st.lists(st.tuples(places, places), min_size=1, max_size=7),
    seed=seeds,
    turned=st.booleans(),
)
def test_two_polygons_with_a_common_border_share_no_event_and_lose_none(dims, chain, seed, turned):
    """The border may cross itself; each side is walked in its own direction."""
    (x, y), tops = dims
    border = np.array([(chain[0][0], -np.inf), *chain, (chain[-1][0], np.inf)]) * (
        tops[::-1] if turned else tops
    )
    left = np.vstack([border, [(-np.inf, np.inf), (-np.inf, -np.inf)]])
    right = np.vstack([border[::-1], [(np.inf, -np.inf), (np.inf, np.inf)]])
    axis_pair = (x, y)
    if turned:  # below and above
        left, right = left[:, ::-1], right[:, ::-1]
    nodes = [GateNode("1", PolygonGate(axis_pair, left)), GateNode("2", PolygonGate(axis_pair, right))]
    assert_partition(nodes, seed)


@law(
    dims=axes(2),
    box=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    hub=st.tuples(places, places),
    seed=seeds,
)
def test_triangles_round_a_hub_have_the_events_of_their_box(dims, box, hub, seed):
    axis_pair, tops = dims
    left, bottom, width, height = (round(value, 3) for value in box)
    right, top = left + width + 0.1, bottom + height + 0.1
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    middle = (left + hub[0] % 1 * (right - left), bottom + hub[1] % 1 * (top - bottom))
    triangles = [np.array([corners[k - 1], corners[k], middle]) * tops for k in range(4)]
    nodes = [
        GateNode(f"t{k}", PolygonGate(axis_pair, outline[:: 1 if k % 2 else -1]))
        for k, outline in enumerate(triangles)
        if np.ptp(outline, axis=0).all() and not _flat(outline)
    ]
    whole = GateNode("box", PolygonGate(axis_pair, np.array(corners) * tops))
    range_ = RectangleGate(axis_pair, tuple(corners[0] * tops), tuple(corners[2] * tops))
    strategy = built([whole, GateNode("range", range_), *nodes])
    result = cg.gate(sourced(events_for(strategy, 400, seed)), strategy)
    parts = sum(result.mask(node.name).astype(int) for node in nodes)
    np.testing.assert_array_equal(parts, result.mask("box"))
    np.testing.assert_array_equal(result.mask("box"), result.mask("range"))


def _flat(outline):
    (x0, y0), (x1, y1), (x2, y2) = outline.tolist()
    return (x1 - x0) * (y2 - y0) == (x2 - x0) * (y1 - y0)


@law(
    dims=axes(2),
    cuts=st.tuples(*[st.lists(places, min_size=1, max_size=3, unique=True)] * 2),
    as_polygons=st.booleans(),
    seed=seeds,
)
def test_a_chequerboard_has_every_event_in_one_field(dims, cuts, as_polygons, seed):
    axis_pair, tops = dims
    xs, ys = ([-np.inf, *sorted({v * top for v in at}), np.inf] for at, top in zip(cuts, tops, strict=True))
    nodes = []
    for i in range(len(xs) - 1):
        for j in range(len(ys) - 1):
            low, high = (xs[i], ys[j]), (xs[i + 1], ys[j + 1])
            gate = RectangleGate(axis_pair, low, high)
            if as_polygons and (i + j) % 2:
                gate = PolygonGate(axis_pair, [low, (high[0], low[1]), high, (low[0], high[1])])
            nodes.append(GateNode(f"{i}{j}", gate))
    assert_partition(nodes, seed)


@law(gate=polygons(), seed=seeds, shift=st.integers(0, 20), backwards=st.booleans())
def test_where_an_outline_begins_and_its_direction_do_not_matter(gate, seed, shift, backwards):
    outline = np.roll(gate.vertices, shift, axis=0)[:: -1 if backwards else 1]
    strategy = built([GateNode("one", gate), GateNode("other", PolygonGate(gate.dims, outline))])
    result = cg.gate(sourced(events_for(strategy, 400, seed)), strategy)
    np.testing.assert_array_equal(result.mask("one"), result.mask("other"))


# --- what is written and read again


@law(25, case=cases(gridded=True))
def test_dictionaries_and_pickles_keep_every_mask(case):
    strategy, source = case
    for again in (
        GatingStrategy.from_dict(strategy.to_dict()),
        pickle.loads(pickle.dumps(strategy)),
    ):
        for grid in (None, "flowjo"):
            before, after = (cg.gate(source, entry, grid=grid) for entry in (strategy, again))
            assert_same_masks(masks_of(after), masks_of(before))


@law(25, strategy=trees(scales=STANDARD), data=st.data())
def test_gatingml_keeps_every_mask(strategy, data):
    source = data.draw(sources(strategy))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gates.xml"
        cg.write_gatingml(strategy, path)
        again = cg.read_gatingml(path)
    assert_same_masks(masks_of(cg.gate(source, again)), masks_of(cg.gate(source, strategy)))


# --- intensities


def plain_intensity(values, statistic):
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan
    match statistic:
        case "median":
            return np.median(values)
        case "robust_sd":
            low, high = np.percentile(values, [15.865525393145708, 84.13447460685429])
            return (high - low) / 2
        case "geometric_mean":
            return np.exp(np.log(values).mean()) if values.min() > 0 else np.nan
    return np.percentile(values, float(statistic[1:]))


@law(case=cases(5), pieces=sizes(), threads=st.integers(1, 3), share=shares)
def test_intensities_equal_numpy_on_the_masks(case, pieces, threads, share):
    strategy, source = case
    statistics = ("median", "robust_sd", "p0", "p12.5", "p100", "geometric_mean")
    keep = keep_of(share, source.n_events)
    with sized(*pieces):
        result = cg.gate(source, strategy, keep=keep, threads=threads)
        table = result.intensities(statistics, ["A", "SSC-A"], ["/", *strategy.paths], threads=threads)
    columns = {
        channel: axis_values(source.events(), CHANNELS, result.compensated(channel), strategy, SPILL)
        for channel in ("A", "SSC-A")
    }
    masks = {"/": result.root_mask(), **masks_of(result)}
    for row in table.itertuples():
        values = columns[row.channel][masks[row.population]]
        assert row.n == np.isfinite(values).sum()
        with np.errstate(over="ignore", invalid="ignore"):
            expected = plain_intensity(values, row.statistic)
        rounding = 1e-12 if row.statistic == "geometric_mean" else 0
        np.testing.assert_allclose(row.value, expected, rtol=rounding, err_msg=str(row))


def test_every_scale_and_matrix_is_drawn_by_the_laws():
    """The kinds that are built in are all among those of the laws."""
    from cytogate.transforms.base import transform_kinds

    assert {scale.kind for scale in SCALES.values()} == set(transform_kinds.names())
    assert any(not matrix.square for matrix in MATRICES.values())


@pytest.mark.soak
@pytest.mark.parametrize("rule", AT_LENGTH)
def test_laws_hold_at_length(rule):
    AT_LENGTH[rule]()
