"""Runs that start in one folder at the same time: one writes, the others are told, and nothing is mixed."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
from collections import Counter

import pytest
from study.conftest import bend, small_trial
from study.running.warm_runs import Warm, run_words
from study.running.whole_runs import check_log, check_whole, contents, drafts

from cytogate.study.run_folder.audit import read_audit

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks"),
    pytest.mark.timeout(3600),
]
log = logging.getLogger(__name__)
NO_LOCKS = "import cytogate.platform as p; p._locked = lambda place: None"  # as on some network disks
REPEATS = [pytest.param(3, id="few"), pytest.param(100, id="many", marks=pytest.mark.soak)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A study of sixteen tubes: its run takes longer than two processes differ in their start."""
    folder = tmp_path_factory.mktemp("two")
    made = small_trial(folder)
    made.rows.clear()
    for number in range(16):
        name = f"P{number // 2 + 1}_W{4 * (number % 2)}"
        made.tube(f"{name}.fcs", 2000, seed=number)
        visit = f"W{4 * (number % 2)},{4 * (number % 2)}"
        made.rows.append(f"fcs/{name}.fcs,{name},P{number // 2 + 1},{visit},b,batch1,sample,")
    made.sheet()
    with Warm(None, made.study, folder / "warm") as warm:
        yield made, warm, contents(folder / "warm")


@pytest.mark.parametrize("setup", ["", NO_LOCKS], ids=["locks", "a file system without locks"])
@pytest.mark.parametrize("n_runs", [2, 4])
@pytest.mark.parametrize("repeats", REPEATS)
def test_of_runs_started_at_once_one_writes_and_the_others_are_told(bench, repeats, n_runs, setup):
    trial, warm, clean = bench
    found: Counter[tuple[int, ...]] = Counter()
    for _ in range(repeats):
        shutil.rmtree(trial.out, ignore_errors=True)
        ends = warm.calls(*[run_words(trial)] * n_runs, setup=setup)
        codes = tuple(sorted(ended.code for ended in ends))
        found[codes] += 1
        for ended in ends:
            if ended.code == 4:
                assert "is writing a run here. Wait for it" in ended.said
                assert f"on {socket.gethostname()}" in ended.said or "another process" in ended.said
            else:
                assert ended.code == 0, ended.said
        wrote = [ended for ended in ends if ended.code == 0 and "up to date" not in ended.said]
        assert len(wrote) == 1
        assert len(read_audit(trial.out).lines) == 1
        assert check_whole(trial.out)
        check_log(trial.out)
        assert contents(trial.out) == clean
        assert drafts(trial.out) == []
    assert found[(0, *[4] * (n_runs - 1))] > 0.9 * repeats
    log.warning("%d runs at once, %d times: exit codes %s", n_runs, repeats, dict(found))


@pytest.mark.parametrize("repeats", REPEATS)
def test_runs_of_two_studies_started_at_once_in_one_folder_are_not_mixed(bench, repeats):
    trial, warm, clean = bench
    other = bend(trial, "template.yaml", "above: 1000", "above: 1200")
    shutil.rmtree(trial.out, ignore_errors=True)
    try:
        ended = warm.run(trial)
        assert ended.code == 0, ended.said
        changed = contents(trial.out)
        template = trial.write("other/template.yaml", (trial.folder / "template.yaml").read_text())
        text = trial.study.read_text().replace("template.yaml", str(template))
    finally:
        bend(trial, "template.yaml", "above: 1200", "above: 1000")
    other = trial.write("other.yaml", text)
    wins: Counter[str] = Counter()
    for _ in range(repeats):
        shutil.rmtree(trial.out, ignore_errors=True)
        second = ["run", str(other), *run_words(trial)[2:]]
        ends = warm.calls(run_words(trial), second)
        assert sorted(ended.code for ended in ends) == [0, 4], ends
        assert check_whole(trial.out)
        mine = ends[0].code == 0
        wins["first" if mine else "second"] += 1
        tables = {name: sha256 for name, sha256 in contents(trial.out).items() if name.endswith(".parquet")}
        expected = clean if mine else changed
        assert tables == {name: expected[name] for name in tables}
    log.warning("two studies at once: %s", dict(wins))
