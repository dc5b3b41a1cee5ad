"""Panels that change in the course of a study: which version a tube had, and other names of markers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.fcs.channels.labels import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.gating.template import GatingTemplate
    from cytogate.study.definition.study import Study
    from cytogate.study.sheets.sheet import SheetRow

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PanelVersions:
    """Which panels are versions of one, oldest first.

    Attributes
    ----------
    batches : mapping of panel to (mapping of version to batches)
        A version is a key of the study's templates; without batches the sheet names it itself.
    """

    batches: Mapping[str, Mapping[str, Names]] = field(default_factory=dict)

    def of(self, panel: str) -> Names:
        """Return the versions of a panel, or the panel alone where it has none."""
        return tuple(self.batches.get(panel, (panel,)))

    def whole(self, version: str) -> str:
        """Return the panel that a template is a version of, or its own name."""
        return next((panel for panel, versions in self.batches.items() if version in versions), version)

    def version_of(self, panel: str, batch: str) -> str:
        """Return the version of a tube by its batch; "" where that does not tell it."""
        if panel not in self.batches:
            return panel
        return next((name for name, own in self.batches[panel].items() if batch and batch in own), "")


def with_versions(
    rows: Iterable[SheetRow], versions: PanelVersions, sheet: str
) -> tuple[tuple[SheetRow, ...], list[Problem]]:
    """Return the rows with the version of each tube as its panel, and where batch and panel do not tell it.

    Controls of none stay as they are: no template gates them.
    """
    found, problems = [], []
    visits: dict[tuple[str, str, str], SheetRow] = {}
    for row in rows:
        whole = versions.whole(row.panel)
        if whole not in versions.batches:
            found.append(row)
            continue
        by_batch = versions.version_of(whole, row.batch)
        where = f"{sheet} row {row.row}, column"
        named = "" if row.panel == whole else row.panel
        if named and by_batch and named != by_batch:
            what = f"batch {row.batch!r} is of {by_batch} by panel_versions, and the panel says {named}."
            problems.append(Problem("panel-version", f"{where} panel", what, "Correct one of them."))
        elif not named and not by_batch and row.role in ("sample", "bridge", "fmo"):
            what = f"batch {row.batch!r} does not tell which version of panel {whole} the tube is of."
            listed = [batch for own in versions.batches[whole].values() for batch in own]
            fix = (
                f"Add the batch to panel_versions, or name the version as panel. {nearest(row.batch, listed)}"
            )
            problems.append(Problem("panel-version", f"{where} batch", what, fix.strip()))
        row = replace(row, panel=named or by_batch or row.panel)
        found.append(row)
        if row.role == "sample" and row.subject and row.visit:
            twin = visits.setdefault((row.subject, row.visit, whole), row)
            if twin.panel != row.panel:
                what = (
                    f"subject {row.subject!r}, visit {row.visit!r} was stained with {twin.panel} already "
                    f"(row {twin.row}): which of them is the point of the trend?"
                )
                problems.append(
                    Problem("visit-twice", f"{where} panel", what, "Give the other one the role bridge.")
                )
    return tuple(found), problems


def with_aliases(
    study: Study, templates: Mapping[str, GatingTemplate]
) -> tuple[dict[str, GatingTemplate], list[Problem]]:
    """Return the templates with the further names that the study gives to markers, and what is wrong."""
    problems: list[Problem] = []
    found = dict(templates)
    known = {marker for template in templates.values() for marker in _markers(template)}
    for key, names in study.aliases.items():
        inside = not isinstance(names, tuple)
        where = f"{study.path.name}, aliases.{key}"
        panels = PanelVersions(study.panel_versions).of(key) if inside else tuple(templates)
        markers: Mapping[str, Names] = {key: names} if isinstance(names, tuple) else names
        here = {name for panel in panels if panel in templates for name in _markers(templates[panel])}
        for marker, aliases in markers.items():
            place = f"{where}.{marker}" if inside else where
            if marker not in here:
                if any(panel not in templates for panel in panels):
                    continue  # a panel that is unknown, or whose template is wrong: told already
                what = f"no template of the study has a marker {marker!r}."
                if inside:
                    what = f"the template of panel {key} has no marker {marker!r}."
                problems.append(
                    Problem("marker-unknown", place, what, nearest(marker, sorted(here or known)))
                )
            for panel in panels:
                if panel in found and marker in _markers(found[panel]):
                    problems += _taken(found[panel], panel, marker, aliases, place)
                    found[panel] = _renamed(found[panel], marker, aliases)
    return found, problems


def _markers(template: GatingTemplate) -> Names:
    return tuple(dict.fromkeys((*template.panel, *template.markers)))


def _taken(
    template: GatingTemplate, panel: str, marker: str, aliases: Sequence[str], where: str
) -> list[Problem]:
    """Return aliases that are names of another marker already."""
    names = {normal(other): other for other in _markers(template)}
    for other, synonyms in template.panel.items():
        for synonym in synonyms:
            names.setdefault(normal(synonym), other)
    return [
        Problem(
            "alias-taken",
            where,
            f"{alias!r} means {names[normal(alias)]} in the template of panel {panel}.",
            "A name of two markers means neither. If the stain was another, make it a version of the panel.",
        )
        for alias in aliases
        if names.get(normal(alias), marker) != marker
    ]


def _renamed(template: GatingTemplate, marker: str, aliases: Sequence[str]) -> GatingTemplate:
    """Return a template with further names of a marker; they are part of its content and of its hash."""
    names = tuple(dict.fromkeys((*template.panel.get(marker, ()), *aliases)))
    panel = {**template.panel, marker: names}
    document = {**template.document, "panel": {key: list(entry) for key, entry in panel.items()}}
    return replace(template, panel=panel, document=document)
