"""What a study concludes: the tests it asks for, of every measure, in every group, as rows of one table."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Any

from cytogate.stats.comparison import Comparison, Question
from cytogate.stats.trends.paired_change import WILCOXON
from cytogate.study.concluding.families import with_q
from cytogate.study.definition.statistics import PRIMARY, asked
from cytogate.study.measuring.clinical_measures import analyte_measures, score_measure
from cytogate.study.measuring.measures import intensity_measure, subset_measures
from cytogate.study.measuring.questions import SLEDAI
from cytogate.study.measuring.relative import composition_measures, ratio_measure
from cytogate.study.planning.bridging import Change, across, change_of, intensity_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytogate.stats.comparison import Offered
    from cytogate.stats.series import Series
    from cytogate.study.measuring.measures import Measure
    from cytogate.study.planning.plan import Plan

log = logging.getLogger(__name__)

Row = dict[str, Any]
ALL_TREATED = "all treated"
RESPONDERS = "responders"
NON_RESPONDERS = "non-responders"
BETWEEN = "between groups"
POST_HOC = "post hoc: response is defined by SLEDAI"
NOT_INDEPENDENT = "response is defined by SLEDAI, so this is not independent of response"


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run that conclusions are drawn from, as rows; they are read more than once."""

    subsets: Iterable[Row]
    samples: Iterable[Row] = ()
    intensities: Iterable[Row] = ()
    populations: Iterable[Row] = ()


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is the same for all measures and tests of a study."""

    plan: Plan
    answers: Mapping[str, bool | None]
    partners: Sequence[Measure]


def comparison_rows(
    plan: Plan,
    tables: Tables,
    response: Mapping[str, Any] | None,
    *,
    tests: Sequence[Offered] | None = None,
) -> list[Row]:
    """Return the rows of ``comparisons.parquet``.

    The order is that of the measures in the study, then of its statistics, then of the groups, then what
    each test makes of it; no order of files or rows has a part in it.

    Parameters
    ----------
    plan : Plan
    tables : Tables
    response : mapping or None
        Of `cytogate.study.concluding.responses.response`; None where the study asks for no response.
    tests : sequence of Offered, optional
        Those of the study's ``statistics`` if not given.
    """
    offered = asked(plan.study.statistics) if tests is None else tests
    if not offered:
        return []
    partners = [found for name in plan.study.partners if (found := _partner(plan, name)) is not None]
    asking = _Asking(plan, responders(response), partners)
    rows = [
        row
        for measure in measures(plan, tables)
        for test in offered
        for group in _groups(test, asking.answers)
        for row in _rows(asking, measure, test, group)
    ]
    return with_q(rows, plan.study.families)


def responders(response: Mapping[str, Any] | None) -> dict[str, bool | None]:
    """Return who responded, None where it cannot be judged; empty without a rule."""
    judged = (response or {}).get("subjects") or {}
    return {subject: entry["responder"] for subject, entry in judged.items()}


def measures(plan: Plan, tables: Tables) -> list[Measure]:
    """Return what is tested: subsets, what is made of them, intensities, analytes, SLEDAI, named columns."""
    study = plan.study
    found = [
        across(entry, _change_of_any(plan, tables, [name]))
        for name in dict.fromkeys(endpoint.name for endpoint in plan.endpoints)
        for entry in subset_measures(tables.subsets, name, scale=study.percent_scale)
    ]
    found += [
        across(ratio_measure(tables.subsets, entry), _change_of_any(plan, tables, entry.subsets))
        for entry in study.ratios
    ]
    found += [
        across(part, _change_of_any(plan, tables, entry.parts))
        for entry in study.compositions
        for part in composition_measures(tables.subsets, entry)
    ]
    found += list(_intensities(plan, tables))
    found += analyte_measures(plan.analytes, plan.weeks)
    named = [member for members in study.families.values() for member in members]
    scores = (score_measure(plan.clinical, column) for column in dict.fromkeys([SLEDAI, *named]))
    return found + [score for score in scores if score is not None]


def _change_of_any(plan: Plan, tables: Tables, names: Sequence[str]) -> Change:
    """Return the change of panel that weighs most among those of some subsets."""
    found = [change_of(plan, tables.subsets, tables.samples, tables.populations, name) for name in names]
    return max(found, key=lambda change: (bool(change.why), bool(change.note)), default=Change())


def _intensities(plan: Plan, tables: Tables) -> Iterator[Measure]:
    """Yield each intensity once, of the tubes of its panel, or of all versions of that."""
    panels: dict[str, list[str]] = {}
    for entry in plan.study.intensities:
        panels.setdefault(entry.name, []).append(entry.panel)
    for entry in {entry.name: entry for entry in plan.study.intensities}.values():
        own = panels[entry.name]
        samples = [row for row in tables.samples if not any(own) or row.get("panel") in own]
        measure = intensity_measure(
            entry.name, tables.intensities, samples, population=entry.population, marker=entry.marker
        )
        yield across(measure, intensity_change(samples, own))


def _partner(plan: Plan, name: str) -> Measure | None:
    if name == SLEDAI:
        found = score_measure(plan.clinical, name)
        return None if found is None else replace(found, name="SLEDAI")
    analytes = analyte_measures([value for value in plan.analytes if value.analyte == name], plan.weeks)
    return analytes[0] if analytes else score_measure(plan.clinical, name)


def _groups(test: Offered, answers: Mapping[str, bool | None]) -> tuple[str, ...]:
    if "groups" in test.needs:
        return (BETWEEN,)
    return (ALL_TREATED, RESPONDERS, NON_RESPONDERS) if answers else (ALL_TREATED,)


def _of_group(measure: Measure, group: str, answers: Mapping[str, bool | None]) -> Series:
    if group in (ALL_TREATED, BETWEEN):
        return measure.series()
    return measure.series([name for name, answer in answers.items() if answer is (group == RESPONDERS)])


def _rows(asking: _Asking, measure: Measure, test: Offered, group: str) -> Iterator[Row]:
    series = _of_group(measure, group, asking.answers)
    baseline, visit, remark = compared_visits(asking.plan, measure)
    question = Question(baseline, visit, responders=dict(asking.answers), seed=asking.plan.study.seed)
    for entry in _answers(asking, measure, series, question, test, group):
        said = [remark, POST_HOC if group in (RESPONDERS, NON_RESPONDERS) else "", series.note]
        noted = _noted(entry, *said)
        if isnan(noted.p) and not noted.note:
            noted = _noted(noted, "no p is given")
        is_primary = (
            test.name == PRIMARY
            and group == ALL_TREATED
            and noted.test == WILCOXON
            and noted.contrast.startswith(visit)
        )
        plain: Row = {
            key: None if isinstance(value, float) and isnan(value) else value
            for key, value in asdict(noted).items()
        }
        yield plain | {"q": None, "family": "", "is_primary": is_primary}


def _answers(
    asking: _Asking, measure: Measure, series: Series, question: Question, test: Offered, group: str
) -> Iterator[Comparison]:
    """Yield what a test says of a measure in a group; a row with the reason where it cannot be asked."""
    if not series.subjects:
        yield _without(series, test, group, "no subject of this group was measured")
    elif measure.refused and measure.refused_for.intersection(series.subjects):
        yield _without(series, test, group, measure.refused)
    elif "groups" in test.needs and not asking.answers:
        yield _without(series, test, group, "the study names no response rule, so there are no groups")
    elif "partner" not in test.needs:
        yield from _ask(test, series, question, group)
    elif not asking.partners:
        yield _without(series, test, group, "nothing to relate it to: the clinical table holds no SLEDAI")
    else:
        for partner in asking.partners:
            if _is_same(partner, series):
                continue
            is_sledai = partner.kind == "score" and partner.name == "SLEDAI"
            note = NOT_INDEPENDENT if is_sledai and asking.answers else ""
            about = replace(question, partner=partner.series(), partner_note=note)
            for entry in _ask(test, series, about, group):
                yield _noted(entry, note)


def _without(series: Series, test: Offered, group: str, why: str) -> Comparison:
    return Comparison.without(series, "", group, test.name, why)


def _is_same(partner: Measure, series: Series) -> bool:
    names = (SLEDAI, "SLEDAI")
    alike = partner.name == series.name or (partner.name in names and series.name in names)
    return alike and partner.kind == series.kind


def _ask(test: Offered, series: Series, question: Question, group: str) -> Sequence[Comparison]:
    """Return what a test answers; one that fails costs its own row, never the run."""
    try:
        return list(test.ask(series, question, group))
    except Exception as error:
        log.warning("%s of %s in %s fails", test.name, series.name, group, exc_info=True)
        return [_without(series, test, group, f"the test failed: {type(error).__name__}: {error}")]


def compared_visits(plan: Plan, measure: Measure) -> tuple[str, str, str]:
    """Return the baseline, the visit it is compared with, and what must be said of that choice.

    The visit is the one at which response is judged, or the last of the measure where it has none there.
    """
    visits, said = list(measure.weeks), []
    baseline = plan.study.baseline
    if baseline is None:
        baseline = visits[0] if visits else ""
        said.append(f"the study names no baseline: {baseline} taken")
    wanted = None if plan.study.response is None else plan.study.response.at
    if wanted in visits:
        return baseline, str(wanted), "; ".join(said)
    start = measure.weeks.get(baseline, float("-inf"))
    later = [visit for visit in visits if measure.weeks[visit] > start]
    if wanted is not None and later:
        said.append(f"not measured at {wanted}: compared at {later[-1]}")
    return baseline, later[-1] if later else baseline, "; ".join(said)


def _noted(entry: Comparison, *remarks: str) -> Comparison:
    """Return a comparison that says all this, each once."""
    new = [remark for remark in remarks if remark and remark not in entry.note]
    return replace(entry, note="; ".join(filter(None, [entry.note, *new]))) if new else entry
