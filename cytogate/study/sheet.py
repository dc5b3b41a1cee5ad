"""The sample sheet: one row a tube, every cell checked, all problems listed with their row and column."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Literal, cast

from cytogate.errors import Problem, nearest
from cytogate.study.cells import AMOUNTS, Amounts, bad_id, number_of
from cytogate.study.table_text import TableText, check_header, guessed_columns, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Role = Literal["sample", "fmo", "single_stain", "unstained", "bridge", "beads"]
ROLES: tuple[Role, ...] = ("sample", "fmo", "single_stain", "unstained", "bridge", "beads")
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
        As the sheet names it, below the data root.
    path : str
        Where it lies on this machine; empty where it was not found.
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


def read_sheet(
    path: Path, *, data_root: Path | None, panels: Sequence[str]
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

    Returns
    -------
    (rows, problems, warnings)
        With problems the rows hold what could be read: one slip does not hide another.
    """
    table = read_table(path, required=REQUIRED)
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
    for number, cells in table.rows:
        cell = dict.fromkeys((*REQUIRED, *OPTIONAL), "") | dict(zip(header, cells, strict=True))
        row, found = _row(table, number, cell, root, panels, absent)
        problems += found
        rows.append(row)
    problems += _repeated(table, rows)
    problems += _controls(table, rows)
    twice, warnings = _visits_twice(table, rows)
    return tuple(rows), sorted([*problems, *twice], key=_row_number), [*table.warnings, *warnings]


def _row_number(problem: Problem) -> int:
    digits = problem.location.partition(" row ")[2].split(",")[0]
    return int(digits) if digits.isdigit() else 0


def _row(
    table: TableText,
    number: int,
    cell: Mapping[str, str],
    root: Path | None,
    panels: Sequence[str],
    absent: frozenset[str],
) -> tuple[SheetRow, list[Problem]]:
    """Return a row with what could be read of it, and its problems but those of columns that are absent."""
    problems: list[Problem] = []

    def wrong(column: str, code: str, message: str, fix: str = "") -> None:
        if column not in absent:
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
    if cell["panel"].strip() and cell["panel"] not in panels and role in ("sample", "bridge", "fmo"):
        fix = f"{nearest(cell['panel'], panels)} Panels are the keys of 'templates' in the study file."
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
    place = None
    if root is not None:
        place, refusal = locate(cell["file"], root)
        if place is None:
            wrong("file", *refusal)
    return SheetRow(
        row=number,
        file=cell["file"].strip(),
        path=str(place) if place is not None else "",
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


def locate(text: str, root: Path) -> tuple[Path | None, tuple[str, str, str]]:
    """Return where a file of the sheet lies, or None with (code, what is wrong, what to do).

    `root` is a resolved folder; places outside it are refused however they are written.
    """
    named = text.strip()
    below = "Write the path below the data root of the study."
    if not named:
        return None, ("file-missing", "is empty.", "")
    if "\x00" in named or not named.isprintable():
        return None, ("path-refused", f"{named!r} holds characters that no file name here may have.", "")
    if "://" in named or named.lower().startswith("file:"):
        return None, ("path-refused", f"{named!r} is a URL.", below)
    windows = PureWindowsPath(named)
    if PurePosixPath(named).is_absolute() or windows.is_absolute() or windows.drive or windows.root:
        return None, ("path-refused", f"{named!r} is an absolute path.", below)
    if ".." in windows.parts:
        return None, ("path-refused", f"{named!r} leaves the data root by '..'.", below)
    place = root / named
    try:
        if not place.exists() and "\\" in named:
            place = root / windows.as_posix()
        found = place.resolve()
        if not found.is_relative_to(root):
            return None, ("path-refused", f"{named!r} is a link to {found}, outside the data root.", below)
        mode = found.stat().st_mode
    except FileNotFoundError:
        return None, ("file-missing", f"not found: {named} (below {root}).", _similar(place))
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        return None, ("file-unreadable", f"{named!r} cannot be opened: {error}.", "")
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        return None, ("file-unreadable", f"{named!r} is {kind}.", "")
    return found, ("", "", "")


def _similar(place: Path) -> str:
    from difflib import get_close_matches

    try:
        there = [entry.name for entry in place.parent.iterdir()][:10_000]
    except OSError:
        return ""
    close = get_close_matches(place.name, there, n=1, cutoff=0.8)
    return f"Did you mean {close[0]}?" if close else ""


def _repeated(table: TableText, rows: Iterable[SheetRow]) -> list[Problem]:
    problems = []
    samples: dict[str, SheetRow] = {}
    files: dict[str, SheetRow] = {}
    for row in rows:
        place = f"{table.name} row {row.row}"
        twin = samples.setdefault(row.sample, row)
        if twin is not row and row.sample:
            what = f"sample {row.sample!r} stands in row {twin.row} already."
            problems.append(Problem("sample-twice", f"{place}, column sample", what, "Ids must be unique."))
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
