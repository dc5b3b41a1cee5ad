"""Sheets as text: encodings, separators and Excel, cells verbatim."""

from __future__ import annotations

import os
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from cytogate.study.sheets.decimal_marks import with_points
from cytogate.study.sheets.table_columns import check_header
from cytogate.study.sheets.table_text import read_table


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


def test_letters_that_windows_has_and_latin_1_has_not_are_read_as_windows_writes_them(tmp_path):
    assert table_of(tmp_path, "a,b\nx,W0 – W4\n".encode("cp1252")).rows[0][1] == ("x", "W0 – W4")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_text_of_any_unicode_encoding_is_read(tmp_path, encoding):
    table = table_of(tmp_path, "file,sample\nx,Müller µ\n".encode(encoding))
    assert (table.header, table.rows) == (("file", "sample"), ((2, ("x", "Müller µ")),))
    assert not table.problems
    assert not table.warnings


@pytest.mark.parametrize("content", [b"\xff\xfea", b"\xff\xfe\x00\xd8,\x00", b"a\x00,\x00b\x00\n"])
def test_what_begins_like_utf_16_and_is_none_is_refused(tmp_path, content):
    assert table_of(tmp_path, content).problems[0].code == "table-encoding"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate_columns(tmp_path, mark, ends):
    lines = [f"file{mark}sample{mark}note", f'a.fcs{mark}007{mark}"x{mark} y; z, w"']
    table = table_of(tmp_path, ends.join([*lines, ""]).encode())
    assert table.header == ("file", "sample", "note")
    assert table.rows == ((2, ("a.fcs", "007", f"x{mark} y; z, w")),)
    assert table.mark == mark


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_line_that_names_the_separator_is_obeyed(tmp_path, first, ends):
    table = table_of(tmp_path, ends.join([first, "a,x;b", "1;2", ""]).encode())
    assert (table.header, table.rows) == (("a,x", "b"), ((3, ("1", "2")),))


def test_known_names_tell_the_separator_where_a_name_holds_another(tmp_path):
    place = tmp_path / "s.csv"
    place.write_text("file;sample;a, b, c, d\nx;y;z\n")
    assert read_table(place, required=["file", "sample"]).header == ("file", "sample", "a, b, c, d")


@pytest.mark.parametrize(
    ("content", "word"), [(b"a|b\n1|2\n", "bars"), (b"sep=#\na#b\n", "'#'"), (b"sep=|\na|b\n", "bars")]
)
def test_another_separator_is_named(tmp_path, content, word):
    table = table_of(tmp_path, content)
    assert table.rows == ()
    assert f"separated by {word}" in str(table.problems[0])


def test_the_apostrophe_that_guards_a_formula_is_no_part_of_a_cell(tmp_path):
    table = table_of(tmp_path, b"a,b\n'=1+1,'x\n=2,-1\n")
    assert table.rows == ((2, ("=1+1", "'x")), (3, ("=2", "-1")))


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
        (b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n" + b"," * 1_000_000, "table-too-large"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "table-syntax"),
        (b"\x00" * 1000, "table-encoding"),
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


def test_excel_numbers_that_are_shown_with_zeros_in_front_keep_them(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet, other = book.add_worksheet("A"), book.add_worksheet("B")
        padded, money = book.add_format({"num_format": "000"}), book.add_format({"num_format": "0.00"})
        sheet.write_row(0, 0, ["sample", "week", "note"])
        other.write_number(1, 0, 7)
        sheet.write_number(1, 0, 7, padded)
        sheet.write_number(1, 1, 7, money)
        sheet.write_number(2, 0, 1234, padded)
        sheet.write_string(2, 1, "08", padded)
        sheet.write_number(2, 2, 7)
    assert [cells for _, cells in read_table(tmp_path / "s.xlsx").rows] == [
        ("007", "7", ""),
        ("1234", "08", "7"),
    ]


def test_excel_numbers_beyond_its_digits_are_told(tmp_path):
    place = workbook(tmp_path / "s.xlsx", A=[["sample"], [12345678901234567]])
    (warning,) = read_table(place).warnings
    assert warning.location == "s.xlsx row 2, column 1"
    assert "more than 15 digits" in warning.message


def test_a_cell_at_the_far_end_of_an_excel_sheet_does_not_take_the_memory(tmp_path):
    """Calamine would ask for 500 GB, and end the process."""
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "file")
        sheet.write(1_048_575, 16_383, "x")
    (problem,) = read_table(tmp_path / "s.xlsx").problems
    assert problem.code == "table-too-large"
    assert "reaches over 1,048,576 rows and 16,384 columns" in problem.message


def _archive(place, **parts: bytes):
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return place


def test_a_repeated_cell_of_a_libreoffice_sheet_does_not_take_the_memory(tmp_path):
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    content = (
        f'<o:document-content xmlns:o="{office}" xmlns:t="{table}"><o:body><o:spreadsheet>'
        '<t:table t:name="A">'
        '<t:table-row t:number-rows-repeated="1048576"><t:table-cell t:number-columns-repeated="16384">x'
        "</t:table-cell></t:table-row></t:table></o:spreadsheet></o:body></o:document-content>"
    )
    (problem,) = read_table(_archive(tmp_path / "s.ods", **{"content.xml": content.encode()})).problems
    assert "reaches over 1,048,576 rows" in problem.message


def test_an_excel_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("cytogate.study.sheets.workbook_guard.MAX_UNPACKED", 1 << 20)
    (problem,) = read_table(_archive(tmp_path / "s.xlsx", bomb=b"0" * (2 << 20))).problems
    assert "unpacks to more than 1,048,576 bytes" in problem.message


def test_a_folder_or_a_pipe_with_the_name_of_a_sheet_is_a_problem(tmp_path):
    os.mkfifo(tmp_path / "s.csv")
    assert "is no file" in str(read_table(tmp_path / "s.csv").problems[0])
    assert "is a folder" in str(read_table(tmp_path).problems[0])


def decimals(tmp_path, text: str) -> tuple[list[str], list[str]]:
    place = tmp_path / "s.csv"
    place.write_text(text)
    table = with_points(read_table(place), ["week", "dose"])
    return [cells[1] for _, cells in table.rows], [warning.code for warning in table.warnings]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_decimal_commas_become_points_where_they_are_plain(tmp_path, mark):
    text = "id;week;dose\n1,5;0,5;1,234\n2,5;<0,1;\n3;-1,5;x\n".replace(";", mark)
    assert decimals(tmp_path, text) == (["0.5", "<0.1", "-1.5"], ["decimal-commas"])
    assert with_points(read_table(tmp_path / "s.csv"), ["week", "dose"]).rows[0][1] == ("1,5", "0.5", "1.234")


@pytest.mark.parametrize(
    "text",
    [
        "id;week;dose\n1;1,234;\n2;22,000;\n",  # thousands, perhaps
        "id;week;dose\n1;0,5;0.5\n",  # both
        'id,week,dose\n1,"0,5",2\n',  # a comma separates the columns already
        "id;week;dose\n1;1.234,5;\n",
    ],
)
def test_commas_that_are_not_plain_stay_as_they_are(tmp_path, text):
    cells, warnings = decimals(tmp_path, text)
    assert all("," in cell for cell in cells)
    assert not warnings


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


@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "xls", "ods"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_text_that_is_named_as_a_workbook_is_called_no_workbook(tmp_path, ending, coding):
    (problem,) = table_of(tmp_path, "file,sample\na.fcs,a\n".encode(coding), f"s.{ending}").problems
    assert problem.code == "table-unreadable"
    assert problem.message == "is no Excel workbook: it holds text, whatever its name says."
    assert "name it .csv" in problem.fix


@pytest.mark.parametrize("head", [b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"])
def test_a_workbook_that_is_cut_short_or_has_a_password_is_not_called_text(tmp_path, head):
    (problem,) = table_of(tmp_path, head, "s.xlsx").problems
    assert "is damaged or locked" in problem.message


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
