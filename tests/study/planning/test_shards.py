"""Shards: parts that are gated apart, and become the run that they are parts of."""

from __future__ import annotations

import pytest
from study.running.test_resume import gated
from study.test_run_study import figures

from cytogate.errors import CytogateError, StoreError
from cytogate.study.conclude import conclude_again
from cytogate.study.merge import merge
from cytogate.study.planning.plan import plan_study
from cytogate.study.planning.shards import only_shard, shards_of
from cytogate.study.run_study import run_study


def sharded(trial, count=2):
    places = [trial.folder / f"part-{index}" for index in range(1, count + 1)]
    for index, place in enumerate(places, start=1):
        run_study(trial.study, place, executor="serial", shard=(index, count))
    return places


def test_every_tube_is_in_one_shard_and_tubes_of_a_subject_stay_together(trial):
    rows = plan_study(trial.study).gated
    assert shards_of(rows, 1) == [["P1_W0", "P1_W4", "P2_W0", "P2_W4"]]
    assert shards_of(rows, 2) == [["P1_W0", "P1_W4"], ["P2_W0", "P2_W4"]]
    assert shards_of(rows, 3) == [["P1_W0", "P1_W4"], ["P2_W0", "P2_W4"], []]
    assert shards_of(rows[::-1], 2) == [["P2_W4", "P2_W0"], ["P1_W4", "P1_W0"]]


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0), (-1, -1)])
def test_a_shard_that_there_is_not_is_named(trial, shard):
    with pytest.raises(CytogateError, match=r"There is no shard .*: shards count from 1"):
        only_shard(plan_study(trial.study), shard)


def test_a_shard_holds_its_tubes_and_says_so(trial):
    part = run_study(trial.study, trial.out, executor="serial", shard=(2, 2))
    assert list(part.samples["sample"]) == ["P2_W0", "P2_W4"]
    assert part.manifest["shard"] == [2, 2]
    assert run_study(trial.study, trial.out, executor="serial", shard=(2, 2)).up_to_date
    whole, anew, reused = gated(trial)
    assert (anew, reused) == (["P1_W0", "P1_W4"], ["P2_W0", "P2_W4"])
    assert whole.manifest["shard"] is None


def test_a_shard_takes_the_place_of_no_other_part(trial):
    run_study(trial.study, trial.out, executor="serial", shard=(1, 2))
    with pytest.raises(StoreError, match=r"holds shard 1/2, and shard 2/2 would take its place.*--force"):
        run_study(trial.study, trial.out, executor="serial", shard=(2, 2))
    forced = run_study(trial.study, trial.out, executor="serial", shard=(2, 2), force=True)
    assert forced.manifest["shard"] == [2, 2]
    gated(trial)
    with pytest.raises(StoreError, match="holds a whole run, and shard 1/2"):
        run_study(trial.study, trial.out, executor="serial", shard=(1, 2))


def test_two_folders_with_one_shard_are_both_named(trial):
    places = [trial.folder / name for name in ("part-1", "part-2")]
    for place in places:
        run_study(trial.study, place, executor="serial", shard=(1, 2))
    with pytest.raises(StoreError, match=r"part-1 and .*part-2: are both shard 1/2"):
        merge(places, trial.out, executor="serial")


def test_merged_shards_are_the_run_of_all_and_nothing_is_gated_again(trial):
    told = []
    parts = sharded(trial)
    merged = merge(parts[::-1], trial.out, executor="serial", observe=told.append)
    assert [event.reused for event in told if hasattr(event, "reused")] == [True] * 4
    assert figures(merged) == figures(run_study(trial.study, trial.folder / "one", executor="serial"))


def test_fits_of_a_study_are_the_same_in_every_shard(trial):
    cuts = "cuts:\n  b: {marker: CD19, method: mindensity, fallback: 1000, anchor: subject}\ngates:\n"
    text = (trial.folder / "template.yaml").read_text().replace("gates:\n", cuts)
    trial.write("template.yaml", text.replace("above: 1000", "above: {cut: b}"))
    trial.tube("fmo.fcs", 500, seed=9)
    trial.sheet(*trial.rows, "fcs/fmo.fcs,fmo,,,,b,batch1,fmo,CD19")
    parts = sharded(trial)
    texts = {(place / "fits.json").read_bytes() for place in parts}
    assert len(texts) == 1
    merged = merge(parts, trial.out, executor="serial")
    assert merged.manifest["resumed"]["gated"] == 0
    assert len(merged.splits) > 0
    assert figures(merged) == figures(run_study(trial.study, trial.folder / "one", executor="serial"))


def test_what_is_no_whole_set_of_shards_is_refused(trial):
    parts = sharded(trial)
    with pytest.raises(StoreError, match=r"Shards are missing: 2/2\."):
        merge(parts[:1], trial.out)
    with pytest.raises(StoreError, match="is one of the shards"):
        merge(parts, parts[0])
    run_study(trial.study, trial.out, executor="serial")
    with pytest.raises(StoreError, match="is a whole run, not a shard"):
        merge([trial.out], trial.folder / "merged")
    trial.write("study.yaml", trial.study.read_text() + "seed: 2\n")
    run_study(trial.study, parts[1], executor="serial", shard=(2, 2))
    with pytest.raises(StoreError, match="the study file differs from that of"):
        merge(parts, trial.out)


def test_a_shard_has_no_statistics_and_gets_none(trial):
    run_study(trial.study, trial.out, executor="serial", shard=(1, 2))
    with pytest.raises(StoreError, match="is a shard, and statistics are of the whole study"):
        conclude_again(trial.out)
