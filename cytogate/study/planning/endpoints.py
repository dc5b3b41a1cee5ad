"""The subsets of a study, each found in the one template that has its populations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import GatingError, Problem, nearest
from cytogate.gating.tree import find
from cytogate.study.definition.panel_versions import PanelVersions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study import Study
    from cytogate.study.definition.study_parts import Endpoint, Intensity


def find_endpoints(
    study: Study, templates: Mapping[str, GatingTemplate]
) -> tuple[tuple[Endpoint, ...], list[Problem]]:
    """Return the subsets with panel and full paths; those of a template that cannot be read are left out."""
    endpoints, problems = [], []
    versions = PanelVersions(study.panel_versions)
    unread = [panel for panel in study.templates if panel not in templates]
    for endpoint in study.endpoints:
        panels = list(versions.of(endpoint.panel)) if endpoint.panel else list(templates)
        if any(panel not in templates for panel in panels):
            continue  # the panel is unknown, or its template is wrong: either is a problem already
        fitting = [
            replace(endpoint, panel=panel, population=pair[0], of=pair[1])
            for panel in panels
            if (pair := _pair(endpoint, templates[panel])) is not None
        ]
        where = f"{study.path.name}, subsets.{endpoint.name}"
        lacking = _lacking(versions, endpoint.panel, [entry.panel for entry in fitting])
        if fitting and len({versions.whole(entry.panel) for entry in fitting}) == 1 and not lacking:
            endpoints += fitting
            found = fitting[0]
            if not found.population.startswith(f"{found.of}/"):
                what = f"population {found.population} does not lie below its denominator {found.of}."
                problems.append(Problem("denominator", where, what, "Name an ancestor in 'of'."))
        elif lacking:
            has, lacks = " and ".join(entry.panel for entry in fitting), " and ".join(lacking)
            what = f"{has} of panel {versions.whole(lacking[0])} has {endpoint.population}, {lacks} has not."
            fix = f"Name the version that has it: 'panel: {fitting[0].panel}'."
            problems.append(Problem("population-unknown", where, what, fix))
        elif fitting:
            names = " and ".join(entry.panel for entry in fitting)
            what = f"the templates of panels {names} both have {endpoint.population} and {endpoint.of}."
            problems.append(Problem("panel-ambiguous", where, what, "Add 'panel: ...' to the subset."))
        elif endpoint.panel or not unread:
            problems += [
                Problem("population-unknown", f"{where}.{key}", what)
                for key, what in _unfound(endpoint, panels, templates)
            ]
    return tuple(endpoints), problems


def find_intensities(
    study: Study, templates: Mapping[str, GatingTemplate]
) -> tuple[tuple[Intensity, ...], list[Problem]]:
    """Return the intensities with panel and full paths, each found in the one template that has both."""
    found, problems = [], []
    versions = PanelVersions(study.panel_versions)
    for entry in study.intensities:
        panels = list(versions.of(entry.panel)) if entry.panel else list(templates)
        fitting = [
            replace(entry, panel=panel, population=find(entry.population, templates[panel].populations))
            for panel in panels
            if panel in templates
            and _has(entry.population, templates[panel])
            and entry.marker in templates[panel].panel
        ]
        where = f"{study.path.name}, intensities.{entry.name}"
        if fitting and len({versions.whole(one.panel) for one in fitting}) == 1:
            found += fitting
        elif fitting:
            what = f"the templates of panels {' and '.join(one.panel for one in fitting)} both have it."
            problems.append(Problem("panel-ambiguous", where, what, "Add 'panel: ...'."))
        elif len(templates) == len(study.templates):
            what = f"no template has the population {entry.population} and the marker {entry.marker}."
            markers = [marker for panel in panels if panel in templates for marker in templates[panel].panel]
            problems.append(Problem("population-unknown", where, what, nearest(entry.marker, markers)))
    return tuple(found), problems


def _lacking(versions: PanelVersions, named: str, fitting: Sequence[str]) -> list[str]:
    """Return the versions of a panel that lack what others have, unless the study names one of them."""
    wholes = {versions.whole(panel) for panel in fitting}
    if len(wholes) != 1 or (named and named not in versions.batches):
        return []
    return [panel for panel in versions.of(wholes.pop()) if panel not in fitting]


def _pair(endpoint: Endpoint, template: GatingTemplate) -> tuple[str, str] | None:
    try:
        return find(endpoint.population, template.populations), find(endpoint.of, template.populations)
    except GatingError:
        return None


def _unfound(
    endpoint: Endpoint, panels: Iterable[str], templates: Mapping[str, GatingTemplate]
) -> Iterable[tuple[str, str]]:
    """Yield the reference that fits no template, with the nearest names; both if need be."""
    for key, reference in (("population", endpoint.population), ("of", endpoint.of)):
        reasons: list[str] = []
        for panel in panels:
            try:
                find(reference, templates[panel].populations)
            except GatingError as error:
                reasons.append(f"panel {panel}: {error.title}")
            else:
                reasons.clear()
                break
        if reasons:
            yield key, " ".join(reasons)
    ways = list(panels)
    if len(ways) > 1 and all(
        any(_has(reference, templates[panel]) for panel in ways)
        for reference in (endpoint.population, endpoint.of)
    ):
        yield "of", f"no one template has both {endpoint.population} and {endpoint.of}."


def _has(reference: str, template: GatingTemplate) -> bool:
    try:
        find(reference, template.populations)
    except GatingError:
        return False
    return True
