"""Each effect of the nuisance, measured on tubes that have it and tubes that do not."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import Tube, TubeName, simulate_tube

QUIET = {"nuisance": "none", "bcell_events": 20_000, "treg_events": 10_000, "rate": 1000.0}
NAME = TubeName("P1", 0, "bcell")


def tube_with(name: TubeName = NAME, seed: int = 3, **more: object) -> Tube:
    return simulate_tube(name, TrialSpec.from_dict({**QUIET, **more}), seed=seed)


def compensated(tube: Tube) -> dict[str, np.ndarray]:
    light = tube.values[:, 4:-1].astype(float) @ np.linalg.inv(tube.matrix)
    return dict(zip(tube.panel.markers, light.T, strict=True))


def seconds(tube: Tube) -> np.ndarray:
    return tube.values[:, -1] / tube.optics.ticks_per_second


def test_no_nuisance_leaves_live_single_cells_of_one_instrument():
    tube = tube_with()
    assert tube.kept.all()
    assert not (tube.clog | tube.bubble | tube.carried).any()
    assert tube.margin.mean() < 0.02  # bright cells saturate of themselves
    assert len(tube.values) == 20_000
    for factor in (tube.staining.gain, tube.staining.lot, tube.staining.sample, tube.staining.drift):
        assert np.array_equal(factor, np.ones(18))
    assert not tube.staining.offset.any()


def test_a_clog_slows_the_flow_dims_detectors_and_is_flagged():
    tube = tube_with(flow={"clog_probability": 1.0})
    clean = tube_with()
    assert np.array_equal(tube.labels, clean.labels)
    time, clogs = seconds(tube), tube.disturbances.clogs
    assert 1 <= len(clogs) <= 2
    expected = np.any([(time >= c.begin - 0.01) & (time < c.end + 0.01) for c in clogs], axis=0)
    assert (tube.clog != expected).mean() < 0.001
    first = clogs[0]
    rate = tube.clog[time < first.end].sum() / (first.end - first.begin)
    outside = (~tube.clog).sum() / (time[-1] - sum(c.end - c.begin for c in clogs))
    assert 0.1 < rate / outside < 0.5
    hit, factor = first.detectors[0], first.signal[0]
    inside = (time >= first.begin) & (time < first.end)
    medians = [np.median(tube.values[mask, 4 + hit]) for mask in (inside, ~tube.clog)]
    assert medians[0] / medians[1] == pytest.approx(factor, abs=0.12)


def test_clogs_come_as_often_as_asked():
    spec = TrialSpec.from_dict({**QUIET, "bcell_events": 100, "flow": {"clog_probability": 0.3}})
    tubes = [simulate_tube(TubeName(f"P{i}", 0, "bcell"), spec, seed=1) for i in range(1, 121)]
    assert 0.18 < np.mean([len(tube.disturbances.clogs) > 0 for tube in tubes]) < 0.42


def test_bad_drift_moves_one_laser_by_a_tenth_to_a_fifth():
    tube, clean = tube_with(flow={"bad_drift_probability": 1.0}), tube_with()
    assert 0.10 <= abs(tube.drift) <= 0.20
    late = seconds(tube) > 0.97 * seconds(tube)[-1]
    moved = np.array([laser == tube.drift_laser for laser in tube.optics.lasers])
    bright = np.median(clean.values[:, 4:-1], axis=0) > 1000
    ratio = np.median(tube.values[late, 4:-1], axis=0) / np.median(clean.values[late, 4:-1], axis=0)
    assert ratio[moved & bright] == pytest.approx(1 + tube.drift, abs=0.03)
    assert ratio[~moved & bright] == pytest.approx(1.0, abs=0.03)
    assert (clean.drift_laser, clean.drift) == ("", 0.0)


def test_a_bubble_is_a_short_window_of_low_scatter():
    tube = tube_with(flow={"bubble_probability": 1.0})
    assert 0 < tube.bubble.mean() < 0.06
    inside = np.flatnonzero(tube.bubble)
    assert np.array_equal(inside, np.arange(inside[0], inside[-1] + 1))
    assert np.median(tube.values[tube.bubble, 0]) < 0.7 * np.median(tube.values[~tube.bubble, 0])


def test_carry_over_is_rare_early_and_from_the_neighbour():
    tube, clean = tube_with(flow={"carry_over": 0.01}), tube_with()
    assert tube.carried.mean() == pytest.approx(0.01, rel=0.3)
    assert np.array_equal(tube.labels[~tube.carried], clean.labels[~tube.carried])
    assert np.median(np.flatnonzero(tube.carried)) < 0.15 * len(tube.labels)


def test_tandem_leak_rises_with_the_batch_and_is_in_the_matrix():
    spec = {"batches": {"tandem_leak": 0.06}}
    leaks = []
    for subject in ("P1", "P3", "P5"):
        tube = tube_with(TubeName(subject, 0, "bcell"), **spec)
        leaks.append(tube.staining.leak)
        plain = tube_with(TubeName(subject, 0, "bcell"))
        names = [dye.fluorochrome for dye in tube.panel.dyes]
        extra = (tube.matrix - plain.matrix)[names.index("PE-Cy7"), names.index("PE")]
        assert extra == pytest.approx(tube.staining.leak, rel=0.01)
    assert leaks == pytest.approx([0.01, 0.02, 0.03])


def test_batches_by_visit_share_effects_between_patients_and_not_between_visits():
    spec = {"batches": {"by": "visit", "offset_sd": 8.0}, "lot_sd": 0.1, "bcell_events": 100}
    one, same, other = (
        tube_with(TubeName(subject, week, "bcell"), **spec).staining
        for subject, week in (("P1", 4), ("P5", 4), ("P1", 8))
    )
    assert np.array_equal(one.lot, same.lot)
    assert np.array_equal(one.offset, same.offset)
    assert not np.array_equal(one.lot, other.lot)


def test_staining_drift_moves_one_marker_of_one_visit_by_its_factor():
    name = TubeName("P1", 4, "bcell")
    drifted = tube_with(name, staining_drift={"W4": {"CD27": 0.4}})
    plain = tube_with(name)
    memory = np.isin(plain.labels, [plain.populations.index("SWM resting")])
    assert np.array_equal(drifted.labels, plain.labels)
    for marker, factor in (("CD27", np.exp(0.4)), ("CD20", 1.0)):
        found = [np.median(compensated(tube)[marker][memory]) for tube in (drifted, plain)]
        assert found[0] / found[1] == pytest.approx(factor, rel=0.05)
    other = TubeName("P1", 8, "bcell")
    same = [tube_with(other, **more).values for more in ({}, {"staining_drift": {"W4": {"CD27": 0.4}}})]
    assert same[0].tobytes() == same[1].tobytes()


def test_replicates_hold_the_same_cells_stained_and_acquired_again():
    spec = {"nuisance": "full", "bcell_events": 5_000, "replicates": 2}
    one, two = (tube_with(TubeName("P2", 0, "bcell", number), **spec) for number in (1, 2))
    assert np.array_equal(one.labels, two.labels)
    assert np.array_equal(one.dead, two.dead)
    assert one.endpoints() == two.endpoints()
    assert not np.array_equal(one.staining.lot, two.staining.lot)
    assert not np.array_equal(one.staining.sample, two.staining.sample)
    cells = ~(one.margin | two.margin)
    assert np.corrcoef(np.log(one.values[cells, 0]), np.log(two.values[cells, 0]))[0, 1] > 0.98
    cd27 = [compensated(tube)["CD27"][one.kept & cells] for tube in (one, two)]
    assert not np.array_equal(*cd27)
    assert np.corrcoef(*cd27)[0, 1] > 0.9


def test_medians_of_a_population_move_by_the_factor_given():
    moved = tube_with(populations={"medians": {"DN2": {"CD21": 4.0}}})
    plain = tube_with()
    cells = plain.labels == plain.populations.index("DN2")
    others = plain.labels == plain.populations.index("DN1")
    ratio = [
        np.median(compensated(moved)["CD21"][mask]) / np.median(compensated(plain)["CD21"][mask])
        for mask in (cells, others)
    ]
    assert ratio[0] == pytest.approx(4.0, rel=0.15)
    assert ratio[1] == pytest.approx(1.0, rel=0.02)


def test_drawn_medians_differ_between_trials_and_spread_widens():
    def naive(tube):
        return np.log(compensated(tube)["CD19"][tube.labels == tube.populations.index("resting naive")])

    shifted = [np.median(naive(tube_with(seed=s, populations={"medians_sd": 0.3}))) for s in (1, 2, 3)]
    assert np.std(shifted) > 0.05
    wide, plain = naive(tube_with(populations={"spread": 1.5})), naive(tube_with())
    assert np.std(wide) / np.std(plain) == pytest.approx(1.5, rel=0.1)


def test_without_biology_a_patient_stays_the_same_but_for_chance():
    spec = {"biology": {"change": False, "noise": False}, "bcell_events": 200}
    tubes = [tube_with(TubeName("P1", week, "bcell"), **spec) for week in (0, 12, 24)]
    assert tubes[0].shares == tubes[1].shares == tubes[2].shares
    still = {"biology": {"change": False}, "bcell_events": 200}
    first, last = (tube_with(TubeName("P1", week, "bcell"), **still).endpoints() for week in (0, 24))
    assert first["DN"][0] != last["DN"][0]
    assert 0.6 < last["DN"][0] / first["DN"][0] < 1.6
