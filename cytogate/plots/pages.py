"""HTML pages from the templates of a package: everything escaped, written whole or not at all."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from cytogate.platform import write_atomically


@cache
def page_templates(package: str) -> Environment:
    """Return the templates of a package: all values are escaped, a missing one is an error."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(package: str, name: str) -> str:
    """Return the text of a style sheet or script that stands beside the templates of a package."""
    return resources.files(package).joinpath("templates", name).read_text(encoding="utf-8")


def write_page(text: str, path: str | Path) -> Path:
    """Write a page in one step, so that a reader sees the old one or the new one; return its path.

    Raises
    ------
    OSError
        When the file cannot be written; an old page then stays as it was.
    """
    target = Path(path)
    with write_atomically(target) as file:
        file.write(text.encode("utf-8"))
    return target
