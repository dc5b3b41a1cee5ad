"""The command ``verify``: what a person and a machine read, and the exit codes."""

import json
import shutil

import pytest


@pytest.fixture
def own_run(run_folder, tmp_path):
    """A copy of the run that a test may damage."""
    return shutil.copytree(run_folder, tmp_path / "run")


def acts(folder) -> list[str]:
    """What was done to a run; other tests may have added to that of `run_folder`."""
    return [json.loads(line)["act"] for line in (folder / "audit.jsonl").read_text().splitlines()]


def test_a_whole_run_holds(call, run_folder):
    outcome = call("verify", run_folder, "--executor", "serial")
    assert outcome.code == 0
    told = [line for line in outcome.err.splitlines() if not line.startswith("gating again: ")]
    assert told == []  # a slow machine says how far it is
    lines = outcome.out.splitlines()
    assert lines[0] == f"{run_folder}: holds"
    assert "24 samples gated again" in lines[-1]
    assert "to the last bit" in lines[-1]
    assert f"{len(acts(run_folder))} lines of the audit log; 24 FCS files" in lines[-1]


def test_the_first_broken_link_is_named_then_every_difference_with_what_to_do(call, own_run):
    page = own_run / "report.html"
    page.write_bytes(page.read_bytes()[:-1])
    table = own_run / "subsets.csv"
    table.write_bytes(table.read_bytes().replace(b"P1", b"P2", 1))
    outcome = call("verify", own_run, "--hash-only")
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert lines[0] == f"{own_run}: 2 differences; first broken link: file subsets.csv"
    assert lines[2] == "1. file subsets.csv"
    assert [line.split()[0] for line in lines[3:7]] == ["expected", "found", "means", "do"]
    assert "2. report report.html" in lines
    assert f"cytogate report {own_run}" in " ".join(outcome.out.split())
    assert "whether the figures come out again is not shown" in " ".join(outcome.out.split())


def test_a_machine_reads_one_object(call, own_run):
    (own_run / "gates.jsonl").write_text("")
    outcome = call("verify", own_run, "--hash-only", "--json")
    said = json.loads(outcome.out)
    assert (outcome.code, said["format"], said["version"]) == (1, "cytogate.verification", 1)
    assert said["holds"] is False
    assert said["first_broken_link"] == said["differences"][0]
    assert set(said["differences"][0]) == {"link", "file", "expected", "found", "means", "fix"}
    assert (said["differences"][0]["file"], said["compared"]) == ("gates.jsonl", None)


def test_a_report_written_again_is_told_to_the_log_and_holds(call, own_run):
    before = acts(own_run)
    assert call("report", own_run).code == 0
    assert call("verify", own_run, "--hash-only").code == 0
    assert (before[:2], acts(own_run)) == (["run", "report"], [*before, "report"])


def test_a_folder_that_cannot_be_opened_is_of_the_environment(call, tmp_path):
    outcome = call("verify", tmp_path)
    assert outcome.code == 4
    assert "holds no finished run" in outcome.err


def test_one_sample_and_hashes_only_do_not_go_together(call, run_folder):
    outcome = call("verify", run_folder, "--sample", "P1_W0_B", "--hash-only")
    assert outcome.code == 2
    assert "give one of them" in outcome.err


def test_one_sample_is_gated_alone(call, run_folder):
    outcome = call("verify", run_folder, "--sample", "P1_W0_B", "--executor", "serial", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["gated_again"] == ["P1_W0_B"]
