from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import parity_case
import pytest
from bench.found import benchmark

from cytogate.bench.clock import Times
from cytogate.bench.peers import PEERS
from cytogate.bench.sample import write_sample
from cytogate.bench.tree import thirteen_populations
from cytogate.bench.work import count_tubes
from cytogate.interop.gatingml import write_gatingml

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--repeat", 1, "--threads", 1, "--workers", 1)


@pytest.fixture(scope="module")
def tube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("benchmark") / "tube.fcs"
    write_sample(path, 2000)
    return path


def found_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "benchmark.json").read_text(encoding="utf-8"))


@pytest.fixture
def here_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time the whole job and its stages only; what needs processes of its own is answered from a list."""
    kept = benchmark()
    megabytes = {"before_mb": 1.0, "peak_mb": 2.0, "extra_mb": 1.0}
    for name in ("peak_of_counting", "peak_of_medians", "peak_of_peer"):
        monkeypatch.setattr(f"cytogate.bench.benchmark.{name}", lambda *_: megabytes)
    monkeypatch.setattr("cytogate.bench.benchmark.cold_runs", lambda *_: kept["cold"])
    monkeypatch.setattr(
        "cytogate.bench.benchmark.with_workers",
        lambda tubes, workers, *_: ({count: Times((0.5,), (1,)) for count in workers}, list(tubes)),
    )


class Peer:
    """Another program that counts as we do, but for what is added to one population."""

    def __init__(self, tubes, added: int) -> None:
        self._tubes, self._added = tubes, added

    def count(self):
        counts = count_tubes(self._tubes, 1)
        for file in counts:
            counts[file]["/Lymphocytes"] += self._added
        return counts


def peer_that_adds(monkeypatch: pytest.MonkeyPatch, added: int) -> None:
    made = replace(PEERS["flowkit"], prepare=lambda tubes: Peer(tubes, added))
    monkeypatch.setitem(PEERS, "flowkit", made)


def test_a_generated_file_is_measured_beside_flowkit(call, tmp_path):
    out = tmp_path / "out"
    outcome = call("benchmark", "--events", 3000, "--repeat", 1, "--threads", "1,2", "--workers", 1,
                   "--against", "flowkit", "--out", out)  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("a generated file of 3,000 events x 18 channels (0.216 MB), 13 populations")
    for title in ("The whole job", "Stages", "Several files at once", "Warm and cold", "Memory"):
        assert f"\n{title}\n" in outcome.out
    assert "all counts equal" in outcome.out
    assert f"{out / 'benchmark.html'} shows it" in outcome.err
    found = found_in(out)
    assert (found["format"], found["version"]) == ("cytogate.benchmark", 1)
    assert [row["name"] for row in found["job"]] == [
        "numpy.fromfile", "cytogate, 1 thread", "cytogate, 2 threads", PEERS["flowkit"].name,
    ]  # fmt: skip
    assert all(len(row["seconds"]) == 1 for row in found["job"])
    for row in found["job"][1:]:
        assert row["events_per_second"] == pytest.approx(3000 / row["median"])
        assert row["gate_events_per_second"] == pytest.approx(13 * 3000 / row["median"])
        assert row["files_per_second"] == pytest.approx(1 / row["median"])
        assert row["megabytes_per_second"] == pytest.approx(0.216 / row["median"])
    assert {(row["stage"], row["threads"]) for row in found["stages"]} == {
        (stage, threads)
        for stage in ("read", "compensate", "transform", "gate", "statistics")
        for threads in (1, 2)
    }
    assert [row["name"] for row in found["memory"]] == [
        "cytogate, 1 thread",
        "cytogate, 2 threads",
        "cytogate, 2 threads, with medians",
        PEERS["flowkit"].name,
    ]
    assert found["differing"] == []
    assert len(found["counts"]["generated.fcs"]) == 13
    assert found["command"].startswith("cytogate benchmark --against flowkit --events 3000 --threads 1,2")
    page = (out / "benchmark.html").read_text(encoding="utf-8")
    assert 'data-figure="job"' in page


@pytest.mark.usefixtures("here_only")
def test_files_without_gates_get_a_tree_of_their_own(call, tube, tmp_path):
    outcome = call("benchmark", tube, *FEW, "--out", tmp_path / "out", "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["sample"]["generated"] is False
    assert found["sample"]["files"][0]["path"] == str(tube)
    assert found["sample"]["files"][0]["gates_from"] == "a tree made for the file"
    assert found["against"] is None
    assert len(found["counts"][str(tube)]) == 20
    assert found == found_in(tmp_path / "out")


@pytest.mark.usefixtures("here_only")
def test_files_are_gated_by_a_gatingml_file(call, tube, tmp_path):
    gates = tmp_path / "gates.xml"
    write_gatingml(thirteen_populations(), gates)
    outcome = call("benchmark", tube, tube, "-t", gates, *FEW, "--out", tmp_path / "out", "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["sample"]["size"]["files"] == 2
    assert found["sample"]["size"]["events"] == 4000
    assert "/Lymphocytes/Singlets/Live/CD4/Treg" in found["counts"][str(tube)]


@pytest.mark.usefixtures("here_only")
def test_files_are_gated_by_a_template(call, trial, tmp_path):
    tubes = sorted((trial / "fcs").glob("*_B.fcs"))[:2]
    outcome = call("benchmark", *tubes, "--template", "sle_bcell", *FEW, "--out", tmp_path / "out", "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert set(found["counts"]) == {str(path) for path in tubes}
    assert found["sample"]["files"][0]["gates_from"] == "template sle_bcell"


@pytest.mark.usefixtures("here_only")
def test_a_file_is_gated_by_the_workspace_it_is_a_sample_of(call, tmp_path):
    workspace, file = parity_case.make(tmp_path)
    outcome = call("benchmark", file, "-t", workspace, *FEW, "--out", tmp_path / "out", "--json")
    assert outcome.code == 0, outcome.err
    (sample,) = json.loads(outcome.out)["sample"]["files"]
    assert sample["gates_from"].startswith(str(workspace))


def beside_a_peer_that_adds(more: int, call, tube, tmp_path, monkeypatch):
    peer_that_adds(monkeypatch, more)
    gates = tmp_path / "gates.xml"
    write_gatingml(thirteen_populations(), gates)
    return call("benchmark", tube, "-t", gates, "--against", "flowkit", *FEW, "--out", tmp_path / "out")


@pytest.mark.usefixtures("here_only")
def test_a_peer_that_counts_alike_is_no_fault(call, tube, tmp_path, monkeypatch):
    outcome = beside_a_peer_that_adds(0, call, tube, tmp_path, monkeypatch)
    assert outcome.code == 0
    assert "all counts equal" in outcome.out


@pytest.mark.usefixtures("here_only")
def test_counts_that_differ_are_named_and_end_with_1(call, tube, tmp_path, monkeypatch):
    outcome = beside_a_peer_that_adds(1, call, tube, tmp_path, monkeypatch)
    assert outcome.code == 1
    assert "counts DIFFER" in outcome.out
    assert "warning: Counts differ between cytogate and FlowKit" in outcome.err
    (row,) = found_in(tmp_path / "out")["differing"]
    assert row["population"] == "/Lymphocytes"
    assert row["peer"] == [row["cytogate"][0] + 1]
    assert 'id="differing"' in (tmp_path / "out" / "benchmark.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--template", "sle_bcell"), "--template needs FILES"),
        (("--threads", "0"), "found '0'; expected whole numbers from 1 to 1024 parted by commas"),
        (("--threads", "1,x"), "found '1,x'; expected whole numbers"),
        (("--workers", ""), "found ''; expected whole numbers"),
        (("--workers", "4000"), "found '4000'; expected whole numbers"),
        (("--repeat", "0"), "--repeat"),
        (("--events", "0"), "--events"),
        (("--against", "flowjo"), "flowkit"),
    ],
)
def test_bad_arguments_are_usage_errors(call, tmp_path, words, said):
    outcome = call("benchmark", *words, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())
    assert not (tmp_path / "out").exists()


def test_a_place_for_the_results_is_required(call):
    outcome = call("benchmark")
    assert outcome.code == 2
    assert "--out" in outcome.err


def test_a_size_contradicts_files(call, tube, tmp_path):
    sized = call("benchmark", tube, "--events", 10, "--out", tmp_path / "out")
    assert (sized.code, "--events is the size of the generated file" in sized.err) == (2, True)


def test_a_folder_whose_own_folder_is_missing_is_told_before_any_work(call, tmp_path):
    outcome = call("benchmark", "--out", tmp_path / "no" / "out")
    assert outcome.code == 4
    assert "does not exist" in outcome.err


def test_an_unreadable_file_is_one_clear_error(call, tube, tmp_path):
    damaged = tmp_path / "damaged.fcs"
    damaged.write_bytes(b"no FCS file at all")
    outcome = call("benchmark", tube, damaged, *FEW, "--out", tmp_path / "out")
    assert (outcome.code, outcome.out) == (1, "")
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: ")
    assert "damaged.fcs" in line
    assert not (tmp_path / "out").exists()


def test_a_file_without_events_is_refused_by_name(call, tmp_path):
    write_sample(tmp_path / "empty.fcs", 0)
    outcome = call("benchmark", tmp_path / "empty.fcs", *FEW, "--out", tmp_path / "out")
    assert outcome.code == 3
    assert "no events, so nothing to time, in" in outcome.err
    assert "empty.fcs" in outcome.err


def test_gates_that_do_not_fit_the_file_are_invalid(call, tube, tmp_path):
    outcome = call("benchmark", tube, "--template", "treg_helios", *FEW, "--out", tmp_path / "out")
    assert outcome.code == 3
    assert "tube.fcs" in outcome.err
