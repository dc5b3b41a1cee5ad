"""Intensities of many populations and channels at once: what the plainest way gives, bit for bit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from gating_cases import CHANNELS, events, full_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cytogate as cg
from cytogate.errors import CytogateError, GatingError, PanelError
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import passes
from cytogate.gating.intensities import measure, measuring, narrowing, order_statistics
from cytogate.gating.measures.base import measures
from cytogate.gating.node import GateNode
from cytogate.gating.result import GatingResult
from cytogate.gating.strategy import GatingStrategy

RANKED = ("median", "robust_sd", "p0", "p5", "p97.5", "p100")
ALL = (*RANKED, "mean", "geometric_mean")


def result_of(values: np.ndarray, masks: np.ndarray) -> GatingResult:
    """The result of a gating that found these masks (n_populations, n) on values (n, n_channels)."""
    nodes = [
        GateNode(f"P{number}", RectangleGate((Dimension("C0"),), (0.0,), (1.0,)))
        for number in range(len(masks))
    ]
    source = cg.Events(values, [f"C{number}" for number in range(values.shape[1])])
    rows = np.vstack([np.ones((1, len(values)), dtype=bool), masks])
    return GatingResult(source, GatingStrategy.build(nodes), np.packbits(rows, axis=1), rows.sum(axis=1))


def plainly(result: GatingResult, channel: str, population: str) -> tuple[dict[str, float], int]:
    """Statistics by numpy, and how many values are finite."""
    row = 0 if population == "/" else result.strategy.position(population) + 1
    inside = np.unpackbits(result.bits[row], count=result.source.n_events).astype(bool)
    values = result.source.events()[inside, result.source.channels.index(channel)]
    values = values[np.isfinite(values)]
    if not len(values):
        return dict.fromkeys(ALL, np.nan), 0
    low, high = np.percentile(values, [15.865525393145708, 84.13447460685429])
    with np.errstate(all="ignore"):
        found = {
            "median": np.median(values),
            "robust_sd": (high - low) / 2,
            "mean": float(sum(map(Fraction, values.tolist())) / len(values)),
            "geometric_mean": np.exp(np.log(values).mean()) if values.min() > 0 else np.nan,
        }
        for percent in (0, 5, 97.5, 100):
            found[f"p{percent}"] = np.percentile(values, percent)
    return found, len(values)


def assert_as_plainly(result: GatingResult, statistics=RANKED, populations=None) -> None:
    found = measure(result, statistics, populations=populations)
    for i, population in enumerate(found.populations):
        for j, channel in enumerate(found.channels):
            expected, n = plainly(result, channel, population)
            assert found.n[i, j] == n
            for k, statistic in enumerate(found.statistics):
                value, wanted = found.values[i, j, k], expected[statistic]
                if statistic in ("mean", "geometric_mean"):
                    assert value == pytest.approx(wanted, rel=1e-12, nan_ok=True)
                else:
                    assert value == wanted or (np.isnan(value) and np.isnan(wanted)), statistic


def awkward(n: int, n_channels: int, seed: int) -> np.ndarray:
    """(n, n_channels) float64: spread over many sizes, ties, zeros, and all that is not a plain number."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (n, n_channels)) * 10.0 ** rng.integers(-2, 5, (n, n_channels))
    values[:, ::3] = np.round(values[:, ::3])
    strange = [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -1e-310, 1e300, -1e300, 7.0]
    chosen = rng.random((n, n_channels)) < 0.2
    values[chosen] = rng.choice(strange, int(chosen.sum()))
    values[:, -1] = np.abs(values[:, -1]) + 0.5  # a geometric mean is defined
    return values


def overlapping(n: int, n_populations: int, seed: int) -> np.ndarray:
    """(n_populations, n) bool: a few kinds of events; the first population is empty, the second one event."""
    rng = np.random.default_rng(seed)
    kinds = rng.random((8, n_populations)) < 0.4
    masks = np.ascontiguousarray(kinds[rng.integers(0, 8, n)].T)
    masks[0] = False
    if n_populations > 1:
        masks[1] = np.arange(n) == n // 2
    return masks


@pytest.fixture
def small_steps(monkeypatch):
    """Make chunks of one block, a sample of a few events, and room for few values."""
    monkeypatch.setattr(passes, "CHUNK_BYTES", 1)
    monkeypatch.setattr(order_statistics, "PIECE", 16)
    monkeypatch.setattr(order_statistics, "PIECES", (8, 8))
    monkeypatch.setattr(order_statistics, "FIRST_LOOK", 4)


@pytest.mark.parametrize("n", [0, 1, 2, 9, 600])
def test_every_statistic_is_what_numpy_gives(n):
    result = result_of(awkward(n, 4, seed=n), overlapping(n, 11, seed=1))
    assert_as_plainly(result, (*ALL,), populations=["/", *result.populations])


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(
        np.float64, (12, 2), elements=st.floats(-8e307, 8e307) | st.sampled_from([0.0, -0.0, np.nan, np.inf])
    ),
    hnp.arrays(np.bool_, (3, 12)),
)
def test_order_statistics_are_exact_for_any_values(values, masks):
    assert_as_plainly(result_of(values, masks), ("median", "p0", "p100"))


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("noted", [1, 40, 3000, 10**6])
@pytest.mark.parametrize("sure", [0.0, 4.0])
def test_room_for_values_and_luck_of_the_sample_change_nothing(monkeypatch, noted, sure):
    monkeypatch.setattr(order_statistics, "NOTED", noted)
    monkeypatch.setattr(order_statistics, "SURE", sure)
    assert_as_plainly(result_of(awkward(6000, 3, seed=5), overlapping(6000, 7, seed=2)))


@pytest.mark.usefixtures("small_steps")
def test_a_sample_that_says_nothing_of_the_rest(monkeypatch):
    monkeypatch.setattr(order_statistics, "NOTED", 500)
    values = awkward(5000, 2, seed=8) + 1000.0
    step = 5000 // 8 // 8 * 8
    for first in range(0, 8 * step, step):
        values[first : first + 16] = -3.0
    assert_as_plainly(result_of(values, overlapping(5000, 4, seed=3)))


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("threads", [1, 2])
def test_more_values_than_the_sample_foresaw_are_forgotten_and_found_again(monkeypatch, threads):
    monkeypatch.setattr(order_statistics, "NOTED", 4000)
    narrowed = []
    narrow_down = order_statistics.narrow_down

    def counted(members, left, noted):
        narrowed.append(len(left))
        return narrow_down(members, left, noted)

    monkeypatch.setattr(order_statistics, "narrow_down", counted)
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1e-9, 6000)  # all of them where the sample has but the median
    step = 6000 // 8 // 8 * 8
    for first in range(0, 8 * step, step):
        values[first : first + 16] = rng.normal(0, 1000, 16)
    result = result_of(values[:, None], np.ones((1, 6000), dtype=bool))
    assert measure(result, ["median"], threads=threads).values[0, 0, 0] == np.median(values)
    assert narrowed == [2]


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize(
    "line",
    [
        np.zeros(5000),
        np.repeat([0.0, 1e-3], [3000, 2000]),
        np.full(5000, 262143.0),
        262143.0 + np.arange(5000) * 1e-9,
        np.where(np.arange(5000) == 7, 1e300, 1e-300 * np.arange(5000)),
        np.full(5000, np.nan),
    ],
    ids=["zeros", "two values", "clipped", "far from zero", "one giant", "nothing finite"],
)
@pytest.mark.parametrize("noted", [100, 10**6])
def test_ties_and_crowded_buckets(monkeypatch, line, noted):
    monkeypatch.setattr(order_statistics, "NOTED", noted)
    masks = np.array([np.arange(5000) % 3 > 0, np.arange(5000) < 4000])
    assert_as_plainly(result_of(np.column_stack([line, np.roll(line, 99)]), masks), ("median", "p5", "p97.5"))


def test_what_a_sample_foresees_needs_one_pass(monkeypatch):
    monkeypatch.setattr(order_statistics, "PIECES", (8, 8))
    passed = []
    monkeypatch.setattr(narrowing, "_pass", lambda *_: passed.append(1))
    values = np.exp(np.random.default_rng(1).normal(5, 1, (30_000, 2)))
    assert_as_plainly(result_of(values, overlapping(30_000, 5, seed=4)), ("median", "robust_sd"))
    assert passed == []


@pytest.mark.parametrize("n_populations", [65, 200])
def test_more_populations_than_bits_of_a_word(n_populations):
    assert_as_plainly(
        result_of(awkward(300, 2, seed=3), overlapping(300, n_populations, seed=6)), ("median",)
    )


def test_more_combinations_than_fit_are_measured_in_parts(monkeypatch):
    monkeypatch.setattr(measuring, "MOST", 4)
    masks = np.random.default_rng(0).random((7, 900)) < 0.5
    assert_as_plainly(result_of(awkward(900, 2, seed=4), masks), ALL)


def test_more_columns_than_fit_are_measured_in_turns(monkeypatch):
    monkeypatch.setattr(order_statistics, "CELL_ROWS", 20)
    monkeypatch.setattr(measuring, "SUM_CELLS", 20)
    assert_as_plainly(result_of(awkward(500, 7, seed=4), overlapping(500, 5, seed=2)), ALL)


@pytest.mark.usefixtures("small_steps")
def test_no_result_depends_on_threads_chunks_or_the_order_of_events(monkeypatch):
    values, masks = awkward(9000, 3, seed=11), overlapping(9000, 9, seed=7)
    statistics = (*RANKED, "mean", "geometric_mean")
    expected = measure(result_of(values, masks), statistics, threads=1).values
    for threads in (2, 3):
        assert measure(result_of(values, masks), statistics, threads=threads).values.tobytes() == (
            expected.tobytes()
        )
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(values))
        monkeypatch.setattr(passes, "CHUNK_BYTES", 1 << (10 + 4 * seed))
        found = measure(result_of(values[order], masks[:, order]), statistics, threads=2).values
        assert found.tobytes() == expected.tobytes()


def test_events_that_no_population_holds_are_passed_over(monkeypatch):
    seen = []
    add = order_statistics.CellTally.add
    monkeypatch.setattr(
        order_statistics.CellTally, "add", lambda self, v, c, n: (seen.append(n), add(self, v, c, n))
    )
    masks = np.zeros((2, 5000), dtype=bool)
    masks[0, 100:300], masks[1, 4000:4100] = True, True
    result = result_of(awkward(5000, 2, seed=1), masks)
    assert_as_plainly(result, ("median", "mean"))
    assert 300 in seen


# --- on gated events ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gated():
    return cg.gate(events(6000), full_tree(), keep=np.arange(6000) % 5 > 0)


def test_table_has_a_row_for_each_population_channel_and_statistic(gated):
    table = gated.intensities(["median", "p90"])
    assert list(table.columns) == ["population", "channel", "statistic", "value", "n"]
    fluorescence = [c.name for c in gated.source.channels if c.kind == "fluorescence"]
    assert fluorescence == ["A", "B", "C"]
    expected = [(p, c, s) for p in gated.populations for c in fluorescence for s in ("median", "p90")]
    assert list(table[["population", "channel", "statistic"]].itertuples(index=False, name=None)) == expected
    assert (table["n"].dtype, table["value"].dtype) == (np.int64, np.float64)


def test_values_are_compensated_as_the_gates_compensate(gated):
    table = gated.intensities(channels=["FSC-A", "B"]).set_index(["population", "channel"])
    for population in gated.populations:
        for channel in ("FSC-A", "B"):
            values = gated.values(population, [channel])[0]
            values = values[np.isfinite(values)]
            row = table.loc[(population, channel)]
            assert row["value"] == np.median(values)
            assert row["n"] == len(values)


def test_one_intensity_is_a_cell_of_the_table(gated):
    table = gated.intensities(ALL, populations=["Box", "/"])
    for row in table.itertuples():
        one = gated.intensity(row.population, row.channel, row.statistic)
        assert one == row.value or (np.isnan(one) and np.isnan(row.value))


def test_root_is_the_events_that_took_part(gated):
    root = gated.intensities(["p50"], ["FSC-A"], ["/"])
    took_part = np.arange(6000) % 5 > 0
    values = gated.source.values[took_part, 0].astype(float)
    values = values[np.isfinite(values)]
    assert root["population"].tolist() == ["/"]
    assert root["value"].tolist() == [np.median(values)]
    assert root["n"].tolist() == [len(values)]


def test_names_are_found_by_label_and_ending_and_stand_once(gated):
    table = gated.intensities("median", ["a", "A"], ["Box", "/Cells/Box"])
    assert table[["population", "channel"]].to_numpy().tolist() == [["/Cells/Box", "A"]]


def test_nothing_asked_for_is_an_empty_table(gated):
    assert gated.intensities([]).empty
    assert gated.intensities(channels=[]).empty
    assert gated.intensities(populations=[]).empty


def test_all_that_is_unknown_is_said_at_once(gated):
    with pytest.raises(GatingError) as caught:
        gated.intensities(["medain"], ["Q"], ["Bix"])
    assert [problem.location for problem in caught.value.problems] == [
        "channels",
        "populations",
        "statistics",
    ]
    for text in ("'Q'", "'Bix'", "'medain'"):
        assert text in str(caught.value)


def test_one_unknown_is_said_as_it_always_is(gated):
    with pytest.raises(PanelError, match="'Q'"):
        gated.intensities(channels=["Q"])
    with pytest.raises(CytogateError, match=r"Unknown statistic 'p101'.*p<percent>"):
        gated.intensities(["p101"])


def test_a_measure_of_somebody_else_gets_the_values_of_each_population(gated, monkeypatch):
    class Spread:
        name, unit = "spread", "channel"

        @staticmethod
        def compute(values):
            return float(np.ptp(values)) if len(values) else float("nan")

    monkeypatch.setattr(measures, "_entries", {**measures._entries})
    measures.register("spread")(Spread)
    table = gated.intensities(["spread", "median"], CHANNELS[2:4]).set_index(
        ["population", "channel", "statistic"]
    )
    for population in gated.populations:
        values = gated.values(population, ["A"])[0]
        values = values[np.isfinite(values)]
        assert table.loc[(population, "A", "spread"), "value"] == np.ptp(values)
        assert table.loc[(population, "A", "median"), "value"] == np.median(values)
        assert gated.intensity(population, "A", "spread") == np.ptp(values)
