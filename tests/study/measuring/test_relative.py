"""Ratios of two subsets and compositions of several: on logs, of the same tubes, checked before gating."""

from __future__ import annotations

import math

import numpy as np
import pytest
from study.conftest import bend

from cytogate.errors import StudyError
from cytogate.stats.comparison import Question
from cytogate.stats.trends.group_difference import MANN_WHITNEY, group_difference
from cytogate.stats.trends.paired_change import WILCOXON, paired_change
from cytogate.study.definition.study import load_study
from cytogate.study.definition.study_parts import Composition, RatioOf
from cytogate.study.measuring.relative import composition_measures, ratio_measure
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder.run import open_run
from cytogate.study.run_study import run_study

DN1_DN2 = RatioOf("DN1:DN2", "DN1", "DN2")
WEEKS = {"W0": 0.0, "W24": 24.0}


def tube(subject: str, visit: str, flag: str = "ok", batch: str = "", **counts: int | None):
    """The rows of one tube, one for each of its subsets."""
    return [
        {
            "sample": f"{subject}_{visit}{batch}",
            "subject": subject,
            "visit": visit,
            "week": WEEKS[visit],
            "subset": name,
            "count": count,
            "denominator_count": None if count is None else 1000,
            "flag": flag,
        }
        for name, count in counts.items()
    ]


def test_a_ratio_is_that_of_counts_with_half_an_event_more():
    rows = [*tube("P1", "W0", DN1=40, DN2=10, SWM=7), *tube("P1", "W24", DN1=0, DN2=12)]
    series = ratio_measure(rows, DN1_DN2).series()
    assert (series.name, series.kind, series.scale, series.visits) == (
        "DN1:DN2", "ratio", "log", ("W0", "W24"),
    )  # fmt: skip
    assert series.values.tolist() == [[40.5 / 10.5, 0.5 / 12.5]]
    assert series.on_scale()[0] == pytest.approx(np.log([40.5 / 10.5, 0.5 / 12.5]))
    assert series.note == "DN1 to DN2, half an event added to each"


def test_a_tube_counts_with_both_subsets_or_not_at_all():
    rows = [
        *tube("P1", "W0", DN1=40, DN2=10),
        *tube("P1", "W0", batch="b", DN1=5, DN2=8),
        *tube("P1", "W0", batch="c", DN1=400),  # of a panel that has no DN2
        *tube("P1", "W24", DN1=6, DN2=2),
        *tube("P1", "W24", "few_parent", batch="b", DN1=900, DN2=1),
    ]
    series = ratio_measure(rows, DN1_DN2).series()
    assert series.values.tolist() == [[45.5 / 18.5, 6.5 / 2.5]]
    assert "2 tubes taken together: P1 W0" in series.note


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (tube("P1", "W0", DN1=0, DN2=0), "no event of any of them: P1 W0"),
        (tube("P1", "W0", "failed", DN1=None, DN2=None), "of tubes that could not be gated, left out: P1 W0"),
        (tube("P1", "W24", DN1=5, DN2=3), "no tube: P1 W0"),
    ],
)
def test_where_nothing_was_counted_there_is_no_ratio_and_the_reason(rows, note):
    other = [*tube("P2", "W0", DN1=4, DN2=4), *tube("P2", "W24", DN1=4, DN2=4)]
    series = ratio_measure([*rows, *other], DN1_DN2).series()
    assert math.isnan(series.values[0, 0])
    assert note in series.note


def test_few_events_are_kept_and_said():
    series = ratio_measure(tube("P1", "W0", "below_lod", DN1=3, DN2=3), DN1_DN2).series()
    assert series.values.tolist() == [[1.0]]
    assert "below the limit of detection, kept as counted: P1 W0" in series.note


def test_a_composition_is_centred_on_logs_and_names_its_parts():
    parts = Composition("B cells", ("N", "SWM", "DN"))
    rows = [*tube("P1", "W0", N=70, SWM=20, DN=0), *tube("P1", "W24", N=30, SWM=30, DN=30)]
    found = [measure.series() for measure in composition_measures(rows, parts)]
    assert [series.name for series in found] == ["B cells: N", "B cells: SWM", "B cells: DN"]
    logs = np.array([series.on_scale()[0] for series in found])
    assert logs.sum(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert logs[0] - logs[2] == pytest.approx([math.log(70.5 / 0.5), 0])
    assert {series.kind for series in found} == {"composition"}


def test_ratios_are_tested_on_logs_alone():
    rows = [
        row
        for number, (before, after) in enumerate([(10, 20), (30, 90), (8, 4), (20, 60), (5, 40), (9, 19)])
        for row in (
            *tube(f"P{number}", "W0", DN1=before, DN2=10),
            *tube(f"P{number}", "W24", DN1=after, DN2=10),
        )
    ]
    series = ratio_measure(rows, DN1_DN2).series()
    turned = ratio_measure(rows, RatioOf("DN2:DN1", "DN2", "DN1")).series()
    question = Question("W0", "W24", {f"P{number}": number < 3 for number in range(6)})
    for ask, test in ((paired_change, WILCOXON), (group_difference, MANN_WHITNEY)):
        (one,) = [row for row in ask(series, question, "all treated") if row.test.startswith(test)]
        (other,) = [row for row in ask(turned, question, "all treated") if row.test.startswith(test)]
        assert one.test == test
        assert one.p == other.p  # which of both stands above makes no difference
        assert one.estimate == pytest.approx(1 / other.estimate)
    assert one.unit == "ratio of folds"


NAIVE = """\
  - name: Naive
    parent: B
    polygon: {x: CD27, y: CD19, vertices: [[-999999, 0], [-999999, 262144], [500, 262144], [500, 0]]}
definitions:
"""
KEYS = """\
  naive: {population: B/Naive, of: B}
  b: {population: B, of: Cells}
ratios:
  memory_to_naive: {numerator: memory, denominator: naive}
compositions:
  B cells: [memory, naive]
"""


@pytest.fixture
def relative(trial):
    text = (trial.folder / "template.yaml").read_text()
    trial.write("template.yaml", text.replace("definitions:\n", NAIVE))
    text = trial.study.read_text().replace("baseline: W0", f"{KEYS}baseline: W0")
    text = text.replace("[memory]", "[memory_to_naive, 'B cells: naive']")
    trial.write("study.yaml", text.replace("statistics: []", "statistics: [paired_change]"))
    return trial


def test_a_study_asks_for_them_beside_subsets_and_in_families(relative):
    run_study(relative.study, relative.out, executor="serial")
    found = open_run(relative.out).comparisons
    mine = found[found["measure"].isin(["ratio", "composition"])]
    assert set(mine["subset"]) == {"memory_to_naive", "B cells: memory", "B cells: naive"}
    tested = mine[(mine["test"] == WILCOXON) & (mine["group"] == "all treated")]
    assert tested["n"].tolist() == [2, 2, 2]
    assert tested["unit"].unique().tolist() == ["fold"]
    assert tested.set_index("subset")["family"].to_dict() == {
        "memory_to_naive": "primary", "B cells: memory": "", "B cells: naive": "primary",
    }  # fmt: skip
    pair = tested.set_index("subset")["estimate"]
    assert pair["memory_to_naive"] == pytest.approx(pair["B cells: memory"] / pair["B cells: naive"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "denominator: naive",
            "denominator: naiv",
            r"line \d+, ratios.memory_to_naive.denominator: unknown subset 'naiv'. Did you mean naive",
        ),
        ("denominator: naive", "denominater: naive", r"unknown key 'denominater'. Did you mean denominator"),
        ("numerator: memory", "numerator: naive", r"ratios.memory_to_naive.*'naive' stands there twice"),
        ("[memory, naive]", "[memory]", r"compositions.B cells: expected at least two entries"),
        ("[memory, naive]", "[memory, nave]", r"compositions.B cells\[1\]: unknown subset 'nave'"),
        ("memory_to_naive: {", "memory: {", r"ratios.memory: 'memory' is one of the subsets already"),
        ("denominator: naive", "denominator: b", r"ratios.memory_to_naive: b and memory share events"),
        ("[memory, naive]", "[memory, b]", r"compositions.B cells: its subsets are shares of /Cells and"),
        ("'B cells: naive'", "'B cells: naif'", r"'B cells: naif' is no subset.*Did you mean B cells: naive"),
    ],
)
def test_what_cannot_be_set_against_each_other_is_named(relative, old, new, message):
    study = bend(relative, "study.yaml", old, new)
    with pytest.raises(StudyError, match=message):
        plan_study(study)


def test_the_same_cells_under_two_names_are_no_ratio(relative):
    study = bend(
        relative, "study.yaml", "of: Cells}", "of: Cells}\n  twin: {population: B/Memory, of: Cells}"
    )
    assert load_study(study).ratios[0].subsets == ("memory", "naive")
    plan_study(study)  # where no ratio asks for both they may share events
    study = bend(relative, "study.yaml", "denominator: naive", "denominator: twin")
    with pytest.raises(StudyError, match=r"ratios.memory_to_naive: memory and twin share events"):
        plan_study(study)


def test_subsets_of_two_panels_are_no_ratio(relative):
    relative.write("second.yaml", (relative.folder / "template.yaml").read_text().replace("tiny", "second"))
    relative.rows.append(
        relative.rows[0].replace("P1_W0,P1,W0,0,b", "T1,P1,W0,0,t").replace("P1_W0.fcs", "t.fcs")
    )
    relative.tube("t.fcs", seed=77)
    relative.sheet()
    bend(relative, "study.yaml", "{b: template.yaml}", "{b: template.yaml, t: second.yaml}")
    text = relative.study.read_text().replace(", of: B}", ", of: B, panel: b}")
    text = text.replace("of: Cells}", "of: Cells, panel: b}").replace(
        "B/Naive, of: B, panel: b", "B/Naive, of: B, panel: t"
    )
    relative.write("study.yaml", text)
    with pytest.raises(
        StudyError, match=r"ratios.memory_to_naive: its subsets are of several panels \(b, t\)"
    ):
        plan_study(relative.study)
