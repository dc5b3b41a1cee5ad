from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cytogate.cli.run import command as run_command
from cytogate.study.running.executors import EXECUTORS

if TYPE_CHECKING:
    from pathlib import Path

SUBSETS = ("DN", "switched_memory", "activated_naive", "transitional", "helios_treg")


@pytest.fixture
def own_trial(trial: Path, tmp_path: Path) -> Path:
    """A copy of the trial that a test may damage."""
    return shutil.copytree(trial, tmp_path / "trial")


def test_run_prints_a_line_for_every_subset_and_where_the_report_is(call, trial, tmp_path):
    out = tmp_path / "out"
    outcome = call("run", trial / "study.yaml", "--out", out, "--executor", "serial")
    assert outcome.code == 0
    assert "warning" not in outcome.err
    lines = outcome.out.splitlines()
    assert lines[:2] == ["24 tubes: 24 gated, 0 failed", ""]
    assert lines[2].split()[:4] == ["subset", "of", "samples", "failed"]
    assert [line.split()[0] for line in lines[3:8]] == list(SUBSETS)
    assert all(line.split()[2:4] == ["12", "0"] for line in lines[3:8])
    assert lines[9].startswith("samples     24 gated now, in ")
    assert " events/s, " in lines[10]
    assert lines[11].startswith("memory      at most ")
    assert lines[-1] == f"report      {out / 'report.html'}"
    assert (out / "report.html").stat().st_size > 0
    assert (out / "manifest.json").is_file()


def test_run_of_the_same_study_again_gates_nothing(call, trial, run_folder):
    page = run_folder / "report.html"
    before = page.stat().st_mtime_ns
    outcome = call("run", trial / "study.yaml", "--out", run_folder)
    assert outcome.code == 0
    assert "up to date" in outcome.err
    assert outcome.out.splitlines()[0] == "24 tubes: 24 gated earlier, 0 failed"
    assert page.stat().st_mtime_ns == before


def test_the_summary_has_the_order_of_the_study_whichever_tube_comes_first(call, own_trial, tmp_path):
    sheet = own_trial / "samples.csv"
    header, *rows = sheet.read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.startswith("fcs/P1_")]
    rows.sort(key=lambda row: "_T.fcs" not in row)
    sheet.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    words = ("--out", tmp_path / "out", "--executor", "serial", "--no-report")
    lines = call("run", own_trial / "study.yaml", *words).out.splitlines()
    assert [line.split()[0] for line in lines[3:8]] == list(SUBSETS)


def test_run_without_report_writes_none(call, trial, tmp_path):
    outcome = call("run", trial / "study.yaml", "--out", tmp_path, "--executor", "serial", "--no-report")
    assert outcome.code == 0
    assert not (tmp_path / "report.html").exists()
    assert "report  " not in outcome.out


def test_dry_run_lists_what_would_be_gated_and_writes_nothing(call, trial, tmp_path):
    outcome = call("run", trial / "study.yaml", "--out", tmp_path / "out", "--dry-run")
    assert outcome.code == 0
    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[0] == ["sample", "panel", "template", "file"]
    assert ["P1_W0_B", "bcell", "sle_bcell", "fcs/P1_W0_B.fcs"] in lines
    assert len(lines) == 1 + 24
    assert not (tmp_path / "out").exists()


def test_dry_run_says_how_many_tubes_are_kept_and_gates_none(call, trial, run_folder):
    def said(*more):
        return call("run", trial / "study.yaml", "--out", run_folder, "--dry-run", *more).err

    before = {place: place.read_bytes() for place in run_folder.rglob("*") if place.is_file()}
    assert said() == "24 of 24 tubes kept, 0 to be gated\n"
    assert said("--shard", "1/2") == "12 of 12 tubes kept, 0 to be gated\n"
    assert said("--force") == ""
    assert {place: place.read_bytes() for place in run_folder.rglob("*") if place.is_file()} == before


def test_dry_run_of_a_changed_study_does_not_count_on_results_that_may_not_serve(call, own_trial, tmp_path):
    words = ("run", own_trial / "study.yaml", "--out", tmp_path / "out", "--no-report")
    assert call(*words, "--executor", "serial").code == 0
    (own_trial / "fcs" / "P1_W24_B.fcs").write_bytes((own_trial / "fcs" / "P1_W0_B.fcs").read_bytes())
    foreseen = call(*words, "--dry-run").err.splitlines()[-1]
    assert foreseen == (
        "12 of 24 tubes kept, 1 to be gated, "
        "11 of panel bcell not known before its scales and cuts are found anew"
    )
    ran = call(*words, "--executor", "serial")
    assert " of panel bcell " in ran.err
    assert "changed since the last finished run: the file fcs/P1_W24_B.fcs" in ran.err


def test_dry_run_of_a_shard_lists_its_tubes_alone(call, trial, tmp_path):
    def listed(*shard):
        outcome = call("run", trial / "study.yaml", "--out", tmp_path / "out", "--dry-run", *shard)
        return {line.split()[0] for line in outcome.out.splitlines()[1:]}

    first, second = listed("--shard", "1/2"), listed("--shard", "2/2")
    assert first | second == listed()
    assert not first & second


def test_a_damaged_tube_is_named_and_costs_only_its_own_row(call, own_trial, tmp_path):
    tube = own_trial / "fcs" / "P2_W24_B.fcs"
    tube.write_bytes(tube.read_bytes()[:-5000])
    outcome = call("run", own_trial / "study.yaml", "--out", tmp_path / "out", "--executor", "serial")
    assert outcome.code == 1
    (line,) = [line for line in outcome.err.splitlines() if line.startswith("failed: ")]
    assert line.startswith("failed: P2_W24_B (read): fcs/P2_W24_B.fcs: ")
    assert line.count("fcs/P2_W24_B.fcs") == 1
    assert outcome.out.splitlines()[0] == "24 tubes: 23 gated, 1 failed"
    dn = next(line for line in outcome.out.splitlines() if line.startswith("DN "))
    assert dn.split()[2:4] == ["11", "1"]
    assert (tmp_path / "out" / "report.html").is_file()


def test_what_to_do_is_said_once_for_each_tube_that_failed(call, own_trial, tmp_path):
    (own_trial / "fcs" / "P1_W0_B.fcs").write_bytes(b"")
    shutil.copy(own_trial / "fcs" / "P2_W0_T.fcs", own_trial / "fcs" / "P2_W0_B.fcs")
    outcome = call("run", own_trial / "study.yaml", "--out", tmp_path / "out", "--executor", "serial")
    lines = [line for line in outcome.err.splitlines() if line.startswith("failed: ")]
    assert len(lines) == 2
    rows = json.loads((tmp_path / "out" / "failures.json").read_text(encoding="utf-8"))
    for line, row in zip(lines, rows, strict=True):
        assert line.count(row["fix"].split(". ")[0]) == 1
        assert line.count(row["file"]) == 1
    assert all(row["fix"] and row["fix"] not in row["message"] for row in rows)
    assert all(row["message"].startswith(row["file"]) for row in rows)


def test_check_counts_the_tubes_that_will_fail(call, own_trial):
    (own_trial / "fcs" / "P1_W0_B.fcs").write_bytes(b"")
    truncated = own_trial / "fcs" / "P3_W0_B.fcs"
    truncated.write_bytes(truncated.read_bytes()[:-5000])
    shutil.copy(own_trial / "fcs" / "P2_W0_T.fcs", own_trial / "fcs" / "P2_W0_B.fcs")
    outcome = call("check", own_trial / "study.yaml")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "3 of 24 tubes will fail."
    assert "fine" not in outcome.out
    lines = [line for line in outcome.err.splitlines() if line.startswith("will fail: ")]
    assert [line.split(",")[1].split(":")[0] for line in lines] == [
        " sample P1_W0_B",
        " sample P2_W0_B",
        " sample P3_W0_B",
    ]
    report = json.loads(call("check", own_trial / "study.yaml", "--json").out)
    assert (len(report["failing"]), report["problems"]) == (3, [])


def test_a_control_that_cannot_be_read_is_warned_of_by_check_and_run_alike(call, own_trial, tmp_path):
    (own_trial / "fcs" / "FMO CD27.fcs").write_bytes(b"<html>")
    sheet = own_trial / "samples.csv"
    header, *rows = sheet.read_text(encoding="utf-8").splitlines()
    told = {"file": "fcs/FMO CD27.fcs", "sample": "F", "panel": "bcell", "role": "fmo", "control_for": "CD27"}
    columns = [*header.split(","), *(name for name in told if name not in header.split(","))]
    more = "," * (len(columns) - len(header.split(",")))
    rows = [f"{row}{more}" for row in rows if row.startswith("fcs/P1_")]
    rows.append(",".join(told.get(name, "") for name in columns))
    sheet.write_text("\n".join([",".join(columns), *rows]) + "\n", encoding="utf-8")

    def warned(*words):
        outcome = call(*words)
        assert outcome.code == 0
        return [line for line in outcome.err.splitlines() if "control F: cannot serve: fcs/FMO CD27" in line]

    run = ("run", own_trial / "study.yaml", "--out", tmp_path / "out", "--executor", "serial", "--no-report")
    (said,) = warned("check", own_trial / "study.yaml")
    assert warned(*run) == [said]
    assert warned(*run) == [said]  # up to date
    assert call("stats", tmp_path / "out", "--no-report").code == 0
    assert warned(*run) == [said]


def test_what_several_tubes_have_in_common_is_said_once(call, own_trial, tmp_path):
    tubes = ["P1_W0_B", "P1_W24_B", "P2_W0_B"]
    for tube in tubes:
        (own_trial / "fcs" / f"{tube}.fcs").write_bytes(b"<html>")
    checked = call("check", own_trial / "study.yaml")
    assert checked.out.splitlines()[-1] == "3 of 24 tubes will fail."
    ran = call("run", own_trial / "study.yaml", "--out", tmp_path / "out", "--executor", "serial")
    for outcome, start in ((checked, "will fail: "), (ran, "failed: ")):
        lines = outcome.err.splitlines()
        (at,) = [number for number, line in enumerate(lines) if line.startswith(start)]
        assert tubes[0] in lines[at]
        assert lines[at + 1] == "  the same for 2 other tubes: P1_W24_B, P2_W0_B"


def test_check_of_the_trial_has_nothing_to_warn_of(call, trial):
    assert call("check", trial / "study.yaml").err == ""


def test_stats_are_written_again_without_gating(call, own_trial, tmp_path):
    out = tmp_path / "out"
    assert (
        call("run", own_trial / "study.yaml", "--out", out, "--executor", "serial", "--no-report").code == 0
    )
    gates = (out / "gates.jsonl").read_bytes()
    text = (own_trial / "study.yaml").read_text(encoding="utf-8")
    (own_trial / "study.yaml").write_text(text.replace("friedman", "page_trend"), encoding="utf-8")
    outcome = call("stats", out)
    assert outcome.code == 0
    header, *lines = outcome.out.splitlines()[2:]
    assert header.split() == ["measure", "contrast", "n", "change", "interval", "p", "least", "p", "q"]
    assert [line.split()[0] for line in lines[: len(SUBSETS)]] == list(SUBSETS)
    assert "Above: the primary test of each family alone. All rows: --all" in outcome.out
    assert (out / "report.html").is_file()
    every = call("stats", out, "--all", "--no-report").out.splitlines()
    assert len(every[3 : every.index("", 3)]) == int(every[0].split()[0])
    assert "--all" not in "".join(every)
    rates = [line for line in every if line.startswith("response ")]
    assert {"NRI", "LOCF"} == {word for line in rates for word in line.split() if word in ("NRI", "LOCF")}
    assert len(set(rates)) == len(rates)
    assert not re.search(r"\+[\d.]+ (fold|odds ratio|ratio of)", "\n".join(every))
    assert re.search(r"[+-][\d.]+ percentage points", "\n".join(every))
    assert (out / "gates.jsonl").read_bytes() == gates
    assert call("run", own_trial / "study.yaml", "--out", out, "--executor", "serial").code == 0


def test_stats_refuse_a_table_that_is_not_as_the_run_wrote_it(call, own_trial, tmp_path):
    out = tmp_path / "out"
    words = ("run", own_trial / "study.yaml", "--out", out, "--executor", "serial", "--no-report")
    assert call(*words).code == 0
    table = out / "subsets.parquet"
    table.write_bytes(table.read_bytes() + b" ")
    outcome = call("stats", out)
    assert outcome.code == 4
    assert "subsets.parquet: not as the run wrote it" in outcome.err
    assert call(*words).code == 0
    assert call("stats", out, "--no-report").code == 0


def test_a_template_that_is_not_there_is_told_once(call, own_trial, tmp_path):
    text = (own_trial / "study.yaml").read_text(encoding="utf-8")
    (own_trial / "study.yaml").write_text(text.replace("sle_bcell", "sle_bcel"), encoding="utf-8")
    tube = own_trial / "fcs" / "P1_W0_B.fcs"
    for words in (
        ("check", own_trial / "study.yaml"),
        ("gate", tube, "--template", "sle_bcel"),
        ("template", "check", "sle_bcel"),
    ):
        outcome = call(*words)
        assert outcome.code == 3
        assert outcome.err.count("Did you mean") == 1
        assert "Did you mean sle_bcell or sle_bcell_fitted or hipc_bcell?" in outcome.err
    assert call("gate", tube, "--template", "no.yaml").err.count("no.yaml") == 1


@pytest.mark.parametrize("command", ["report", "gate"])
def test_a_page_or_table_into_a_missing_folder_is_refused_before_any_work(
    call, command, trial, run_folder, tmp_path
):
    out = tmp_path / "missing" / "x"
    tube = trial / "fcs" / "P1_W0_B.fcs"
    words = ["report", run_folder] if command == "report" else ["gate", tube, "-t", "sle_bcell"]
    outcome = call(*words, "--out", out)
    assert outcome.code == 4
    assert f"the folder {tmp_path / 'missing'} does not exist" in outcome.err
    assert not out.parent.exists()


def test_run_refuses_a_folder_with_other_files_in_it(call, trial, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    outcome = call("run", trial / "study.yaml", "--out", tmp_path, "--force")
    assert outcome.code == 4
    assert "thesis.txt" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_invalid_study_is_not_begun(call, own_trial, tmp_path):
    (own_trial / "fcs" / "P1_W0_B.fcs").unlink()
    (own_trial / "fcs" / "P3_W0_T.fcs").unlink()
    outcome = call("run", own_trial / "study.yaml", "--out", tmp_path / "out")
    assert outcome.code == 3
    assert "P1_W0_B.fcs" in outcome.err
    assert "P3_W0_T.fcs" in outcome.err
    assert not (tmp_path / "out").exists()


def test_run_offers_exactly_the_executors_that_there_are():
    (option,) = [option for option in run_command.params if option.name == "executor"]
    assert tuple(option.type.choices) == EXECUTORS


def test_check_says_what_would_be_gated(call, trial):
    outcome = call("check", trial / "study.yaml")
    assert outcome.code == 0
    assert "fine. 24 tubes of 6 subjects to gate, 0 controls, 5 subsets, panels bcell, treg." in outcome.out


def test_check_lists_every_problem_with_its_row(call, own_trial):
    (own_trial / "fcs" / "P1_W0_B.fcs").unlink()
    text = (own_trial / "study.yaml").read_text(encoding="utf-8")
    (own_trial / "study.yaml").write_text(text.replace("B/DN", "B/ND"), encoding="utf-8")
    outcome = call("check", own_trial / "study.yaml")
    assert outcome.code == 3
    assert "samples.csv" in outcome.err
    assert "P1_W0_B.fcs" in outcome.err
    assert "B/ND" in outcome.err


def test_check_as_json_gives_every_problem_with_code_and_place(call, own_trial):
    (own_trial / "fcs" / "P1_W0_B.fcs").unlink()
    outcome = call("check", own_trial / "study.yaml", "--json")
    assert outcome.code == 3
    report = json.loads(outcome.out)
    assert (report["format"], report["version"]) == ("cytogate.check", 1)
    (problem,) = report["problems"]
    assert set(problem) == {"code", "location", "message", "fix"}
    assert "samples.csv" in problem["location"]


def test_check_as_json_of_a_study_without_fault(call, trial):
    report = json.loads(call("check", trial / "study.yaml", "--json").out)
    assert report["problems"] == []


def test_report_is_written_again_and_is_the_same(call, run_folder, tmp_path):
    page = tmp_path / "again.html"
    outcome = call("report", run_folder, "--out", page)
    assert (outcome.code, outcome.out) == (0, f"{page}\n")
    assert page.read_bytes() == (run_folder / "report.html").read_bytes()


def test_report_of_a_folder_without_a_run_says_how_to_make_one(call, tmp_path):
    outcome = call("report", tmp_path)
    assert outcome.code == 4
    assert "cytogate run" in outcome.err


def test_simulate_writes_a_trial_that_passes_the_check(call, tmp_path):
    folder = tmp_path / "trial"
    outcome = call("simulate", folder, "--seed", 5, "--visits", "0,24", "--events", 300)
    assert (outcome.code, outcome.out) == (0, f"{folder / 'study.yaml'}\n")
    assert (folder / "truth" / "subsets.parquet").is_file()
    assert call("check", folder / "study.yaml").code == 0


def test_simulate_refuses_a_folder_that_holds_anything(call, own_trial):
    before = {place: place.read_bytes() for place in own_trial.rglob("*") if place.is_file()}
    outcome = call("simulate", own_trial, "--seed", 5, "--visits", "0", "--events", 300)
    assert outcome.code == 4
    assert f"{own_trial}: is not empty" in outcome.err
    assert {place: place.read_bytes() for place in own_trial.rglob("*") if place.is_file()} == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--seed", "1", "--visits", "0;4"], 2, "expected weeks with commas between"),
        (["--visits", "0,4"], 2, "--seed"),
        (["--seed", "1", "--visits", "4,4"], 3, "each once"),
    ],
)
def test_simulate_refuses_what_it_cannot_do(words, code, said, call, tmp_path):
    outcome = call("simulate", tmp_path / "trial", *words)
    assert outcome.code == code
    assert said in outcome.err
    assert not (tmp_path / "trial").exists()


def test_a_bar_is_drawn_only_for_a_person_who_watches(trial, tmp_path):
    pty = pytest.importorskip("pty", reason="POSIX terminals")

    master, slave = pty.openpty()
    words = ("run", trial / "study.yaml", "--out", tmp_path / "out", "--executor", "serial", "--no-report")
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-m", "cytogate", *words],
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
        env=environment,
    ) as process:
        os.close(slave)
        said = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        out = process.stdout.read()
    os.close(master)
    assert process.returncode == 0
    assert b"24/24" in said
    assert "24/24" not in out


@pytest.fixture
def tubes(trial: Path, tmp_path: Path) -> Path:
    """A folder with tubes and nothing else."""
    shutil.copytree(trial / "fcs", tmp_path / "tubes" / "fcs")
    return tmp_path / "tubes"


def test_study_init_proposes_a_study_that_passes_the_check(call, tubes):
    outcome = call("study", "init", tubes)
    assert outcome.code == 0
    assert outcome.out.split() == [str(tubes / "samples.csv"), str(tubes / "study.yaml")]
    checked = call("check", tubes / "study.yaml")
    assert checked.code == 0
    assert "24 tubes of 6 subjects" in checked.out


def test_study_init_never_writes_over_a_sheet(call, tubes):
    (tubes / "samples.csv").write_text("my own")
    outcome = call("study", "init", tubes)
    assert outcome.code == 4
    assert "samples.csv: is there already" in outcome.err
    assert (tubes / "samples.csv").read_text() == "my own"
    assert not (tubes / "study.yaml").exists()


def test_study_init_dry_run_prints_the_sheet_and_writes_nothing(call, tubes):
    outcome = call("study", "init", tubes, "--dry-run")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].startswith("file,sample,subject,visit,week,panel")
    assert [path.name for path in tubes.iterdir()] == ["fcs"]


def test_study_init_says_how_names_were_read_and_reads_them_otherwise_on_request(call, tubes):
    outcome = call("study", "init", tubes, "--dry-run")
    assert "read as {subject}_{visit}" in outcome.err
    assert "--pattern '{subject}_{visit}_{panel}'" in outcome.err
    outcome = call("study", "init", tubes, "--dry-run", "--pattern", "{visit}_{subject}_{*}")
    assert "read as {visit}_{subject}_{*}" in outcome.err
    assert outcome.out.splitlines()[1].split(",")[2:4][1].startswith("P")
    outcome = call("study", "init", tubes, "--pattern", "{vist}")
    assert outcome.code == 3
    assert "unknown field 'vist'" in outcome.err


def test_study_init_counts_the_files_whose_names_follow_no_pattern(call, tubes):
    assert "names: 24 files read as {subject}_{visit}" in call("study", "init", tubes, "--dry-run").err
    for name in ("FMO CD27", "FMO IgD"):
        shutil.copy(tubes / "fcs" / "P1_W0_B.fcs", tubes / "fcs" / f"{name}.fcs")
    (line,) = [
        line
        for line in call("study", "init", tubes, "--dry-run").err.splitlines()
        if line.startswith("names: ")
    ]
    assert line.startswith("names: 24 of 26 files read as {subject}_{visit}")
    assert line.endswith("; named otherwise: 2 FMO controls")


def test_study_init_of_a_folder_without_tubes_is_refused(call, tmp_path):
    outcome = call("study", "init", tmp_path)
    assert outcome.code == 3
    assert "no file below it ends in .fcs" in outcome.err


def test_study_init_names_files_that_cannot_be_read(call, tubes):
    (tubes / "broken.fcs").write_bytes(b"nothing")
    outcome = call("study", "init", tubes)
    assert outcome.code == 0
    assert "note: broken.fcs: left out of the sheet. HEADER" in outcome.err
    assert outcome.err.count("broken.fcs") == 1
    assert call("check", tubes / "study.yaml").code == 0


def test_study_init_of_a_folder_that_is_not_there_is_refused(call, tmp_path):
    outcome = call("study", "init", tmp_path / "nowhere")
    assert outcome.code == 2
    assert "nowhere' does not exist" in outcome.err
