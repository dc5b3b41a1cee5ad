"""The plan of a run: study, sheet, clinical tables and templates, checked before any event is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import Problem, StudyError, TemplateError, nearest
from cytogate.gating.definitions import ASC_EXCLUDED
from cytogate.study.definition.panel_versions import PanelVersions, with_aliases, with_versions
from cytogate.study.definition.study import read_study
from cytogate.study.measuring.clinical_measures import study_weeks
from cytogate.study.measuring.questions import question_problems, question_warnings
from cytogate.study.measuring.relative import relative_problems
from cytogate.study.planning.adjustments import read_adjustments
from cytogate.study.planning.bridging import unbridged
from cytogate.study.planning.cell_counts import absolute_problems, denominator_doubts
from cytogate.study.planning.controls import unknown_controls
from cytogate.study.planning.endpoints import find_endpoints, find_intensities
from cytogate.study.sheets.analyte_sheet import read_analytes
from cytogate.study.sheets.clinical_sheet import read_clinical
from cytogate.study.sheets.doubts import alike_ids, clinical_doubts, same_content, weeks_of_one_visit
from cytogate.study.sheets.sheet import read_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.gating.adjusting import GateChange
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study import Study
    from cytogate.study.definition.study_parts import Endpoint
    from cytogate.study.planning.adjustments import Adjustment
    from cytogate.study.sheets.analyte_sheet import AnalyteValue
    from cytogate.study.sheets.clinical_sheet import ClinicalVisit
    from cytogate.study.sheets.sheet import SheetRow

GATED_ROLES = ("sample", "bridge")  # controls are listed, and gated by no template


@dataclass(frozen=True, slots=True)
class Plan:
    """A study that can be run.

    Attributes
    ----------
    study : Study
    rows : tuple of SheetRow
        Every tube of the sheet, in its order.
    templates : mapping of panel to GatingTemplate
    endpoints : tuple of Endpoint
        With their panel, and populations as full paths.
    clinical, analytes
        The rows of those tables; empty without one.
    warnings : tuple of Problem
        Worth knowing, and no reason to stop.
    adjustments : tuple of Adjustment
        Gates of single samples that were changed by hand.
    """

    study: Study
    rows: tuple[SheetRow, ...]
    templates: Mapping[str, GatingTemplate]
    endpoints: tuple[Endpoint, ...]
    clinical: tuple[ClinicalVisit, ...] = ()
    analytes: tuple[AnalyteValue, ...] = ()
    warnings: tuple[Problem, ...] = field(default=())
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def gated(self) -> tuple[SheetRow, ...]:
        """The tubes that are gated."""
        return tuple(row for row in self.rows if row.role in GATED_ROLES)

    def changes_of(self, sample: str) -> tuple[GateChange, ...]:
        """Return the gates of a sample that were changed by hand."""
        return tuple(entry.change for entry in self.adjustments if entry.sample == sample)

    def excludes_asc(self, panel: str) -> bool:
        """Return whether the template of a panel takes antibody-secreting cells out of its quadrants."""
        meant = self.templates[panel].definitions.values()
        return self.study.exclude_asc_first and any(entry.id.endswith(ASC_EXCLUDED) for entry in meant)

    @property
    def weeks(self) -> dict[str, float]:
        """The visits of sheet and clinical table and their weeks, in order of these."""
        return study_weeks(self.rows, self.clinical)

    def week_of(self, visit: str) -> float | None:
        """Return the week of a visit, None where no table tells it."""
        return self.weeks.get(visit)

    def endpoints_of(self, panel: str) -> tuple[Endpoint, ...]:
        """Return the subsets of a panel."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.panel == panel)


def plan_study(path: str | Path) -> Plan:
    """Read a study file and all that it names, and check that it fits together.

    No event is read. That a file of the sheet is FCS, and has the markers of its template, is found out when
    its turn comes: such a file costs its own row only.

    Raises
    ------
    StudyError
        Lists every problem of study file, sheet, clinical tables and templates.
    """
    study, problems = read_study(path)
    plan, found = draft(study) if study is not None else (None, [])
    problems += found
    if plan is None or problems:
        title = f"{Path(path).name} is not a study that can be run:"
        raise StudyError(title, problems)
    return plan


def draft(study: Study) -> tuple[Plan, list[Problem]]:
    """Return the plan as far as it goes, and every problem of what the study names.

    A table that is not there is no problem here: reading the study file names it.
    """
    templates, problems = _templates(study)
    templates, found = with_aliases(study, templates)
    problems += found
    rows: tuple[SheetRow, ...] = ()
    warnings: list[Problem] = []
    clinical: tuple[ClinicalVisit, ...] = ()
    analytes: tuple[AnalyteValue, ...] = ()
    if study.samples.is_file():
        root = study.data_root if study.data_root.is_dir() else None
        rows, found, warnings = read_sheet(
            study.samples,
            data_root=root,
            panels=[*study.templates, *study.panel_versions],
            allow_urls=study.allow_urls,
        )
        problems += found
        rows, found = with_versions(rows, PanelVersions(study.panel_versions), study.samples.name)
        problems += found
    if study.clinical is not None and study.clinical.is_file():
        scale = study.response.pga_scale if study.response is not None else 3
        clinical, found, more = read_clinical(study.clinical, pga_scale=scale)
        problems += found
        warnings += [*more, *clinical_doubts(clinical, study.baseline, study.clinical.name)]
    if study.analytes is not None and study.analytes.is_file():
        analytes, found, more = read_analytes(study.analytes)
        problems += found
        warnings += more
    endpoints, found = find_endpoints(study, templates)
    problems += found
    intensities, found = find_intensities(study, templates)
    problems += found
    study = replace(study, intensities=intensities)
    problems += relative_problems(study, endpoints)
    if len(templates) == len(study.templates):
        templates, found = _switched(study, templates)  # endpoints stay: paths do
        problems += found
    if rows:
        problems += _visits(study, rows, clinical)
        warnings += _subjects(rows, clinical, analytes)
        warnings += weeks_of_one_visit(rows)
        warnings += same_content(rows)
        warnings += alike_ids(rows, study.samples.name)
        warnings += _unused(study, rows)
        problems += question_problems(study, clinical, analytes)
        warnings += question_warnings(study, study_weeks(rows, clinical), analytes)
        problems += unknown_controls(rows, templates, study.samples.name)
    plan = Plan(study, rows, templates, endpoints, clinical, analytes)
    plan = replace(plan, warnings=(*warnings, *unbridged(plan)))
    problems += absolute_problems(plan)
    plan = replace(plan, warnings=(*plan.warnings, *denominator_doubts(plan)))
    if study.adjustments is not None and study.adjustments.is_file() and rows:
        adjustments, found = read_adjustments(study.adjustments, rows=plan.gated, templates=templates)
        plan = replace(plan, adjustments=adjustments)
        problems += found
    return plan, problems


def _templates(study: Study) -> tuple[dict[str, GatingTemplate], list[Problem]]:
    from cytogate.gating.template.library import load_template, names_a_file

    templates: dict[str, GatingTemplate] = {}
    problems: list[Problem] = []
    for panel, name in study.templates.items():
        try:
            templates[panel] = load_template(study.folder / name if names_a_file(name) else name)
        except TemplateError as error:
            where = f"{study.path.name}, templates.{panel}"
            problems += [
                Problem(problem.code, f"{where}: {problem.location}", problem.message, problem.fix)
                for problem in error.problems or (Problem("template", "", str(error)),)
            ]
    return templates, problems


def _switched(
    study: Study, templates: dict[str, GatingTemplate]
) -> tuple[dict[str, GatingTemplate], list[Problem]]:
    """Return the templates as the study's switches change them; no switch changes a path."""
    if not study.exclude_asc_first:
        return templates, []
    from cytogate.gating.template.without_asc import exclude_asc_first

    if not any(template.asc for template in templates.values()):
        where = f"{study.path.name}, exclude_asc_first"
        what = "no template of the study has this switch."
        fix = "Set it to false, or name the cells in the template (asc: B/PB)."
        return templates, [Problem("switch-unknown", where, what, fix)]
    return {
        panel: exclude_asc_first(template) if template.asc else template
        for panel, template in templates.items()
    }, []


def _visits(study: Study, rows: Iterable[SheetRow], clinical: Iterable[ClinicalVisit]) -> list[Problem]:
    """Return visits that the study names and its tables lack."""
    problems = []
    in_sheet = list(dict.fromkeys(row.visit for row in rows if row.visit))
    in_clinic = list(dict.fromkeys(visit.state.visit for visit in clinical))
    name = study.path.name
    if study.baseline is not None and in_sheet and study.baseline not in in_sheet:
        what = f"no sample of the sheet is of visit {study.baseline!r}."
        near = nearest(study.baseline, in_sheet)
        problems.append(Problem("visit-unknown", f"{name}, baseline", what, near))
    if study.response is not None and in_clinic and study.response.at not in in_clinic:
        what = f"the clinical table has no visit {study.response.at!r}."
        near = nearest(study.response.at, in_clinic)
        problems.append(Problem("visit-unknown", f"{name}, response.at", what, near))
    return problems


def _subjects(
    rows: Iterable[SheetRow], clinical: Iterable[ClinicalVisit], analytes: Iterable[AnalyteValue]
) -> list[Problem]:
    """Subjects that one table has and another lacks are named once; so are weeks that differ."""
    rows, clinical = list(rows), list(clinical)
    in_sheet = {
        row.subject for row in rows if row.subject and row.role == "sample"
    }  # controls are no patients
    warnings = []
    for table, others in (
        ("the clinical table", {visit.subject for visit in clinical}),
        ("the table of analytes", {value.subject for value in analytes}),
    ):
        if others and (alone := sorted(in_sheet - others)):
            what = f"{table} lacks subjects of the sheet: {', '.join(alone[:10])}."
            warnings.append(Problem("subject-missing", "", what))
        if alone := sorted(others - in_sheet):
            what = f"{table} has subjects without samples: {', '.join(alone[:10])}."
            warnings.append(Problem("subject-unknown", "", what))
    weeks = {(visit.subject, visit.state.visit): visit.state.week for visit in clinical}
    for row in rows:
        week = weeks.get((row.subject, row.visit))
        if week is not None and row.week is not None and week != row.week:
            what = f"week {row.week:g} here, {week:g} in the clinical table for the same visit."
            warnings.append(Problem("week-differs", f"row {row.row}, sample {row.sample}", what))
    return warnings


def _unused(study: Study, rows: Iterable[SheetRow]) -> list[Problem]:
    used = {row.panel for row in rows}
    return [
        Problem("panel-unused", f"{study.path.name}, templates.{panel}", "no sample is of this panel.")
        for panel in study.templates
        if panel not in used
    ]
