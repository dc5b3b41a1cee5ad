"""A table that grows: rows go to its file as they come, so that memory does not grow with them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.study.run_folder.folder import blamed
from cytogate.study.run_folder.store import arrow_table, count_rows
from cytogate.study.run_folder.tables import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from cytogate.study.run_folder.store import RunWriter

MOST_ROWS = 20_000  # of a row group; the file depends on the rows and their order alone
_PART = 1_000  # rows that wait as they came, ten times as large as in columns; MOST_ROWS are many of them


class GrowingTable:
    """Rows of ``<name>.parquet``, with page checksums."""

    def __init__(self, name: str, parquet: Any) -> None:
        self._name = name
        self._parquet = parquet
        self._waiting: list[Mapping[str, Any]] = []
        self._columns: list[pa.Table] = []
        self.n_rows = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._waiting += rows
        while len(self._waiting) >= _PART:
            self._columns.append(arrow_table(self._name, self._waiting[:_PART]))
            del self._waiting[:_PART]
            if len(self._columns) * _PART == MOST_ROWS:
                self._write()

    def end(self) -> None:
        """Write what waits."""
        if self._waiting or self._columns or not self.n_rows:
            self._columns.append(arrow_table(self._name, self._waiting))
            self._waiting = []
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        group = pa.concat_tables(self._columns).combine_chunks()
        self._columns = []
        self._parquet.write_table(group, row_group_size=MOST_ROWS)
        self.n_rows += len(group)


@contextmanager
def growing(writer: RunWriter, name: str) -> Iterator[GrowingTable]:
    """Lend a table to add rows to; at the end its rows are read back and counted.

    Raises
    ------
    StoreError
        It cannot be written, or not all rows are there.
    """
    import pyarrow.parquet as pq

    file = f"{name}.parquet"
    place = writer.aside / file
    with blamed(writer.folder / file):
        with pq.ParquetWriter(place, schema(name), compression="zstd", write_page_checksum=True) as parquet:
            table = GrowingTable(name, parquet)
            yield table
            table.end()
        found = count_rows(place)
    if found != table.n_rows:
        message = (
            f"{writer.folder / file}: {found} rows were written instead of {table.n_rows}. Check the disk."
        )
        raise StoreError(message)
