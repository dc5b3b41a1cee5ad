"""The committed trial is what the code makes now."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cytogate.fcs.read import read_fcs
from cytogate.simulate import TrialSpec
from cytogate.simulate.trial import write_tube
from cytogate.simulate.truth import write_events
from cytogate.simulate.tube import TubeName, simulate_tube

FOLDER = Path(__file__).parents[2] / "sample_fcs"
SEED = 5
MOST_BYTES = 40_000_000


@pytest.fixture(scope="module")
def truth():
    return pq.read_table(FOLDER / "truth" / "subsets.parquet").to_pylist()


def test_committed_trial_is_small_and_whole():
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(sizes) <= MOST_BYTES
    with (FOLDER / "samples.csv").open(newline="") as lines:
        sheet = list(csv.DictReader(lines))
    assert len(sheet) == 6 * 4 * 2
    for row in sheet:
        assert (FOLDER / row["file"]).is_file()
        assert (FOLDER / "truth" / f"{row['sample']}.parquet").is_file()


@pytest.mark.parametrize("name", [TubeName("P5", 12, "bcell"), TubeName("P2", 24, "treg")])
def test_committed_tube_is_what_the_code_makes(name, tmp_path):
    text = (FOLDER / "README.md").read_text()
    tube = simulate_tube(name, TrialSpec(), seed=SEED)
    committed = FOLDER / "fcs" / f"{name.sample}.fcs"
    if f"numpy {np.__version__}" not in text:  # another numpy may draw other numbers
        pytest.skip(f"sample_fcs was made with another numpy than {np.__version__}")
    assert np.array_equal(read_fcs(committed).raw(), tube.values)
    write_tube(tube, tmp_path / committed.name, seed=SEED, study=TrialSpec().name)
    assert (tmp_path / committed.name).read_bytes() == committed.read_bytes()
    write_events(tmp_path / "truth.parquet", tube)
    found, expected = (
        pq.read_table(path)
        for path in (tmp_path / "truth.parquet", FOLDER / "truth" / f"{name.sample}.parquet")
    )
    assert found.equals(expected)


def test_every_subset_has_events_enough(truth):
    assert min(row["count"] for row in truth) >= 90
    assert min(row["denominator_count"] for row in truth if row["subset"] == "helios_treg") >= 300


def test_trends_of_the_committed_trial_go_the_published_way(truth):
    percent = {(row["sample"], row["subset"]): row["percent_realised"] for row in truth}
    for subject in ("P1", "P2", "P3", "P5", "P6"):
        for subset, most, least in (
            ("DN", 0.65, 0),
            ("switched_memory", 0.75, 0),
            ("activated_naive", 0.6, 0),
            ("transitional", 9, 1.6),
        ):
            fold = percent[f"{subject}_W24_B", subset] / percent[f"{subject}_W0_B", subset]
            assert least < fold < most
    for subject in ("P2", "P5"):
        assert percent[f"{subject}_W24_T", "helios_treg"] > percent[f"{subject}_W0_T", "helios_treg"] + 8
    for subset in ("DN", "switched_memory", "activated_naive", "transitional"):
        assert 0.8 < percent["P4_W24_B", subset] / percent["P4_W0_B", subset] < 1.25
