"""Controls: which fluorescence-minus-one tube stands for which marker of which sample, and single stains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.fcs.channels.labels import normal
from cytogate.gating.fitting.placement import Group
from cytogate.study.sample.control_overlays import Control

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.gating.template import GatingTemplate
    from cytogate.study.planning.plan import Plan
    from cytogate.study.sheets.sheet import SheetRow

FMO = "fmo"
SINGLE_STAIN = "single_stain"


def groups_of(
    gated: Sequence[SheetRow], rows: Sequence[SheetRow], panel: str, template: GatingTemplate
) -> list[Group]:
    """Return subject, visit, batch and control tubes of each gated tube of a panel, by its path.

    Notes
    -----
    An FMO tube of the panel stands for a marker that its ``control_for`` names, as the template or its
    synonyms call it. Further names there (samples, batches, subjects) say for whom; a batch of its own says
    so too. Of several, the tube of the same subject is taken, then that of the same visit, then the first
    file by name.
    """
    controls = [row for row in rows if row.panel == panel and row.role == FMO]
    names = _names(template)
    found = []
    for row in gated:
        if row.panel != panel:
            continue
        best: dict[str, tuple[tuple[bool, bool, str], str]] = {}
        for control in controls:
            markers, others = _split(control, names)
            if not _is_for(control, others, row):
                continue
            rank = (control.subject != row.subject, control.visit != row.visit, control.file)
            for marker in markers:
                best[marker] = min(best.get(marker, (rank, control.path)), (rank, control.path))
        tubes = {marker: path for marker, (_, path) in sorted(best.items())}
        found.append(Group(row.path, row.subject, row.visit, row.batch, tubes))
    return found


def used_controls(plan: Plan) -> tuple[SheetRow, ...]:
    """Return the tubes beside the samples on which the run rests: FMO tubes, and single stains."""
    fmo = tuple(row for row in plan.rows if row.role == FMO and row.panel in plan.templates)
    return (*fmo, *single_stains(plan))


def single_stains(plan: Plan) -> tuple[SheetRow, ...]:
    """Return the first single stain of each panel and marker, in the order of the sheet."""
    found: dict[tuple[str, str], SheetRow] = {}
    for row in plan.rows:
        if row.role == SINGLE_STAIN and row.panel in plan.templates and row.control_for:
            found.setdefault((row.panel, row.control_for), row)
    return tuple(found.values())


def controls_of(plan: Plan) -> dict[str, tuple[Control, ...]]:
    """Return the FMO tubes of each gated tube, by its path, as `groups_of` chooses them."""
    names = {row.path: row.sample for row in plan.rows}
    return {
        group.key: tuple(Control(marker, names[path], path) for marker, path in group.controls.items())
        for panel, template in plan.templates.items()
        for group in groups_of(plan.gated, plan.rows, panel, template)
    }


def unknown_controls(
    rows: Sequence[SheetRow], templates: Mapping[str, GatingTemplate], sheet: str
) -> list[Problem]:
    """Return what FMO tubes are said to be for and is no marker of their panel, nor a name of the sheet."""
    known = {name for row in rows for name in (row.sample, row.batch, row.panel, row.subject)} - {""}
    problems = []
    for row in rows:
        if row.role != FMO or row.panel not in templates:
            continue
        names = _names(templates[row.panel])
        for name in _split(row, names)[1]:
            if name not in known:
                where = f"{sheet} row {row.row}, column control_for"
                text = f"{name!r} is no marker of panel {row.panel}, and no sample, batch or subject."
                hint = nearest(name, [*templates[row.panel].panel, *sorted(known)])
                problems.append(Problem("control-unknown", where, text, hint))
    return problems


def _names(template: GatingTemplate) -> dict[str, str]:
    """Return marker by each name that it goes by, without case and punctuation; the marker's own first."""
    names: dict[str, str] = {}
    for marker in template.panel:
        names.setdefault(normal(marker), marker)
    for marker, synonyms in template.panel.items():
        for synonym in synonyms:
            names.setdefault(normal(synonym), marker)
    return names


def _split(control: SheetRow, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the markers that a control is for, and the other names of its ``control_for``."""
    entries = [entry.strip() for entry in control.control_for.split("|") if entry.strip()]
    markers = [names[normal(entry)] for entry in entries if normal(entry) in names]
    return markers, [entry for entry in entries if normal(entry) not in names]


def _is_for(control: SheetRow, others: Iterable[str], row: SheetRow) -> bool:
    if control.batch and row.batch and control.batch != row.batch:
        return False
    named = set(others)
    return not named or bool(named & {row.sample, row.batch, row.subject, row.panel})
