"""The page: sections in their order, plotly.js once, one script, one style, and nothing from outside."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.platform import write_atomically
from cytogate.plots.trends import TEMPLATE
from cytogate.report.section import environment, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    target = Path(path)
    text = page_html(run).encode("utf-8")
    with write_atomically(target) as file:
        file.write(text)
    return target


def page_html(run: RunLike) -> str:
    """Return the whole page as text."""
    kinds = sorted((section_kinds.get(name).order, name) for name in section_kinds.names())
    built = [(name, section_kinds.get(name).build(run)) for _, name in kinds]
    sections = [(name, section) for name, section in built if section is not None]
    figures: dict[str, Any] = {}
    packed: dict[str, str] = {}
    for _, section in sections:
        figures |= section.figures
        packed |= _packed(section)
    if figures:
        packed["plotly"] = _plotly()
    script = _asset("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            name=str(run.manifest.get("name") or "Untitled study"),
            created=str(run.manifest.get("created") or ""),
            version=str(run.manifest.get("cytogate") or ""),
            sections=sections,
            style=Markup(_asset("page.css")),
            script=Markup(script),
            policy=policy(script),
            figures=Markup(json_block({"template": TEMPLATE.to_plotly_json(), "figures": figures})),
            packed=packed,
        )
    )


def policy(script: str) -> str:
    """Return the content security policy: our one script by its hash, unpacked ones as blobs, no network."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def json_block(value: Mapping[str, Any]) -> str:
    r"""Return JSON that can stand in a ``<script>`` element whatever it holds.

    Examples
    --------
    >>> json_block({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_listed)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _listed(value: object) -> object:
    """Turn plotly's and numpy's containers into lists for JSON."""
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    to_json = getattr(value, "to_plotly_json", None)
    if callable(to_json):
        return to_json()
    message = f"A figure holds a {type(value).__name__}, which JSON cannot."
    raise TypeError(message)


def _packed(section: Section) -> dict[str, str]:
    return {name: _gzip_base64(data) for name, data in section.packed.items()}


def _gzip_base64(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode("ascii")


@cache
def _plotly() -> str:
    """Return plotly.js as its wheel ships it, packed."""
    return _gzip_base64(resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes())


def _asset(name: str) -> str:
    return resources.files("cytogate.report").joinpath("templates", name).read_text(encoding="utf-8")
