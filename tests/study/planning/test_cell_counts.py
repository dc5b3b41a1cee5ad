"""Absolute counts of a study, from its sheet, its clinical table and its gates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from study.conftest import CHANNELS, HEADER, tiny_events

from cytogate.errors import StudyError
from cytogate.fcs.writing.write import write_fcs
from cytogate.study.planning.plan import plan_study
from cytogate.study.sample.values import SampleResult
from cytogate.study.writing import rows as writing

COUNTS = {"/Cells": 2_000, "/Cells/B": 1_000, "/Cells/B/Memory": 200}


def subset_rows(plan, results):
    for row in plan.rows:
        yield from writing.subset_rows(plan, row, results.get(row.sample))


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


def with_volumes(plan, volumes, seconds):
    return {name: replace(result, volumes=volumes, duration=seconds) for name, result in gated(plan).items()}


@pytest.mark.parametrize(
    ("seconds", "per_ul", "note"),
    [
        (120.0, 5.0, ""),
        (None, 5.0, ""),
        (1.5, None, "$VOL in ul: 40 µL in 1.5 s is 1.6e+03 µL a minute, outside of 1 to 1,500; the other"),
        (36_000.0, None, "$VOL in ul: 40 µL in 36000 s is 0.0667 µL a minute, outside"),
    ],
)
def test_the_volume_of_the_file_is_taken_in_the_unit_that_the_study_says(trial, seconds, per_ul, note):
    ask(trial, "{method: volume, vol: ul, acquired_ul: 100}")
    plan = plan_study(trial.study)
    results = with_volumes(plan, {"ul": 40.0, "nl": 0.04}, seconds)
    found = next(subset_rows(plan, results))
    assert found["absolute_per_ul"] == per_ul
    assert found["absolute_note"].startswith(note)
    assert bool(found["absolute_note"]) is bool(note)
    results = with_volumes(plan, {}, seconds)  # no keyword: what the study says of all
    assert next(subset_rows(plan, results))["absolute_per_ul"] == 2


def test_a_volume_of_the_sheet_goes_before_that_of_the_file(trial):
    ask(trial, "{method: volume, vol: nl}")
    header = "file,sample,subject,visit,week,panel,batch,role,control_for,acquired_ul"
    trial.sheet(
        *(f"{row},50" for row in trial.rows[:1]), *(f"{row}," for row in trial.rows[1:]), header=header
    )
    plan = plan_study(trial.study)
    found = list(subset_rows(plan, with_volumes(plan, {"ul": 40_000.0, "nl": 40.0}, 60.0)))
    assert [row["absolute_per_ul"] for row in found] == [4, 5, 5, 5]
    alone = list(subset_rows(plan, gated(plan)))[1]
    assert alone["absolute_note"] == "neither sheet nor study says acquired_ul, and the file has no $VOL"


def test_volumes_are_read_with_the_files(trial):
    from cytogate.study.running.jobs import Jobs
    from cytogate.study.sample.sample_job import run_sample

    write_fcs(
        trial.folder / "fcs" / "P1_W0.fcs",
        tiny_events(50, 3),
        CHANNELS,
        {"$VOL": "60000", "$BTIM": "10:00:00", "$ETIM": "10:02:00"},
    )
    result = run_sample(Jobs(plan_study(trial.study), {}, threads=1)[0])
    assert (result.volumes, result.duration) == ({"nl": 60.0, "ul": 60_000.0}, 120.0)


DEFINED = """definitions:
  Cells: {id: lymphocytes.large, text: "Lymphocytes.", citation: "A source"}
  B: {id: b.cd19, text: "B cells.", citation: "A source"}
"""


@pytest.mark.parametrize(("b_cells", "per_ul"), [(1_000, 150), (1_001, None), (1_740, None)])
def test_enriched_tubes_tell_nothing_of_blood(trial, b_cells, per_ul):
    template = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", template.replace("definitions:\n", DEFINED))
    blood(trial, "1.5", "1.5", "1.5", "1.5")
    ask(trial, "{method: dual, of: Cells}")
    found = rows(trial, {**COUNTS, "/Cells/B": b_cells})[0]
    assert found["absolute_per_ul"] == per_ul
    if per_ul is None:
        assert "of /Cells, more than blood holds (50%): enriched tubes tell" in found["absolute_note"]


def test_a_denominator_that_is_not_the_lymphocyte_gate_is_warned_of(trial):
    template = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", template.replace("definitions:\n", DEFINED))
    blood(trial, "1", "1", "1", "1")
    ask(trial, "{method: dual, of: B}")
    (warning,) = plan_study(trial.study).warnings
    assert (warning.code, warning.fix) == ("denominator-doubted", "Write of: Cells.")
    trial.write("study.yaml", trial.study.read_text().replace("dual, of: B", "dual, of: Cells"))
    assert not plan_study(trial.study).warnings


def test_a_unit_of_volume_without_a_volume_is_named(trial):
    ask(trial, "{method: beads, vol: ul}")
    with pytest.raises(StudyError, match=r"absolute.vol: method beads takes no volume"):
        plan_study(trial.study)


def cleaned(results, **percent: float) -> dict[str, SampleResult]:
    qc = tuple({"check": "cleaning", "metric": metric, "value": value} for metric, value in percent.items())
    return {sample: replace(result, qc=qc) for sample, result in results.items()}


@pytest.mark.parametrize(
    ("absolute", "of"),
    [
        ("{method: volume, acquired_ul: 50}", "volume"),
        ("{method: beads, beads_per_tube: 50000, blood_ul: 50}", "beads"),
    ],
)
def test_cells_that_cleaning_left_are_divided_by_the_part_of_the_tube_that_it_left(trial, absolute, of):
    trial.sheet(*[f"{row},10000" for row in trial.rows], header=f"{HEADER},beads")
    ask(trial, absolute)
    plan = plan_study(trial.study)
    results = gated(plan)
    times = cleaned(results, removed_percent=20.0, removed_by_time_percent=20.0, time_removed_percent=30.0)
    for before, after in zip(subset_rows(plan, results), subset_rows(plan, times), strict=True):
        assert before["absolute_note"] == ""
        assert after["absolute_per_ul"] == pytest.approx(before["absolute_per_ul"] / 0.8)
        assert after["absolute_note"] == (
            f"cleaning left 80.0% of events (70.0% of the time): of the {of} as much was taken"
        )


def test_beads_of_a_gate_were_cleaned_with_the_cells(trial):
    ask(trial, "{method: beads, beads: Cells, beads_per_tube: 50000, blood_ul: 50}")
    plan = plan_study(trial.study)
    results = gated(plan)
    times = cleaned(results, removed_percent=60.0, removed_by_time_percent=60.0, time_removed_percent=30.0)
    for before, after in zip(subset_rows(plan, results), subset_rows(plan, times), strict=True):
        assert (after["absolute_per_ul"], after["absolute_note"]) == (before["absolute_per_ul"], "")


@pytest.mark.parametrize(
    ("percent", "note"),
    [
        ({"removed_percent": 0.4}, ""),
        ({"removed_percent": 3.0}, "3.0% of events were off scale and went: the count may be"),
        ({"removed_percent": 6.0}, "cleaning took out 6.0% of events as off scale: what they were"),
        (
            {"removed_percent": 60.0, "removed_by_time_percent": 60.0},
            "cleaning left 40% of events: too little",
        ),
    ],
)
def test_a_count_that_cannot_be_mended_is_told_of_or_refused(trial, percent, note):
    ask(trial, "{method: volume, acquired_ul: 50}")
    plan = plan_study(trial.study)
    results = gated(plan)
    after_cleaning = cleaned(results, **percent)
    for before, after in zip(subset_rows(plan, results), subset_rows(plan, after_cleaning), strict=True):
        assert after["absolute_note"].startswith(note)
        refused = note.startswith("cleaning")
        assert after["absolute_per_ul"] == (None if refused else before["absolute_per_ul"])
