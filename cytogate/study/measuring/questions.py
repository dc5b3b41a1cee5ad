"""What a study asks of its measures: whether the tables hold it, and which tests are asked of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.study.definition.statistics import ALL, PRIMARY
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.study.definition.study import Study
    from cytogate.study.sheets.analyte_sheet import AnalyteValue
    from cytogate.study.sheets.clinical_sheet import ClinicalVisit

SLEDAI = "sledai_total"


def question_problems(
    study: Study, clinical: Sequence[ClinicalVisit], analytes: Sequence[AnalyteValue]
) -> list[Problem]:
    """Return members of families, partners, and measures of log axes that no table holds."""
    if _unread(study.clinical, clinical) or _unread(study.analytes, analytes):
        return []  # that the table is wrong is told already
    beside = list(dict.fromkeys([*columns(clinical), *(value.analyte for value in analytes)]))
    measured = [entry.name for entry in study.endpoints]
    measured += [entry.name for entry in study.intensities]
    measured += [entry.name for entry in study.ratios]
    measured += [name for entry in study.compositions for name in entry.names]
    problems = []
    lists = {f"families.{family}": members for family, members in study.families.items()}
    for key, members in (lists | {"figures.log": study.log_axes}).items():
        for position, member in enumerate(members):
            if member not in measured and member not in beside:
                where = f"{study.path.name}, {key}[{position}]"
                what = f"{member!r} is no subset, no analyte and no number of the clinical table."
                near = nearest(member, [*measured, *beside])
                problems.append(Problem("measure-unknown", where, what, near))
    for position, partner in enumerate(study.partners):
        if partner not in beside and partner != SLEDAI:
            where = f"{study.path.name}, partners[{position}]"
            what = f"{partner!r} is no analyte and no number of the clinical table."
            problems.append(Problem("measure-unknown", where, what, nearest(partner, beside)))
    return problems


def _unread(table: object, rows: Sequence[object]) -> bool:
    return table is not None and not rows


def columns(clinical: Iterable[ClinicalVisit]) -> list[str]:
    """Return the columns of the clinical table that hold numbers, in its order."""
    return list(dict.fromkeys(column for visit in clinical for column in visit.values))


def question_warnings(
    study: Study, weeks: Mapping[str, float], analytes: Iterable[AnalyteValue]
) -> list[Problem]:
    """Return what will have no answer, and why."""
    name = study.path.name
    warnings = []
    if lost := sorted({value.visit for value in analytes} - set(weeks), key=natural):
        what = f"no sample and no clinical row tells the week of {', '.join(lost[:10])}: left out of trends."
        warnings.append(Problem("visit-unknown", f"{name}, analytes", what, nearest(lost[0], list(weeks))))
    if study.families and study.statistics and not {PRIMARY, ALL} & set(study.statistics):
        what = f"families are corrected over {PRIMARY}, which is not among the statistics: no q is given."
        warnings.append(Problem("family-unused", f"{name}, families", what, f"Add {PRIMARY}."))
    first: dict[str, str] = {}
    for family, members in study.families.items():
        for member in members:
            if first.setdefault(member, family) != family:
                what = f"{member!r} is in family {first[member]!r} already, whose q it gets."
                warnings.append(Problem("family-twice", f"{name}, families.{family}", what))
    return warnings
