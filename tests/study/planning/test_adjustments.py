"""Gates changed by hand: refused with the line when wrong, and never without the template's figures."""

from __future__ import annotations

import pytest

from cytogate.errors import StudyError
from cytogate.gating.template.library import load_template
from cytogate.report import write_report
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_study import run_study

ENTRY = """\
- sample: P1_W4
  gate: B
  change: {above: 3000}
  reason: The negative peak lies higher in this tube.
  author: A. Analyst
  time: 2026-03-02T10:15:00+00:00
  template_sha256: SHA
"""


@pytest.fixture
def adjusted(trial):
    """The tiny study with gates that may be adjusted, and a writer of its adjustments."""
    text = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", text.replace("definitions:", "adjustable: [B, Memory]\ndefinitions:"))
    trial.write("study.yaml", trial.study.read_text() + "adjustments: adjustments.yaml\n")
    sha = load_template(trial.folder / "template.yaml").sha256

    def write(entry: str):
        trial.write("adjustments.yaml", entry.replace("SHA", sha))
        return trial

    return write


def test_right_adjustments_are_part_of_the_plan(adjusted):
    (found,) = plan_study(adjusted(ENTRY).study).adjustments
    assert (found.sample, found.change.gate, found.author) == ("P1_W4", "B", "A. Analyst")
    assert plan_study(adjusted("# none yet\n").study).adjustments == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "P1_W4",
            "P1_W5",
            r"line 1, \[0\].sample: no gated sample of the sheet is called 'P1_W5'. Did you mean",
        ),
        ("gate: B", "gate: BB", r"line 2, \[0\].gate: template tiny has no gate 'BB'. Did you mean B"),
        ("gate: B", "gate: Cells", r"gate 'Cells' may not be adjusted. The template allows: B, Memory"),
        (
            "template_sha256: SHA",
            "template_sha256: abc",
            r"line 7, .*the adjustment was made on abc. Look at the",
        ),
        (
            "above: 3000",
            "vertices: [[1, 2], [3, 4], [5, 6]]",
            r"line 3, .*a rectangle has no 'vertices'. It may",
        ),
        ("above: 3000", "above: high", r"expected a finite number, found 'high'"),
        ("above: 3000", "above: .inf", r"expected a finite number"),
        ("{above: 3000}", "{units: scale}", r"expected what is new of a rectangle"),
        ("above: 3000", "above: 0.3, units: pixels", r"expected data or scale, found 'pixels'"),
        ("above: 3000", "move: {y: 1}", r"expected \{x: ...\}"),
        ("above: 3000", "move: {x: far}", r"expected finite numbers"),
        ("2026-03-02T10:15:00+00:00", "yesterday", r"line 6, .*expected a moment"),
        ("  reason: The negative peak lies higher in this tube.\n", "", r"'reason' is missing"),
        ("  reason: The negative peak lies higher in this tube.", "  reason: ''", r"reason"),
        ("author:", "autor:", r"unknown key 'autor'. Did you mean author"),
        (ENTRY, ENTRY + ENTRY, r"gate 'B' of sample 'P1_W4' is adjusted in entry 1 already"),
        (ENTRY, "sample: P1_W4\n", r"expected a list"),
        (ENTRY, "- [\n", r"adjustments.yaml line"),
    ],
)
def test_a_wrong_adjustment_is_named_with_its_line(adjusted, old, new, said):
    assert old in ENTRY
    with pytest.raises(StudyError, match=said):
        plan_study(adjusted(ENTRY.replace(old, new)).study)


def test_one_number_for_a_cut_that_differs_by_side_is_refused(adjusted):
    study = adjusted(ENTRY.replace("gate: B", "gate: Quad").replace("above: 3000", "y_cut: 500"))
    text = (study.folder / "template.yaml").read_text()
    quad = """
  - name: Quad
    parent: B
    quadrants: {x: CD19, y: CD27, x_cut: 700, y_cut: {left: 600, right: 700}, parts: {upper_left: Q}}
"""
    text = text.replace("adjustable: [", "adjustable: [Quad, ").replace("gates:", "gates:" + quad.rstrip(), 1)
    study.write("template.yaml", text)
    sha = load_template(study.folder / "template.yaml").sha256
    entries = (study.folder / "adjustments.yaml").read_text()
    study.write(
        "adjustments.yaml", entries[: entries.rindex("template_sha256: ")] + f"template_sha256: {sha}\n"
    )
    with pytest.raises(StudyError, match=r"line 3, .*y_cut of gate 'Quad' differs by side.* Move the gate"):
        plan_study(study.study)


def test_all_problems_are_listed_at_once(adjusted):
    with pytest.raises(StudyError) as caught:
        plan_study(adjusted(ENTRY.replace("P1_W4", "P9_W9") + ENTRY.replace("gate: B", "gate: Q")).study)
    assert len(caught.value.problems) == 2


def test_figures_of_the_template_stay_beside_adjusted_ones(adjusted, tmp_path):
    trial = adjusted("[]\n")
    plain = run_study(trial.study, tmp_path / "plain", executor="serial")
    run = run_study(adjusted(ENTRY).study, tmp_path / "adjusted", executor="serial")
    before, after = plain.subsets.set_index("sample"), run.subsets.set_index("sample")
    assert after["adjusted"].to_dict() == {"P1_W0": False, "P1_W4": True, "P2_W0": False, "P2_W4": False}
    assert after["template_count"].equals(before["count"])
    assert after["template_percent"].equals(before["percent"])
    assert after.loc["P1_W4", "count"] < before.loc["P1_W4", "count"]
    others = [sample for sample in after.index if sample != "P1_W4"]
    assert after.loc[others, "count"].equals(before.loc[others, "count"])
    assert run.manifest["documents"]["adjustments"] != plain.manifest["documents"]["adjustments"]
    assert run.manifest["adjustments"][0]["reason"].startswith("The negative peak")


def test_a_gate_that_no_endpoint_depends_on_adjusts_none(adjusted, tmp_path):
    text = ENTRY.replace("{above: 3000}", "{move: {x: 0.01}, units: scale}").replace("gate: B", "gate: Side")
    trial = adjusted(text)
    template = (trial.folder / "template.yaml").read_text()
    side = "  - name: Side\n    parent: Cells\n    threshold: {x: CD27, above: 500}\nadjustable: [Side, "
    trial.write("template.yaml", template.replace("adjustable: [", side))
    sha = load_template(trial.folder / "template.yaml").sha256
    trial.write("adjustments.yaml", text.replace("SHA", sha))
    run = run_study(trial.study, tmp_path / "run", executor="serial")
    assert not run.subsets["adjusted"].any()
    assert len(run.failures) == 0


def test_a_change_that_leaves_nothing_fails_its_sample_alone(adjusted, tmp_path):
    text = ENTRY.replace("gate: B", "gate: Memory").replace(
        "{above: 3000}", "{vertices: [[1, 1], [2, 2], [3, 3]]}"
    )
    run = run_study(adjusted(text).study, tmp_path / "run", executor="serial")
    assert set(run.failures["sample"]) <= {"P1_W4"}
    assert len(run.subsets) == 4


def test_the_report_tells_who_changed_what_and_why(adjusted, tmp_path):
    run = run_study(adjusted(ENTRY).study, tmp_path / "run", executor="serial")
    page = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "1 gate of 1 sample was changed by hand" in page
    for said in ("above 3000", "The negative peak lies higher", "A. Analyst", "2026-03-02 10:15 UTC"):
        assert said in page
