"""The section of rival definitions: percents and directions from the table of populations."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest
from report.synthetic import make_run

from cytogate.report.sections.rivals import build

B = "/B"
OWN, RIVAL, OTHER = "/B/DN/DN2", "/B/DN/DN2 CXCR5-CD21-", "/B/PB"
DEFINED = {OWN: "dn2.cxcr5_cd11c", RIVAL: "dn2.cxcr5_cd21", OTHER: "antibody_secreting.cd27_cd38"}
# subject: (own at W0, W24), (rival at W0, W24), events of 1000
COURSES = {"P1": ((100, 50), (200, 150)), "P2": ((100, 50), (200, 250)), "P3": ((40, 80), (20, 20))}


@pytest.fixture
def run(tmp_path):
    made = make_run(tmp_path, subjects=list(COURSES), weeks=(0, 24), failing=False)
    subsets, populations = [], []
    for subject, (own, rival) in COURSES.items():
        for at, week in enumerate((0, 24)):
            sample = f"{subject}-W{week}"
            row = {"sample": sample, "subject": subject, "visit": f"W{week}", "week": float(week)}
            subsets.append(
                row
                | {"panel": "bcell", "subset": "DN2", "population": OWN, "denominator": B, "count": own[at]}
            )
            counted = {B: 1000, "/B/DN": 500, OWN: own[at], RIVAL: rival[at], OTHER: 7}
            populations += [{"sample": sample, "population": p, "count": n} for p, n in counted.items()]
    manifest = made.manifest | {"population_definitions": {"bcell": DEFINED}}
    return replace(
        made, manifest=manifest, subsets=pd.DataFrame(subsets), populations=pd.DataFrame(populations)
    )


def rows_of(section):
    (table,) = pd.read_html(StringIO(str(section.body)))
    return table


def test_each_definition_has_its_percents_and_directions(run):
    table = rows_of(build(run))
    assert len(table) == 2
    own, rival = (table.iloc[at] for at in (0, 1))
    assert "the study's own" in own["Definition"]
    assert "dn2.cxcr5_cd21" in rival["Definition"]
    assert (own["% of"], rival["% of"]) == ("B", "B")
    assert (own["W0 %"], own["W24 %"]) == (10.0, 5.0)
    assert (rival["W0 %"], rival["W24 %"]) == (20.0, 15.0)
    assert [own[subject] for subject in COURSES] == ["↓", "↓", "↑"]
    assert [rival[subject] for subject in COURSES] == ["↓", "↑", "→"]
    assert rival["Patients otherwise"] == 2


def test_rivals_remain_where_antibody_secreting_cells_are_taken_out_first(run):
    named = {path: f"{identity}.asc_excluded" for path, identity in DEFINED.items()}
    without = replace(run, manifest=run.manifest | {"population_definitions": {"bcell": named}})
    table = rows_of(build(without))
    assert ["asc_excluded" in text for text in table["Definition"]] == [True, True]
    assert table["Patients otherwise"].iloc[1] == 2


def test_the_section_says_which_conclusions_move(run):
    assert "depends on the definition in at least one patient for: DN2." in str(build(run).body)
    same = run.populations.copy()
    same.loc[same["population"] == RIVAL, "count"] = list(same.loc[same["population"] == OWN, "count"])
    assert "In no patient does the direction" in str(build(replace(run, populations=same)).body)


def test_without_a_rival_that_was_gated_there_is_no_section(run):
    alone = run.manifest | {"population_definitions": {"bcell": {OWN: DEFINED[OWN]}}}
    assert build(replace(run, manifest=alone)) is None
    assert build(replace(run, populations=pd.DataFrame())) is None
    assert build(replace(run, manifest=run.manifest | {"population_definitions": {}})) is None


def test_a_rival_outside_the_denominator_is_of_its_own_parent(run):
    moved = "/B2/DN2 CXCR5-CD21-"
    table = run.populations.replace({"population": {RIVAL: moved, OTHER: "/B2"}})
    manifest = run.manifest | {
        "population_definitions": {"bcell": {OWN: DEFINED[OWN], moved: DEFINED[RIVAL]}}
    }
    shown = rows_of(build(replace(run, populations=table, manifest=manifest)))
    assert shown.iloc[1]["% of"] == "B2"
