"""The table of analytes."""

from __future__ import annotations

from cytogate.study.sheets.analyte_sheet import read_analytes


def analytes(tmp_path, text: str):
    place = tmp_path / "analytes.csv"
    place.write_text(text)
    return read_analytes(place)


def test_analytes_are_values_with_units(tmp_path):
    values, problems, _ = analytes(
        tmp_path, "subject,visit,analyte,value,unit,method\nP1,W0,GARP,0.5,ng/mL,ELISA\n"
    )
    assert not problems
    assert (values[0].analyte, values[0].value, values[0].unit, values[0].method) == (
        "GARP",
        0.5,
        "ng/mL",
        "ELISA",
    )


def test_below_the_limit_of_an_assay_is_no_value(tmp_path):
    values, problems, _ = analytes(tmp_path, "subject,visit,analyte,value,unit\nP1,W0,GARP,<0.1,ng/mL\n")
    assert not problems
    assert values[0].value is None


def test_a_unit_that_changes_is_refused(tmp_path):
    _, problems, _ = analytes(
        tmp_path, "subject,visit,analyte,value,unit\nP1,W0,G,1,ng/mL\nP1,W4,G,900,pg/mL\n"
    )
    assert "row 3, column unit: 'G' is in 'pg/mL' here and in 'ng/mL' in row 2" in str(problems[0])
