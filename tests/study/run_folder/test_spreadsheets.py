"""Tables as CSV and Excel: text stays text, numbers stay numbers, and the file is the same each time."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from cytogate.study.run_folder.growing import growing, write_table
from cytogate.study.run_folder.spreadsheets import MOST_LETTERS, csv_text, growing_workbook
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.run_folder.tables import SUBSETS

ACTIVE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]
COLUMNS = ["sample", "count", "percent"]


def sheet_of(folder, rows, columns=COLUMNS):
    """Write a workbook of one sheet; return its place, and the XML of the sheet."""
    place = folder / "t.xlsx"
    with place.open("wb") as file, growing_workbook(file, folder) as add_sheet:
        sheet = add_sheet("subsets", columns)
        for row in rows:
            sheet.add([row])
    assert list(folder.iterdir()) == [place]
    return place, zipfile.ZipFile(place).read("xl/worksheets/sheet1.xml").decode()


def cells_of(place, sheet=0):
    return CalamineWorkbook.from_path(str(place)).get_sheet_by_index(sheet).to_python()


@pytest.mark.parametrize("text", ACTIVE)
def test_csv_text_cannot_act_as_a_formula(text):
    written = csv_text(["sample", "count"], [{"sample": text, "count": -3}])
    assert list(csv.reader(io.StringIO(written, newline="")))[1] == [f"'{text}".replace("\r", " "), "-3"]


@pytest.mark.parametrize("text", [*ACTIVE, "https://x", "007", " a ", "<a & b>", "x\ny", "\x01"])
def test_excel_text_stays_text_and_numbers_numbers(tmp_path, text):
    place, sheet = sheet_of(tmp_path, [{"sample": text, "count": -3, "percent": None}])
    rows = cells_of(place)
    assert rows[0] == COLUMNS
    assert rows[1][1] == -3.0
    assert str(rows[1][0]).strip() == text.strip()
    assert "<f>" not in sheet


def test_excel_has_flags_no_infinities_and_no_more_letters_than_a_cell_holds(tmp_path):
    long = "a" * (MOST_LETTERS + 9)
    place, _ = sheet_of(tmp_path, [{"sample": long, "count": True, "percent": float("inf")}])
    _, (sample, count, percent) = cells_of(place)
    assert (len(sample), sample[-2:], count, percent) == (MOST_LETTERS, "a…", True, "inf")


def test_the_header_stays_in_view_and_filters_and_columns_are_wide_enough(tmp_path):
    rows = [
        {"sample": "s" * 30, "count": 1, "percent": 2.5},
        {"sample": "s" * 99, "count": 1, "percent": 2.5},
    ]
    for n, width in ((1, 32), (2, 60)):
        (tmp_path / str(n)).mkdir()
        _, sheet = sheet_of(tmp_path / str(n), rows[:n])
        assert 'topLeftCell="A2"' in sheet
        assert f'<autoFilter ref="A1:C{n + 1}"/>' in sheet
        widths = [round(float(found)) for found in re.findall(r'<col [^>]*width="([0-9.]+)"', sheet)]
        assert widths[0] - width in (0, 1)
        assert widths[1] in (10, 11)


def test_a_workbook_holds_several_sheets(tmp_path):
    place = tmp_path / "t.xlsx"
    with place.open("wb") as file, growing_workbook(file, tmp_path) as add_sheet:
        for name in ("a", "b"):
            add_sheet(name, ["x"]).add([{"x": name}])
    assert CalamineWorkbook.from_path(str(place)).sheet_names == ["a", "b"]
    assert [cells_of(place, sheet)[1] for sheet in (0, 1)] == [["a"], ["b"]]


def test_all_files_of_a_table_hold_its_rows_and_are_the_same_each_time(tmp_path):
    rows = [
        dict.fromkeys(SUBSETS) | {"sample": f"s{number}", "percent": number / 7, "adjusted": False}
        for number in range(1234)
    ]
    found = []
    for part in (1, 100):
        with RunWriter(tmp_path / str(part)) as writer:
            with growing(writer, "subsets", spreadsheets=True) as table:
                for begin in range(0, len(rows), part):
                    table.add(rows[begin : begin + part])
            assert sorted(place.name for place in writer.aside.iterdir()) == [
                "subsets.csv", "subsets.parquet", "subsets.xlsx",
            ]  # fmt: skip
            found.append({place.name: place.read_bytes() for place in writer.aside.iterdir()})
            cells = cells_of(writer.aside / "subsets.xlsx")
    assert found[0] == found[1]
    assert found[0]["subsets.csv"].decode() == csv_text(list(SUBSETS), rows)
    assert cells[0] == list(SUBSETS)
    named = {name: [row[at] for row in cells[1:]] for at, name in enumerate(cells[0])}
    assert named["sample"] == [row["sample"] for row in rows]
    assert named["percent"] == pytest.approx([row["percent"] for row in rows], rel=1e-15)


def test_a_table_of_rows_that_come_one_by_one_is_that_of_a_list(tmp_path):
    rows = [dict.fromkeys(SUBSETS) | {"sample": f"s{number}"} for number in range(2500)]
    written = []
    for given in (rows, iter(rows)):
        with RunWriter(tmp_path / str(len(written))) as writer:
            write_table(writer, "subsets", given)
            written.append((writer.aside / "subsets.parquet").read_bytes())
    assert written[0] == written[1]
