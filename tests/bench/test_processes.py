from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from cytogate.bench.cold import STATES, cold_runs, drop_from_memory
from cytogate.bench.fresh import in_fresh_process
from cytogate.bench.inputs import Tube
from cytogate.bench.machine import Watch, in_words, machine
from cytogate.bench.memory import peak_bytes, peak_from_here, peak_of_counting
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import count_tubes
from cytogate.bench.workers import with_workers
from cytogate.errors import CytogateError, FcsError


@pytest.fixture
def tube(tmp_path) -> Tube:
    write_sample(tmp_path / "a.fcs", 2000)
    return Tube(str(tmp_path / "a.fcs"), thirteen_populations())


def test_a_fresh_process_answers_and_takes_time(tube):
    seconds, answer = in_fresh_process(count_tubes, [tube], 1)
    assert answer == count_tubes([tube], 1)
    assert seconds > 0.05


def test_a_fault_in_a_fresh_process_is_the_same_fault_here(tube):
    gone = Tube(f"{tube.path}.gone", tube.strategy)
    with pytest.raises(FcsError, match="gone"):
        in_fresh_process(count_tubes, [gone], 1)


def test_a_process_that_ends_otherwise_is_told_with_its_last_words():
    with pytest.raises(CytogateError, match=r"ended with code 1: ZeroDivisionError"):
        in_fresh_process(divmod, 1, 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forgets a peak")
def test_a_peak_counts_from_where_it_was_asked_to_and_not_from_before():
    def use(megabytes: int) -> None:
        np.ones(megabytes * 125_000)  # touched, so resident

    many = [bytes(1000) for _ in range(300_000)]
    last = bytes(1000)
    del many  # free, but not at the end of what the allocator holds, which would be enough for the 80
    use(200)
    before = peak_from_here()
    use(80)
    extra = (peak_bytes() - before) / 1e6
    assert 60 < extra < 130
    assert last


def test_memory_of_counting_is_that_of_one_job_alone(tube):
    found = peak_of_counting([tube], 1)
    assert found["peak_mb"] >= found["before_mb"] > 30
    assert 0 <= found["extra_mb"] < 60


def test_workers_gate_four_files_each_and_count_alike(tube):
    told: list[str] = []
    times, files = with_workers([tube], (1, 2), 1, told.append)
    assert files == [tube] * 8
    whole = 8 * sum(count_tubes([tube], 1)[tube.path].values())
    assert [times[count].answers for count in (1, 2)] == [(whole,), (whole,)]
    assert told == ["1 worker", "2 workers"] * 2


def test_cold_states_are_all_timed(tube):
    found = cold_runs([tube], 1, 1, lambda _: None)
    states = [run["state"] for run in found["runs"]]
    assert states == [state for state in STATES if "dropped" not in state or hasattr(os, "posix_fadvise")]
    slow = {run["state"]: run["median"] for run in found["runs"]}
    assert slow["fresh process"] > found["in_fresh_process"]["median"] > slow["warm"] / 10


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="no posix_fadvise here")
def test_a_dropped_file_reads_the_same(tube):
    before = count_tubes([tube], 1)
    assert drop_from_memory([tube.path]) in (True, False, None)
    assert count_tubes([tube], 1) == before


def test_the_machine_is_told_in_one_line_without_its_name():
    import socket

    words = in_words(machine())
    assert "numpy" in words
    assert "\n" not in words
    assert socket.gethostname() not in words.replace(",", " ").split()


def test_own_work_is_not_that_of_others(monkeypatch):
    monkeypatch.setattr("cytogate.bench.machine._busy_seconds", iter([10.0, 17.0]).__next__)
    monkeypatch.setattr("cytogate.bench.machine._own_seconds", iter([1.0, 8.0]).__next__)
    watch = Watch()
    assert watch.found()["share_of_others"] == 0.0


def test_work_of_others_is_warned_of(monkeypatch):
    monkeypatch.setattr("cytogate.bench.machine._busy_seconds", iter([10.0, 17000.0]).__next__)
    found = Watch().found()
    assert found["share_of_others"] == 1.0
    assert "Other work used 100% of the processors" in found["warning"]


@pytest.mark.parametrize(("load", "warned"), [(0.0, False), (1e6, True), (None, False)])
def test_without_processor_times_the_load_average_warns(monkeypatch, load, warned):
    monkeypatch.setattr("cytogate.bench.machine._busy_seconds", lambda: None)
    monkeypatch.setattr("cytogate.bench.machine._load", lambda: load)
    assert (Watch().found()["warning"] is not None) == warned
