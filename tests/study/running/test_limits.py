"""Disks and files with a limit that the system keeps, and files that ask for more than there is."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fcs.corpus import CASES
from study.conftest import small_trial
from study.running.warm_runs import Warm
from study.running.whole_runs import check_log, check_whole, contents, drafts

import cytogate
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_study import run_study

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="of Linux"), pytest.mark.timeout(3600)]
log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    made = small_trial(folder)
    made.sheet(*made.rows[:2])
    with Warm(None, made.study, folder / "warm") as warm:
        yield made, warm, contents(folder / "warm")


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own; its size is set by a call."""
    place = tmp_path / "disk"
    place.mkdir()

    def resize(pages: int, *, how: str = "") -> None:
        words = ["mount", "-t", "tmpfs", "-o", f"{how}size={4096 * pages}", "tmpfs", place]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a disk here")

    resize(1)
    yield place, lambda pages: resize(pages, how="remount,")
    subprocess.run(["umount", "-l", place], check=True)


def pages_of(folder) -> int:
    return sum(-(-place.stat().st_size // 4096) for place in folder.rglob("*"))


@pytest.mark.parametrize(
    "step", [pytest.param(25, id="some"), pytest.param(1, id="each", marks=pytest.mark.soak)]
)
def test_a_small_disk_fills_up_and_the_run_goes_on_when_there_is_room(bench, small_disk, step):
    made, warm, expected = bench
    disk, resize = small_disk
    trial = replace(made, rows=list(made.rows))
    words = ["run", trial.study, "--out", disk / "run", "--no-report", "--executor", "serial"]
    ends = {0: 0, 4: 0}
    n_drafts = 0
    for pages in range(3, pages_of(made.folder / "warm") + 60, step):
        resize(10_000)
        shutil.rmtree(disk / "run", ignore_errors=True)
        resize(pages)
        (ended,) = warm.calls(words)
        ends[ended.code] += 1
        if ended.code:
            assert "No space left on device" in ended.said, ended
            assert str(disk) in ended.said
        n_drafts += len(drafts(disk / "run"))
        assert check_whole(disk / "run") is (ended.code == 0)
        resize(10_000)
        (ended,) = warm.calls(words)
        assert ended.code == 0, ended.said
        check_log(disk / "run")
        assert contents(disk / "run") == expected
        assert drafts(disk / "run") == []
    assert ends[4]
    assert ends[0]
    assert n_drafts == 0
    log.warning("small disks: %d were full, %d were not", ends[4], ends[0])


@pytest.mark.parametrize(
    "step", [pytest.param(9, id="some"), pytest.param(1, id="each", marks=pytest.mark.soak)]
)
def test_files_may_not_be_as_large_as_they_must(bench, step):
    trial, warm, expected = bench
    sizes = sorted({place.stat().st_size for place in (trial.folder / "warm").rglob("*") if place.is_file()})
    limits = [size - 1 for size in sizes if size > 2000][::step]
    for limit in limits:
        shutil.rmtree(trial.out, ignore_errors=True)
        setup = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
        ended = warm.run(trial, setup=setup)
        assert ended.code == 4, (limit, ended)
        assert "File too large" in ended.said
        assert not check_whole(trial.out)
        assert drafts(trial.out) == []
        assert warm.run(trial).code == 0
        assert contents(trial.out) == expected
    log.warning("%d limits of the size of a file", len(limits))


@pytest.fixture
def plain_user(trial):
    """Call the command line on the trial as somebody who is bound by permissions, as the superuser is not."""
    before: list[str] = []
    if not os.geteuid():
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv")
        before = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    words = [sys.executable, "-m", "cytogate", "run", trial.study, "--out", trial.out, "--executor", "serial"]
    around = os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    return lambda *more: subprocess.run(
        [*before, *words, *more], env=around, capture_output=True, text=True, check=False
    )


def test_a_folder_that_may_not_be_written_is_exit_code_4_before_any_work(trial, plain_user):
    trial.out.mkdir()
    trial.out.chmod(0o555)
    told = plain_user()
    assert told.returncode == 4, told.stderr
    assert re.search(r"run: cannot be written: Permission denied\.$", told.stderr, re.M)
    assert "free there" not in told.stderr  # room is not what lacks
    assert list(trial.out.iterdir()) == []
    trial.out.chmod(0o755)
    assert plain_user("--no-report").returncode == 0


def test_a_file_that_may_not_be_read_is_a_row_and_is_gated_when_it_may(trial, plain_user):
    place = trial.folder / "fcs" / "P1_W4.fcs"
    place.chmod(0)
    told = plain_user("--no-report")
    assert told.returncode == 1, told.stderr
    found = open_run(trial.out)
    failures = found.failures[["sample", "code"]].itertuples(index=False, name=None)
    assert list(failures) == [("P1_W4", "file-unreadable")]
    assert set(found.subsets.loc[found.subsets["sample"] != "P1_W4", "flag"]) == {"ok"}
    place.chmod(0o644)
    assert plain_user("--no-report").returncode == 0
    resumed = open_run(trial.out).manifest["resumed"]
    assert (resumed["reused"], resumed["gated"]) == (3, 1)


def test_a_run_needs_no_folder_for_temporary_files(bench):
    trial, warm, expected = bench
    shutil.rmtree(trial.out, ignore_errors=True)
    ended = warm.run(trial, setup="import tempfile; tempfile.tempdir = '/dev/null/none'")
    assert ended.code == 0, ended.said
    assert contents(trial.out) == expected


HUGE = re.compile(r"1,000,000,000|10\^(9|18|19)|1000000000|999999999999|18,446,744")
GREEDY = [case for case in CASES if HUGE.search(case.name)]


def test_files_that_declare_more_than_there_is_are_rows_and_the_others_are_done(trial):
    before = run_study(trial.study, trial.folder / "clean", executor="serial").subsets
    assert len(GREEDY) > 10
    for number, case in enumerate(GREEDY):
        case.write(trial.folder / "fcs").replace(trial.folder / "fcs" / f"greedy{number}.fcs")
        trial.rows.append(f"fcs/greedy{number}.fcs,G{number},G{number},W0,0,b,batch1,sample,")
    trial.sheet()
    options = {"executor": "process", "workers": 2, "memory": 1_000_000_000, "deadline": 300.0}
    found = run_study(trial.study, trial.out, **options)
    assert len(found.failures) == len(GREEDY)  # also what can be read has no gates for this panel
    assert set(found.failures["sample"]) == {f"G{number}" for number in range(len(GREEDY))}
    assert not set(found.failures["code"]) & {"out-of-memory", "worker-died", "worker-hung"}
    others = found.subsets[~found.subsets["sample"].str.startswith("G")]
    assert others.to_csv(index=False) == before.to_csv(index=False)
