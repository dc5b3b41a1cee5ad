"""What a run tells, as a machine reads it."""

import json

import pytest

from cytogate.study.running.events import (
    RunDone,
    RunStarted,
    RunSummary,
    SampleDone,
    SampleFailed,
    StageBegan,
    plain,
    plain_summary,
)
from cytogate.study.running.tally import Tally

MB = 1 << 20


def done(number: int, **facts) -> SampleDone:
    given = {"n_events": 1000, "n_gates": 3, "seconds": 0.5} | facts
    return SampleDone(f"S{number}", f"S{number}.fcs", number, 9, **given)


def test_a_sample_that_failed_is_one_object_with_its_reason():
    failed = SampleFailed("read", "file-missing", "S1.fcs: no such file.")
    entry = plain(done(1, n_events=None, n_gates=0, failure=failed))
    assert entry == json.loads(json.dumps(entry))
    assert entry["event"] == "sample_done"
    assert entry["failure"] == {"stage": "read", "code": "file-missing", "message": "S1.fcs: no such file."}
    assert (entry["done"], entry["total"], entry["reused"], entry["n_events"]) == (1, 9, False, None)


def test_the_first_event_names_the_format_of_all():
    entry = plain(RunStarted("study.yaml", "run", "process", 2, 9))
    assert (entry["event"], entry["format"], entry["version"]) == ("run_started", "cytogate.events", 1)


def test_the_last_event_is_the_summary():
    summary = RunSummary(1, 2, 3, (("read", "code", 3, "first"),), 10, 1.0, 0.5, 20.0, 60.0, None, None)
    entry = plain(RunDone(summary))
    assert entry == {"event": "run_done", **plain_summary(summary)}
    assert entry["reasons"] == [{"stage": "read", "code": "code", "n": 3, "first": "first"}]


def test_a_tally_passes_every_event_on_in_order():
    told = []
    tally = Tally(told.append)
    events = [StageBegan("gate"), done(1), done(2), StageBegan("write")]
    for event in events:
        tally(event)
    assert told == events


def test_a_tally_counts_what_was_gated_reused_and_failed_and_groups_the_reasons():
    tally = Tally()
    tally(RunStarted("study.yaml", "run", "process", 2, 9))
    tally(StageBegan("gate"))
    for number in (1, 2):
        tally(done(number, peak_memory=number * MB))
    tally(done(3, reused=True, n_events=10**9))
    for number, code in ((4, "b"), (5, "a"), (6, "b")):
        tally(done(number, n_events=None, failure=SampleFailed("read", code, f"{number}: {code}")))
    summary = tally.summary()
    assert (summary.n_done, summary.n_reused, summary.n_failed) == (2, 1, 3)
    assert summary.reasons == (("read", "b", 2, "4: b"), ("read", "a", 1, "5: a"))
    assert summary.n_events == 2000  # what was reused cost nothing
    assert summary.events_per_second == pytest.approx(2000 / summary.gating_seconds)
    assert summary.gate_events_per_second == pytest.approx(6000 / summary.gating_seconds)
    assert summary.worker_peak_memory == 2 * MB
    assert summary.peak_memory > MB


def test_threads_of_this_process_have_no_memory_of_their_own():
    tally = Tally()
    tally(RunStarted("study.yaml", "run", "thread", 2, 9))
    tally(done(1, peak_memory=MB))
    assert tally.summary().worker_peak_memory is None


def test_a_run_that_gates_nothing_has_no_rate():
    tally = Tally()
    tally(StageBegan("gate"))
    tally(done(1, reused=True))
    summary = tally.summary(up_to_date=True)
    assert summary.events_per_second is None
    assert summary.gate_events_per_second is None
    assert summary.up_to_date
