"""The events of a population as FCS files: exactly those, named safely, saying what they are."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from cytogate.errors import GatingError, StoreError
from cytogate.fcs.read import read_fcs
from cytogate.gating.engine import gate
from cytogate.gating.strategy import GatingStrategy
from cytogate.study.export.gated_again import samples_with
from cytogate.study.export.populations import export_fcs
from cytogate.study.run_folder.run import open_run


def gated(run, sample):
    """Gate a sample from what the run folder says, by no function of the export."""
    lines = (run.path / "gates.jsonl").read_text(encoding="utf-8").splitlines()
    entry = next(entry for entry in map(json.loads, lines) if entry["sample"] == sample)
    tube = read_fcs(run.path.parent / run.manifest["samples"][sample]["file"])
    return tube, gate(tube, GatingStrategy.from_dict(entry["strategy"]))


def test_raw_events_read_back_are_exactly_those_of_the_population(hostile_run, tmp_path):
    files = export_fcs(hostile_run, tmp_path, "B/Memory", compensated=False)
    assert len(files) == len(hostile_run.samples) == 10
    for sample, file in zip(hostile_run.samples["sample"], files, strict=True):
        tube, result = gated(hostile_run, sample)
        read = read_fcs(file)
        assert np.array_equal(read.raw(), tube.raw()[result.mask("B/Memory")])
        assert read.channels.names == tube.channels.names
        assert read.spillover == tube.spillover
        assert read.keywords["CYTOGATE_SAMPLE"] == sample
        assert read.keywords["CYTOGATE_VALUES"].endswith("not compensated")


def test_compensated_events_read_back_are_what_the_gates_saw(hostile_run, tmp_path):
    files = export_fcs(hostile_run, tmp_path, "B/Memory")
    for sample, file in zip(hostile_run.samples["sample"], files, strict=True):
        tube, result = gated(hostile_run, sample)
        read = read_fcs(file)
        expected = result.values("B/Memory", tube.channels.names).T.astype(np.float32)
        assert np.array_equal(read.raw(), expected)
        assert read.channels.names == ("FSC-A", "Comp-B530-A", "Comp-V610-A", "Time")
        assert read.spillover is None
        assert read.keywords["CYTOGATE_POPULATION"] == "/Cells/B/Memory"
        assert read.keywords["CYTOGATE_DEFINITION"] == "memory.cd27"
        assert read.keywords["CYTOGATE_EVENTS"] == f"{read.n_events} of {tube.n_events}"


def test_file_names_are_safe_and_unique_where_case_does_not_count(hostile_run, tmp_path):
    names = [file.name for file in export_fcs(hostile_run, tmp_path, "/Cells/B")]
    assert len({name.casefold() for name in names}) == 10
    assert all(name.endswith(".B.fcs") for name in names)
    assert not set("".join(names)) & set("<>:\"/\\|?*='@ ")


def test_all_events_can_be_written(hostile_run, tmp_path):
    files = export_fcs(hostile_run, tmp_path, "/", compensated=False)
    assert [read_fcs(file).n_events for file in files] == hostile_run.samples["n_events"].tolist()
    assert files[-1].name.endswith(".all_raw.fcs")


def test_an_unknown_population_names_the_nearest_and_writes_nothing(hostile_run, tmp_path):
    with pytest.raises(GatingError, match=r"no population 'B/Memroy'.*B/Memory"):
        export_fcs(hostile_run, tmp_path / "new", "B/Memroy")
    assert not (tmp_path / "new").exists()


def test_files_that_are_there_stay_without_force(hostile_run, tmp_path):
    files = export_fcs(hostile_run, tmp_path, "B")
    before = files[0].stat().st_mtime_ns
    with pytest.raises(StoreError, match=r"and 5 others are there already"):
        export_fcs(hostile_run, tmp_path, "B")
    assert files[0].stat().st_mtime_ns == before


@pytest.fixture
def moved(hostile_run, tmp_path):
    """The run and its data in another folder; the manifest still names the old one, which has no files."""
    shutil.copytree(hostile_run.path.parent, tmp_path / "data")
    place = tmp_path / "data" / "run" / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8"))
    place.write_text(json.dumps(manifest | {"data_root": str(tmp_path / "gone")}), encoding="utf-8")
    return open_run(tmp_path / "data" / "run")


def test_files_that_moved_are_found_where_data_says(moved, tmp_path):
    with pytest.raises(StoreError, match=r"gone: tube0_0\.fcs, .* not found. .*--data"):
        samples_with(moved, "B")
    files = export_fcs(moved, tmp_path / "out", "B", data=tmp_path / "data")
    assert len(files) == 10


def test_a_file_that_is_another_than_the_run_gated_is_refused(moved, tmp_path):
    shutil.copy(tmp_path / "data" / "tube1_0.fcs", tmp_path / "data" / "tube0_0.fcs")
    with pytest.raises(StoreError, match=r"tube0_0\.fcs: is not the file that this run gated"):
        export_fcs(moved, tmp_path / "out", "B", data=tmp_path / "data")
    assert list((tmp_path / "out").iterdir()) == []


def test_progress_names_each_sample(hostile_run, tmp_path):
    seen = []
    export_fcs(hostile_run, tmp_path, "B", progress=lambda *said: seen.append(said))
    assert seen == [(i, 10, sample) for i, sample in enumerate(hostile_run.samples["sample"], start=1)]
