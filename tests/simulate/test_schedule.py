from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from cytogate.simulate.names import TubeName, batch_of
from cytogate.simulate.patients import is_responder, kind_of, start_of, visit_values
from cytogate.simulate.schedule import omitted, schedule
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import simulate_tube

WEEKS = (0, 1, 4, 8, 12, 16, 20, 24)
FMO = {"fmo": ["CD27", "IgD", "CD25"], "fmo_events": 2_000, "single_events": 500}


def spec_of(**values: object) -> TrialSpec:
    return TrialSpec.from_dict(values)


def test_patients_beyond_the_six_repeat_courses_with_starts_of_their_own():
    assert [is_responder(f"P{i}") for i in (9, 10, 16)] == [True, False, False]
    assert kind_of("P7") == "P1"
    starts = np.array([[start_of(seed, f"P{i}", "DN%B") for i in range(7, 60)] for seed in (1, 2)])
    assert np.exp(np.log(starts).mean()) == pytest.approx(15.9, rel=0.15)  # geometric mean of the six
    assert starts.min() > 4
    assert starts.max() < 40
    assert not np.array_equal(starts[0], starts[1])
    assert visit_values(1, "P8", 0)["DN%B"] != visit_values(1, "P2", 0)["DN%B"]


def test_number_of_patients_does_not_change_the_first_six():
    name = TubeName("P4", 8, "treg")
    few, many = spec_of(treg_events=300), spec_of(treg_events=300, patients=40)
    assert (
        simulate_tube(name, few, seed=2).values.tobytes()
        == simulate_tube(name, many, seed=2).values.tobytes()
    )


def test_accidents_are_as_many_as_asked_and_the_seed_places_them():
    wanted = {
        "missing_tubes": 3, "missing_visits": 1, "clogged_tubes": 2, "few_b_cells": 1, "swapped_fmos": 1
    }  # fmt: skip
    spec = spec_of(accidents=wanted, controls=FMO)
    placed, names = schedule(spec, WEEKS, 1)
    assert len(placed.missing) == 2 + 3
    assert max(Counter(sample.rsplit("_", 1)[0] for sample in placed.missing).values()) == 2
    assert len(placed.clogged) == 2
    assert len(placed.few_b_cells) == 1
    assert len(placed.mislabelled) == 2
    assert not {name.sample for name in names} & set(placed.missing)
    assert schedule(spec, WEEKS, 1)[0] == placed
    assert schedule(spec, WEEKS, 2)[0] != placed


def test_a_small_trial_keeps_three_quarters_of_its_tubes():
    spec = spec_of(subjects=["P1"], accidents={"missing_tubes": 50, "missing_visits": 50})
    _, names = schedule(spec, (0, 4), 1)
    assert len(names) == 3


def test_a_tube_with_few_b_cells_has_fewer_than_five_hundred_and_the_same_subsets():
    spec = spec_of(few_b_cells=["P1_W0_B"], bcell_events=9_000)
    name = TubeName("P1", 0, "bcell")
    few, usual = (simulate_tube(name, one, seed=1) for one in (spec, TrialSpec()))
    assert 100 < few.endpoints()["DN"][3] < 500 < usual.endpoints()["DN"][3]
    assert few.endpoints()["DN"][0] == pytest.approx(usual.endpoints()["DN"][0])


def test_each_batch_and_panel_has_its_controls():
    spec = spec_of(subjects=["P1", "P2", "P3"], controls={**FMO, "single_stain": True, "unstained": True})
    _, names = schedule(spec, (0, 4), 1)
    roles = Counter((batch_of(name, spec), name.panel, name.role) for name in names)
    for batch in ("batch1", "batch2"):
        assert [roles[batch, "bcell", role] for role in ("fmo", "single_stain", "unstained")] == [2, 18, 1]
        assert [roles[batch, "treg", role] for role in ("fmo", "single_stain", "unstained")] == [1, 12, 1]
    assert len({name.sample for name in names}) == len(names)


def medians(name: TubeName, spec: TrialSpec) -> dict[str, float]:
    tube = simulate_tube(name, spec, seed=4)
    light = tube.values[tube.kept, 4:-1].astype(float) @ np.linalg.inv(tube.matrix)
    return dict(zip(tube.panel.markers, np.percentile(light, 95, axis=0), strict=True))


def test_an_fmo_lacks_its_marker_and_keeps_the_spread_of_the_others():
    spec = spec_of(controls=FMO)
    fmo = medians(TubeName("P1", 0, "bcell", role="fmo", control_for="CD27"), spec)
    full = medians(TubeName("P1", 0, "bcell"), spec)
    bare = medians(TubeName("P1", 0, "bcell", role="unstained"), spec)
    assert fmo["CD27"] < 0.2 * full["CD27"]
    assert fmo["CD27"] > 1.5 * bare["CD27"]
    assert fmo["IgD"] == pytest.approx(full["IgD"], rel=0.3)


def test_a_swapped_fmo_lacks_the_marker_of_its_partner():
    spec = spec_of(controls=FMO, accidents={"swapped_fmos": 1}, subjects=["P1"])
    placed, names = schedule(spec, (0,), 1)
    swapped = [name for name in names if name.sample in placed.mislabelled]
    assert {(name.control_for, omitted(name, placed)) for name in swapped} == {
        ("CD27", "IgD"),
        ("IgD", "CD27"),
    }
    name = next(name for name in swapped if name.control_for == "CD27")
    found, honest = medians(name, placed), medians(name, spec)
    assert found["IgD"] < 0.2 * honest["IgD"]
    assert found["CD27"] > 5 * honest["CD27"]


def test_single_stains_and_unstained_tubes_show_one_stain_and_none():
    spec = spec_of(controls={**FMO, "single_stain": True})
    single = medians(TubeName("P1", 0, "bcell", role="single_stain", control_for="CD19"), spec)
    bare = medians(TubeName("P1", 0, "bcell", role="unstained"), spec)
    assert single["CD19"] > 3_000
    assert bare["CD19"] < 300
    for marker in ("CD20", "IgD", "Viability"):
        assert single[marker] < 500


def test_control_does_not_depend_on_the_other_controls():
    name = TubeName("P1", 0, "bcell", role="fmo", control_for="CD27")
    one, two = (
        simulate_tube(name, spec_of(controls={"fmo": markers, "fmo_events": 500}), seed=1)
        for markers in (["CD27"], ["IgD", "CD27", "CD21"])
    )
    assert one.values.tobytes() == two.values.tobytes()
