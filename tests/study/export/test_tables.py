"""All tables of a run as CSV, Parquet and one workbook: every value, and no text that acts."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from cytogate.errors import StoreError
from cytogate.study.export.column_words import TABLE_WORDS, column_words
from cytogate.study.export.tables import (
    arrow_table_of,
    export_csv,
    export_parquet,
    table_columns,
    table_names,
)
from cytogate.study.export.workbook import export_xlsx

FIRST = '=HYPERLINK("http://x";1)'


@pytest.mark.parametrize("table", table_names())
def test_every_table_and_column_is_described(table):
    assert TABLE_WORDS.get(table)
    assert [column for column in table_columns(table) if not column_words(table, column)] == []


def lines_of(file) -> io.StringIO:
    return io.StringIO(file.read_bytes().decode("utf-8"), newline="")


def test_csv_holds_every_table_with_its_rows(hostile_run, tmp_path):
    files = export_csv(hostile_run, tmp_path / "new" / "folder")
    assert {file.name for file in files} == {f"{name}.csv" for name in (*table_names(), "columns")}
    read = {file.stem: list(csv.DictReader(lines_of(file))) for file in files}
    assert len(read["populations"]) == len(hostile_run.populations) == 30
    for row, known in zip(read["subsets"], hostile_run.subsets.to_dict("records"), strict=True):
        assert float(row["percent"]) == known["percent"]
        assert int(row["count"]) == known["count"]
        assert row["absolute_per_ul"] == ""


def test_no_cell_of_a_csv_begins_a_formula(hostile_run, tmp_path):
    cells = [
        cell
        for file in export_csv(hostile_run, tmp_path)
        for row in csv.reader(lines_of(file))
        for cell in row
    ]
    assert f"'{FIRST}" in cells
    assert "'@SUM('a')\"" in cells
    texts = [cell for cell in cells if not _is_number(cell)]
    assert [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_parquet_holds_the_tables_as_they_are(hostile_run, tmp_path):
    files = {file.stem: file for file in export_parquet(hostile_run, tmp_path)}
    table = pq.read_table(files["subsets"])
    assert table.schema.metadata[b"format"] == b"cytogate.subsets"
    assert table.equals(arrow_table_of(hostile_run, "subsets"))
    assert table.equals(pq.read_table(hostile_run.path / "subsets.parquet"))
    assert pq.read_table(files["failures"]).num_rows == 0


def test_workbook_read_back_has_numbers_as_numbers_and_ids_as_text(hostile_run, tmp_path):
    file = export_xlsx(hostile_run, tmp_path / "run.xlsx")
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == ["read me", *table_names()]
    header, *rows = book.get_sheet_by_name("subsets").to_python()
    known = hostile_run.subsets
    assert header == list(known.columns)
    read = pd.DataFrame(rows, columns=header)
    assert read["subject"].tolist() == known["subject"].tolist()
    assert read["subject"][0] == FIRST
    assert read["count"].tolist() == known["count"].tolist()
    assert read["percent"].to_numpy() == pytest.approx(known["percent"].to_numpy(), rel=1e-15)
    assert all(isinstance(value, bool) for value in read["adjusted"])


def test_workbook_holds_no_formula_and_no_link(hostile_run, tmp_path):
    import zipfile

    with zipfile.ZipFile(export_xlsx(hostile_run, tmp_path / "run.xlsx")) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 1 + len(table_names())
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet.lower() for sheet in sheets)
    assert all(b'state="frozen"' in sheet and b"<cols>" in sheet for sheet in sheets)


def test_first_sheet_says_what_each_column_is(hostile_run, tmp_path):
    file = export_xlsx(hostile_run, tmp_path / "run.xlsx")
    rows = CalamineWorkbook.from_path(file).get_sheet_by_name("read me").to_python()
    assert ["", "study", "", "<b>Tiny</b>"] in rows
    assert ["subsets", "percent", "number", "100 x count / denominator_count."] in rows
    assert ["populations", "", "table, 30 rows", TABLE_WORDS["populations"]] in rows


def test_a_table_of_more_rows_than_a_sheet_goes_on_in_another(hostile_run, tmp_path, monkeypatch):
    monkeypatch.setattr("cytogate.study.export.workbook.MOST_ROWS", 12)
    book = CalamineWorkbook.from_path(export_xlsx(hostile_run, tmp_path / "run.xlsx"))
    parts = [name for name in book.sheet_names if name.startswith("populations")]
    assert parts == ["populations", "populations 2", "populations 3"]
    assert [len(book.get_sheet_by_name(name).to_python()) for name in parts] == [13, 13, 7]


@pytest.mark.parametrize("export", [export_csv, export_parquet])
def test_files_that_are_there_stay_without_force(hostile_run, tmp_path, export):
    files = export(hostile_run, tmp_path)
    files[0].write_bytes(b"dear")
    for file in files[1:]:
        file.unlink()
    with pytest.raises(StoreError, match=r"samples.* is there already.*--force"):
        export(hostile_run, tmp_path)
    assert [place.name for place in tmp_path.iterdir()] == [files[0].name]
    assert files[0].read_bytes() == b"dear"
    export(hostile_run, tmp_path, force=True)
    assert files[0].read_bytes() != b"dear"


def test_a_folder_in_the_way_is_said(hostile_run, tmp_path):
    (tmp_path / "run.xlsx").mkdir()
    with pytest.raises(StoreError, match=r"run.xlsx: is a folder"):
        export_xlsx(hostile_run, tmp_path / "run.xlsx", force=True)
