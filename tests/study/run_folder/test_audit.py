"""The audit log: a chain of lines that shows what was changed, and goes on after a torn one."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from cytogate.errors import StoreError
from cytogate.report.page import write_report
from cytogate.study.conclude import conclude_again
from cytogate.study.files.input_files import hash_file
from cytogate.study.run_folder import store
from cytogate.study.run_folder.audit import append, read_audit, record, told
from cytogate.study.run_folder.folder import AUDIT
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_study import run_study
from cytogate.study.verify import verify_run

DIGEST = "0" * 64


@pytest.fixture
def log(tmp_path):
    """A folder with a log of three lines."""
    for number in range(3):
        append(tmp_path, "run", {"manifest.json": f"{number}" * 64}, n_samples=number)
    return tmp_path


def test_each_line_carries_the_hash_of_the_one_before(log):
    read = read_audit(log)
    assert [line.entry["number"] for line in read.lines] == [1, 2, 3]
    assert [line.entry["previous"] for line in read.lines] == [
        None,
        read.lines[0].sha256,
        read.lines[1].sha256,
    ]
    assert read.broken is None
    assert (read.torn, read.notes) == ("", ())
    assert read.head == {"lines": 3, "sha256": read.lines[2].sha256}


def test_a_line_says_what_was_done_when_by_whom_and_by_which_version(log):
    entry = json.loads((log / AUDIT).read_text().splitlines()[1])
    assert (entry["format"], entry["version"], entry["act"], entry["n_samples"]) == (
        "cytogate.audit",
        1,
        "run",
        1,
    )
    assert entry["written"] == {"manifest.json": "1" * 64}
    assert entry["time"].endswith("+00:00")
    assert "@" in entry["by"]
    assert entry["cytogate"]


def test_the_last_line_that_tells_of_a_file_is_believed(log):
    append(log, "report", {"report.html": DIGEST})
    read = read_audit(log)
    assert read.written("manifest.json") == "2" * 64
    assert read.written("report.html") == DIGEST
    assert read.written("subsets.csv") is None


def test_a_bit_flipped_anywhere_breaks_the_chain_at_its_line(log):
    place = log / AUDIT
    whole = place.read_bytes()
    ends = [number for number, byte in enumerate(whole) if byte == ord("\n")]
    for at in range(len(whole)):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        read = read_audit(log)
        if at == len(whole) - 1:
            assert read.torn.startswith("line 3 ")
        else:
            assert read.broken is not None, at
            assert read.broken.number == 1 + sum(end < at for end in ends), at


@pytest.mark.parametrize(("gone", "number", "said"), [(0, 1, "beginning"), (1, 2, "lines between are gone")])
def test_a_line_taken_away_is_noticed_at_the_next(log, gone, number, said):
    place = log / AUDIT
    lines = place.read_bytes().splitlines(keepends=True)
    del lines[gone]
    place.write_bytes(b"".join(lines))
    broken = read_audit(log).broken
    assert broken is not None
    assert (broken.number, said in broken.fault) == (number, True)


def test_a_last_line_cut_at_any_byte_is_torn_and_the_next_line_tells_so(log):
    place = log / AUDIT
    whole = place.read_bytes()
    begin = whole[:-1].rindex(b"\n") + 1
    for cut in range(begin + 1, len(whole) - 1, 23):
        place.write_bytes(whole[:cut])
        read = read_audit(log)
        assert len(read.lines) == 2
        assert read.torn == f"line 3 was not written to its end ({cut - begin} bytes of it are there)"
        added = append(log, "run", {})
        assert place.read_bytes().startswith(whole[:cut] + b"\n")  # nothing is rewritten
        read = read_audit(log)
        assert (read.broken, read.torn, added.number) == (None, "", 4)
        assert read.notes == ("line 3 was not written to its end; the line after it tells so",)


def test_a_line_that_lacks_its_end_only_is_whole(log):
    place = log / AUDIT
    place.write_bytes(place.read_bytes()[:-1])
    assert read_audit(log).torn == ""
    append(log, "run", {})
    read = read_audit(log)
    assert (len(read.lines), read.broken, read.notes) == (4, None, ())


def test_a_torn_line_that_was_changed_afterwards_is_no_torn_line(log):
    place = log / AUDIT
    place.write_bytes(place.read_bytes()[:-20])
    append(log, "run", {})
    lines = place.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"run", b"ran", 1)
    place.write_bytes(b"".join(lines))
    read = read_audit(log)
    assert read.broken is not None
    assert read.broken.number == 3


def test_a_folder_without_a_log_has_an_empty_one(tmp_path):
    read = read_audit(tmp_path)
    assert (read.lines, read.head) == ((), {"lines": 0, "sha256": None})


def test_lines_added_at_once_are_one_chain(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(tmp_path, "report", {}, number_of=number), range(40)))
    read = read_audit(tmp_path)
    assert read.broken is None
    assert [line.entry["number"] for line in read.lines] == list(range(1, 41))
    assert {line.entry["number_of"] for line in read.lines} == set(range(40))


def acts(folder) -> list[str]:
    return [line.entry["act"] for line in read_audit(folder).lines]


def test_runs_and_what_is_made_of_them_are_one_history(trial):
    run_study(trial.study, trial.out, executor="serial")
    first = (trial.out / AUDIT).read_bytes()
    run_study(trial.study, trial.out, executor="serial")  # is up to date: nothing is done
    assert (trial.out / AUDIT).read_bytes() == first
    run_study(trial.study, trial.out, executor="serial", force=True)
    trial.tube("P1_W4.fcs", 300, seed=9)
    run_study(trial.study, trial.out, executor="serial")
    conclude_again(trial.out)
    write_report(open_run(trial.out), trial.out / "report.html")
    assert (trial.out / AUDIT).read_bytes().startswith(first)
    assert acts(trial.out) == ["run", "run", "resume", "stats", "report"]
    read = read_audit(trial.out)
    assert read.broken is None
    assert read.lines[2].entry["resumed"]["reused"] == 3
    assert read.lines[0].entry["n_samples"] == 4
    assert read.written("report.html") == hash_file(trial.out / "report.html")[0]
    assert read.written("manifest.json") == hash_file(trial.out / "manifest.json")[0]


def test_failures_and_adjustments_are_told(trial):
    (trial.folder / "fcs" / "P1_W4.fcs").write_bytes(b"x" * 500)
    found = run_study(trial.study, trial.out, executor="serial")
    changed = [{"sample": "P1_W0", "gate": "B", "reason": "bubble", "author": "MK", "time": "2026", "by": 1}]
    facts = told({**found.manifest, "adjustments": changed})
    assert facts["failed"] == ["P1_W4"]
    assert facts["adjustments"] == [
        {"sample": "P1_W0", "gate": "B", "reason": "bubble", "author": "MK", "time": "2026"}
    ]


def test_a_run_that_ends_between_its_line_and_its_manifest_is_done_again_and_holds(trial, monkeypatch):
    def append_and_stop(*words, **facts):
        append(*words, **facts)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", append_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run_study(trial.study, trial.out, executor="serial")
    run_study(trial.study, trial.out, executor="serial")
    assert len(acts(trial.out)) == 2
    assert verify_run(trial.out, hash_only=True).holds


def test_a_report_elsewhere_is_told_by_its_whole_path(trial, tmp_path):
    run_study(trial.study, trial.out, executor="serial")
    page = write_report(open_run(trial.out), tmp_path / "sent.html")
    assert read_audit(trial.out).written(str(page.resolve())) == hash_file(page)[0]


def test_a_folder_of_an_earlier_version_keeps_no_log(tmp_path):
    page = tmp_path / "report.html"
    page.write_text("page")
    record(tmp_path, "report", [page])
    assert not (tmp_path / AUDIT).exists()


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / AUDIT).mkdir()
    with pytest.raises(StoreError, match=r"audit\.jsonl: cannot be written"):
        append(tmp_path, "run", {})


def test_names_of_any_letters_survive(tmp_path):
    append(tmp_path, "run", {"Zelle\u0301 \ud800.csv": DIGEST})
    assert read_audit(tmp_path).lines[0].entry["written"] == {"Zelle\u0301 \ud800.csv": DIGEST}
