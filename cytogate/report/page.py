"""The page: sections in their order, plotly.js once, one script, one style, and nothing from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.offline import json_block, offline_script, packed, packed_plotly, policy
from cytogate.plots.pages import write_page
from cytogate.plots.trends import TEMPLATE
from cytogate.report import facts
from cytogate.report.glossary import marked
from cytogate.report.plain import text
from cytogate.report.section import asset, chapter, environment, section_kinds
from cytogate.study.run_folder.audit import record

SCRIPTS = ("page.js", "saving.js", "filter.js", "contents.js")

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cytogate.report.section import RunLike, Section


def write_report(run: RunLike, path: str | Path) -> Path:
    """Write the report of a run as one HTML file that needs no network.

    Parameters
    ----------
    run : Run
        An opened run folder.
    path : str or Path
        The file to write. It is replaced in one step: a reader sees the old page or the new one.

    Returns
    -------
    Path
        The file written; the audit log of the run has its hash.

    Raises
    ------
    OSError
        When the file cannot be written; an old report then stays as it was.
    StoreError
        The audit log cannot be written.
    """
    page = write_page(page_html(run), path)
    record(run.path, "report", [page])
    return page


def page_html(run: RunLike) -> str:
    """Return the whole page as text."""
    kinds = sorted((section_kinds.get(name).order, name) for name in section_kinds.names())
    built = [(name, section_kinds.get(name).build(run)) for _, name in kinds]
    sections = [(name, _explained(name, section)) for name, section in built if section is not None]
    figures: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for _, section in sections:
        figures |= section.figures
        texts |= _packed(section)
    if figures:
        texts["plotly"] = packed_plotly()
        drawn = json_block({"template": TEMPLATE.to_plotly_json(), "figures": figures})
        texts["figures"] = packed(drawn.encode("utf-8"))
    script = offline_script() + "".join(map(asset, SCRIPTS))
    return (
        environment()
        .get_template("page.html")
        .render(
            name=str(run.manifest.get("name") or "Untitled study"),
            created=str(run.manifest.get("created") or ""),
            version=str(run.manifest.get("cytogate") or ""),
            sections=sections,
            titles={name: section.title for name, section in sections},
            chapters=chapters([name for name, _ in sections]),
            choices=choices(run),
            places=Markup(json_block(places(run))),
            style=Markup(asset("page.css") + asset("filter.css")),
            script=Markup(script),
            policy=policy(script),
            packed=texts,
        )
    )


def _explained(name: str, section: Section) -> Section:
    """Return a section whose terms have their meanings beside them; the glossary says them itself."""
    return section if name == "glossary" else replace(section, body=marked(section.body))


def chapters(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the chapters that have sections, each with their names in order."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(chapter(section_kinds.get(name).order), []).append(name)
    return list(found.items())


def choices(run: RunLike) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what the filter of the page offers: facet, its label, and (value, words) of each choice."""
    found = [
        ("subject", "Patient", [(subject, subject) for subject in facts.subjects(run)]),
        ("visit", "Visit", [(visit.name, visit.name) for visit in facts.visits(run)]),
        ("subset", "Subset", [(subset.name, subset.title) for subset in facts.subsets(run)]),
    ]
    return found if any(values for _, _, values in found) else []


def places(run: RunLike) -> dict[str, tuple[str, str]]:
    """Return patient and visit of each sample: parts of the page may name the sample alone."""
    if not {"sample", "subject", "visit"} <= set(run.samples.columns):
        return {}
    columns = (run.samples[name].map(text) for name in ("sample", "subject", "visit"))
    return {sample: (subject, visit) for sample, subject, visit in zip(*columns, strict=True)}


def _packed(section: Section) -> dict[str, str]:
    return {name: packed(data) for name, data in section.packed.items()}
