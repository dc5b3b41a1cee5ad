"""The sample sheet: one row a tube, every cell checked, all problems listed with their row and column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Literal, cast

from cytogate.errors import Problem, nearest
from cytogate.study.files.names import unique_slug
from cytogate.study.files.places import locate
from cytogate.study.sheets.cells import AMOUNTS, Amounts, bad_id, number_of
from cytogate.study.sheets.decimal_marks import with_points
from cytogate.study.sheets.table_columns import check_header, guessed_columns
from cytogate.study.sheets.table_text import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cytogate.study.sheets.table_rows import TableText

Role = Literal["sample", "fmo", "single_stain", "unstained", "bridge", "beads"]
ROLES: tuple[Role, ...] = ("sample", "fmo", "single_stain", "unstained", "bridge", "beads")
MOST_HINTS = 20  # missing files for which similar names are looked for: more are no slips of the pen
REQUIRED = ("file", "sample", "subject", "visit", "week", "panel")
OPTIONAL = ("batch", "role", "control_for", "date", "note", *AMOUNTS)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One tube of the sheet; ids are text, verbatim.

    Attributes
    ----------
    row : int
        Row number as a spreadsheet shows it.
    file : str
        As the sheet names it: below the data root, or a URL.
    path : str
        Where it lies on this machine, or its URL; empty where it was not found.
    week : float or None
        None for controls that belong to no visit.
    amounts : Amounts
        Of beads and volumes, for absolute counts.
    """

    row: int
    file: str
    path: str
    sample: str
    subject: str
    visit: str
    week: float | None
    panel: str
    batch: str = ""
    role: Role = "sample"
    control_for: str = ""
    amounts: Amounts = field(default_factory=Amounts)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cells of all rows are held against.

    `absent` are columns that the header lacks, `taken` the files that rows name.
    """

    panels: Sequence[str]
    root: Path | None
    allow_urls: Sequence[str]
    absent: frozenset[str]
    taken: frozenset[str]
    hint: bool = True


def read_sheet(
    path: Path, *, data_root: Path | None, panels: Sequence[str], allow_urls: Sequence[str] = ()
) -> tuple[tuple[SheetRow, ...], list[Problem], list[Problem]]:
    """Read a sample sheet and check every row.

    Parameters
    ----------
    path : Path
        CSV or Excel.
    data_root : Path or None
        Files that resolve to a place outside it are refused. None: files are not looked for.
    panels : sequence of str
        The panels that the study has templates for.
    allow_urls : sequence of str
        What URLs of files may begin with.

    Returns
    -------
    (rows, problems, warnings)
        With problems the rows hold what could be read: one slip does not hide another.
    """
    table = with_points(read_table(path, required=REQUIRED), ("week", *AMOUNTS))
    problems = [*table.problems]
    if not table.header:
        return (), problems, list(table.warnings)
    problems += check_header(table, required=REQUIRED, optional=OPTIONAL)
    if not table.rows:
        problems.append(Problem("sheet-empty", table.name, "names no samples.", table.sheets))
        return (), problems, list(table.warnings)
    meant = guessed_columns(table.header, (*REQUIRED, *OPTIONAL))
    header = [meant.get(name, name) for name in table.header]
    absent = frozenset(REQUIRED) - frozenset(header)
    root = data_root.resolve() if data_root is not None else None
    rows = []
    column = header.index("file") if "file" in header else None
    taken = () if column is None else (cells[column] for _, cells in table.rows)
    known = _Known(panels, root, allow_urls, absent, frozenset(_as_path(file) for file in taken))
    missing = 0
    for number, cells in table.rows:
        cell = dict.fromkeys((*REQUIRED, *OPTIONAL), "") | dict(zip(header, cells, strict=True))
        row, found = _row(table, number, cell, known)
        problems += found
        rows.append(row)
        missing += any(problem.code == "file-missing" for problem in found)
        if missing == MOST_HINTS:
            known = replace(known, hint=False)
    problems += _repeated(table, rows)
    problems += _controls(table, rows)
    twice, warnings = _visits_twice(table, rows)
    return tuple(rows), sorted([*problems, *twice], key=_row_number), [*table.warnings, *warnings]


def _as_path(file: str) -> str:
    return PureWindowsPath(file.strip()).as_posix()


def _row_number(problem: Problem) -> int:
    digits = problem.location.partition(" row ")[2].split(",")[0]
    return int(digits) if digits.isdigit() else 0


def _row(
    table: TableText, number: int, cell: Mapping[str, str], known: _Known
) -> tuple[SheetRow, list[Problem]]:
    """Return a row with what could be read of it, and its problems but those of columns that are absent."""
    problems: list[Problem] = []

    def wrong(column: str, code: str, message: str, fix: str = "") -> None:
        if column not in known.absent:
            problems.append(Problem(code, f"{table.name} row {number}, column {column}", message, fix))

    role = cell["role"].strip() or "sample"
    if role not in ROLES:
        wrong("role", "role-unknown", f"unknown role {role!r}.", nearest(role, ROLES))
        role = next(iter(get_close_matches(role.casefold(), ROLES, n=1)), "sample")
    for column in ("sample", "subject", "visit", "panel", "batch", "control_for"):
        needed = column in ("sample", "panel") or (role == "sample" and column in ("subject", "visit"))
        trouble = bad_id(cell[column], needed=needed)
        if trouble:
            wrong(column, "id-wrong", trouble)
    if cell["panel"].strip() and cell["panel"] not in known.panels and role in ("sample", "bridge", "fmo"):
        fix = f"{nearest(cell['panel'], known.panels)} Panels are the keys of 'templates' in the study file."
        wrong("panel", "panel-unknown", f"unknown panel {cell['panel']!r}.", fix)
    week, trouble = number_of(cell["week"])
    if trouble:
        wrong("week", "number-wrong", trouble)
    elif week is None and role == "sample":
        wrong("week", "number-wrong", "is empty; expected the week of the visit.")
    amounts: dict[str, float] = {}
    for column in AMOUNTS:
        amount, trouble = number_of(cell[column])
        if trouble or (amount is not None and amount <= 0):
            wrong(column, "number-wrong", trouble or f"{amount:g} is no amount: it must be more than 0.")
        elif amount is not None:
            amounts[column] = amount
    place, refusal = locate(cell["file"], known.root, known.allow_urls, hint=known.hint, taken=known.taken)
    if refusal[0]:
        wrong("file", *refusal)
    return SheetRow(
        row=number,
        file=cell["file"].strip(),
        path=place,
        sample=cell["sample"],
        subject=cell["subject"],
        visit=cell["visit"],
        week=week,
        panel=cell["panel"],
        batch=cell["batch"],
        role=cast("Role", role),
        control_for=cell["control_for"],
        amounts=Amounts(**amounts),
    ), problems


def _repeated(table: TableText, rows: Iterable[SheetRow]) -> list[Problem]:
    problems = []
    samples: dict[str, SheetRow] = {}
    files: dict[str, SheetRow] = {}
    named: dict[str, SheetRow] = {}
    for row in rows:
        place = f"{table.name} row {row.row}"
        twin = samples.setdefault(row.sample, row)
        if twin is not row and row.sample:
            what = f"sample {row.sample!r} stands in row {twin.row} already."
            problems.append(Problem("sample-twice", f"{place}, column sample", what, "Ids must be unique."))
        twin = named.setdefault(unique_slug(row.sample).casefold(), row)
        if twin.sample != row.sample:
            what = f"the results of {row.sample!r} would have the name of those of {twin.sample!r}."
            problems.append(Problem("sample-twice", f"{place}, column sample", what, "Rename one."))
        twin = files.setdefault(row.path, row)
        if twin is not row and row.path:
            what = f"{row.file} is the file of row {twin.row} already."
            problems.append(Problem("file-twice", f"{place}, column file", what, "One row a file."))
    return problems


def _visits_twice(table: TableText, rows: Iterable[SheetRow]) -> tuple[list[Problem], list[Problem]]:
    """Return (problems, warnings) of patients' tubes with the subject, visit and panel of another.

    A trend has one point a visit. Two tubes are a slip, or a repeat in another batch that is meant.
    """
    problems, warnings = [], []
    seen: dict[tuple[str, str, str], list[SheetRow]] = {}
    for row in rows:
        key = (row.subject, row.visit, row.panel)
        if row.role != "sample" or not all(key):
            continue
        others = seen.setdefault(key, [])
        if others:
            first = next((other for other in others if other.batch == row.batch), None)
            named = first or others[0]
            place = f"{table.name} row {row.row}, column visit"
            what = (
                f"subject {row.subject!r}, visit {row.visit!r} and panel {row.panel!r} stand in row "
                f"{named.row} already (sample {named.sample!r})"
            )
            if first is not None:
                fix = "Keep one, correct the visit, or give a repeat its own batch or the role bridge."
                problems.append(Problem("visit-twice", place, f"{what}.", fix))
            else:
                more = f"{what}, in batch {named.batch or 'none'!r}: both will be points of the trend."
                warnings.append(Problem("visit-repeated", place, more, "A bridge tube has the role bridge."))
        others.append(row)
    return problems, warnings


def _controls(table: TableText, rows: Sequence[SheetRow]) -> list[Problem]:
    """Of other controls `control_for` names samples, batches or panels (``|`` between); all must be known."""
    known = {name for row in rows for name in (row.sample, row.batch, row.panel, row.subject)}
    problems = []
    for row in rows:
        if not row.control_for or row.role in ("sample", "bridge"):
            continue
        if row.role in ("single_stain", "fmo"):  # names a marker or channel, which only the file can tell
            continue
        problems += [
            Problem(
                "control-unknown",
                f"{table.name} row {row.row}, column control_for",
                f"{name!r} is no sample, batch, subject or panel of the sheet.",
                nearest(name, sorted(known - {""})),
            )
            for name in row.control_for.split("|")
            if name.strip() and name.strip() not in known
        ]
    return problems
