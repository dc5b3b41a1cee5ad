"""All tables of a run as CSV or Parquet, with a table that says what each column holds."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.platform import write_atomically
from cytogate.study.export.column_words import column_words
from cytogate.study.export.places import make_room
from cytogate.study.run_folder.folder import blamed
from cytogate.study.run_folder.spreadsheets import csv_text
from cytogate.study.run_folder.tables import FAILURE_FIELDS, TABLES, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from cytogate.study.run_folder.run import Run

FAILURES = "failures"
COLUMNS = "columns"  # the table about the tables
KIND_WORDS: Mapping[Kind, str] = {
    "text": "text",
    "whole": "whole number",
    "real": "number",
    "yes_no": "true or false",
}


def export_csv(run: Run, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write every table of a run as ``<table>.csv``, and ``columns.csv`` that says what the columns hold.

    UTF-8, nulls empty, numbers in full; text that a spreadsheet would run as a formula begins with an
    apostrophe.

    Parameters
    ----------
    run : Run
        An opened run folder.
    folder : str or Path
        Made where it is missing.
    force : bool
        Write over files that are there.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    StoreError
        Files are there already, or cannot be written.
    """
    contents = {}
    for name in table_names():
        table = arrow_table_of(run, name)
        contents[name] = csv_text(table.column_names, table.to_pylist()).encode()
    rows = column_rows()
    contents[COLUMNS] = csv_text(list(rows[0]), rows).encode()
    return _written(contents, Path(folder), ".csv", force=force)


def export_parquet(run: Run, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write every table of a run as ``<table>.parquet``, and ``columns.parquet``; see `export_csv`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = {name: arrow_table_of(run, name) for name in table_names()}
    tables[COLUMNS] = pa.Table.from_pylist(column_rows())
    contents = {}
    for name, table in tables.items():
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        contents[name] = sink.getvalue()
    return _written(contents, Path(folder), ".parquet", force=force)


def table_names() -> tuple[str, ...]:
    """Return the names of all tables of a run: those in Parquet, and the failures."""
    return (*TABLES, FAILURES)


def table_columns(name: str) -> Mapping[str, Kind]:
    """Return the columns of a table of a run and their kinds."""
    if name == FAILURES:
        return {field: "whole" if field == "offset" else "text" for field in FAILURE_FIELDS}
    return TABLES[name]


def arrow_table_of(run: Run, name: str) -> pa.Table:
    """Return a table of a run with nulls where values are missing; columns that older runs lack are null."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "whole": pa.int64(), "real": pa.float64(), "yes_no": pa.bool_()}
    columns = table_columns(name)
    metadata = {"format": f"cytogate.{name}", "version": "1"}
    fields = pa.schema([pa.field(key, kinds[kind]) for key, kind in columns.items()], metadata=metadata)
    frame = getattr(run, name).reindex(columns=list(columns))
    return pa.Table.from_pandas(frame, schema=fields, preserve_index=False).replace_schema_metadata(metadata)


def column_rows() -> list[dict[str, Any]]:
    """Return one row a table and column: what it is."""
    return [
        {"table": name, "column": column, "kind": KIND_WORDS[kind], "holds": column_words(name, column)}
        for name in table_names()
        for column, kind in table_columns(name).items()
    ]


def _written(contents: Mapping[str, bytes], folder: Path, ending: str, *, force: bool) -> tuple[Path, ...]:
    targets = {name: folder / f"{name}{ending}" for name in contents}
    make_room(tuple(targets.values()), force=force)
    for name, target in targets.items():
        with blamed(target), write_atomically(target) as file:
            file.write(contents[name])
    return tuple(targets.values())
