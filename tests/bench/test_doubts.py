"""The bars of what is said about gates: what splits, ranks and runs come to, and the tubes made hard."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bench.scripts import HOUSE

import cytogate as cg
from cytogate.fcs.channels.panel import Channel


@pytest.fixture(scope="module")
def doubts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HOUSE / "benchmarks"))
        import doubts

        yield doubts
    sys.modules.pop("doubts", None)


def splits(**columns):
    return pd.DataFrame(
        {"subset": ["DN", "DN", "Treg"], "change": 2.0, "gate": 0.0, "biology": 2.0, **columns}
    )


def test_splits_of_a_run_are_those_that_are_whole(doubts, tmp_path):
    splits(gate=[1.0, None, 2.0]).to_parquet(tmp_path / "splits.parquet")
    found = doubts.split_parts(tmp_path, 7)
    assert found["gate"].tolist() == [1.0, 2.0]
    assert set(found["seed"]) == {7}


def test_parts_are_compared_by_mean_square_and_subsets_by_their_median(doubts):
    found = splits(gate=[3.0, 4.0, 1.0], biology=[5.0, 5.0, 4.0])
    of_dn = np.sqrt((9 + 16) / (25 + 25))
    assert doubts.largest(found, "gate", "biology") == pytest.approx(100 * (of_dn + 0.25) / 2)


def test_what_the_parts_leave_of_a_change_is_the_rest(doubts):
    assert doubts.rest(splits()) == 0.0
    assert doubts.rest(splits(gate=[0.0, -0.5, 0.1])) == pytest.approx(0.5)


@pytest.mark.parametrize(("ranks", "found"), [((1, 5), 100), ((5, 6), 50), ((6, 100), 0)])
def test_a_bad_gate_is_found_in_the_first_twentieth_of_the_list(doubts, ranks, found):
    assert doubts.Planted(ranks, 100).found == found


def test_hard_tubes_stand_beside_those_of_the_trial(doubts, tmp_path):
    rng = np.random.default_rng(3)
    markers = ["CD19", "CD27"]
    channels = [Channel(f"B{at}-A", f"{marker} dye") for at, marker in enumerate(markers)]
    values = np.column_stack([rng.permutation([100.0, 5000.0] * 100), rng.normal(9000, 10, 200)])
    cg.write_fcs(tmp_path / "tube.fcs", cg.Events(values, channels))
    row = {"file": "tube.fcs", "sample": "a", "subject": "P1", "panel": "bcell", "role": "sample"}
    control = row | {"sample": "f", "role": "fmo"}
    pd.DataFrame([control, row]).to_csv(tmp_path / "samples.csv", index=False)
    trial = SimpleNamespace(folder=tmp_path)
    names = doubts.with_hard_tubes(trial, ["bcell"])
    kinds = ["0_events", "1_events", "10_events", "100_events", "gone", "dead_marker"]
    assert names == [f"a_{kind}" for kind in kinds]
    assert doubts.with_hard_tubes(trial, ["bcell"]) == names  # those of an earlier call are taken
    sheet = pd.read_csv(tmp_path / "samples.csv").set_index("sample")
    assert list(sheet.index) == ["f", "a", *names]
    tubes = {kind: cg.read_fcs(tmp_path / sheet.loc[f"a_{kind}", "file"]).events() for kind in kinds}
    assert [len(tubes[kind]) for kind in kinds] == [0, 1, 10, 100, 100, 200]
    assert tubes["gone"][:, 0].max() < 1000
    assert np.abs(tubes["dead_marker"][:, 1]).max() < 1000
    assert (tubes["dead_marker"][:, 0] == cg.read_fcs(tmp_path / "tube.fcs").events()[:, 0]).all()


def test_a_hard_tube_needs_a_row_and_a_result_or_a_reason(doubts, tmp_path):
    names = ["counted", "failed", "silent", "missing"]
    pd.DataFrame({"sample": ["a", "b", *names[:3]]}).to_parquet(tmp_path / "samples.parquet")
    pd.DataFrame({"sample": ["a", "counted"]}).to_parquet(tmp_path / "subsets.parquet")
    failures = [{"sample": "failed"}, {"sample": "b"}]
    (tmp_path / "failures.json").write_text(json.dumps(failures), encoding="utf-8")
    assert doubts.without_row(tmp_path, names) == (2, 1)
