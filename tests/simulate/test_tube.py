from __future__ import annotations

import numpy as np
import pytest

from cytogate.simulate.composition import ENDPOINTS, b_cell_percentages, cell_shares, family_of
from cytogate.simulate.panels import CEILING, panels
from cytogate.simulate.patients import visit_values
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.spillover import batch_matrix, instrument_matrix, spillover_keyword
from cytogate.simulate.tube import Tube, TubeName, simulate_tube

SPEC = TrialSpec()


@pytest.fixture(scope="module")
def b_tube() -> Tube:
    return simulate_tube(TubeName("P1", 0, "bcell"), SPEC, seed=7)


@pytest.fixture(scope="module")
def t_tube() -> Tube:
    return simulate_tube(TubeName("P2", 4, "treg"), SPEC, seed=7)


def compensated(tube: Tube) -> dict[str, np.ndarray]:
    light = tube.values[:, 4:-1].astype(float) @ np.linalg.inv(tube.matrix)
    return dict(zip(tube.panel.markers, light.T, strict=True))


def labelled(tube: Tube, *names: str) -> np.ndarray:
    return tube.kept & np.isin(tube.labels, [tube.populations.index(name) for name in names])


def test_same_seed_gives_same_bytes():
    name = TubeName("P3", 12, "treg")
    first, second = (simulate_tube(name, SPEC, seed=11) for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()
    assert first.labels.tobytes() == second.labels.tobytes()


def test_another_seed_gives_other_events():
    name = TubeName("P3", 12, "treg")
    first, second = (simulate_tube(name, SPEC, seed=seed) for seed in (11, 12))
    assert first.values[:50].tobytes() != second.values[:50].tobytes()


def test_tube_does_not_depend_on_tubes_simulated_before():
    name = TubeName("P6", 24, "bcell")
    alone = simulate_tube(name, SPEC, seed=3)
    for other in (TubeName("P1", 0, "bcell"), TubeName("P6", 12, "treg")):
        simulate_tube(other, SPEC, seed=3)
    assert simulate_tube(name, SPEC, seed=3).values.tobytes() == alone.values.tobytes()


@pytest.mark.parametrize("panel", ["bcell", "treg"])
def test_shares_of_cells_sum_to_one(panel):
    for enriched in (True, False):
        shares = cell_shares(panel, visit_values(1, "P2", 0), enriched=enriched)
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) >= 0.0


def test_resting_naive_takes_the_rest_and_never_vanishes():
    values = visit_values(1, "P2", 0)
    crowded = {**values, "DN%B": 60.0, "SWM%B": 50.0}
    for quantities in (values, crowded):
        percent = b_cell_percentages(quantities)
        assert sum(percent.values()) == pytest.approx(100.0)
        assert percent["resting naive"] >= 12.0 - 1e-9


def test_label_counts_sum_to_events(b_tube):
    n_flagged = int((~b_tube.kept).sum())
    assert sum(b_tube.counts().values()) + n_flagged == len(b_tube.values)
    assert len(b_tube.labels) == len(b_tube.values)


def test_flags_agree_with_labels_and_partners(b_tube):
    assert_debris = b_tube.labels == b_tube.populations.index("debris")
    assert np.array_equal(b_tube.debris, assert_debris)
    assert np.array_equal(b_tube.doublet, b_tube.partner >= 0)
    assert not (b_tube.debris & (b_tube.dead | b_tube.doublet)).any()
    assert np.array_equal(b_tube.margin, (b_tube.values[:, :-1] >= CEILING).any(axis=1))
    for flag, low, high in (
        (b_tube.dead, 0.02, 0.1),
        (b_tube.doublet, 0.01, 0.06),
        (b_tube.debris, 0.02, 0.08),
    ):
        assert low < flag.mean() < high


@pytest.mark.parametrize("which", ["b_tube", "t_tube"])
def test_realised_percent_is_counted_from_labels(which, request):
    tube = request.getfixturevalue(which)
    names = np.array(tube.populations)[tube.labels]
    alive = ~tube.dead & ~tube.doublet & ~tube.debris
    for subset, (true, realised, count, whole) in tube.endpoints().items():
        _, _, counted, parents = ENDPOINTS[subset]
        inside, parent = (int((alive & np.isin(names, group)).sum()) for group in (counted, parents))
        assert (count, whole) == (inside, parent)
        assert realised == pytest.approx(100 * inside / parent)
        assert abs(realised - true) < 5 * 100 * np.sqrt(true / 100 * (1 - true / 100) / parent)


def test_each_tube_has_its_own_endpoints(b_tube, t_tube):
    assert list(b_tube.endpoints()) == ["DN", "switched_memory", "activated_naive", "transitional"]
    assert list(t_tube.endpoints()) == ["helios_treg"]


def test_antibody_secreting_cells_count_as_switched_memory(b_tube):
    counts = b_tube.counts()
    expected = sum(counts[name] for name in ("SWM resting", "SWM activated", "plasmablast", "plasma cell"))
    assert b_tube.endpoints()["switched_memory"][2] == expected


@pytest.mark.parametrize(("panel", "least"), [("bcell", 0.70), ("treg", 0.80)])
def test_enriched_tubes_hold_mostly_their_cells(panel, least):
    counts = simulate_tube(TubeName("P5", 0, panel), SPEC, seed=2).counts()
    assert sum(counts[name] for name in family_of(panel)) / sum(counts.values()) >= least


def test_blood_has_few_b_cells_and_a_monocyte_cloud():
    tube = simulate_tube(TubeName("P2", 0, "bcell"), TrialSpec(enriched=False, bcell_events=20_000), seed=2)
    counts = tube.counts()
    share = {name: count / sum(counts.values()) for name, count in counts.items()}
    assert 0.01 < sum(share[name] for name in family_of("bcell")) < 0.12
    assert 0.08 < share["monocyte"] < 0.20


def test_compensation_with_the_applied_matrix_recovers_medians(b_tube):
    found = compensated(b_tube)
    plasmablasts, naive = labelled(b_tube, "plasmablast"), labelled(b_tube, "resting naive")
    t_cells, dn2 = labelled(b_tube, "T"), labelled(b_tube, "DN2")
    for marker, cells, median in (
        ("CD38", plasmablasts, 60_000),
        ("IgD", naive, 9_000),
        ("CD19", dn2, 10_000),
        ("CD3/CD14", t_cells, 16_000),
    ):
        assert np.median(found[marker][cells]) == pytest.approx(median, rel=0.45)
    for marker in ("CD3/CD14", "CD138", "CD10"):  # bright neighbours leave nothing but spread
        assert abs(np.median(found[marker][naive])) < 200


def test_without_compensation_bright_neighbours_look_positive(b_tube):
    detector = b_tube.panel.channels.index("V710-A")
    blasts = labelled(b_tube, "plasmablast")
    assert np.median(b_tube.values[blasts, detector]) > 20 * abs(
        np.median(compensated(b_tube)["CXCR5"][blasts])
    )


def test_spread_of_an_empty_detector_grows_with_its_bright_neighbour(b_tube):
    found = compensated(b_tube)
    dim, bright = labelled(b_tube, "SWM resting"), labelled(b_tube, "plasmablast", "plasma cell")

    def robust_sd(values):
        return np.subtract(*np.percentile(values, [84.13, 15.87])) / 2

    assert robust_sd(found["CD3/CD14"][bright]) > robust_sd(found["CD3/CD14"][dim])
    assert robust_sd(found["CXCR5"][bright]) > robust_sd(found["CD3/CD14"][dim])


def test_negatives_fall_below_zero(b_tube):
    negative = compensated(b_tube)["CD27"][labelled(b_tube, "resting naive")]
    assert 0.03 < (negative < 0).mean() < 0.4


def test_dead_cells_take_up_the_dye(b_tube):
    dye = compensated(b_tube)["Viability"]
    single = ~b_tube.doublet & ~b_tube.debris
    assert np.median(dye[b_tube.dead & single]) > 40 * np.median(dye[~b_tube.dead & single])
    dying = (dye > 1_500) & (dye < 7_000)
    assert (dying & b_tube.dead & single).any()


def test_doublets_are_lower_than_their_area(b_tube):
    ratio = b_tube.values[:, 1] / b_tube.values[:, 0]
    usable = ~b_tube.margin
    assert np.median(ratio[b_tube.doublet & usable]) < 0.75
    assert (ratio[~b_tube.doublet & usable] > 0.8).mean() > 0.99


def test_double_negative_two_is_bright_for_cd19(b_tube):
    cd19 = compensated(b_tube)["CD19"]
    assert np.median(cd19[labelled(b_tube, "DN2")]) > 1.6 * np.median(cd19[labelled(b_tube, "DN1")])


def test_maturation_is_one_arc_in_cd24_and_cd38(b_tube):
    found = compensated(b_tube)
    for marker in ("CD24", "CD38"):
        steps = [
            np.median(found[marker][labelled(b_tube, name)]) for name in ("resting naive", "T3", "T1/T2")
        ]
        assert steps == sorted(steps)
    arc = labelled(b_tube, "resting naive", "T3", "T1/T2")
    logs = np.sort(np.log(np.clip(found["CD24"][arc], 100, None)))
    inner = logs[int(0.02 * logs.size) : int(0.995 * logs.size)]
    assert np.diff(inner).max() < 0.15  # no gap


def test_fixed_cells_are_smaller(b_tube, t_tube):
    sizes = [np.median(tube.values[labelled(tube, "NK"), 0]) for tube in (b_tube, t_tube)]
    assert sizes[1] < 0.95 * sizes[0]


def test_helios_splits_the_regulatory_cells(t_tube):
    helios = compensated(t_tube)["Helios"]
    high, low = (np.median(helios[labelled(t_tube, f"Treg Helios{sign}")]) for sign in "+-")
    assert high > 5 * low


@pytest.mark.parametrize("which", ["b_tube", "t_tube"])
def test_time_rises_and_its_density_is_not_constant(which, request):
    ticks = request.getfixturevalue(which).values[:, -1].astype(float)
    assert (np.diff(ticks) >= 0).all()
    counts, _ = np.histogram(ticks, bins=20)
    assert counts.std() > 1.3 * np.sqrt(counts.mean())


@pytest.mark.parametrize("which", ["b_tube", "t_tube"])
def test_values_are_float32_hardly_repeat_and_reach_the_ceiling(which, request):
    values = request.getfixturevalue(which).values
    assert values.dtype == np.float32
    assert values[:, :-1].max() == CEILING
    for column in range(4, values.shape[1] - 1):
        below = values[values[:, column] < CEILING, column]
        assert np.unique(below).size > 0.98 * below.size


def test_clog_marks_a_slow_and_dim_stretch():
    name = TubeName("P3", 12, "bcell")
    spec = TrialSpec(clogged=("P3_W12_B",), drift_probability=0.0)
    clogged, clean = (
        simulate_tube(name, spec, seed=4),
        simulate_tube(name, TrialSpec(drift_probability=0.0), seed=4),
    )
    assert not clean.clog.any()
    inside = np.flatnonzero(clogged.clog)
    assert np.array_equal(inside, np.arange(inside[0], inside[-1] + 1))
    assert 0.01 < clogged.clog.mean() < 0.07  # a tenth of the time at a third of the rate
    medians = [np.median(clogged.values[mask, 4:-1], axis=0) for mask in (clogged.clog, ~clogged.clog)]
    assert int((medians[0] < 0.9 * medians[1]).sum()) >= 1


def test_event_counts_differ_between_files():
    sizes = {len(simulate_tube(TubeName(f"P{i}", 0, "bcell"), SPEC, seed=1).values) for i in range(1, 5)}
    assert len(sizes) == 4


def test_samples_are_named_by_subject_visit_and_tube():
    assert TubeName("P1", 0, "bcell").sample == "P1_W0_B"
    assert TubeName("P6", 24, "treg").sample == "P6_W24_T"


@pytest.mark.parametrize("panel", ["bcell", "treg"])
def test_spillover_is_like_that_of_real_instruments(panel):
    matrix = instrument_matrix(panels()[panel], 1)
    off = matrix[~np.eye(len(matrix), dtype=bool)]
    assert np.array_equal(np.diag(matrix), np.ones(len(matrix)))
    assert 0.15 < (off == 0).mean() < 0.45
    assert off.min() >= 0.0
    assert off.max() < 1.25
    assert 1.5 < np.linalg.cond(matrix) < 8


def test_batches_differ_in_spillover_and_the_keyword_says_it_exactly():
    panel = panels()["bcell"]
    gains = np.exp(0.05 * np.random.default_rng(1).standard_normal(len(panel.dyes)))
    one, two = (batch_matrix(panel, 1, batch, gains) for batch in ("batch1", "batch2"))
    assert not np.array_equal(one, two)
    words = spillover_keyword(panel.channels[4:-1], one).split(",")
    n = int(words[0])
    assert words[1 : n + 1] == [dye.channel for dye in panel.dyes]
    assert np.array_equal(np.array(words[n + 1 :], dtype=float).reshape(n, n), one)


def test_both_panels_name_their_detectors():
    b_panel, t_panel = panels()["bcell"], panels()["treg"]
    assert len(b_panel.dyes) == 18
    assert len(t_panel.dyes) == 12
    assert b_panel.channels[:4] == ("FSC-A", "FSC-H", "SSC-A", "SSC-H")
    assert b_panel.channels[-1] == "Time"
    assert {dye.channel: dye.label for dye in b_panel.dyes}["V610-A"] == "CD27 BV605"
    assert {dye.channel: dye.label for dye in t_panel.dyes}["YG780-A"] == "CD25 PE-Cy7"


def test_tube_of_few_events_works():
    tube = simulate_tube(TubeName("P1", 0, "treg"), TrialSpec(treg_events=100), seed=1)
    assert 70 < len(tube.values) < 140


def test_tube_without_any_nuisance_is_all_live_single_cells():
    clean = TrialSpec(debris=0.0, dead=0.0, doublets=0.0, margin=0.0, bcell_events=500)
    tube = simulate_tube(TubeName("P1", 0, "bcell"), clean, seed=1)
    assert tube.kept.all()
