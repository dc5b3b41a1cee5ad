"""What is kept and is damaged, at every byte of it, and inputs that change while a run reads them."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from study.conftest import small_trial
from study.running.test_resume import clean, gated
from study.running.warm_runs import Warm
from study.running.whole_runs import check_log, check_whole, contents, drafts
from study.test_run_study import figures

from cytogate.study.files.input_files import hash_file
from cytogate.study.run_folder.folder import RESULTS
from cytogate.study.running.kept import JOURNAL, Kept
from cytogate.study.sample import sample_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)
pytestmark = pytest.mark.timeout(3600)
CONTENT = {"counts": [1, 2, 3], "text": "B/Memory"}


@pytest.fixture
def piece(tmp_path) -> Path:
    """A small kept piece."""
    kept = Kept(tmp_path)
    kept.write()
    kept.put("sample", "P1", "key", CONTENT)
    kept.close()
    (place,) = (tmp_path / RESULTS).glob("sample-*")
    return place


def ask(piece: Path) -> tuple[object, list[str]]:
    kept = Kept(piece.parents[1])
    return kept.get("sample", "P1", "key"), kept.notes


def test_a_kept_piece_with_any_bit_flipped_or_cut_anywhere_is_none_and_is_noted(piece):
    whole = piece.read_bytes()
    assert ask(piece) == (CONTENT, [])
    for at in range(len(whole)):
        for damaged in (
            *(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for bit in range(8)),
            whole[:at],
        ):
            piece.write_bytes(damaged)
            found, notes = ask(piece)
            assert found is None
            assert "it is done again" in notes[0]
    for more in (whole + b"\0", whole * 2, b"\0" * len(whole)):
        piece.write_bytes(more)
        assert ask(piece)[0] is None


def test_a_kept_piece_under_the_name_or_key_of_another_is_none(piece):
    kept = Kept(piece.parents[1])
    assert kept.get("sample", "P1", "another key") is None
    assert kept.get("sample", "P2", "key") is None
    assert kept.notes == []  # nothing is damaged: it was never asked for


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[tuple[object, Warm, dict[str, str], Path]]:
    """A study of one tube whose run was ended before its tables were written: its journal is short."""
    folder = tmp_path_factory.mktemp("damage")
    made = small_trial(folder)
    made.sheet(made.rows[0])
    with Warm(None, made.study, folder / "warm") as warm:
        began = folder / "began"
        shutil.copytree(folder / "warm", began)
        (began / "manifest.json").unlink()
        yield made, warm, contents(folder / "warm"), began


def torn(whole: bytes, at: int) -> bytes:
    return whole[:at]


def flipped(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="forks")
@pytest.mark.parametrize("damaged", [torn, flipped])
@pytest.mark.parametrize(
    "step", [pytest.param(150, id="some"), pytest.param(3, id="each", marks=pytest.mark.soak)]
)
def test_a_run_goes_on_from_a_journal_damaged_at_any_byte(bench, step, damaged):
    trial, warm, expected, began = bench
    whole = (began / RESULTS / JOURNAL).read_bytes()
    anew = 0
    points = range(step // 2, len(whole), step)
    for at in points:
        shutil.rmtree(trial.out, ignore_errors=True)
        shutil.copytree(began, trial.out)
        (trial.out / RESULTS / JOURNAL).write_bytes(damaged(whole, at))
        ended = warm.run(trial)
        assert ended.code == 0, ended
        assert check_whole(trial.out)
        check_log(trial.out)
        assert contents(trial.out) == expected
        assert drafts(trial.out) == []
        anew += "0 gated now" not in ended.said
    assert anew
    log.warning(
        "journal of %d bytes %s at %d: gated again %d times", len(whole), damaged.__name__, len(points), anew
    )


# --- inputs that change while they are read


def append(place: Path) -> None:
    with place.open("ab") as file:
        file.write(b"x" * 100)


def truncate(place: Path) -> None:
    os.truncate(place, place.stat().st_size // 2)


def change(place: Path) -> None:
    with place.open("rb+") as file:
        file.seek(-50, os.SEEK_END)
        file.write(b"\x40" * 16)


def replace(place: Path) -> None:
    other = place.with_name("other.fcs")
    other.write_bytes(place.read_bytes()[:-9] + bytes(9))
    other.replace(place)


def remove(place: Path) -> None:
    place.unlink()


DAY = {("read", append), ("resolve", truncate), ("gate", change), ("gate", remove), ("draw", replace)}
MEANWHILE = [
    pytest.param(stage, how, marks=() if (stage, how) in DAY else pytest.mark.soak)
    for stage in ("read", "resolve", "gate", "draw")
    for how in (append, truncate, change, replace, remove)
]


@pytest.mark.parametrize(("stage", "how"), MEANWHILE)
def test_a_file_that_changes_while_it_is_gated_is_a_row_and_is_gated_by_the_next_run(
    trial, monkeypatch, stage, how
):
    place = trial.folder / "fcs" / "P1_W4.fcs"
    before = place.read_bytes()
    enter = sample_job.fault_point

    def meanwhile(name: str, number: int) -> None:
        enter(name, number)
        if (name, number) == (stage, 1):
            how(place)

    monkeypatch.setattr(sample_job, "fault_point", meanwhile)
    found, _, _ = gated(trial)
    monkeypatch.undo()
    codes = list(found.failures[["sample", "code"]].itertuples(index=False, name=None))
    if stage == "read" and how in (append, change, replace):
        assert codes == []  # it was another file before anything of it was read
        assert found.manifest["inputs"]["P1_W4"]["sha256"] == hash_file(place)[0]
    else:
        assert [sample for sample, _ in codes] == ["P1_W4"]
    assert all(found.subsets[found.subsets["sample"] != "P1_W4"]["flag"] == "ok")
    place.write_bytes(before)
    after, anew, _ = gated(trial)
    assert anew == ["P1_W4"]
    assert figures(after) == clean(trial)
