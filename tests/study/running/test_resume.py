"""A run goes on from what lies in its folder: only what is missing or has changed is gated."""

from __future__ import annotations

import os
import random
import shutil

import pytest
from study.test_run_study import figures

from cytogate.errors import StoreError
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder.folder import RESULTS
from cytogate.study.run_study import run_study
from cytogate.study.running import kept, keys
from cytogate.study.running.events import GatedAgain, SampleDone
from cytogate.study.writing import manifest

SAMPLES = ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]


def gated(trial, **more):
    """Run; return the run, which samples were gated, and which were reused."""
    told = []
    found = run_study(trial.study, trial.out, **({"executor": "serial", "observe": told.append} | more))
    ends = [event for event in told if isinstance(event, SampleDone)]
    return found, [e.sample for e in ends if not e.reused], [e.sample for e in ends if e.reused]


def clean(trial) -> dict[str, str]:
    return figures(run_study(trial.study, trial.folder / "clean", executor="serial", force=True))


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What the library warns of, whatever other tests did to its loggers."""
    heard: list[str] = []
    for module in (kept, manifest):
        monkeypatch.setattr(module.log, "warning", lambda text, *words: heard.append(text % words))
    return heard


def touch(trial, name="P1_W4.fcs"):
    os.utime(trial.folder / "fcs" / name, ns=(1, 1))


def flip(trial, name="P1_W4.fcs", *, at=-5):
    """Change one byte and keep size and time of change."""
    place = trial.folder / "fcs" / name
    times = place.stat().st_mtime_ns
    raw = bytearray(place.read_bytes())
    raw[at] ^= 16
    with place.open("rb+") as file:
        file.write(raw)
    os.utime(place, ns=(times, times))


def replace_template(trial, old, new):
    trial.write("template.yaml", (trial.folder / "template.yaml").read_text().replace(old, new))


@pytest.mark.parametrize("after", [1, 3])
def test_what_was_gated_before_an_interrupt_is_not_gated_again(trial, after):
    def stop(done, *_step):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gated(trial, progress=stop)
    found, anew, reused = gated(trial)
    assert (reused, anew) == (SAMPLES[:after], SAMPLES[after:])
    assert figures(found) == clean(trial)
    assert found.manifest["resumed"] == {"reused": after, "gated": 4 - after, "notes": []}


CHANGES = {
    "one byte, with size and time kept": (flip, ["P1_W4"]),
    "a file replaced by another": (lambda t: t.tube("P1_W4.fcs", 410, seed=9), ["P1_W4"]),
    "a file touched": (touch, None),
    "a threshold": (lambda t: replace_template(t, "above: 1000", "above: 1001"), SAMPLES),
    "a limit of the study": (
        lambda t: t.write("study.yaml", t.study.read_text().replace("20}", "30}")),
        SAMPLES,
    ),
    "the seed": (lambda t: t.write("study.yaml", t.study.read_text() + "seed: 2\n"), []),
    "the clinical table": (
        lambda t: t.write("clinical.csv", (t.folder / "clinical.csv").read_text() + "P3,W0,0,1,C,1,1\n"),
        [],
    ),
    "the order of the sheet": (lambda t: t.sheet(*reversed(t.rows)), []),
    "one tube less": (lambda t: t.sheet(*t.rows[:3]), []),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_exactly_what_rests_on_a_change_is_gated_again(trial, change, expected):
    gated(trial)
    change(trial)
    found, anew, _ = gated(trial)
    assert found.up_to_date is (expected is None)
    assert anew == (expected or [])
    assert figures(found) == clean(trial)
    assert gated(trial)[0].up_to_date


@pytest.mark.parametrize(
    ("change", "n", "why"),
    [
        ("one byte, with size and time kept", 1, ("the file fcs/P1_W4.fcs",)),
        ("a threshold", 4, ("the template of panel b",)),
        ("a limit of the study", 4, ("the key 'limits' of the study file",)),
    ],
)
def test_a_run_tells_why_kept_results_do_not_serve(trial, change, n, why):
    told = []
    gated(trial)
    CHANGES[change][0](trial)
    gated(trial, observe=told.append)
    assert [event for event in told if isinstance(event, GatedAgain)] == [GatedAgain("b", n, why)]


def test_after_an_interrupted_run_it_is_not_known_what_changed(trial):
    def stop(done, *_step):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gated(trial, progress=stop)
    replace_template(trial, "above: 1000", "above: 1001")
    told = []
    gated(trial, observe=told.append)
    assert [event for event in told if isinstance(event, GatedAgain)] == [GatedAgain("b", 2)]


def test_a_run_with_force_owes_no_reason(trial):
    told = []
    gated(trial)
    replace_template(trial, "above: 1000", "above: 1001")
    gated(trial, observe=told.append, force=True)
    assert not [event for event in told if isinstance(event, GatedAgain)]


def test_a_threshold_of_one_panel_costs_the_tubes_of_that_panel(trial):
    trial.write("other.yaml", (trial.folder / "template.yaml").read_text())
    templates = "templates: {b: template.yaml, other: other.yaml}"
    study = trial.study.read_text().replace("templates: {b: template.yaml}", templates)
    trial.write("study.yaml", study.replace("of: B}", "of: B, panel: b}"))
    trial.sheet(*trial.rows[:2], *[row.replace(",b,", ",other,") for row in trial.rows[2:]])
    gated(trial)
    trial.write("other.yaml", (trial.folder / "other.yaml").read_text().replace("above: 1000", "above: 1001"))
    found, anew, reused = gated(trial)
    assert (anew, reused) == (SAMPLES[2:], SAMPLES[:2])
    assert figures(found) == clean(trial)


def test_a_new_tube_alone_is_gated(trial):
    gated(trial)
    trial.tube("P3.fcs", 300, seed=7)
    trial.sheet(*trial.rows, "fcs/P3.fcs,P3_W0,P3,W0,0,b,batch1,sample,")
    found, anew, _ = gated(trial)
    assert anew == ["P3_W0"]
    assert figures(found) == clean(trial)


def test_two_files_that_swap_their_names_are_gated_again(trial):
    gated(trial)
    fcs = trial.folder / "fcs"
    for source, target in (("P1_W0", "x"), ("P2_W0", "P1_W0"), ("x", "P2_W0")):
        (fcs / f"{source}.fcs").rename(fcs / f"{target}.fcs")
    found, anew, _ = gated(trial)
    assert anew == ["P1_W0", "P2_W0"]
    assert figures(found) == clean(trial)


def test_a_gate_moved_by_hand_costs_its_sample_alone(trial):
    template = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", template + "adjustable: [B]\n")
    gated(trial)
    sha256 = plan_study(trial.study).templates["b"].sha256
    entry = "sample: P2_W0, gate: B, change: {above: 1200}, reason: shift, author: me"
    stamp = f"time: '2026-01-01T00:00:00Z', template_sha256: {sha256}"
    trial.write("adjustments.yaml", f"- {{{entry}, {stamp}}}\n")
    trial.write("study.yaml", trial.study.read_text() + "adjustments: adjustments.yaml\n")
    found, anew, _ = gated(trial)
    assert anew == ["P2_W0"]
    assert figures(found) == clean(trial)


def test_another_version_takes_nothing_of_the_one_before(trial, monkeypatch):
    gated(trial)
    now = keys.versions()
    for module in ("running.keys", "writing.manifest", "writing.unchanged"):
        monkeypatch.setattr(f"cytogate.study.{module}.versions", lambda: now | {"numpy": "9.9"})
    assert gated(trial)[1] == SAMPLES


def test_a_plug_in_that_comes_or_goes_gates_all_again(trial, monkeypatch):
    gated(trial)
    with monkeypatch.context() as with_plug_in:
        with_plug_in.setattr("cytogate.versions.plug_ins", lambda: {"checks-of-a-laboratory": "1.0"})
        assert gated(trial)[1] == SAMPLES
        assert gated(trial)[0].up_to_date
    assert gated(trial)[1] == SAMPLES


def test_another_source_of_the_same_version_takes_nothing_of_the_one_before(trial, monkeypatch):
    gated(trial)
    for module in ("running.keys", "writing.manifest", "writing.unchanged"):
        monkeypatch.setattr(f"cytogate.study.{module}.source_sha256", lambda: "0" * 64)
    assert gated(trial)[1] == SAMPLES
    assert gated(trial)[0].up_to_date


def test_force_gates_all(trial):
    gated(trial)
    assert gated(trial, force=True)[1] == SAMPLES


def test_time_of_change_is_trusted_only_where_that_is_asked_for(trial):
    gated(trial)
    flip(trial)
    assert gated(trial, trust_mtime=True)[0].up_to_date
    assert gated(trial)[1] == ["P1_W4"]
    touch(trial)
    assert gated(trial, trust_mtime=True)[0].up_to_date  # touched, so it was read
    trial.tube("P2_W4.fcs", 410, seed=9)
    assert gated(trial, trust_mtime=True)[1] == ["P2_W4"]


def test_a_failure_of_the_file_is_kept_and_one_that_may_pass_is_not(trial, monkeypatch):
    (trial.folder / "fcs" / "P1_W0.fcs").write_bytes(b"no FCS file at all" * 20)

    def few(job):
        if job.sample == "P2_W0":
            raise MemoryError
        return ()

    monkeypatch.setattr("cytogate.study.sample.sample_job._markers", lambda job, _source: few(job) or {})
    first, _, _ = gated(trial)
    assert list(first.failures["code"]) == [first.failures["code"][0], "out-of-memory"]
    monkeypatch.undo()
    assert first.manifest["lost"] == ["P2_W0"]
    found, anew, reused = gated(trial)
    assert (anew, reused) == (["P2_W0"], ["P1_W0", "P1_W4", "P2_W4"])
    assert gated(trial)[0].up_to_date
    assert list(found.failures["sample"]) == ["P1_W0"]


def kept_file(trial, sample):
    (place,) = (trial.out / RESULTS).glob(f"sample-{sample}-*.json.z")
    return place


def damage(place, how):
    raw = bytearray(place.read_bytes())
    if how == "cut":
        raw = raw[: len(raw) // 2]
    elif how == "gone":
        place.unlink()
        return
    elif how == "empty":
        raw = bytearray()
    else:
        raw[how] ^= 4
    place.write_bytes(raw)


@pytest.mark.parametrize("how", ["cut", "gone", "empty", 0, 1000, -1])
def test_a_damaged_result_is_found_anew_with_a_note(trial, how, said):
    gated(trial)
    damage(kept_file(trial, "P1_W4"), how)
    (trial.out / "manifest.json").unlink()
    found, anew, reused = gated(trial)
    assert (anew, len(reused)) == (["P1_W4"], 3)
    assert "it is done again" in "".join(said)
    assert found.manifest["resumed"]["notes"]
    assert figures(found) == clean(trial)


@pytest.mark.parametrize("name", ["subsets.parquet", "failures.json", "gates.jsonl"])
@pytest.mark.parametrize("how", ["cut", "gone", 20])
def test_a_damaged_table_of_a_finished_run_is_written_again_without_gating(trial, name, how, said):
    found, _, _ = gated(trial)
    before = figures(found)
    place = trial.out / name
    if name == "failures.json" and how == 20:
        how = 0
    damage(place, how)
    found, anew, _ = gated(trial)
    assert anew == []
    assert f"written again: {name}" in "".join(said)
    assert figures(found) == before


def test_results_that_swap_their_files_are_found_anew(trial):
    gated(trial)
    a, b = kept_file(trial, "P1_W0"), kept_file(trial, "P2_W4")
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)
    (trial.out / "manifest.json").unlink()
    found, anew, _ = gated(trial)
    assert anew == ["P1_W0", "P2_W4"]
    assert figures(found) == clean(trial)


def test_a_damaged_line_of_the_journal_costs_what_it_told_of(trial):
    gated(trial)
    journal = trial.out / RESULTS / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    (at,) = (n for n, line in enumerate(lines) if b'"name":"P2_W0"' in line)
    lines[at] = lines[at].replace(b"P2_W0", b"P2_W1")
    journal.write_bytes(b"".join(lines))
    (trial.out / "manifest.json").unlink()
    found, anew, _ = gated(trial)
    assert anew == ["P2_W0"]
    assert figures(found) == clean(trial)
    assert "1 line is damaged" in found.manifest["resumed"]["notes"][0]


def test_without_what_is_kept_the_finished_run_stands_and_a_changed_one_is_gated(trial):
    gated(trial)
    shutil.rmtree(trial.out / RESULTS)
    assert gated(trial)[0].up_to_date
    replace_template(trial, "above: 1000", "above: 1001")
    assert gated(trial)[1] == SAMPLES


def test_results_of_tubes_that_left_the_sheet_are_taken_away(trial):
    gated(trial)
    trial.sheet(*trial.rows[:3])
    gated(trial)
    names = sorted(place.name for place in (trial.out / RESULTS).glob("sample-*"))
    assert len(names) == 3
    assert not any("P2_W4" in name for name in names)


def test_a_folder_of_the_user_under_our_name_is_refused_and_left(trial):
    gated(trial)
    shutil.rmtree(trial.out / RESULTS)
    (trial.out / RESULTS).mkdir()
    (trial.out / RESULTS / "cv.docx").write_text("mine")
    with pytest.raises(StoreError, match="resume: is not of a run, which needs this name"):
        gated(trial, force=True)
    assert [place.name for place in (trial.out / RESULTS).iterdir()] == ["cv.docx"]


def test_a_random_order_of_changes_ends_where_a_clean_run_does(trial):
    rng = random.Random(4)
    changes = [change for change, _ in CHANGES.values()]
    for _ in range(3):
        rng.choice(changes)(trial)
        found, _, _ = gated(trial)
    assert figures(found) == clean(trial)
