"""Tables that grow: rows go to their files as they come, so that memory does not grow with them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from cytogate.errors import StoreError
from cytogate.study.run_folder.folder import blamed
from cytogate.study.run_folder.spreadsheets import GrowingCsv, growing_workbook
from cytogate.study.run_folder.tables import TABLES, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from cytogate.study.run_folder.store import RunWriter

Row = dict[str, Any]

MOST_ROWS = 20_000  # of a row group; the file depends on the rows and their order alone
_PART = 1_000  # rows in memory as they came or are read, ten times as large as in columns


class Growing(Protocol):
    """A file that takes rows."""

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows."""


class GrowingParquet:
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
            self._columns.append(_packed(arrow_table(self._name, self._waiting[:_PART])))
            del self._waiting[:_PART]
            if len(self._columns) * _PART == MOST_ROWS:
                self._write()

    def end(self) -> None:
        """Write what waits."""
        if self._waiting or self._columns or not self.n_rows:
            self._columns.append(_packed(arrow_table(self._name, self._waiting)))
            self._waiting = []
            self._write()

    def _write(self) -> None:
        group = _unpacked(self._columns, schema(self._name))
        self._columns = []
        self._parquet.write_table(group, row_group_size=MOST_ROWS)
        self.n_rows += len(group)


def _packed(table: pa.Table) -> pa.Table:
    """Return rows with each text once: paths of populations stand in the rows of every tube."""
    import pyarrow as pa

    columns = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _unpacked(parts: Sequence[pa.Table], wanted: pa.Schema) -> pa.Table:
    """Return the rows of all parts; of one column after the other there is a copy meanwhile."""
    import pyarrow as pa

    columns = [
        pa.concat_arrays([part.column(field.name).combine_chunks().cast(field.type) for part in parts])
        for field in wanted
    ]
    return pa.Table.from_arrays(columns, schema=wanted)


class GrowingTable:
    """A table of a run in one or more files; each takes every row.

    Parameters
    ----------
    files : mapping of Path to Growing
        With the places that are named where one cannot be written.
    """

    def __init__(self, files: Mapping[Path, Growing]) -> None:
        self._files = files

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows.

        Raises
        ------
        StoreError
            A file cannot be written.
        ValueError
            A value does not go into its column.
        """
        for place, file in self._files.items():
            with blamed(place):
                file.add(rows)


def write_table(
    writer: RunWriter, name: str, rows: Iterable[Mapping[str, Any]], *, spreadsheets: bool = False
) -> None:
    """Write a table from rows that come one by one; see `growing`."""
    left = iter(rows)
    with growing(writer, name, spreadsheets=spreadsheets) as table:
        while part := list(islice(left, _PART)):
            table.add(part)


@contextmanager
def growing(writer: RunWriter, name: str, *, spreadsheets: bool = False) -> Iterator[GrowingTable]:
    """Lend a table to add rows to: ``<name>.parquet``, whose rows are read back and counted at the end.

    Parameters
    ----------
    spreadsheets : bool
        Write ``<name>.csv`` and ``<name>.xlsx`` too, in which no text can act as a formula.

    Raises
    ------
    StoreError
        It cannot be written, or not all rows are there.
    """
    kinds = {".parquet": _parquet, **({".csv": _csv, ".xlsx": _xlsx} if spreadsheets else {})}
    with ExitStack() as stack:
        files: dict[Path, Growing] = {}
        for ending, lend in kinds.items():
            place = writer.folder / f"{name}{ending}"
            stack.enter_context(blamed(place))
            files[place] = stack.enter_context(lend(name, writer.aside / place.name))
        yield GrowingTable(files)


@contextmanager
def _parquet(name: str, place: Path) -> Iterator[Growing]:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(place, schema(name), compression="zstd", write_page_checksum=True) as parquet:
        table = GrowingParquet(name, parquet)
        yield table
        table.end()
    found = count_rows(place)
    if found != table.n_rows:
        message = f"{found} rows are read back instead of {table.n_rows}. Check the disk"
        raise OSError(message)  # the place is added where it is known under its last name


@contextmanager
def _csv(name: str, place: Path) -> Iterator[Growing]:
    with place.open("w", encoding="utf-8", newline="") as stream:
        yield GrowingCsv(stream, list(TABLES[name]))


@contextmanager
def _xlsx(name: str, place: Path) -> Iterator[Growing]:
    with place.open("wb") as stream, growing_workbook(stream, place.parent) as add_sheet:
        yield add_sheet(name, list(TABLES[name]))


class StoredRows:
    """The rows of a table that was written, read anew each time: some rows in memory at a time.

    Parameters
    ----------
    place : Path
        ``<name>.parquet``.

    Raises
    ------
    StoreError
        It cannot be read.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def __iter__(self) -> Iterator[Row]:
        """Yield rows; None where a cell is null."""
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self._place, page_checksum_verification=True) as written:
                for batch in written.iter_batches(_PART, use_threads=False):
                    yield from batch.to_pylist()
        except OSError as error:
            message = f"{self._place}: cannot be read: {error}. Check the disk."
            raise StoreError(message) from error


def arrow_table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as the table `name` holds them.

    Raises
    ------
    ValueError
        A value does not go into its column.
    """
    import pyarrow as pa

    try:
        return pa.Table.from_pylist(list(rows), schema=schema(name))
    except (pa.ArrowException, OverflowError, TypeError) as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def count_rows(place: Path) -> int:
    """Return how many rows a table has, of all its pages with their checksums, some rows in memory at a time.

    Raises
    ------
    OSError
        The file is damaged.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(place, page_checksum_verification=True) as written:
        # Of one thread, as each would keep memory of its own.
        return sum(len(batch) for batch in written.iter_batches(_PART, use_threads=False))
