"""Absolute counts of the subsets of a study: which figures of sheet, clinic and tube go into each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cytogate.errors import GatingError, Problem
from cytogate.gating.tree import find
from cytogate.stats.absolute import AbsoluteCount, by_beads, by_volume, dual_platform, flow_rate_doubt
from cytogate.study.planning.kept_part import kept_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.study.definition.study_parts import AbsoluteRule, Endpoint
    from cytogate.study.planning.plan import Plan
    from cytogate.study.sample.values import SampleResult
    from cytogate.study.sheets.sheet import SheetRow

LYMPHOCYTES = "lymphocytes_1e9_l"  # column of the clinical table
# First part of a definition's id: the largest share of lymphocytes that unsorted blood holds, and the kind.
# B cells are 1 to 28 % of lymphocytes of adults, CD4 T cells 15 to 70 %.
MOST_IN_BLOOD = {"b": (0.5, "B cells"), "cd4": (0.8, "CD4 T cells")}


def absolute_columns(plan: Plan, row: SheetRow, endpoint: Endpoint, result: SampleResult) -> dict[str, Any]:
    """Return the columns ``absolute_*`` of a row of ``subsets``; nulls with the reason where there is none.

    All are empty where the study has no key ``absolute``, or names other panels there.
    """
    rule = plan.study.absolute
    if rule is None or (rule.panels and row.panel not in rule.panels):
        found = AbsoluteCount(None)
    elif endpoint.name not in result.counts:
        found = AbsoluteCount(None, note="the tube was not gated")
    else:
        found = _counted(plan, rule, row, endpoint, result)
    return {
        "absolute_per_ul": found.per_ul,
        "absolute_ci_low": found.low,
        "absolute_ci_high": found.high,
        "absolute_note": found.note,
    }


def _counted(
    plan: Plan, rule: AbsoluteRule, row: SheetRow, endpoint: Endpoint, result: SampleResult
) -> AbsoluteCount:
    cells = result.counts[endpoint.name][0]
    if rule.method == "dual":
        return _dual(plan, rule, row, endpoint, result)
    dilution = row.amounts.dilution or rule.dilution or 1.0
    if rule.method == "volume":
        in_file = result.volumes.get(rule.vol) if rule.vol is not None else None
        acquired = row.amounts.acquired_ul or in_file or rule.acquired_ul
        if acquired is None:
            return _without("acquired_ul") if rule.vol is None else _without("acquired_ul", "$VOL")
        if acquired == in_file and (doubt := flow_rate_doubt(acquired, result.duration)):
            return AbsoluteCount(None, note=f"$VOL in {rule.vol}: {doubt}; the other unit is meant")
        kept = kept_part(result)
        if kept.refused:
            return AbsoluteCount(None, note=kept.refused)
        found = by_volume(
            cells, acquired_ul=acquired * kept.events, dilution=dilution, pipetting_cv=rule.pipetting_cv
        )
        return _with_note(found, kept.note("volume"))
    beads = row.amounts.beads
    if beads is None and rule.beads is not None:
        path = _path(plan, row.panel, rule.beads)
        beads = result.population_counts().get(path) if path is not None else None
    per_tube = row.amounts.beads_per_tube or rule.beads_per_tube
    blood = row.amounts.blood_ul or rule.blood_ul
    if beads is None or per_tube is None or blood is None:
        named = {"beads": beads, "beads_per_tube": per_tube, "blood_ul": blood}
        return _without(*(name for name, amount in named.items() if amount is None))
    kept = kept_part(result)
    if row.amounts.beads is None:
        kept = kept.of_values  # the beads of a gate were cleaned with the cells
    if kept.refused:
        return AbsoluteCount(None, note=kept.refused)
    found = by_beads(
        cells,
        round(beads * kept.events),
        beads_per_tube=per_tube,
        blood_ul=blood,
        dilution=dilution,
        pipetting_cv=rule.pipetting_cv,
    )
    return _with_note(found, kept.note("beads"))


def _with_note(found: AbsoluteCount, note: str) -> AbsoluteCount:
    return replace(found, note="; ".join(part for part in (found.note, note) if part))


def _dual(
    plan: Plan, rule: AbsoluteRule, row: SheetRow, endpoint: Endpoint, result: SampleResult
) -> AbsoluteCount:
    path = _path(plan, row.panel, rule.of or "")
    if path is None or not endpoint.population.startswith(f"{path}/"):
        return AbsoluteCount(None, note=f"the subset does not lie below {rule.of} in this panel")
    counted = next(
        (
            visit.values[LYMPHOCYTES]
            for visit in plan.clinical
            if (visit.subject, visit.state.visit) == (row.subject, row.visit)
            if LYMPHOCYTES in visit.values
        ),
        None,
    )
    if counted is None:
        return AbsoluteCount(None, note=f"the clinical table has no {LYMPHOCYTES} of this visit")
    lymphocytes = result.population_counts()[path]
    if lymphocytes < plan.study.limits.min_parent:
        return AbsoluteCount(None, note=f"{lymphocytes} lymphocytes in the tube, too few for a share")
    if doubt := _enriched(plan, row, path, result.population_counts()):
        return AbsoluteCount(None, note=doubt)
    cells = result.counts[endpoint.name][0]
    return dual_platform(cells, lymphocytes, lymphocytes_1e9_l=counted, cbc_cv=rule.cbc_cv)


def _enriched(plan: Plan, row: SheetRow, lymphocytes: str, counts: Mapping[str, int]) -> str:
    """Return what cannot be in blood: one kind of cell that makes up most lymphocytes; "" otherwise."""
    template = plan.templates[row.panel]
    for kind, (most, word) in MOST_IN_BLOOD.items():
        for entry in template.definitions.values():
            is_kind = entry.id.split(".")[0] == kind and entry.population.startswith(f"{lymphocytes}/")
            share = counts.get(entry.population, 0) / counts[lymphocytes]
            if is_kind and share > most:
                return (
                    f"{word} are {share:.0%} of {lymphocytes}, more than blood holds ({most:.0%}): enriched "
                    "tubes tell nothing of blood"
                )
    return ""


def denominator_doubts(plan: Plan) -> list[Problem]:
    """Return a warning where `absolute.of` is not what a template of its panels defines as lymphocytes."""
    rule = plan.study.absolute
    if rule is None or rule.method != "dual":
        return []
    found = []
    for panel, template in plan.templates.items():
        meant = [one.population for one in template.definitions.values() if one.id.startswith("lymphocytes.")]
        path = _path(plan, panel, rule.of or "") if not rule.panels or panel in rule.panels else None
        if path is not None and meant and path not in meant:
            what = f"panel {panel}: the clinic counts lymphocytes, which the template defines as {meant[0]}."
            fix = f"Write of: {meant[0].rpartition('/')[2]}."
            found.append(Problem("denominator-doubted", f"{plan.study.path.name}, absolute.of", what, fix))
    return found


def _without(*names: str) -> AbsoluteCount:
    said = ", ".join(name for name in names if name != "$VOL")
    said += ", and the file has no $VOL" if "$VOL" in names else ""
    return AbsoluteCount(None, note=f"neither sheet nor study says {said}")


def _path(plan: Plan, panel: str, reference: str) -> str | None:
    try:
        return find(reference, plan.templates[panel].populations)
    except GatingError:
        return None


def absolute_problems(plan: Plan) -> list[Problem]:
    """Return populations that the key ``absolute`` names and no template of its panels has."""
    rule = plan.study.absolute
    if rule is None or len(plan.templates) < len(plan.study.templates):
        return []
    panels = [panel for panel in plan.templates if not rule.panels or panel in rule.panels]
    problems = []
    for key, reference in (("of", rule.of), ("beads", rule.beads)):
        if reference is None or any(_path(plan, panel, reference) is not None for panel in panels):
            continue
        what = f"no template of {', '.join(panels) or 'its panels'} has one population {reference!r}."
        where = f"{plan.study.path.name}, absolute.{key}"
        problems.append(Problem("population-unknown", where, what, "Name it by a longer end of its path."))
    return problems
