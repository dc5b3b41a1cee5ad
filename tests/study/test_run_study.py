"""A study from end to end: figures, failures as rows, and folders that are whole or not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cytogate
from cytogate.errors import StoreError, StudyError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.read import read_fcs
from cytogate.stats.intervals import wilson
from cytogate.study import run_study as run_module
from cytogate.study.hooks import KILL
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder.folder import LOCK, RESULTS
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_study import run_study
from cytogate.study.running.jobs import Jobs
from cytogate.study.sample import previews, sample_job
from cytogate.study.sample.sample_job import run_sample

KEPT = ("samples", "subsets", "populations", "intensities", "triage", "splits", "qc", "comparisons")


def run(trial, **more):
    return run_study(trial.study, trial.out, **({"executor": "serial"} | more))


def figures(found) -> dict[str, str]:
    """Every table and drawing of a run as text, without what tells one run from another."""
    tables = {name: getattr(found, name).to_csv() for name in KEPT}
    files = {
        str(place.relative_to(found.path)): place.read_bytes().hex()
        for place in sorted(found.path.rglob("*"))
        if place.is_file()
        and place.name not in ("manifest.json", "audit.jsonl", LOCK)
        and RESULTS not in place.parts
        and place.suffix not in (".parquet", ".xlsx")
    }
    return tables | files


def test_blank_tubes_of_the_study_set_a_limit_by_share(trial):
    text = trial.study.read_text().replace(
        "baseline: W0", "blanks: {memory: {blank: [99, 100]}}\nbaseline: W0"
    )
    before = run(trial).subsets
    trial.write("study.yaml", text)
    after = run(trial, force=True).subsets
    assert set(before["flag"]) == {"ok"}
    assert set(after["flag"]) == {"below_lod"}
    assert after["percent"].tolist() == before["percent"].tolist()


def test_counts_are_those_of_the_slow_obvious_way(trial):
    found = run(trial).subsets.set_index("sample")
    assert list(found.index) == ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]
    for sample, row in found.iterrows():
        scatter, cd19, cd27, _ = read_fcs(trial.folder / "fcs" / f"{sample}.fcs").events().T
        b = (scatter >= 1000) & (scatter < 200_000) & (cd19 >= 1000)
        memory = b & (cd27 >= 500) & (cd27 < 262144) & (cd19 < 262144)
        assert (row["denominator_count"], row["count"]) == (b.sum(), memory.sum())
        assert row["percent"] == pytest.approx(100 * memory.sum() / b.sum())
        low, high = wilson(int(memory.sum()), int(b.sum()))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * low, 100 * high))
        assert (row["flag"], row["template_count"], row["adjusted"]) == ("ok", row["count"], False)


def test_intensities_of_few_events_are_null_with_the_reason(trial):
    text = trial.study.read_text().replace("min_parent: 20}", "min_parent: 20, mfi_events: 300}")
    trial.write("study.yaml", text)
    rows = run_sample(Jobs(plan_study(trial.study), {}, threads=1)[0]).intensities
    few = [row for row in rows if row["n"] < 300]
    assert 0 < len(few) < len(rows)
    assert {row["value"] for row in few} == {None}
    assert all(row["note"] == f"{row['n']} events, fewer than 300: no intensity is reported" for row in few)
    assert all(row["value"] is not None and not row["note"] for row in rows if row["n"] >= 300)


def test_intensities_are_medians_of_every_fluorescence_marker_in_every_population(trial):
    found = run(trial).intensities
    assert len(found) == 4 * 3 * 2
    assert set(found["marker"]) == {"CD19", "CD27"}
    scatter, cd19, cd27, _ = read_fcs(trial.folder / "fcs" / "P1_W0.fcs").events().T
    cells = (scatter >= 1000) & (scatter < 200_000)
    b = cells & (cd19 >= 1000)
    memory = b & (cd27 >= 500) & (cd27 < 262144) & (cd19 < 262144)
    expected = [
        (population, channel, marker, "median", np.median(values[inside]), inside.sum())
        for population, inside in (("/Cells", cells), ("/Cells/B", b), ("/Cells/B/Memory", memory))
        for channel, marker, values in (("B530-A", "CD19", cd19), ("V610-A", "CD27", cd27))
    ]
    columns = ["population", "channel", "marker", "statistic", "value", "n"]
    rows = found.query("sample == 'P1_W0'")[columns].itertuples(index=False, name=None)
    assert list(rows) == expected


def test_previews_show_every_gate_with_its_outline(trial):
    found = run(trial)
    plots = found.previews("P1_W0")
    assert [plot["gate"] for plot in plots] == ["Cells", "B", "Memory"]
    for plot in plots:
        with open(plot["file"], "rb") as file:  # noqa: PTH123 - an absolute path as text is the promise
            assert file.read(4) == b"\x89PNG"
    memory = plots[2]
    assert (memory["parent"], memory["x"]["title"], memory["x"]["transform"]["kind"]) == (
        "/Cells/B",
        "CD27 BV605 V610-A",
        "asinh",
    )
    assert memory["gates"][0]["count"] == int(found.subsets["count"][0])
    assert len(memory["gates"][0]["outline"]) >= 4


def test_the_manifest_says_what_the_figures_rest_on(trial):
    found = run(trial)
    manifest = found.manifest
    assert manifest["inputs"]["P1_W0"]["sha256"] == read_fcs(trial.folder / "fcs" / "P1_W0.fcs").sha256()
    assert manifest["inputs"]["P1_W0"]["file"] == "fcs/P1_W0.fcs"
    assert manifest["definitions"]["memory"]["citation"] == "A source"
    assert manifest["response"]["subjects"]["P1"]["responder"] is True
    assert manifest["study"]["baseline"] == "W0"
    assert manifest["samples"]["P2_W4"]["n_events"] == 550
    assert (found.subsets["input_sha256"][0], found.subsets["template_sha256"][0]) == (
        manifest["inputs"]["P1_W0"]["sha256"],
        manifest["templates"]["b"]["sha256"],
    )


def test_the_strategy_of_every_sample_is_kept_and_can_be_read(trial):
    from cytogate.gating.strategy import GatingStrategy

    found = run(trial)
    lines = [json.loads(line) for line in (found.path / "gates.jsonl").read_text().splitlines()]
    assert [line["sample"] for line in lines] == ["P1_W0", "P1_W4", "P2_W0", "P2_W4"]
    assert GatingStrategy.from_dict(lines[0]["strategy"]).paths == ("/Cells", "/Cells/B", "/Cells/B/Memory")


@pytest.mark.parametrize(("executor", "workers"), [("thread", 3), ("process", 1), ("process", 2)])
def test_figures_do_not_depend_on_who_works_or_how_many(trial, executor, workers):
    first = figures(run(trial))
    again = figures(run_study(trial.study, trial.folder / "other", executor=executor, workers=workers))
    assert again == first


def test_rows_of_another_order_give_the_same_figures(trial):
    first = run(trial).subsets.sort_values("sample", ignore_index=True)
    trial.sheet(*reversed(trial.rows))
    again = run_study(trial.study, trial.folder / "other", executor="serial").subsets
    assert list(again["sample"]) == ["P2_W4", "P2_W0", "P1_W4", "P1_W0"]
    assert again.sort_values("sample", ignore_index=True).equals(first)


def test_progress_counts_every_sample(trial):
    (trial.folder / "fcs" / "P1_W4.fcs").write_bytes(b"x" * 500)
    seen = []
    run(trial, progress=lambda *step: seen.append(step))
    assert seen == [
        (1, 4, "P1_W0", True),
        (2, 4, "P1_W4", False),
        (3, 4, "P2_W0", True),
        (4, 4, "P2_W4", True),
    ]


def failed(trial, **more):
    """Run and return the one failure; the three other samples must be untouched."""
    found = run(trial, **more)
    assert len(found.failures) == 1
    others = found.subsets[found.subsets["sample"] != "P1_W4"]
    assert (others["flag"] == "ok").all()
    assert len(others) == 3
    row = found.subsets[found.subsets["sample"] == "P1_W4"].iloc[0]
    assert row["flag"] == "failed"
    assert row[["count", "denominator_count", "percent"]].isna().all()
    assert found.samples.set_index("sample").loc["P1_W4", "status"] == "failed"
    assert found.previews("P1_W4") == []
    return found.failures.iloc[0]


def test_a_file_that_is_not_fcs_is_a_row_with_its_code(trial):
    (trial.folder / "fcs" / "P1_W4.fcs").write_bytes(b"<html>no</html>" * 40)
    row = failed(trial)
    assert (row["sample"], row["file"], row["stage"]) == ("P1_W4", "fcs/P1_W4.fcs", "read")
    assert row["field"]
    assert row["code"]
    assert row["found"]
    assert "P1_W4.fcs" in row["message"]


def test_a_file_cut_short_is_a_row_with_its_offset(trial):
    place = trial.folder / "fcs" / "P1_W4.fcs"
    place.write_bytes(place.read_bytes()[:-1000])
    row = failed(trial)
    assert row["stage"] == "read"
    assert row["code"]
    assert row["expected"]


def test_a_file_cut_short_is_read_where_the_study_says_lenient_and_its_events_are_counted(trial):
    place = trial.folder / "fcs" / "P1_W4.fcs"
    place.write_bytes(place.read_bytes()[:-1000])  # 8 bytes behind 450 events of 16 bytes
    trial.write("study.yaml", trial.study.read_text() + "reading: {lenient: true}\n")
    found = run(trial)
    assert len(found.failures) == 0
    sample = found.samples.set_index("sample").loc["P1_W4"]
    assert sample["n_events"] == 388
    assert "388 of 450 events are there" in sample["warnings"]


def test_a_warning_that_the_study_refuses_costs_the_row_of_its_file(trial):
    place = trial.folder / "fcs" / "P1_W4.fcs"
    place.write_bytes(place.read_bytes().replace(b"FCS3.1    ", b"FCS3.1  x ", 1))
    trial.write("study.yaml", trial.study.read_text() + "reading: {refuse: [header-version-blanks]}\n")
    row = failed(trial)
    assert row["code"] == "header-version-blanks"


def test_a_marker_that_the_file_lacks_is_a_row_with_the_nearest_name(trial):
    trial.tube("P1_W4.fcs", channels=(Channel("FSC-A"), Channel("B530-A", "CD19"), Channel("V510-A", "CD28")))
    row = failed(trial)
    assert (row["stage"], row["code"]) == ("resolve", "marker-missing")
    assert "CD27" in row["message"]
    assert "CD28" in row["message"]


def test_a_marker_that_the_file_has_twice_is_a_row_that_lists_both(trial):
    doubled = (
        Channel("FSC-A"),
        Channel("B530-A", "CD19"),
        Channel("V610-A", "CD27"),
        Channel("R670-A", "CD27"),
    )
    trial.tube("P1_W4.fcs", channels=doubled)
    row = failed(trial)
    assert (row["stage"], row["code"]) == ("resolve", "marker-ambiguous")
    assert "V610-A" in row["message"]
    assert "R670-A" in row["message"]


def test_a_worker_that_is_killed_once_costs_nothing(trial, monkeypatch):
    first = figures(run(trial))
    monkeypatch.setenv(KILL, f"gate:1:{trial.folder / 'mark'}")
    again = run_study(trial.study, trial.folder / "other", workers=2)
    assert (trial.folder / "mark").exists()
    assert figures(again) == first


def test_a_file_that_kills_every_worker_is_a_row_and_the_others_are_done(trial, monkeypatch):
    monkeypatch.setenv(KILL, "gate:1")
    row = failed(trial, executor="process", workers=2)
    assert (row["stage"], row["code"]) == ("worker", "worker-died")
    assert "killed by SIGKILL" in row["message"]


def test_a_run_that_lost_a_sample_has_its_hash_and_is_done_again_without_force(trial, monkeypatch):
    monkeypatch.setenv(KILL, "gate:1")
    failed(trial, executor="process", workers=2)
    lost = open_run(trial.out)
    sha256 = read_fcs(trial.folder / "fcs" / "P1_W4.fcs").sha256()
    size = (trial.folder / "fcs" / "P1_W4.fcs").stat().st_size
    assert lost.manifest["lost"] == ["P1_W4"]
    assert lost.manifest["inputs"]["P1_W4"] == {"file": "fcs/P1_W4.fcs", "sha256": sha256, "bytes": size}
    assert lost.subsets.set_index("sample").loc["P1_W4", "input_sha256"] == sha256
    monkeypatch.delenv(KILL)
    again = run(trial)
    assert not again.up_to_date
    assert (again.subsets["flag"] == "ok").all()
    assert again.manifest["lost"] == []
    assert run(trial).up_to_date


def odd_plot(value):
    """Return `plot_entry` with an axis that ends at `value` for the second sample."""

    def entry(view, file, subsets):
        made = previews.plot_entry_of_view(view, file, subsets)
        return made | {"x": made["x"] | {"high": value}} if view.parent_count == 450 else made

    return entry


@pytest.mark.parametrize(
    ("value", "written"), [(np.inf, "inf"), (-np.inf, "-inf"), (np.nan, None), (np.float64("inf"), "inf")]
)
def test_an_axis_without_end_is_written_as_text_and_loses_nothing(trial, monkeypatch, value, written):
    monkeypatch.setattr(previews, "plot_entry_of_view", previews.plot_entry, raising=False)
    monkeypatch.setattr(previews, "plot_entry", odd_plot(value))
    found = run(trial)
    assert len(found.failures) == 0
    assert found.previews("P1_W4")[0]["x"]["high"] == written


def test_a_value_that_no_file_can_hold_fails_its_sample_only(trial, monkeypatch):
    monkeypatch.setattr(previews, "plot_entry_of_view", previews.plot_entry, raising=False)
    monkeypatch.setattr(previews, "plot_entry", odd_plot(1j))
    row = failed(trial)
    assert (row["stage"], row["code"]) == ("store", "unexpected")
    assert "complex is not JSON serializable" in row["message"]
    found = open_run(trial.out)
    assert set(found.populations["sample"]) == {"P1_W0", "P2_W0", "P2_W4"}
    assert not [place for place in (found.path / "previews").iterdir() if "P1_W4" in place.name]


@pytest.mark.parametrize("column", ["count", "sample"])
def test_a_row_that_no_table_can_hold_fails_its_sample_only(trial, monkeypatch, column):
    rows = sample_job.population_rows

    def odd(job, result):
        for row in rows(job, result):
            yield row | {column: {"count": 2**70, "sample": "\udc80"}[column]} if job.index == 1 else row

    monkeypatch.setattr(sample_job, "population_rows", odd)
    assert failed(trial)["stage"] == "store"


def test_a_matrix_that_changes_while_the_study_runs_changes_no_figure(trial, monkeypatch):
    matrix = trial.write("spill.csv", "B530-A,V610-A\n1,0.2\n0.1,1\n")
    template = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", template.replace("compensation: none", "compensation: spill.csv"))
    first = figures(run(trial))
    planned = run_module.plan_study

    def plan_and_lose_the_matrix(path):
        plan = planned(path)
        matrix.unlink()
        return plan

    monkeypatch.setattr(run_module, "plan_study", plan_and_lose_the_matrix)
    again = run_study(trial.study, trial.folder / "other", executor="process", workers=2)
    assert len(again.failures) == 0
    assert figures(again) == first


def test_a_tube_without_events_is_a_result_of_zeros(trial):
    trial.tube("P1_W4.fcs", 0)
    found = run(trial)
    assert len(found.failures) == 0
    row = found.subsets.set_index("sample").loc["P1_W4"]
    assert (row["count"], row["denominator_count"], row["flag"]) == (0, 0, "few_parent")
    assert np.isnan(row["percent"])
    populations = found.populations.query("sample == 'P1_W4'")
    assert populations["count"].tolist() == [0, 0, 0]
    assert found.intensities.query("sample == 'P1_W4'")["n"].tolist() == [0] * 6


def test_all_files_broken_is_still_a_run(trial):
    for place in (trial.folder / "fcs").iterdir():
        place.write_bytes(b"")
    found = run(trial)
    assert len(found.failures) == 4
    assert (found.subsets["flag"] == "failed").all()


def test_controls_are_listed_and_not_gated(trial):
    trial.tube("fmo.fcs")
    trial.sheet(*trial.rows, "fcs/fmo.fcs,fmo,,,,b,batch1,fmo,batch1")
    found = run(trial)
    assert found.samples.set_index("sample").loc["fmo", "status"] == "not_gated"
    assert "fmo" not in set(found.subsets["sample"])
    assert "fmo" not in found.manifest["inputs"]


def test_a_wrong_study_writes_nothing(trial):
    trial.sheet(*trial.rows, trial.rows[0])
    with pytest.raises(StudyError, match="stands in row 2 already"):
        run(trial)
    assert not trial.out.exists()


def test_a_foreign_folder_is_refused_before_any_work(trial):
    trial.out.mkdir()
    (trial.out / "thesis.docx").write_text("x")
    seen = []
    with pytest.raises(StoreError, match="holds no run"):
        run(trial, progress=lambda *step: seen.append(step))
    assert seen == []
    assert [entry.name for entry in trial.out.iterdir()] == ["thesis.docx"]


def test_an_interrupted_run_leaves_only_what_the_next_one_goes_on_from(trial):
    def stop(*_step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(trial, executor="process", workers=2, progress=stop)
    assert [entry.name for entry in trial.out.iterdir()] == [RESULTS]
    with pytest.raises(StoreError, match="holds no finished run"):
        open_run(trial.out)


def test_a_finished_run_is_up_to_date_and_returned(trial):
    first = run(trial)
    before = (first.path / "manifest.json").read_bytes()
    seen = []
    again = run(trial, progress=lambda *step: seen.append(step))
    assert again.up_to_date
    assert not first.up_to_date
    assert seen == []
    assert (first.path / "manifest.json").read_bytes() == before


def test_a_comment_in_the_template_changes_nothing(trial):
    run(trial)
    trial.write("template.yaml", "# checked\n" + (trial.folder / "template.yaml").read_text())
    assert run(trial).up_to_date


def test_ids_that_differ_by_case_or_hold_odd_letters_have_folders_of_their_own(trial):
    names = ["S01", "s01", "CON", "a/b", "../x", "é µ", "<script>"]
    rows = []
    for number, name in enumerate(names):
        trial.tube(f"t{number}.fcs", 60, seed=number)
        rows.append(f"fcs/t{number}.fcs,{name},P{number},W0,0,b,,sample,")
    trial.sheet(*rows)
    found = run(trial)
    slugs = [entry["slug"].casefold() for entry in found.manifest["samples"].values()]
    assert len(set(slugs)) == len(names)
    assert all(len(found.previews(name)) == 3 for name in names)
    assert {place.parent for place in (found.path / "previews").iterdir()} == {found.path / "previews"}


def test_an_unknown_sample_names_the_nearest(trial):
    run(trial)
    with pytest.raises(StoreError, match=r"no sample 'P1_W1'. Did you mean P1_W"):
        open_run(trial.out).previews("P1_W1")


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize(("stage", "finished"), [("rename", False), ("renamed", True)])
def test_a_run_killed_while_it_ends_is_whole_or_not_there(trial, stage, finished):
    clean = figures(run_study(trial.study, trial.folder / "clean", executor="serial"))
    call = f"run_study({str(trial.study)!r}, {str(trial.out)!r}, executor='serial')"
    code = f"from cytogate.study.run_study import run_study; {call}"
    environment = os.environ | {KILL: f"{stage}:0", "PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -9
    assert (trial.out / "manifest.json").exists() is finished
    if not finished:
        with pytest.raises(StoreError, match="holds no finished run"):
            open_run(trial.out)
    seen = []
    again = run(trial, progress=lambda *step: seen.append(step))
    assert seen == []
    assert again.up_to_date is finished
    assert figures(again) == clean
    assert not [entry for entry in trial.out.iterdir() if entry.name.startswith(".partial-")]


def test_a_run_takes_the_place_of_none_of_another_study(trial):
    text = trial.study.read_text()
    run_study(trial.study, trial.out, executor="serial")
    moved = trial.write("moved.yaml", text)
    assert run_study(moved, trial.out, executor="serial").manifest["name"] == "Tiny"
    trial.write("study.yaml", text.replace("name: Tiny", "name: Small"))
    assert run_study(trial.study, trial.out, executor="serial").manifest["name"] == "Small"
    before = (trial.out / "manifest.json").read_bytes()
    with pytest.raises(StoreError, match=r"another study, 'Small' of .*, and 'Tiny' of .*--force"):
        run_study(moved, trial.out, executor="serial")
    assert (trial.out / "manifest.json").read_bytes() == before
    assert run_study(moved, trial.out, executor="serial", force=True).manifest["name"] == "Tiny"
