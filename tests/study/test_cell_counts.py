"""Absolute counts of a study, from its sheet, its clinical table and its gates."""

from __future__ import annotations

import pytest

from cytogate.errors import StudyError
from cytogate.study.plan import plan_study
from cytogate.study.rows import subset_rows
from cytogate.study.sample_job import SampleResult

COUNTS = {"/Cells": 2_000, "/Cells/B": 1_000, "/Cells/B/Memory": 200}


def gated(plan, counts=COUNTS) -> dict[str, SampleResult]:
    populations = tuple({"population": path, "count": count} for path, count in counts.items())
    pair = counts["/Cells/B/Memory"], counts["/Cells/B"]
    return {
        row.sample: SampleResult(index, row.sample, populations=populations, counts={"memory": pair})
        for index, row in enumerate(plan.gated)
    }


def ask(trial, absolute: str) -> None:
    trial.write("study.yaml", f"{trial.study.read_text()}absolute: {absolute}\n")


def rows(trial, counts=COUNTS) -> list[dict]:
    plan = plan_study(trial.study)
    return list(subset_rows(plan, gated(plan, counts)))


def blood(trial, *values: str) -> None:
    lines = (trial.folder / "clinical.csv").read_text().splitlines()
    cells = ["lymphocytes_1e9_l", *values]
    trial.write("clinical.csv", "\n".join(f"{a},{b}" for a, b in zip(lines, cells, strict=True)) + "\n")


def test_without_the_key_nothing_is_counted(trial):
    first = rows(trial)[0]
    assert (first["absolute_per_ul"], first["absolute_note"]) == (None, "")


def test_the_blood_count_of_the_visit_makes_shares_of_lymphocytes_absolute(trial):
    blood(trial, "1.5", "1.2", "", "0.8")
    ask(trial, "{method: dual, of: Cells}")
    found = rows(trial)
    assert [row["absolute_per_ul"] for row in found] == pytest.approx([150, 120, None, 80])
    assert found[0]["absolute_ci_low"] < 150 < found[0]["absolute_ci_high"]
    assert found[2]["absolute_note"] == "the clinical table has no lymphocytes_1e9_l of this visit"


def test_few_lymphocytes_or_a_subset_outside_give_the_reason(trial):
    blood(trial, "1", "1", "1", "1")
    ask(trial, "{method: dual, of: Memory}")
    assert rows(trial)[0]["absolute_note"] == "the subset does not lie below Memory in this panel"
    trial.write("study.yaml", trial.study.read_text().replace("of: Memory}", "of: Cells}"))
    few = {"/Cells": 19, "/Cells/B": 19, "/Cells/B/Memory": 5}
    assert rows(trial, few)[0]["absolute_note"] == "19 lymphocytes in the tube, too few for a share"


def test_beads_of_a_gate_or_of_the_sheet_count_cells(trial):
    ask(trial, "{method: beads, beads: Cells, beads_per_tube: 50000, blood_ul: 50}")
    assert rows(trial)[0]["absolute_per_ul"] == pytest.approx(200 / 2_000 * 50_000 / 50)
    lines = [f"{row},{beads}" for row, beads in zip(trial.rows, ("1000", "500", "", ""), strict=True)]
    header = "file,sample,subject,visit,week,panel,batch,role,control_for,beads"
    trial.sheet(*lines, header=header)
    found = rows(trial)
    assert [row["absolute_per_ul"] for row in found] == pytest.approx([200, 400, 100, 100])
    assert "500 beads, fewer than 1,000" in found[1]["absolute_note"]


def test_volume_of_a_tube_counts_before_that_of_the_study(trial):
    ask(trial, "{method: volume, acquired_ul: 100, dilution: 2}")
    assert rows(trial)[0]["absolute_per_ul"] == pytest.approx(4)
    header = "file,sample,subject,visit,week,panel,batch,role,control_for,acquired_ul,dilution"
    trial.sheet(*(f"{row},50,1" for row in trial.rows), header=header)
    assert rows(trial)[0]["absolute_per_ul"] == pytest.approx(4)
    trial.sheet(*(f"{row},50," for row in trial.rows), header=header)
    assert rows(trial)[0]["absolute_per_ul"] == pytest.approx(8)


@pytest.mark.parametrize(
    ("absolute", "note"),
    [
        ("{method: volume}", "neither sheet nor study says acquired_ul"),
        ("{method: beads, blood_ul: 50}", "neither sheet nor study says beads, beads_per_tube"),
    ],
)
def test_amounts_that_nobody_gives_are_named(trial, absolute, note):
    ask(trial, absolute)
    assert {row["absolute_note"] for row in rows(trial)} == {note}


def test_a_tube_that_was_not_gated_has_no_count(trial):
    ask(trial, "{method: volume, acquired_ul: 100}")
    plan = plan_study(trial.study)
    results = {row.sample: SampleResult(index, row.sample) for index, row in enumerate(plan.gated)}
    first = next(subset_rows(plan, results))
    assert (first["absolute_per_ul"], first["absolute_note"]) == (None, "the tube was not gated")


def test_other_panels_are_left_alone(trial):
    trial.write("other.yaml", (trial.folder / "template.yaml").read_text().replace("tiny", "other"))
    text = trial.study.read_text().replace("{b: template.yaml}", "{b: template.yaml, t: other.yaml}")
    trial.write("study.yaml", text.replace("of: B}", "of: B, panel: b}"))
    ask(trial, "{method: volume, acquired_ul: 100, panels: [t]}")
    assert {(row["absolute_per_ul"], row["absolute_note"]) for row in rows(trial)} == {(None, "")}


@pytest.mark.parametrize(
    ("absolute", "message"),
    [
        ("{method: dual}", "method dual needs the key 'of'"),
        ("{method: dual, of: Cels}", "no template of b has one population 'Cels'"),
        ("{method: beads, beads: Pearls}", "no template of b has one population 'Pearls'"),
        ("{method: volume, panels: [c]}", "unknown panel 'c'"),
        ("{method: volume, acquired_ul: 0}", "absolute.acquired_ul"),
        ("{method: weight}", "absolute.method"),
        ("{method: volume, aquired_ul: 5}", "Did you mean acquired_ul"),
    ],
)
def test_a_key_that_cannot_be_meant_is_named(trial, absolute, message):
    ask(trial, absolute)
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert any(message in str(problem) for problem in caught.value.problems), caught.value.problems


def test_the_blood_count_needs_a_clinical_table(trial):
    text = trial.study.read_text()
    kept = [line for line in text.splitlines() if not line.startswith(("clinical", "response"))]
    trial.write("study.yaml", "\n".join(kept) + "\n")
    ask(trial, "{method: dual, of: Cells}")
    with pytest.raises(StudyError, match="method dual needs the key 'clinical'"):
        plan_study(trial.study)


def test_an_amount_of_the_sheet_must_be_more_than_nothing(trial):
    header = "file,sample,subject,visit,week,panel,batch,role,control_for,blood_ul"
    trial.sheet(*(f"{row},0" for row in trial.rows), header=header)
    with pytest.raises(StudyError, match="0 is no amount: it must be more than 0"):
        plan_study(trial.study)


def test_a_share_below_one_of_too_few_events_is_flagged(trial):
    text = (
        trial.study.read_text().replace("of: B}", "of: Cells}").replace("min_parent: 20", "min_parent: 100")
    )
    trial.write("study.yaml", text)
    template = (trial.folder / "template.yaml").read_text().replace("B/Memory:", "Memory:")
    template = template.replace(
        "  - name: Memory\n    parent: B",
        "  - name: C\n    parent: B\n    threshold: {x: CD19, above: 2000}\n  - name: Memory\n    parent: C",
    )
    trial.write("template.yaml", template)
    text = text.replace("population: B/Memory", "population: Memory")
    trial.write("study.yaml", text)
    plan = plan_study(trial.study)

    def flagged(b: int, c: int) -> str:
        counts = {"/Cells": 2_000, "/Cells/B": b, "/Cells/B/C": c, "/Cells/B/C/Memory": 60}
        populations = tuple({"population": path, "count": n} for path, n in counts.items())
        result = SampleResult(0, "", populations=populations, counts={"memory": (60, 2_000)})
        return next(subset_rows(plan, {row.sample: result for row in plan.gated}))["flag"]

    assert flagged(99, 80) == "few_parent"
    assert flagged(100, 80) == "ok"
