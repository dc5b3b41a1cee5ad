"""`exclude_asc_first` of a study: same paths, other figures, and said in manifest and report."""

from __future__ import annotations

from cytogate.report import write_report
from cytogate.simulate.trial import simulate_trial
from cytogate.study.run_study import run_study


def test_the_switch_changes_figures_and_not_paths(tmp_path):
    simulate_trial(tmp_path / "trial", seed=3, visits=(0,), events=1500)
    study = tmp_path / "trial" / "study.yaml"
    plain = run_study(study, tmp_path / "plain", executor="serial")
    study.write_text(study.read_text().replace("exclude_asc_first: false", "exclude_asc_first: true"))
    run = run_study(study, tmp_path / "switched", executor="serial")

    before, after = (table.subsets.set_index(["sample", "subset"]) for table in (plain, run))
    assert list(after["population"]) == list(before["population"])
    assert set(plain.populations["population"]) < set(run.populations["population"])
    memory = after.xs("switched_memory", level="subset")
    assert (memory["count"] < before.xs("switched_memory", level="subset")["count"]).all()
    assert set(memory["definition"]) == {"switched_memory.igd_cd27.asc_excluded"}
    helios = after.xs("helios_treg", level="subset")
    assert helios["count"].equals(before.xs("helios_treg", level="subset")["count"])

    templates = run.manifest["templates"]
    assert templates["bcell"]["exclude_asc_first"] is True
    assert templates["treg"]["exclude_asc_first"] is False
    assert templates["bcell"]["sha256"] != plain.manifest["templates"]["bcell"]["sha256"]
    said = "Antibody-secreting cells were taken out of the IgD × CD27 quadrants first"
    assert said in write_report(run, tmp_path / "switched.html").read_text(encoding="utf-8")
    assert said not in write_report(plain, tmp_path / "plain.html").read_text(encoding="utf-8")
