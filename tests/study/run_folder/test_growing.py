"""Tables that grow: all rows in their order, in a file that does not depend on how they came."""

from __future__ import annotations

import re

import pyarrow.parquet as pq
import pytest

from cytogate.errors import StoreError
from cytogate.study.run_folder.growing import MOST_ROWS, arrow_table, growing
from cytogate.study.run_folder.store import RunWriter


def row(number):
    return {
        "sample": f"S{number}",
        "check": "cleaning",
        "metric": "removed_percent",
        "value": number / 7,
        "verdict": "ok",
        "removed_percent": None,
    }


def written(folder, parts):
    with RunWriter(folder) as writer:
        with growing(writer, "qc") as table:
            for part in parts:
                table.add(part)
        return (writer.aside / "qc.parquet").read_bytes(), pq.read_table(writer.aside / "qc.parquet")


@pytest.mark.parametrize("n", [0, 1, 999, 1000, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 2 * MOST_ROWS])
def test_all_rows_are_there_in_their_order(tmp_path, n):
    rows = [row(number) for number in range(n)]
    _, found = written(tmp_path / "run", [rows[begin : begin + 13] for begin in range(0, n, 13)])
    assert found.equals(arrow_table("qc", rows))


def test_the_file_does_not_depend_on_how_the_rows_came(tmp_path):
    rows = [row(number) for number in range(MOST_ROWS + 2500)]
    one, _ = written(tmp_path / "one", [rows])
    other, _ = written(tmp_path / "other", [[entry] for entry in rows])
    assert one == other
    (tmp_path / "found.parquet").write_bytes(one)
    groups = pq.ParquetFile(tmp_path / "found.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [MOST_ROWS, 2500]


def test_rows_that_are_not_read_back_are_noticed_under_the_last_name_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("cytogate.study.run_folder.growing.count_rows", lambda place: 2)
    place = tmp_path / "run" / "qc.parquet"
    message = f"{place}: cannot be written: 2 rows are read back instead of 3. Check the disk."
    with pytest.raises(StoreError, match=re.escape(message)):
        written(tmp_path / "run", [[row(number) for number in range(3)]])
    assert not (tmp_path / "run").exists()
