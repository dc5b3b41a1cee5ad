"""What a look at the headers finds before a run."""

from __future__ import annotations

from cytogate.fcs.panel import Channel
from cytogate.study.plan import plan_study
from cytogate.study.survey import survey


def test_fine_files_have_nothing_to_say(trial):
    assert survey(plan_study(trial.study)) == ()


def test_every_file_that_would_fail_is_named_with_its_row(trial):
    (trial.folder / "fcs" / "P1_W0.fcs").write_bytes(b"<html>")
    trial.tube("P1_W4.fcs", channels=(Channel("FSC-A"), Channel("B530-A", "CD19"), Channel("V510-A", "CD28")))
    trial.tube("P2_W0.fcs", 0)
    found = survey(plan_study(trial.study))
    assert [problem.location for problem in found] == [
        "samples.csv row 2, sample P1_W0",
        "samples.csv row 3, sample P1_W4",
        "samples.csv row 4, sample P2_W0",
    ]
    assert "fcs/P1_W0.fcs" in found[0].message
    assert "'CD27'" in found[1].message
    assert found[2].code == "no-events"
