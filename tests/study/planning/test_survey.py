"""What a look at the headers finds before a run."""

from __future__ import annotations

from cytogate.fcs.channels.panel import Channel
from cytogate.study.planning.plan import plan_study
from cytogate.study.planning.survey import Survey, survey


def test_fine_files_have_nothing_to_say(trial):
    assert survey(plan_study(trial.study)) == Survey((), ())


def test_every_file_that_would_fail_is_named_with_its_row(trial):
    (trial.folder / "fcs" / "P1_W0.fcs").write_bytes(b"<html>")
    trial.tube("P1_W4.fcs", channels=(Channel("FSC-A"), Channel("B530-A", "CD19"), Channel("V510-A", "CD28")))
    trial.tube("P2_W0.fcs", 0)
    found = survey(plan_study(trial.study))
    assert [problem.location for problem in found.failing] == [
        "samples.csv row 2, sample P1_W0",
        "samples.csv row 3, sample P1_W4",
    ]
    assert [problem.location for problem in found.remarks] == ["samples.csv row 4, sample P2_W0"]
    assert "'CD27'" in found.failing[1].message
    assert found.remarks[0].code == "no-events"
    for problem, name in zip(found.failing, ("fcs/P1_W0.fcs", "fcs/P1_W4.fcs"), strict=True):
        assert problem.message.startswith(name)
        assert problem.message.count(name) == 1


def test_a_file_without_the_matrix_that_its_template_asks_for_is_named(trial):
    text = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", text.replace("compensation: none", "compensation: file"))
    found = survey(plan_study(trial.study))
    assert len(found.failing) == 4
    assert "no spillover matrix" in found.failing[0].message


def test_a_control_that_cannot_be_read_is_remarked_and_fails_no_tube(trial):
    trial.tube("fmo.fcs").write_bytes(b"")
    place = trial.folder / "samples.csv"
    place.write_text(place.read_text() + "fcs/fmo.fcs,F,,,,b,,fmo,CD27\n")
    found = survey(plan_study(trial.study))
    assert found.failing == ()
    (remark,) = found.remarks
    assert (remark.code, remark.location) == ("file-empty", "samples.csv row 6, control F")
    assert remark.message.startswith("cannot serve: fcs/fmo.fcs")
