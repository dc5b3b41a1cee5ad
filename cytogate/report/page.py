"""The page: sections in their order, plotly.js once, one script, one style, and nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.offline import json_block, offline_script, packed, packed_plotly, policy
from cytogate.plots.pages import write_page
from cytogate.plots.trends import TEMPLATE
from cytogate.report.section import asset, environment, section_kinds

if TYPE_CHECKING:
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
        The file written.

    Raises
    ------
    OSError
        When the file cannot be written; an old report then stays as it was.
    """
    return write_page(page_html(run), path)


def page_html(run: RunLike) -> str:
    """Return the whole page as text."""
    kinds = sorted((section_kinds.get(name).order, name) for name in section_kinds.names())
    built = [(name, section_kinds.get(name).build(run)) for _, name in kinds]
    sections = [(name, section) for name, section in built if section is not None]
    figures: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for _, section in sections:
        figures |= section.figures
        texts |= _packed(section)
    if figures:
        texts["plotly"] = packed_plotly()
    script = offline_script() + asset("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            name=str(run.manifest.get("name") or "Untitled study"),
            created=str(run.manifest.get("created") or ""),
            version=str(run.manifest.get("cytogate") or ""),
            sections=sections,
            style=Markup(asset("page.css")),
            script=Markup(script),
            policy=policy(script),
            figures=Markup(json_block({"template": TEMPLATE.to_plotly_json(), "figures": figures})),
            packed=texts,
        )
    )


def _packed(section: Section) -> dict[str, str]:
    return {name: packed(data) for name, data in section.packed.items()}
