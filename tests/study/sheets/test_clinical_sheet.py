"""The clinical table."""

from __future__ import annotations

import pytest

from cytogate.stats.clinical.sledai import WEIGHTS
from cytogate.study.sheets.clinical_sheet import SLEDAI_COLUMNS, read_clinical


def clinical(tmp_path, text: str):
    place = tmp_path / "clinical.csv"
    place.write_text(text)
    return read_clinical(place)


def test_a_visit_holds_what_the_rule_needs_and_every_number(tmp_path):
    visits, problems, _ = clinical(
        tmp_path,
        "subject,visit,week,sledai_total,bilag_renal,pga,prednisone_mg_day,anti_dsdna,note\nP1,W0,0,8,b,1.5,7.5,120,fine\n",
    )
    assert not problems
    state = visits[0].state
    assert (state.visit, state.week, state.sledai, state.pga, state.prednisone_mg_day) == (
        "W0",
        0,
        8,
        1.5,
        7.5,
    )
    assert state.bilag == {"renal": "B"}
    assert visits[0].values == {"sledai_total": 8, "pga": 1.5, "prednisone_mg_day": 7.5, "anti_dsdna": 120}
    assert visits[0].text == {"note": "fine"}


def test_the_24_items_make_the_total_where_none_is_given(tmp_path):
    header = ",".join(["subject", "visit", "week", *SLEDAI_COLUMNS])
    present = ["1" if item in ("arthritis", "rash") else "0" for item in WEIGHTS]
    visits, problems, _ = clinical(tmp_path, f"{header}\nP1,W0,0,{','.join(present)}\n")
    assert not problems
    assert visits[0].state.sledai == 6


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sledai_total", "106", "a SLEDAI-2K total is a whole number from 0 to 105, not 106"),
        ("sledai_rash", "perhaps", "row 2, column sledai_rash: 'perhaps' is neither yes nor no"),
        ("bilag_renal", "F", "row 2, column bilag_renal: 'F' is not a BILAG grade"),
        ("bilag_renal", "AB", "'AB' is not a BILAG grade"),
        ("pga", "45", "row 2, column pga: 45 is not on the scale 0 to 3"),
        ("pga", "1,5", "not a number (write a decimal point, not a comma)"),
        ("sledai_rsh", "1", "row 1: unknown column 'sledai_rsh'. Did you mean sledai_rash"),
        ("bilag_kidney", "A", "unknown column 'bilag_kidney'"),
    ],
)
def test_a_wrong_value_is_named_with_row_and_column(tmp_path, column, value, message):
    _, problems, _ = clinical(tmp_path, f'subject,visit,week,{column}\nP1,W0,0,"{value}"\n')
    assert any(message in str(problem) for problem in problems), problems


def test_a_total_that_its_items_refute_is_named(tmp_path):
    header = ",".join(["subject", "visit", "week", "sledai_total", *SLEDAI_COLUMNS])
    _, problems, _ = clinical(tmp_path, f"{header}\nP1,W0,0,9,{','.join('1' * 24)}\n")
    assert "the total says 9, and the 24 descriptors make 105" in str(problems[0])


def test_items_without_total_must_be_complete(tmp_path):
    _, problems, _ = clinical(tmp_path, "subject,visit,week,sledai_rash\nP1,W0,0,1\n")
    assert "only 1 of the 24 descriptors are given" in str(problems[0])


def test_a_visit_that_stands_twice_names_both_rows(tmp_path):
    _, problems, _ = clinical(tmp_path, "subject,visit,week\nP1,W0,0\nP1,W4,4\nP1,W0,0\n")
    assert "row 4, column visit" in str(problems[0])
    assert "stands in row 2 already" in str(problems[0])


def test_steroids_become_prednisone_equivalents(tmp_path):
    header = "subject,visit,week,prednisone_mg_day,methylprednisolone_mg_day"
    visits, problems, _ = clinical(tmp_path, f"{header}\nP1,W0,0,5,4\nP1,W4,4,,4\nP1,W8,8,5,\nP1,W12,12,,\n")
    assert not problems
    assert [visit.state.prednisone_mg_day for visit in visits] == [10, 5, 5, None]
    assert visits[0].values == {
        "prednisone_mg_day": 5,
        "methylprednisolone_mg_day": 4,
        "prednisone_equivalent_mg_day": 10,
    }


def test_assessments_are_brought_to_0_3_by_table_or_row(tmp_path):
    place = tmp_path / "clinical.csv"
    place.write_text("subject,visit,week,pga,pga_scale\nP1,W0,0,50,\nP1,W4,4,5,10\nP1,W8,8,1.2,3\n")
    visits, problems, _ = read_clinical(place, pga_scale=100)
    assert not problems
    assert [visit.state.pga for visit in visits] == [1.5, 1.5, 1.2]
    assert [visit.values["pga"] for visit in visits] == [1.5, 1.5, 1.2]
    assert all("pga_scale" not in visit.values for visit in visits)


def test_grades_of_classic_bilag_are_read(tmp_path):
    visits, problems, _ = clinical(tmp_path, "subject,visit,week,bilag_vasculitis,bilag_renal\nP1,W0,0,A,d\n")
    assert not problems
    assert visits[0].state.bilag == {"vasculitis": "A", "renal": "D"}
    assert "bilag_score" not in visits[0].values  # six systems are not recorded


def test_scores_of_whole_records_are_clinical_variables(tmp_path):
    systems = ["constitutional", "mucocutaneous", "neuropsychiatric", "musculoskeletal", "cardiorespiratory"]
    systems += ["gastrointestinal", "ophthalmic", "renal", "haematological"]
    header = ["subject", "visit", "week", *SLEDAI_COLUMNS, *(f"bilag_{system}" for system in systems)]
    present = ["1" if item in ("rash", "dna_binding") else "0" for item in WEIGHTS]
    row = ["P1", "W0", "0", *present, "A", "B", *"CDEEEEE"]
    visits, problems, _ = clinical(tmp_path, f"{','.join(header)}\n{','.join(row)}\n")
    assert not problems
    assert visits[0].values == {"sledai_total": 4, "sledai_clinical": 2, "bilag_score": 21}
    assert visits[0].state.items["rash"] is True


@pytest.mark.parametrize(
    ("columns", "cells", "message"),
    [
        ("bilag_vasculitis,bilag_ophthalmic", "A,B", "bilag_ophthalmic of BILAG-2004 stand beside bilag_va"),
        ("pga,pga_scale", "1,5", "5 is no scale of the PGA. Write 3, 10 or 100"),
        ("pga", "45", "or response: {pga_scale: 100} in the study"),
        ("pga", "-1", "-1 is not on the scale 0 to 3"),
        ("hydrocortisone_mg_day", "-5", "a dose of -5 mg a day is below 0"),
    ],
)
def test_what_cannot_be_is_said_once(tmp_path, columns, cells, message):
    _, problems, _ = clinical(tmp_path, f"subject,visit,week,{columns}\nP1,W0,0,{cells}\n")
    assert len(problems) == 1
    assert message in str(problems[0])
