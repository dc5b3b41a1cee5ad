"""A disk that fails at any call: an error with its place, nothing half written, and a next run that is whole.

Every call by which a run changes its folder (a name made, bytes written, made durable, renamed, taken away)
is counted, and failed in its turn: see ``faulty_disk.c``. By day every 60th, in the soak each.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from study.conftest import TinyTrial, bend, small_trial
from study.running.warm_runs import Ended, Warm, compiled, run_words
from study.running.whole_runs import check_log, check_whole, contents, drafts

from cytogate.study.run_folder.audit import is_told
from cytogate.study.run_folder.folder import REPORT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler"),
    pytest.mark.timeout(3600),
]
log = logging.getLogger(__name__)
SOME = 60
STEPS = [pytest.param(SOME, id="some"), pytest.param(1, id="each", marks=pytest.mark.soak)]


@dataclass
class Bench:
    """A study of two tubes, a run of it before and after a change, and a process to run it with faults."""

    trial: TinyTrial
    warm: Warm
    earlier: Path
    clean: dict[str, str]
    counts: dict[bool, int] = field(default_factory=dict)

    def prepare(self, *, again: bool) -> None:
        """Make the run folder as it is before: absent, or with the run of another threshold."""
        for place in (self.trial.out, self.gone):
            shutil.rmtree(place, ignore_errors=True)
        if again:
            shutil.copytree(self.earlier, self.trial.out)

    @property
    def gone(self) -> Path:
        return self.trial.out.with_name("run.gone")

    def run(self, mode: str = "off", at: int = 0, error: int = errno.ENOSPC) -> Ended:
        fault = {"folder": str(self.trial.out), "mode": mode, "at": at, "error": error}
        return self.warm.run(self.trial, **fault)

    def points(self, step: int, *, again: bool) -> range:
        """Return the calls that are failed, of those of a run in peace."""
        if again not in self.counts:
            self.prepare(again=again)
            ended = self.run()
            assert ended.code == 0, ended.said
            assert ended.writes > 40
            self.counts[again] = ended.count
        first = 1 if not again else self.counts[again] // 2  # before that all is as it is for a first run
        return range(first + step // 2, self.counts[again] + 1, step)

    def check_next(self, *, left: tuple[str, ...] = ()) -> None:
        """Run in peace; all must be as if nothing had happened."""
        assert sorted(drafts(self.trial.out)) == sorted(left)
        ended = self.run()
        assert ended.code == 0, ended.said
        check_whole(self.trial.out)
        check_log(self.trial.out)
        assert contents(self.trial.out) == self.clean
        assert drafts(self.trial.out) == []


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    made = small_trial(folder)
    made.sheet(*made.rows[:2])
    with Warm(compiled(folder), made.study, folder / "warm") as warm:
        assert warm.run(made).code == 0
        earlier = made.out.rename(folder / "earlier")
        bend(made, "template.yaml", "above: 1000", "above: 1001")
        ended = warm.run(made)
        assert ended.code == 0, ended.said
        clean = contents(made.out)
        assert clean != contents(earlier)
        yield Bench(made, warm, earlier, clean)


def said(points: range) -> tuple[int, int, int]:
    return points[0], points[-1], len(points)


again = pytest.mark.parametrize("again", [False, True], ids=["a first run", "over an earlier run"])


@again
@pytest.mark.parametrize("step", STEPS)
def test_a_disk_that_is_full_from_any_call_on(bench, step, again):
    points = bench.points(step, again=again)
    n_failed = 0
    for at in points:
        bench.prepare(again=again)
        ended = bench.run("full", at)
        n_failed += ended.failed
        if ended.failed:
            assert ended.code == 4, (at, ended)
            assert str(bench.trial.out) in ended.said
            assert "No space left on device" in ended.said
            assert "GB are free there" in ended.said
        else:
            assert ended.code == 0, (at, ended)  # what was to fail only takes something away
        check_whole(bench.trial.out)
        bench.check_next()
    log.warning("full from each of calls %d to %d: %d runs, %d calls failed", *said(points), n_failed)


@again
@pytest.mark.parametrize("step", STEPS)
def test_one_call_that_fails(bench, step, again):
    points = bench.points(step, again=again)
    ends = {0: 0, 4: 0}
    for at in points:
        bench.prepare(again=again)
        ended = bench.run("once", at, errno.EIO)
        assert ended.failed == 1
        ends[ended.code] += 1  # 0: a call that only cleans
        if ended.code == 0:
            assert check_whole(bench.trial.out)
            assert contents(bench.trial.out) == bench.clean, (at, ended)
        else:
            assert str(bench.trial.out) in ended.said, (at, ended)
        check_whole(bench.trial.out)
        left = drafts(bench.trial.out)
        assert len(left) <= 1  # the call that failed was to take it away
        bench.check_next(left=tuple(left))
    assert ends[4] > len(points) / 3
    log.warning("each of calls %d to %d failed: %d runs, %d of exit code 4", *said(points), ends[4])


@again
@pytest.mark.parametrize("step", STEPS)
def test_a_write_that_takes_half_of_the_bytes_is_gone_on_with(bench, step, again):
    points = bench.points(step, again=again)
    for at in points:
        bench.prepare(again=again)
        ended = bench.run("short", at)
        assert ended.code == 0, (at, ended)
        assert check_whole(bench.trial.out)
        check_log(bench.trial.out)
        assert contents(bench.trial.out) == bench.clean, at
    log.warning("half a write at each of calls %d to %d: %d runs", *said(points))


@again
@pytest.mark.parametrize("step", STEPS)
def test_a_run_killed_at_any_call(bench, step, again):
    points = bench.points(step, again=again)
    for at in points:
        bench.prepare(again=again)
        assert bench.run("kill", at).code == -signal.SIGKILL
        check_whole(bench.trial.out)
        bench.check_next(left=tuple(drafts(bench.trial.out)))
    log.warning("killed at each of calls %d to %d: %d kills", *said(points))


@again
@pytest.mark.parametrize("step", STEPS)
def test_a_folder_that_vanishes_at_any_call(bench, step, again):
    points = bench.points(step, again=again)
    ends = {0: 0, 4: 0}
    for at in points:
        bench.prepare(again=again)
        ended = bench.run("vanish", at)
        ends[ended.code] += 1
        if ended.failed:
            assert ended.code == 4, (at, ended)
            assert str(bench.trial.out) in ended.said
            assert not bench.trial.out.exists()
            shutil.rmtree(bench.trial.out, ignore_errors=True)
            bench.gone.rename(bench.trial.out)  # it is back
        check_whole(bench.trial.out)
        bench.check_next(left=tuple(drafts(bench.trial.out)))
    log.warning("vanished at each of calls %d to %d: %d runs, %d of exit code 4", *said(points), ends[4])


@pytest.mark.soak
@again
def test_a_run_killed_while_the_next_one_goes_on_from_a_kill(bench, again):
    """Kill the run, and the one that goes on from it, and so on: at every 7th call of each."""
    kills = 0
    bench.points(SOME, again=again)
    bench.prepare(again=again)
    at = 7
    while code := bench.run("kill", at).code:
        assert code == -signal.SIGKILL
        check_whole(bench.trial.out)
        kills += 1
        at = 7 + 13 * kills % 331
    bench.check_next()
    log.warning("%d kills one after the other in one folder", kills)


def test_a_clock_that_is_set_back_all_the_time_changes_nothing(bench):
    bench.prepare(again=True)
    for place in (bench.trial.folder / "fcs").iterdir():
        os.utime(place, (2e9, 2e9))  # of the future
    ended = bench.warm.run(bench.trial, clock=3600)
    assert (ended.code, ended.asked > 10) == (0, True), ended
    check_whole(bench.trial.out)
    check_log(bench.trial.out)
    assert contents(bench.trial.out) == bench.clean
    assert "up to date" in bench.run().said


@pytest.mark.parametrize(
    "step", [pytest.param(3, id="some"), pytest.param(1, id="each", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("mode", ["full", "kill"])
def test_a_report_that_is_not_written_to_its_end_is_written_by_the_next_run(bench, step, mode):
    bench.prepare(again=False)
    out = bench.trial.out
    words = [word for word in run_words(bench.trial) if word != "--no-report"]
    assert bench.run().code == 0
    calls = range(1, 20, step)
    n_faults = 0
    for at in calls:
        (out / REPORT).unlink(missing_ok=True)
        (ended,) = bench.warm.calls(words, folder=str(out), mode=mode, at=at)
        n_faults += bool(ended.code)
        assert ended.code in (0, 4 if mode == "full" else -signal.SIGKILL)
        assert not (out / REPORT).exists() or (out / REPORT).read_text().rstrip().endswith("</html>")
        (ended,) = bench.warm.calls(words)
        assert ended.code == 0, ended.said
        assert is_told(out, REPORT)
        (ended,) = bench.warm.calls(["verify", out, "--hash-only"])
        assert ended.code == 0, (at, ended.said)
    assert n_faults > 4 / step
    assert bench.warm.calls([*words, "--force"])[0].code == 0
    assert drafts(out) == []
