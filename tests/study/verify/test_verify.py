"""Verifying a run: one flipped byte anywhere in what it read and wrote is found, and named in plain words."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import cytogate
from cytogate.errors import StoreError
from cytogate.study.conclude import conclude_again
from cytogate.study.hooks import KILL
from cytogate.study.run_folder.growing import arrow_table
from cytogate.study.run_folder.tables import TABLES
from cytogate.study.run_study import run_study
from cytogate.study.verify import verify as verify_module
from cytogate.study.verify import verify_run


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of a trial and its run, that a test may damage; the study is verified where it lies now."""
    return replace(finished, folder=shutil.copytree(finished.folder, tmp_path / "trial"))


def verified(trial, **more):
    return verify_run(trial.out, study=trial.study, executor="serial", **more)


def flip(place, at: int = -20) -> None:
    content = bytearray(place.read_bytes())
    content[at] ^= 1
    place.write_bytes(content)


def contents(folder) -> dict[str, bytes]:
    return {str(place): place.read_bytes() for place in sorted(folder.rglob("*")) if place.is_file()}


def test_a_run_that_nobody_touched_holds_and_nothing_is_written(copied):
    before = contents(copied.folder)
    found = verified(copied)
    assert (found.holds, found.differences, found.notes) == (True, (), ())
    assert found.gated == ("P1_W0", "P1_W4", "P2_W0", "P2_W4")
    assert found.compared is not None
    assert found.compared.equal_bits
    assert found.compared.counts > 50
    assert found.compared.numbers > 50
    assert found.checked == {"log_lines": 1, "inputs": 4, "documents": 3, "templates": 1, "files": 24}
    assert contents(copied.folder) == before


WRITTEN = [
    *(f"{name}.parquet" for name in TABLES),
    *("subsets.csv", "subsets.xlsx", "comparisons.csv", "comparisons.xlsx"),
    *("failures.json", "matrices.json", "gates.jsonl", "fits.json"),
]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_byte_flipped_in_a_file_of_the_run_is_found(copied, name):
    if name == "failures.json":  # an empty list
        copied.out.joinpath(name).write_text("{}\n")
    else:
        flip(copied.out / name, at=copied.out.joinpath(name).stat().st_size // 2)
    found = verified(copied, hash_only=True)
    assert [(difference.link, difference.file) for difference in found.differences] == [("file", name)]
    assert "not what the run wrote" in found.differences[0].means


def test_a_file_of_the_run_that_is_gone_is_found(copied):
    (copied.out / "subsets.csv").unlink()
    (difference,) = verified(copied, hash_only=True).differences
    assert (difference.file, difference.found) == ("subsets.csv", "no file that can be read")


def test_a_byte_flipped_in_a_picture_is_found_and_files_of_others_are_not_ours(copied):
    folder = next((copied.out / "previews").iterdir())
    (folder / "drawn.png").write_bytes(b"of somebody")
    assert verified(copied, hash_only=True).holds
    flip(next(folder.glob("01-*.png")))
    (difference,) = verified(copied, hash_only=True).differences
    assert (difference.link, difference.file) == ("file", f"previews/{folder.name}")


@pytest.mark.parametrize("name", ["subsets.csv", "subsets.parquet", "previews", "previews/*"])
def test_what_is_gone_of_a_run_is_one_difference_and_written_again_by_the_next(copied, name):
    before = {place for place in copied.out.rglob("*") if "resume" not in place.parts}
    (place,) = list(copied.out.glob(name))[:1]
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    (difference,) = verified(copied, hash_only=True).differences
    assert difference.file == str(place.relative_to(copied.out))
    assert difference.found == "no file that can be read"
    assert "gone" in difference.means
    assert difference.fix.endswith(
        "or run the study again: it is written again from what is kept, without gating."
    )
    again = run_study(copied.study, copied.out, executor="serial")
    assert again.manifest["resumed"]["gated"] == 0
    assert not before - set(copied.out.rglob("*"))
    assert verified(copied, hash_only=True).holds


def test_a_changed_table_of_people_is_written_again_once_it_is_taken_away(copied):
    place = copied.out / "subsets.csv"
    place.write_text(place.read_text() + "mine")
    (difference,) = verified(copied, hash_only=True).differences
    assert "or take it away, and run the study again" in difference.fix
    assert run_study(copied.study, copied.out, executor="serial").up_to_date
    assert place.read_text().endswith("mine")
    place.unlink()
    run_study(copied.study, copied.out, executor="serial")
    assert verified(copied, hash_only=True).holds


def test_statistics_mend_another_clinical_table(copied):
    place = copied.folder / "clinical.csv"
    place.write_text(place.read_text() + "\n")
    (difference,) = verified(copied, hash_only=True).differences
    assert difference.fix.endswith("or write the statistics again: cytogate stats.")
    conclude_again(copied.out, study=copied.study)
    assert verified(copied, hash_only=True).holds


@pytest.mark.parametrize("at", [100, -20])
def test_a_byte_flipped_in_an_input_is_found_and_the_others_are_gated_again(copied, at):
    flip(copied.folder / "fcs" / "P1_W4.fcs", at)
    found = verified(copied)
    (difference,) = found.differences
    assert (difference.link, difference.file) == ("input", "fcs/P1_W4.fcs")
    assert difference.expected.startswith("SHA-256 ")
    assert difference.means == "The figures of sample P1_W4 are not of this file."
    assert found.gated == ("P1_W0", "P2_W0", "P2_W4")
    assert found.compared is not None
    assert "3 of 4 samples were gated again" in found.notes[0]


def test_an_input_that_is_gone_is_found_and_the_others_are_gated_again(copied):
    (copied.folder / "fcs" / "P1_W4.fcs").unlink()
    outcome = verified(copied)
    assert outcome.gated == ("P1_W0", "P2_W0", "P2_W4")
    (difference,) = outcome.differences
    assert (difference.file, difference.found) == ("fcs/P1_W4.fcs", "no file that can be read")


@pytest.mark.parametrize(
    ("name", "link"), [("study.yaml", "study"), ("samples.csv", "document"), ("clinical.csv", "document")]
)
def test_a_byte_flipped_in_study_or_table_is_found_and_nothing_is_gated(copied, name, link):
    flip(copied.folder / name)
    found = verified(copied)
    assert [difference.link for difference in found.differences] == [link]
    assert found.differences[0].file.endswith(name)
    assert (found.gated, found.compared) == ((), None)
    assert found.notes == ("Nothing was gated again: the study is not that of the run (see above).",)


@pytest.mark.parametrize(
    ("old", "new", "means"),
    [
        ("above: 1000", "above: 1001", "may be others"),
        ("name: tiny", "name:  tiny", "still says the same"),
        ("gates:", "gates", "may be others"),
    ],
)
def test_a_byte_changed_in_the_template_is_found_and_told_whether_it_matters(copied, old, new, means):
    place = copied.folder / "template.yaml"
    place.write_text(place.read_text().replace(old, new, 1))
    (difference,) = verified(copied).differences
    assert (difference.link, difference.file) == ("template", "template.yaml (panel b)")
    assert means in difference.means


def test_a_byte_flipped_in_the_matrix_of_a_template_is_found(trial):
    matrix = trial.write("spill.csv", "B530-A,V610-A\n1,0.2\n0.1,1\n")
    template = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", template.replace("compensation: none", "compensation: spill.csv"))
    run_study(trial.study, trial.out, executor="serial")
    flip(matrix, at=-3)
    (difference,) = verified(trial).differences
    assert difference.file == "spill.csv (matrix of panel b)"


def test_any_bit_flipped_in_the_log_is_found(copied):
    place = copied.out / "audit.jsonl"
    whole = place.read_bytes()
    for at in range(0, len(whole) - 1, 97):
        flip(place, at)
        first = verified(copied, hash_only=True).differences[0]
        assert (first.link, first.file) == ("log", "audit.jsonl"), at
        assert "line 1 of 1" in first.found
        place.write_bytes(whole)


def test_a_log_whose_lines_are_gone_is_found(copied):
    run_study(copied.study, copied.out, executor="serial", force=True)
    place = copied.out / "audit.jsonl"
    first, second = place.read_bytes().splitlines(keepends=True)
    for left, link in ((first, "manifest"), (second, "log"), (b"", "log")):
        place.write_bytes(left)
        assert verified(copied, hash_only=True).differences[0].link == link


def test_a_torn_last_line_of_the_log_is_a_note(copied):
    with (copied.out / "audit.jsonl").open("ab") as file:
        file.write(b'{"format": "cytogate.au')
    found = verified(copied, hash_only=True)
    assert found.holds
    assert "line 2 was not written to its end" in found.notes[0]


def test_a_byte_flipped_in_the_manifest_is_found_by_the_log(copied):
    place = copied.out / "manifest.json"
    place.write_text(place.read_text().replace('"seed": 1', '"seed": 2'))
    (difference,) = verified(copied, hash_only=True).differences
    assert (difference.link, difference.file) == ("manifest", "manifest.json")


def test_statistics_written_again_hold_with_the_log_going_on(copied):
    study = copied.study.read_text()
    copied.write("study.yaml", study.replace("statistics: []", "statistics: [paired_change]"))
    conclude_again(copied.out, copied.study)
    found = verified(copied)
    assert (found.differences, found.checked["log_lines"]) == ((), 2)
    acts = [json.loads(line)["act"] for line in (copied.out / "audit.jsonl").read_text().splitlines()]
    assert acts == ["run", "stats"]


def test_statistics_written_by_another_study_file_are_verified_by_that(copied):
    study = copied.study.read_text()
    copied.write("other.yaml", study.replace("statistics: []", "statistics: [paired_change]"))
    conclude_again(copied.out, copied.folder / "other.yaml")
    assert verify_run(copied.out, executor="serial", hash_only=True).differences == ()


def forged(folder, name: str, column: str, change) -> None:
    """Write a table with one figure changed, and hashes that fit: only gating again can tell."""
    place = folder / f"{name}.parquet"
    rows = pq.read_table(place).to_pylist()
    rows[1][column] = change(rows[1][column])
    pq.write_table(arrow_table(name, rows), place)


@pytest.mark.parametrize(
    ("name", "column", "change", "place"),
    [
        ("populations", "count", lambda count: count + 1, "P1_W0, /Cells/B: count"),
        ("intensities", "value", lambda value: value * (1 + 1e-15), "P1_W0, /Cells, V610-A, median: value"),
        (
            "subsets",
            "percent",
            lambda percent: percent + 1e-9,
            "P1_W4, P1, W4, memory, /Cells/B/Memory: percent",
        ),
    ],
)
def test_a_figure_changed_with_care_is_found_by_gating_again(copied, name, column, change, place):
    forged(copied.out, name, column, change)
    found = verified(copied)
    of_figures = [difference for difference in found.differences if difference.link == "figures"]
    assert [(difference.file, difference.expected.split(": ")[:2]) for difference in of_figures] == [
        (f"{name}.parquet", place.split(": "))
    ]
    assert of_figures[0].expected.endswith("(in the run)")
    assert of_figures[0].found.endswith("(gated again)")


def test_what_cleaning_found_is_gated_again_too(copied):
    place = copied.out / "cleaning.json"
    told = json.loads(place.read_text())
    place.write_text(json.dumps({**told, "remove": ["signal"]}))
    of_figures = [entry for entry in verified(copied).differences if entry.link == "figures"]
    assert [entry.file for entry in of_figures] == ["cleaning.json"]


def test_one_sample_is_gated_with_the_fits_of_the_run(copied):
    found = verified(copied, samples=["P2_W0"])
    assert (found.differences, found.gated) == ((), ("P2_W0",))
    forged(copied.out, "populations", "count", lambda count: count + 1)  # of another sample
    found = verified(copied, samples=["P2_W0"])
    assert [difference.link for difference in found.differences] == ["file"]
    found = verified(copied, samples=["P1_W0"])
    assert [difference.link for difference in found.differences] == ["file", "figures"]


def test_on_another_kind_of_machine_numbers_may_differ_in_the_last_digits(copied, monkeypatch):
    monkeypatch.setattr(verify_module, "machine", lambda: {"processor": "another"})
    forged(copied.out, "intensities", "value", lambda value: value * (1 + 1e-15))
    found = verified(copied)
    assert [difference.link for difference in found.differences] == ["file"]
    assert found.compared is not None
    assert 0 < found.compared.largest < 1e-14
    assert "another kind of machine" in found.notes[0]


def test_other_versions_are_told_and_are_no_difference(copied, monkeypatch):
    now = verify_module.versions()
    monkeypatch.setattr(verify_module, "versions", lambda: now | {"numpy": "9.9"})
    found = verified(copied, hash_only=True)
    assert found.holds
    assert found.notes[0] == f"Other versions than the run's: numpy {now['numpy']} then, 9.9 now."


def test_a_run_of_an_earlier_version_is_judged_by_what_it_kept(copied):
    place = copied.out / "manifest.json"
    manifest = json.loads(place.read_text())
    for name in ("audit", "files", "machine", "source_sha256", "libraries"):
        del manifest[name]
    del manifest["templates"]["b"]["file_sha256"]
    place.write_text(json.dumps(manifest))
    (copied.out / "audit.jsonl").unlink()
    found = verified(copied)
    assert found.holds
    assert len(found.gated) == 4
    assert [note.split(":")[0] for note in found.notes[:2]] == [
        "The run is of a version that kept no audit log",
        "The run is of a version that kept no hashes of its tables",
    ]


def test_a_tube_that_failed_fails_again_for_the_same_reason(trial):
    (trial.folder / "fcs" / "P1_W4.fcs").write_bytes(b"x" * 500)
    run_study(trial.study, trial.out, executor="serial")
    found = verified(trial)
    assert (found.differences, len(found.gated)) == ((), 4)


def test_a_tube_that_the_run_could_not_read_and_is_there_now_is_told(copied):
    place = copied.out / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["inputs"]["P1_W4"] |= {"sha256": None, "bytes": None}
    place.write_text(json.dumps(manifest))
    found = verified(copied, hash_only=True).differences
    assert found[-1].means == "The run could not read the file of sample P1_W4; now it can be read."
    assert found[-1].expected == "no file that can be read"


def test_a_part_of_a_study_is_verified_as_that_part(trial):
    run_study(trial.study, trial.out, executor="serial", shard=(1, 2))
    found = verified(trial)
    assert found.differences == ()
    assert 0 < len(found.gated) < 4


def test_a_manifest_that_names_a_file_outside_is_not_followed(copied):
    place = copied.out / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["files"]["../study.yaml"] = manifest["study_sha256"]
    manifest["inputs"]["P1_W4"]["file"] = "../P1_W4.fcs"
    place.write_text(json.dumps(manifest))
    found = {difference.file: difference.found for difference in verified(copied, hash_only=True).differences}
    assert found["../study.yaml"] == found["../P1_W4.fcs"] == "no file that can be read"


def killed(stage: str, call: str) -> None:
    """Call a function of the library in a process that is killed at a stage."""
    environment = os.environ | {KILL: f"{stage}:0", "PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    ended = subprocess.run([sys.executable, "-c", call], env=environment, check=False)
    assert ended.returncode == -9


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize(("stage", "lines"), [("rename", 1), ("cleared", 2), ("logged", 3), ("renamed", 2)])
def test_a_run_killed_while_it_ends_holds_when_it_is_run_again(copied, stage, lines):
    before = (copied.out / "audit.jsonl").read_bytes()
    words = f"{str(copied.study)!r}, {str(copied.out)!r}, executor='serial', force=True"
    killed(stage, f"from cytogate.study.run_study import run_study; run_study({words})")
    run_study(copied.study, copied.out, executor="serial")
    found = verified(copied, hash_only=True)
    assert (found.differences, found.checked["log_lines"]) == ((), lines)
    assert (copied.out / "audit.jsonl").read_bytes().startswith(before)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
def test_statistics_that_were_not_written_to_their_end_are_found_and_written_again(copied):
    study = copied.study.read_text()
    copied.write("study.yaml", study.replace("statistics: []", "statistics: [paired_change]"))
    words = f"{str(copied.out)!r}, {str(copied.study)!r}"
    killed("amended", f"from cytogate.study.conclude import conclude_again; conclude_again({words})")
    links = {(difference.link, difference.file) for difference in verified(copied).differences}
    assert ("file", "comparisons.parquet") in links
    conclude_again(copied.out, copied.study)
    assert verified(copied, hash_only=True).holds


def test_a_folder_without_a_run_and_an_unknown_sample_are_refused(copied, tmp_path):
    with pytest.raises(StoreError, match="holds no finished run"):
        verify_run(tmp_path)
    with pytest.raises(StoreError, match=r"no sample 'P1_W5'. .*P1_W4"):
        verified(copied, samples=["P1_W5"])


def test_a_table_that_is_no_table_any_more_is_told_and_the_others_are_compared(copied):
    (copied.out / "populations.parquet").write_bytes(b"")
    found = verified(copied)
    assert [(difference.link, difference.file) for difference in found.differences] == [
        ("file", "populations.parquet")
    ]
    assert len(found.gated) == 4
