"""Whether the versions of panels, and the names of markers, that a study file lists fit its templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.study.definition.study_form import StudyFile


def version_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return versions that no template is for, or that two panels have; batches of two; unknown panels."""
    return [*_of_versions(study, document), *_of_aliases(study, document)]


def _of_versions(study: StudyFile, document: YamlDocument) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for panel, versions in study.panel_versions.items():
        where = document.locate(("panel_versions", panel))
        if ("templates", panel) in document.lines:
            what = f"{panel!r} is a key of templates itself."
            yield Problem("panel-version", where, what, "Give the whole panel a name of its own.")
        if len(versions) < 2:
            what = f"panel {panel!r} has {len(versions)} version; a panel that changed has two at least."
            yield Problem("panel-version", where, what)
        batches: dict[str, str] = {}
        for version, own in versions.items():
            place = document.locate(("panel_versions", panel, version))
            if ("templates", version) not in document.lines:
                near = nearest(version, list(study.templates))
                what = f"no template is for version {version!r}."
                yield Problem("panel-unknown", place, what, near)
            if seen.setdefault(version, panel) != panel:
                what = f"{version!r} is a version of panel {seen[version]!r} already."
                yield Problem("panel-version", place, what)
            for batch in own:
                if batches.setdefault(batch, version) != version:
                    what = f"batch {batch!r} is of version {batches[batch]!r} already."
                    fix = "Where a batch has both, name the version as the panel of each tube."
                    yield Problem("panel-version", place, what, fix)


def _of_aliases(study: StudyFile, document: YamlDocument) -> Iterator[Problem]:
    for key, names in study.aliases.items():
        known = ("templates", key) in document.lines or ("panel_versions", key) in document.lines
        if isinstance(names, dict) and not known:
            what = f"unknown panel {key!r}."
            near = nearest(key, [*study.templates, *study.panel_versions])
            fix = f"{near} The names of a marker are a list: {key}: [name]."
            yield Problem("panel-unknown", document.locate(("aliases", key)), what, fix)
        elif isinstance(names, list) and known:
            what = f"{key!r} is a panel: its markers are missing."
            fix = f"Such as {key}: {{CD27: [TNFRSF7]}}."
            yield Problem("value-wrong", document.locate(("aliases", key)), what, fix)
