"""The run folder: all or nothing, and nothing of others."""

from __future__ import annotations

import json
import math
import os
import re
import shutil

import pyarrow.parquet as pq
import pytest

from cytogate.errors import StoreError
from cytogate.study.run_folder import store
from cytogate.study.run_folder.folder import LOCK, RUN_FORMAT, check_folder, read_manifest
from cytogate.study.run_folder.growing import arrow_table, write_table
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_folder.store import RunWriter, json_text
from cytogate.study.run_folder.tables import SUBSETS, TABLES

MANIFEST = {"format": RUN_FORMAT, "version": 1, "samples": {}}


def subset_row(**more):
    return dict.fromkeys(SUBSETS) | {"sample": "s", "count": 3, "percent": 1.5, "adjusted": False} | more


def write_run(folder, rows=()):
    with RunWriter(folder) as writer:
        for name in TABLES:
            write_table(writer, name, rows if name == "subsets" else [])
        writer.json("failures.json", [])
        writer.commit(MANIFEST)


def interrupted_run(folder):
    with RunWriter(folder) as writer:
        writer.bytes("previews/a/1.png", b"x")
        write_table(writer, "subsets", [])
        raise KeyboardInterrupt


def test_nothing_shows_before_the_commit_and_nothing_is_left_aside_after_it(tmp_path):
    folder = tmp_path / "deep" / "run"
    with RunWriter(folder) as writer:
        writer.bytes("previews/a/1.png", b"x")
        assert sorted(entry.name for entry in folder.iterdir()) == [LOCK, writer.aside.name]
        assert re.fullmatch(rf"\.partial-{os.getpid()}-[0-9a-f]{{8}}", writer.aside.name)
        writer.commit(MANIFEST)
    assert sorted(entry.name for entry in folder.iterdir()) == ["audit.jsonl", "manifest.json", "previews"]


def test_a_run_that_fails_leaves_no_trace(tmp_path):
    folder = tmp_path / "deep" / "run"
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["failures.json", "previews/a/1.png"])
def test_a_folder_that_vanished_does_not_come_back_in_part(tmp_path, name):
    with RunWriter(tmp_path / "run") as writer:
        writer.bytes("previews/a/0.png", b"x")
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(StoreError, match=rf"run/{name}: cannot be written: No such file or directory"):
            writer.bytes(name, b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_the_earlier_one_untouched(tmp_path):
    write_run(tmp_path, [subset_row()])
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(tmp_path)
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_a_new_run_replaces_the_tables_and_what_was_made_from_them(tmp_path):
    write_run(tmp_path, [subset_row()])
    (tmp_path / "report.html").write_text("old")
    before = (tmp_path / "audit.jsonl").read_bytes()
    write_run(tmp_path)
    assert not (tmp_path / "report.html").exists()
    after = (tmp_path / "audit.jsonl").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == before.count(b"\n") + 1
    assert len(open_run(tmp_path).subsets) == 0


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(StoreError, match="is a file; a run needs a folder"):
        check_folder(tmp_path / "run")
    with pytest.raises(StoreError, match="is a file, or lies below one"):
        read_manifest(tmp_path / "run" / "deeper")
    with pytest.raises(StoreError, match=r"cannot be written"), RunWriter(tmp_path / "run" / "deeper"):
        pass


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_leave_to_write_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written: Permission denied"), RunWriter(tmp_path / "run"):
        pass


def test_a_full_disk_is_named_with_the_space_left_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(StoreError, match=r"run: cannot be written: No space left on device. .* GB are free"),
        RunWriter(tmp_path / "run") as writer,
    ):
        writer.commit(MANIFEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_their_columns_kinds_and_page_checksums(tmp_path, name):
    write_run(tmp_path)
    schema = pq.read_schema(tmp_path / f"{name}.parquet")
    kinds = {"text": "string", "whole": "int64", "real": "double", "yes_no": "bool"}
    assert {field.name: str(field.type) for field in schema} == {c: kinds[k] for c, k in TABLES[name].items()}
    assert schema.metadata[b"format"] == f"cytogate.{name}".encode()


def test_a_flipped_bit_in_a_table_is_noticed(tmp_path):
    write_run(tmp_path, [subset_row(sample=f"s{n}") for n in range(500)])
    place = tmp_path / "subsets.parquet"
    raw = bytearray(place.read_bytes())
    for at in range(40, 400, 8):
        raw[at] ^= 1
    place.write_bytes(raw)
    with pytest.raises(StoreError, match=r"subsets.parquet: cannot be read: .*--force"):
        len(open_run(tmp_path).subsets)


def test_counts_are_integers_and_missing_ones_are_null(tmp_path):
    write_run(tmp_path, [subset_row(), subset_row(count=None, percent=None)])
    counts = open_run(tmp_path).subsets["count"]
    assert str(counts.dtype) == "Int64"
    assert counts.isna().tolist() == [False, True]


def test_a_folder_without_a_finished_run_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match=r"there is no such folder. Make one with: cytogate run"):
        open_run(tmp_path / "no")
    with pytest.raises(StoreError, match=r"holds no finished run \(no manifest.json\)"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as the manifest"),
        ("[]", "not the manifest of a cytogate run"),
        (json.dumps({"format": "other"}), "not the manifest of a cytogate run"),
        (
            json.dumps({"format": RUN_FORMAT, "version": 2}),
            "version 2; this cytogate reads version 1. Update it",
        ),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(tmp_path, content, message):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(StoreError, match=message):
        open_run(tmp_path)


def test_a_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(_stream, _data: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_json", full)
    with (
        pytest.raises(StoreError, match=r"run/fits.json: cannot be written: No space left on device"),
        RunWriter(tmp_path / "run") as writer,
    ):
        writer.json("fits.json", {})
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_json_lacks_are_written_as_text_and_null():
    odd = {"low": float("-inf"), "high": [float("inf"), (1.5, float("nan"))], "n": 3, "ok": True}
    assert json.loads(json_text(odd)) == {"low": "-inf", "high": ["inf", [1.5, None]], "n": 3, "ok": True}
    assert json_text({"a": 1.5}, indent=1) == '{\n "a": 1.5\n}'


@pytest.mark.parametrize(
    "data", [{}, [], "é\udc80", {"a": [1, {"b": (2.5, None)}], "long": ["x" * 9] * 99}, {"a": [1, math.nan]}]
)
def test_json_that_is_written_bit_by_bit_is_that_of_one_text(tmp_path, data):
    with RunWriter(tmp_path / "run") as writer:
        writer.json("fits.json", data)
        assert (writer.aside / "fits.json").read_bytes() == f"{json_text(data, indent=1)}\n".encode()


def test_text_that_utf8_lacks_comes_back_from_json():
    text = json_text({"label": "a\udc80 é"})
    assert text.encode() == b'{"label": "a\\udc80 \xc3\xa9"}'
    assert json.loads(text) == {"label": "a\udc80 é"}


@pytest.mark.parametrize(
    "wrong", [{"count": 2**70}, {"count": "three"}, {"sample": "\udc80"}, {"percent": object()}]
)
def test_a_value_that_its_column_cannot_hold_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"subsets: |surrogates"):
        arrow_table("subsets", [subset_row(**wrong)])
    assert arrow_table("subsets", [subset_row()]).num_rows == 1
