"""Whose a run folder is: never more than one run at once, and nothing of others is touched."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cytogate
from cytogate.errors import StoreError
from cytogate.study.hooks import KILL
from cytogate.study.run_folder.folder import LOCK, RUN_FORMAT, alone, check_folder, tidy
from cytogate.study.run_folder.growing import write_table
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.run_study import run_study

MANIFEST = {"format": RUN_FORMAT, "version": 1, "samples": {}}
PICTURES = {
    "format": "cytogate.previews",
    "version": 1,
    "plots": [{"file": "1.png"}, {"file": "../../x.png"}],
}


def write_run(folder, *, slugs=("a",), picture=b"new"):
    with RunWriter(folder) as writer:
        write_table(writer, "subsets", [])
        writer.bytes("subsets.csv", b"sample")
        for slug in slugs:
            writer.bytes(f"previews/{slug}/1.png", picture)
            writer.json(f"previews/{slug}/plots.json", PICTURES)
        writer.commit(MANIFEST)


def contents(folder) -> dict[str, bytes]:
    places = sorted(place for place in folder.rglob("*") if place.is_file())
    return {place.relative_to(folder).as_posix(): place.read_bytes() for place in places}


FOREIGN = {
    "a thesis": {"thesis.docx": "x"},
    "figures and tables named as ours": {
        "figures/my.svg": "mine",
        "report.html": "mine",
        "subsets.csv": "mine",
    },
    "a manifest of another program": {"manifest.json": '{"name": "my web app"}', "figures/a.svg": "x"},
    "a manifest that is not JSON": {"manifest.json": "{"},
    "a manifest of a newer version": {"manifest.json": json.dumps({"format": RUN_FORMAT, "version": 2})},
    "holiday pictures": {"previews/holiday.jpg": "x"},
    "previews": {"previews/a/plots.json": json.dumps(PICTURES), "previews/a/1.png": "x"},
    "a lock and an export": {LOCK: "1 x", "export/a.csv": "x"},
    "a folder aside of others": {".partial-backup/a": "x"},
    "a manifest aside of others": {".partial-1-ab/manifest.json": "{}", "a": "x"},
}


@pytest.mark.parametrize("files", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(trial, files, force):
    for name, text in files.items():
        place = trial.out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    before = contents(trial.out)
    with pytest.raises(
        StoreError,
        match=r"holds no run \(|not the manifest of a cytogate|version 2; this|read as the manifest",
    ):
        run_study(trial.study, trial.out, executor="serial", force=force)
    assert contents(trial.out) == before


def test_what_is_refused_is_named(tmp_path):
    for name in ("thesis.docx", "b", "c", "d"):
        (tmp_path / name).write_text("x")
    with pytest.raises(StoreError, match=r"is not empty and holds no run \(b, c, d ...\). Choose an empty"):
        check_folder(tmp_path)


def test_a_missing_an_empty_and_a_run_folder_are_accepted(tmp_path):
    check_folder(tmp_path / "no")
    check_folder(tmp_path)
    write_run(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    check_folder(tmp_path)


def test_a_folder_of_which_only_the_log_is_left_is_one_of_runs(tmp_path):
    (tmp_path / "audit.jsonl").write_text("")
    check_folder(tmp_path)


def test_files_of_the_user_in_a_run_folder_survive_a_new_run(tmp_path):
    write_run(tmp_path, slugs=("a", "b"), picture=b"old")
    own = {
        "notes.txt": b"mine",
        "figures/paper.svg": b"mine",
        "previews/holiday.jpg": b"mine",
        "previews/a/drawn.png": b"mine",
        "previews/other/plots.json": b'{"format": "other"}',
        "previews/torn/plots.json": b"{",
        "x.png": b"mine",
    }
    for name, content in own.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "report.html").write_text("of the old run")
    write_run(tmp_path, slugs=("a", "c"))
    found = contents(tmp_path)
    assert {name: found.pop(name) for name in own} == own
    assert sorted(found) == [
        "audit.jsonl",
        "manifest.json",
        "previews/a/1.png",
        "previews/a/plots.json",
        "previews/c/1.png",
        "previews/c/plots.json",
        "subsets.csv",
        "subsets.parquet",
    ]
    assert found["previews/a/1.png"] == b"new"
    assert not (tmp_path / "previews" / "b").exists()


@pytest.mark.parametrize(
    ("name", "is_folder", "message"),
    [
        ("subsets.csv", True, r"subsets\.csv: is a folder; the run writes a file of this name"),
        ("previews", False, r"previews: is a file; the run writes a folder of this name"),
    ],
)
def test_what_stands_in_the_way_is_named_before_the_old_run_is_touched(tmp_path, name, is_folder, message):
    with RunWriter(tmp_path) as writer:
        writer.commit(MANIFEST)
    place = tmp_path / name
    place.mkdir() if is_folder else place.write_text("mine")
    with pytest.raises(StoreError, match=message):
        write_run(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(
        ["audit.jsonl", "manifest.json", name]
    )


def test_what_a_dead_process_left_is_cleared(tmp_path):
    for name in (".partial-999999999", f".partial-{os.getppid()}-0a1b2c3d"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("half")
    (tmp_path / LOCK).write_text("999999999 here")
    write_run(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "audit.jsonl",
        "manifest.json",
        "previews",
        "subsets.csv",
        "subsets.parquet",
    ]


def test_what_was_left_beside_a_finished_run_is_cleared_unless_another_writes(tmp_path):
    write_run(tmp_path)
    left = tmp_path / ".partial-999999999-0a1b2c3d"
    left.mkdir()  # a run that was ended after it moved its manifest out of there
    with alone(tmp_path):
        tidy(tmp_path)
        assert left.exists()
    tidy(tmp_path)
    assert not [place for place in tmp_path.iterdir() if place.name.startswith(".")]
    tidy(tmp_path / "no such folder")


def test_two_threads_cannot_write_one_folder(tmp_path):
    with ThreadPoolExecutor(1) as other, RunWriter(tmp_path) as writer:
        writer.bytes("subsets.csv", b"first")
        who = rf"process {os.getpid()} on {socket.gethostname()} is writing a run here"
        with pytest.raises(StoreError, match=who):
            other.submit(write_run, tmp_path).result()
        assert (writer.aside / "subsets.csv").read_bytes() == b"first"
        writer.commit(MANIFEST)
    assert contents(tmp_path)["subsets.csv"] == b"first"
    write_run(tmp_path)


WRITER = """
import sys
from pathlib import Path
from cytogate.study.run_folder.growing import write_table
from cytogate.study.run_folder.store import RunWriter
with RunWriter(Path(sys.argv[1])) as writer:
    writer.bytes("subsets.csv", b"of the other")
    print("writing", flush=True)
    sys.stdin.readline()
    writer.commit({"format": "cytogate.run", "version": 1, "samples": {}})
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Another process that is writing a run; it ends when it reads a line."""
    environment = os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    with process:
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.kill()


def test_two_processes_cannot_write_one_folder_and_the_first_is_whole(tmp_path, elsewhere):
    who = rf"run: process {elsewhere.pid} on {socket.gethostname()} is writing a run here. Wait for it"
    with pytest.raises(StoreError, match=who):
        write_run(tmp_path / "run")
    elsewhere.communicate(b"go on\n")
    assert elsewhere.returncode == 0
    assert contents(tmp_path / "run")["subsets.csv"] == b"of the other"
    assert sorted(contents(tmp_path / "run")) == ["audit.jsonl", "manifest.json", "subsets.csv"]


@pytest.mark.skipif(os.name == "nt", reason="a lock file of Windows stays when its process dies")
def test_a_folder_whose_writer_died_can_be_written_at_once(tmp_path, elsewhere):
    elsewhere.kill()
    elsewhere.wait()
    write_run(tmp_path / "run")
    assert contents(tmp_path / "run")["subsets.csv"] == b"sample"
    assert not [entry for entry in (tmp_path / "run").iterdir() if entry.name.startswith(".")]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
def test_a_run_killed_between_the_old_and_the_new_files_can_be_done_again(trial):
    run_study(trial.study, trial.out, executor="serial")
    call = f"run_study({str(trial.study)!r}, {str(trial.out)!r}, executor='serial', force=True)"
    environment = os.environ | {KILL: "cleared:0", "PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    code = f"from cytogate.study.run_study import run_study; {call}"
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -9
    (trial.out / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds no finished run"):
        open_run(trial.out)

    def stop(*_step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(trial.study, trial.out, executor="serial", progress=stop, force=True)
    again = run_study(trial.study, trial.out, executor="serial")
    assert len(again.subsets) == 4
    assert not [entry for entry in trial.out.iterdir() if entry.name.startswith(".")]
    assert (trial.out / "notes.txt").read_text() == "mine"
