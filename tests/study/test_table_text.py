"""Sheets as text: encodings, separators and Excel, cells verbatim."""

from __future__ import annotations

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from cytogate.study.table_text import check_header, read_table


def table_of(tmp_path, content: bytes, name: str = "samples.csv"):
    place = tmp_path / name
    place.write_bytes(content)
    return read_table(place)


def test_cells_stay_as_they_are_written(tmp_path):
    table = table_of(tmp_path, b'a,b\n007,"x, y"\n1e5, z \n')
    assert table.rows == ((2, ("007", "x, y")), (3, ("1e5", " z ")))


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    assert table_of(tmp_path, "\ufefffile,sample\nx,y\n".encode()).header == ("file", "sample")


def test_latin_1_is_read_with_a_warning(tmp_path):
    table = table_of(tmp_path, "a,b\nx,\xb5g\n".encode("latin-1"))
    assert table.rows[0][1] == ("x", "\xb5g")
    assert "line 2" in str(table.warnings[0])
    assert "Latin-1" in str(table.warnings[0])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_name(tmp_path, encoding):
    problem = table_of(tmp_path, "file,sample\nx,y\n".encode(encoding)).problems[0]
    assert "UTF-16" in str(problem)
    assert "CSV UTF-8" in problem.fix


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"a;b;c\n1;2;3\n", "semicolons"),
        (b"sep=;\na;b\n", "semicolons"),
        (b"a\tb\n1\t2\n", "tabs"),
        (b"a|b\n", "bars"),
    ],
)
def test_another_separator_is_named(tmp_path, content, word):
    table = table_of(tmp_path, content)
    assert table.rows == ()
    assert f"separated by {word}" in str(table.problems[0])


def test_a_line_that_names_the_comma_is_passed_over_and_rows_keep_their_numbers(tmp_path):
    table = table_of(tmp_path, b"sep=,\na,b\n1,2\n")
    assert (table.header, table.rows) == (("a", "b"), ((3, ("1", "2")),))


def test_empty_rows_are_passed_over_and_rows_keep_their_numbers(tmp_path):
    assert [number for number, _ in table_of(tmp_path, b"a,b\n1,2\n,\n\n3,4\n").rows] == [2, 5]


def test_a_row_of_the_wrong_length_is_named(tmp_path):
    problems = table_of(tmp_path, b"a,b\n1,2\n1,2,3\n1\n").problems
    assert [problem.location for problem in problems] == ["samples.csv row 3", "samples.csv row 4"]
    assert "3 cells, and the header has 2 columns" in str(problems[0])


def test_empty_cells_beyond_the_header_are_no_fault(tmp_path):
    assert table_of(tmp_path, b"a,b,,\n1,2,,\n").rows == ((2, ("1", "2")),)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table-empty"),
        (b"PK\x03\x04rest", "table-kind"),
        (b'a,b\n"1,2\n', "table-syntax"),
        (b"a,b\n1,\x00\n", "table-encoding"),
        (b",".join(b"c%d" % i for i in range(2000)) + b"\n", "table-too-large"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_code(tmp_path, content, code):
    assert table_of(tmp_path, content).problems[0].code == code


def test_a_missing_sheet_is_a_problem_not_a_crash(tmp_path):
    assert "cannot be read" in str(read_table(tmp_path / "no.csv").problems[0])


def test_excel_numbers_come_back_as_typed(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([["sample", "week", "note"], [7, 0.5, "007"], ["a", 12, True]]):
            sheet.write_row(line, 0, row)
    table = read_table(tmp_path / "s.xlsx")
    assert table.rows == ((2, ("7", "0.5", "007")), (3, ("a", "12", "true")))


def test_excel_rows_are_counted_from_the_top_of_the_sheet(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(4, 0, ["x", "y"])
    assert read_table(tmp_path / "s.xlsx").rows == ((5, ("x", "y")),)


def workbook(place, **sheets):
    with xlsxwriter.Workbook(place) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return place


def test_the_one_excel_sheet_with_the_columns_is_read_and_named(tmp_path):
    place = workbook(tmp_path / "s.xlsx", Legend=[["about"], ["me"]], Tubes=[["file", "sample"], ["x", "y"]])
    table = read_table(place, required=["file", "sample"])
    assert table.rows == ((2, ("x", "y")),)
    assert "Sheet 'Tubes' is read" in str(table.warnings[0])
    assert "the sheets 'Legend', 'Tubes'" in str(table.warnings[0])


@pytest.mark.parametrize("second", [["file", "other"], ["file", "sample"]])
def test_the_first_excel_sheet_is_read_where_none_or_several_have_the_columns(tmp_path, second):
    place = workbook(tmp_path / "s.xlsx", A=[["file"], ["x"]], B=[second, ["y", "z"]], C=[second, ["y", "z"]])
    table = read_table(place, required=["file", "sample"])
    assert table.rows == ((2, ("x",)),)
    (problem,) = check_header(table, required=["file", "sample"], optional=[])
    assert str(problem).endswith("Sheet 'A' is read, the first; the file has the sheets 'A', 'B', 'C'.")


def test_a_broken_excel_file_is_a_problem(tmp_path):
    assert "cannot be read as Excel" in str(table_of(tmp_path, b"PK\x03\x04nothing", "s.xlsx").problems[0])


def test_header_check_lists_missing_unknown_and_doubled_columns(tmp_path):
    table = table_of(tmp_path, b"fiel,sample,sample,extra\n")
    problems = [
        str(problem) for problem in check_header(table, required=["file", "sample"], optional=["note"])
    ]
    assert any("'sample' stands twice" in text for text in problems)
    assert any("column 'file' is missing. Is it fiel?" in text for text in problems)
    assert any("unknown column 'fiel'. Did you mean file?" in text for text in problems)
    assert any("unknown column 'extra'" in text for text in problems)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_problems(tmp_path_factory, content):
    place = tmp_path_factory.mktemp("t") / "s.csv"
    place.write_bytes(content)
    table = read_table(place)
    assert table.problems or all(len(cells) == len(table.header) for _, cells in table.rows)
