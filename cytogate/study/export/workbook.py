"""All tables of a run as one Excel workbook whose first sheet says what each table and column is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.platform import write_atomically
from cytogate.study.export.column_words import TABLE_WORDS
from cytogate.study.export.places import make_room
from cytogate.study.export.tables import arrow_table_of, column_rows, table_columns, table_names
from cytogate.study.run_folder.folder import blamed
from cytogate.study.run_folder.spreadsheets import MOST_ROWS, growing_workbook

if TYPE_CHECKING:
    from cytogate.study.run_folder.run import Run

ABOUT = "read me"


def export_xlsx(run: Run, path: str | Path, *, force: bool = False) -> Path:
    """Write every table of a run as a sheet of one Excel workbook.

    Numbers are numbers, ids and all other text are text: nothing acts as a formula or a link. The header
    stays in view and filters. The first sheet lists the tables and columns. A table of more rows than a
    sheet holds goes on in another.

    Parameters
    ----------
    run : Run
        An opened run folder.
    path : str or Path
        The file; its folder is made where it is missing.
    force : bool
        Write over a file that is there.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    StoreError
        The file is there already, or cannot be written.
    """
    target = Path(path)
    make_room([target], force=force)
    with blamed(target), write_atomically(target) as file, growing_workbook(file, target.parent) as sheet:
        sheet(ABOUT, ("table", "column", "kind", "holds")).add(_about(run))
        for name in table_names():
            rows, columns = arrow_table_of(run, name).to_pylist(), tuple(table_columns(name))
            for part, start in enumerate(range(0, max(len(rows), 1), MOST_ROWS), start=1):
                title = name if part == 1 else f"{name} {part}"
                sheet(title, columns).add(rows[start : start + MOST_ROWS])
    return target


def _about(run: Run) -> list[dict[str, Any]]:
    """Return the rows of the first sheet: the study, each table with its number of rows, each column."""
    facts = {
        "study": run.manifest.get("name"),
        "made": run.manifest.get("created"),
        "by": f"cytogate {run.manifest.get('cytogate')}",
        "study file, SHA-256": run.manifest.get("study_sha256"),
    }
    rows: list[dict[str, Any]] = [
        {"table": "", "column": name, "kind": "", "holds": str(value or "")} for name, value in facts.items()
    ]
    columns = column_rows()
    for name in table_names():
        n_rows = len(getattr(run, name))
        kind = f"table, {n_rows} row{'' if n_rows == 1 else 's'}"
        rows.append({"table": name, "column": "", "kind": kind, "holds": TABLE_WORDS.get(name, "")})
        rows += [row for row in columns if row["table"] == name]
    return rows
