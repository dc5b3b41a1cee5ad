"""A study with a clogged tube, whose cuts are found in the data: they are those of the cleaned events."""

from __future__ import annotations

import json

import pytest
from qc_tubes import simulated

import cytogate as cg
from cytogate.gating.strategy import GatingStrategy
from cytogate.simulate.trial import write_tube
from cytogate.study.run_study import run_study
from cytogate.study.running import fitting

STUDY = """\
format: cytogate.study
version: 1
name: Clogged
data_root: .
samples: samples.csv
templates: {b: sle_bcell_fitted}
subsets:
  DN: {population: B/DN, of: B}
  activated_naive: {population: B/N+T/aNAV, of: B}
statistics: []
cleaning: {report: [drift], remove: []}
"""
SHEET = """\
file,sample,subject,visit,week,panel,batch,role,control_for
clogged.fcs,clogged,P1,W0,0,b,1,sample,
well.fcs,well,P1,W4,4,b,1,sample,
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folder, and runs with and without cleaning."""
    folder = tmp_path_factory.mktemp("clogged")
    for name, seed, flow in (("clogged", 2, {"clog_probability": 1.0}), ("well", 3, {})):
        write_tube(simulated(seed, 30_000, **flow), folder / f"{name}.fcs", seed=seed, study="clogs")
    (folder / "samples.csv").write_text(SHEET)
    (folder / "study.yaml").write_text(STUDY)
    dirty = run_study(folder / "study.yaml", folder / "dirty", executor="serial")
    (folder / "study.yaml").write_text(STUDY.replace("remove: []", "remove: [flow_rate, signal]"))
    return folder, run_study(folder / "study.yaml", folder / "cleaned", executor="serial"), dirty


def placements(run, sample):
    panel = json.loads((run.path / "fits.json").read_text())["panels"]["b"]
    return panel["placements"][f"{sample}.fcs"]


@pytest.mark.parametrize("sample", ["clogged", "well"])
def test_methods_look_at_the_events_that_are_counted(runs, sample):
    _, cleaned, _ = runs
    table = cleaned.populations
    counts = table[table["sample"] == sample].set_index("population")["count"]
    template = cg.load_template("sle_bcell_fitted")
    looked = {
        (placement["n_events"], int(counts[template.fitted[name].of]))
        for name, placement in placements(cleaned, sample).items()
        if template.fitted[name].scope == "sample" and template.fitted[name].of is not None
    }
    assert len(looked) > 3
    assert all(seen == counted for seen, counted in looked)


def test_a_clog_moves_a_cut_unless_it_is_taken_out(runs, tmp_path):
    folder, cleaned, dirty = runs
    files = []
    for line in (cleaned.path / "gates.jsonl").read_text().splitlines():
        entry = json.loads(line)
        source = cg.read_fcs(folder / f"{entry['sample']}.fcs")
        left = cg.gate(source, GatingStrategy.from_dict(entry["strategy"])).root_mask()
        assert 0.05 < 1 - left.mean() < 0.25 or entry["sample"] != "clogged"
        files.append(tmp_path / f"{entry['sample']}.fcs")
        keywords = {"$SPILLOVER": source.keywords["$SPILLOVER"]}
        cg.write_fcs(files[-1], source.events()[left], source.channels, keywords=keywords)
    fits = cg.fit_template(cg.load_template("sle_bcell_fitted"), files)
    expected = fits.placements[str(tmp_path / "clogged.fcs")]["cd24"].own[0]
    moved, stands = (placements(run, "clogged")["cd24"]["own"][0] for run in (dirty, cleaned))
    assert abs(moved - expected) > 0.02
    assert abs(stands - expected) < 0.005


def test_intervals_and_splits_are_those_of_cleaned_events(runs):
    _, cleaned, dirty = runs
    for name in ("subsets", "splits"):
        ours, theirs = (run.rows(name) for run in (cleaned, dirty))
        assert len(ours) == len(theirs) > 0
        assert ours != theirs
    for row in cleaned.rows("splits"):
        percents = {
            entry["sample"]: entry["percent"]
            for entry in cleaned.rows("subsets")
            if entry["subset"] == row["subset"]
        }
        change = percents[row["sample_b"]] - percents[row["sample_a"]]
        assert row["change"] == pytest.approx(change)
        assert row["gate"] + row["biology"] == pytest.approx(row["change"])


def test_fits_are_found_again_where_other_events_go_and_not_where_another_check_reports(runs, monkeypatch):
    folder, cleaned, _ = runs
    found: list[str] = []
    fit_panel = fitting.fit_panel

    def counted(plan, panel, *more, **how):
        found.append(panel)
        return fit_panel(plan, panel, *more, **how)

    monkeypatch.setattr(fitting, "fit_panel", counted)
    removing = STUDY.replace("remove: []", "remove: [flow_rate, signal]")
    (folder / "study.yaml").write_text(removing.replace("[drift]", "[drift, time]"))
    run_study(folder / "study.yaml", cleaned.path, executor="serial")
    assert found == []
    (folder / "study.yaml").write_text(removing.replace("[flow_rate, signal]", "[signal]"))
    run_study(folder / "study.yaml", cleaned.path, executor="serial")
    assert found == ["b"]
