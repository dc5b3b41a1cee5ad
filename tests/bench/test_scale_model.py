"""The simulation of clusters, against cases that can be worked out by hand."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from bench.scripts import HOUSE


@pytest.fixture(scope="module")
def model():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HOUSE / "benchmarks"))
        import scale_model

        yield scale_model
    sys.modules.pop("scale_model", None)


def test_one_worker_works_without_a_break_when_all_else_is_fast(model):
    found = model.simulate(model.Farm(workers=1, work=2.0, schedule=0.1, keep=0.3), 50)
    assert found.gating == pytest.approx(0.1 + 50 * 2.0 + 0.3)  # the first is handed out, the last is kept
    assert found.limit == "workers"


def test_workers_that_share_evenly_take_a_part_each(model):
    found = model.simulate(model.Farm(workers=10, work=3.0), 100)
    assert found.gating == pytest.approx(30.0)
    assert found.busy["workers"] == pytest.approx(1.0)


@pytest.mark.parametrize("station", ["schedule", "keep"])
def test_a_station_that_takes_one_at_a_time_limits_many_workers(model, station):
    found = model.simulate(model.Farm(workers=100, work=1.0, **{station: 0.05}), 1000)
    assert found.gating == pytest.approx(1000 * 0.05 + 1.0)
    assert found.limit == {"schedule": "scheduler", "keep": "parent"}[station]


def test_the_wires_of_workers_limit_where_the_store_is_wide(model):
    farm = model.Farm(workers=4, work=1.0, file_bytes=20.0, worker_bandwidth=10.0, requests=3, latency=0.5)
    found = model.simulate(farm, 40)
    assert found.gating == pytest.approx(10 * (3 * 0.5 + 2.0 + 1.0))
    assert found.busy["latency"] == pytest.approx(1.5 / 4.5)
    assert found.busy["workers"] == pytest.approx(1.0 / 4.5)


def test_a_narrow_store_is_shared_by_all_who_read(model):
    farm = model.Farm(workers=8, work=0.0, file_bytes=6.0, store_bandwidth=12.0, worker_bandwidth=10.0)
    found = model.simulate(farm, 400)
    assert found.gating == pytest.approx(400 * 6.0 / 12.0)
    assert found.limit == "store"


def test_a_reader_that_comes_later_slows_the_first(model):
    store = model._Store(model.Farm(workers=2, work=0.0, store_bandwidth=10.0))
    store.begin(0, 100.0, 0.0)
    assert store.foreseen() == pytest.approx(10.0)
    store.begin(1, 20.0, 4.0)  # the first has 60 left; both read 5 a second
    assert store.foreseen() == pytest.approx(8.0)
    assert store.end(8.0) == 1
    assert store.foreseen() == pytest.approx(12.0)  # 40 left, alone


def test_lost_tasks_are_done_again_alone_at_the_end(model):
    calm = model.Farm(workers=5, work=1.0)
    found = model.simulate(replace(calm, loss=0.1, restart=0.5), 2000, seed=3)
    assert 150 < found.retried < 250
    works = 2000 - found.retried / 2 + 0.5 * found.retried  # half of a task, and the start of another worker
    assert found.gating == pytest.approx(works / 5 + found.retried, rel=0.01)


def test_what_only_the_parent_does_comes_before_and_after(model):
    found = model.simulate(model.Farm(workers=2, work=1.0, before=0.25, after=0.5), 8)
    assert (found.before, found.gating, found.after, found.seconds) == (2.0, 4.0, 4.0, 10.0)


def test_spread_keeps_the_mean(model):
    farms = [model.Farm(workers=1, work=2.0, spread=spread) for spread in (0.0, 0.8)]
    even, uneven = (model.simulate(farm, 4000).gating for farm in farms)
    assert uneven == pytest.approx(even, rel=0.05)
    assert uneven != even


def test_no_more_tasks_are_underway_than_a_few_a_worker(model):
    class Counting(model._Run):
        underway, most = 0, 0

        def _submit(self, now):
            super()._submit(now)
            self.underway += 1
            self.most = max(self.most, self.underway)

        def _step(self, now, kind, task):
            self.underway -= kind == model.KEPT
            super()._step(now, kind, task)

    run = Counting(model.Farm(workers=3, work=1.0, ahead=2), np.ones(100), np.zeros(100, dtype=bool))
    assert run.play() == pytest.approx(34.0)
    assert (run.most, run.underway) == (6, 0)
