"""What ``run`` says while it goes on and at its end: to a person, to a log, and to a machine."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import click
import pytest

from cytogate.cli import _progress, _run_progress
from cytogate.cli._options import Session
from cytogate.cli._run_progress import Pace, RunProgress, summary_lines
from cytogate.study.running.events import GatedAgain, RunSummary, SampleDone, SampleFailed, StageBegan

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000


def done(number: int, **facts) -> SampleDone:
    given = {"n_events": 1000, "n_gates": 3, "seconds": 0.5} | facts
    return SampleDone(f"S{number}", f"S{number}.fcs", number, 500, **given)


@pytest.fixture
def few(trial: Path, tmp_path: Path) -> Path:
    """The study of the trial with a handful of its tubes, one of them damaged."""
    folder = shutil.copytree(trial, tmp_path / "trial")
    header, *rows = (folder / "samples.csv").read_text().splitlines()
    kept = [row for row in rows if row.startswith(("fcs/P1_", "fcs/P2_"))]
    (folder / "samples.csv").write_text("\n".join([header, *kept]) + "\n")
    (folder / kept[0].split(",")[0]).write_bytes(b"x" * 500)
    return folder / "study.yaml"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = [100.0]
    monkeypatch.setattr(_run_progress.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def said(capsys):
    """What an observer outside of a terminal prints, told of events."""

    def tell(events, *, json_lines: bool = False, clock=None, step: float = 1.0) -> list[str]:
        with click.Context(click.Command("run")), RunProgress(json_lines=json_lines) as progress:
            for event in events:
                progress(event)
                if clock is not None:
                    clock[0] += step
        out, err = capsys.readouterr()
        return (out if json_lines else err).splitlines()

    return tell


def test_events_are_json_lines_on_stdout_and_the_last_is_the_summary(call, few, tmp_path):
    outcome = call(
        "run", few, "--out", tmp_path / "out", "--executor", "serial", "--json-lines", "--no-report"
    )
    assert outcome.code == 1  # a tube failed
    events = [json.loads(line) for line in outcome.out.splitlines()]
    names = [event["event"] for event in events]
    samples = [event for event in events if event["event"] == "sample_done"]
    started = events[names.index("run_started")]
    assert (started["format"], started["version"], started["executor"]) == ("cytogate.events", 1, "serial")
    assert started["n_samples"] == len(samples) > 4
    assert [event["done"] for event in samples] == list(range(1, len(samples) + 1))
    assert [event["stage"] for event in events if event["event"] == "stage_began"] == [
        "check",
        "compile",
        "fit",
        "gate",
        "compare",
        "conclude",
        "write",
    ]
    failed = [event for event in samples if event["failure"]]
    assert [event["failure"]["stage"] for event in failed] == ["read"]
    last = events[-1]
    assert last["event"] == "run_done"
    assert (last["n_done"], last["n_failed"], last["n_reused"]) == (len(samples) - 1, 1, 0)
    assert last["n_events"] == sum(event["n_events"] or 0 for event in samples)
    assert last["reasons"] == [
        {
            "stage": "read",
            "code": failed[0]["failure"]["code"],
            "n": 1,
            "first": failed[0]["failure"]["message"],
        }
    ]


def test_one_object_at_the_end_has_summary_failures_and_places(call, few, tmp_path):
    out = tmp_path / "out"
    outcome = call("run", few, "--out", out, "--executor", "serial", "--json", "--no-report")
    assert outcome.code == 1
    found = json.loads(outcome.out)
    assert (found["format"], found["event"], found["report"]) == ("cytogate.events", "run_done", None)
    assert (found["folder"], found["n_failed"], found["up_to_date"]) == (str(out), 1, False)
    (failure,) = found["failures"]
    assert (failure["stage"], failure["offset"]) == ("read", 0)
    again = json.loads(call("run", few, "--out", out, "--json", "--no-report").out)
    assert (again["up_to_date"], again["n_done"]) == (True, 0)
    assert (again["n_reused"], again["n_failed"]) == (found["n_done"], 1)
    assert again["reasons"] == found["reasons"]


def test_one_object_and_many_do_not_go_together(call, few, tmp_path):
    outcome = call("run", few, "--out", tmp_path / "out", "--json", "--json-lines")
    assert (outcome.code, outcome.out) == (2, "")
    assert "give one of them" in outcome.err


@pytest.mark.parametrize("wrong", ["2", "0/4", "5/4", "a/b", "-1/4", "1/"])
def test_a_part_that_is_none_is_a_mistake_of_usage(call, few, tmp_path, wrong):
    outcome = call("run", few, "--out", tmp_path / "out", f"--shard={wrong}")
    assert outcome.code == 2
    assert "the first of four is 1/4" in outcome.err


def test_a_cap_of_memory_in_which_nothing_can_be_gated_is_refused(call, few, tmp_path):
    outcome = call("run", few, "--out", tmp_path / "out", "--memory", "0.2")
    assert outcome.code == 2
    assert "0.2 is not in the range x>=0.5" in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_log_has_a_line_now_and_then_and_none_for_each_of_500_samples(said, clock):
    failed = SampleFailed("read", "code", "message")
    events = [StageBegan("fit"), StageBegan("gate")]
    events += [done(number, failure=failed if number == 3 else None) for number in range(1, 501)]
    lines = said(events, clock=clock, step=0.125)
    assert len(lines) == 6  # of 62 seconds
    assert lines[0].startswith("gating: ")
    counts = [int(line.split()[1]) for line in lines]
    assert counts == sorted(counts)
    assert all("of 500 samples; 8." in line for line in lines)
    assert all("events/s" in line and "left" in line and line.endswith("1 failed") for line in lines)


def test_a_stage_that_takes_long_is_named(said, clock):
    assert said([StageBegan("fit"), StageBegan("conclude"), done(1)], clock=clock, step=11) == [
        "concluding",
        "concluding",
    ]


def test_a_machine_is_told_at_once_and_reads_nothing_else(said, clock):
    lines = said([StageBegan("fit"), done(1)], json_lines=True, clock=clock, step=11)
    assert [json.loads(line)["event"] for line in lines] == ["stage_began", "sample_done"]


def test_why_tubes_are_gated_again_is_one_line_a_panel(said):
    again = [GatedAgain("bcell", 17), GatedAgain("treg", 1, ("the template of panel treg", "2 files"))]
    assert said(again) == [
        "17 tubes of panel bcell are gated again: their template, settings or files changed",
        "1 tube of panel treg is gated again; changed since the last finished run: "
        "the template of panel treg, 2 files",
    ]
    assert [json.loads(line)["event"] for line in said(again, json_lines=True)] == ["gated_again"] * 2


def test_what_is_reused_is_in_no_rate(clock):
    pace = Pace()
    for number in range(1, 401):
        pace.add(done(number, reused=True))
    assert pace.said() == "400 reused"
    clock[0] += 10.0
    for number in range(401, 421):
        pace.add(done(number))
    assert pace.said() == "2.0 files/s, 2,000 events/s, 0:40 left, 400 reused"


def test_the_summary_groups_reasons_and_tells_rates_and_memory():
    reasons = (
        ("read", "file-empty", 20, "S1.fcs: is empty."),
        ("resolve", "marker-missing", 5, "S9: no CD27."),
    )
    summary = RunSummary(
        75, 100, 25, reasons, 7_500_000, 12.0, 10.0, 750_000.0, 9_750_000.0, 300 * MB, 200 * MB
    )
    assert summary_lines(summary) == [
        ("samples", "75 gated now, 100 taken from an earlier run, 25 failed, in 12.0 s"),
        ("failed", "20 read: file-empty; 5 resolve: marker-missing"),
        ("speed", "750,000 events/s, 9.8 million gates x events/s, over 10.0 s of gating"),
        ("memory", "at most 300 MB, and 200 MB in a worker"),
    ]


def test_a_run_that_is_up_to_date_has_no_summary():
    summary = RunSummary(0, 0, 0, (), 0, 0.1, 0.0, None, None, MB, None, up_to_date=True)
    assert summary_lines(summary) == []


def test_a_long_count_is_told_by_a_line_now_and_then_where_there_is_no_terminal(monkeypatch, capsys):
    clock = iter([0.0, 4.0, 11.0, 15.0, 22.0])
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(_progress, "session", Session)
    with _progress.Bar("gating again") as bar:
        for done in range(1, 5):
            bar.show(done, 4, "tube", succeeded=done != 3)
    assert capsys.readouterr().err == "gating again: 2 of 4\ngating again: 4 of 4, 1 failed\n"
