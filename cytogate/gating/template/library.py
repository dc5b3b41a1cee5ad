"""Template library: built-in templates by name, others by path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import Problem, TemplateError, nearest
from cytogate.gating.template.file import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.gating.template.gating_template import GatingTemplate


def load_template(name: str | Path) -> GatingTemplate:
    """Return a built-in template by name, or one from a YAML file.

    Parameters
    ----------
    name : str or Path
        A built-in name (see `list_templates`), or a path: anything with a folder or ending in .yaml or .yml.

    Raises
    ------
    TemplateError
        The name is unknown, or the file is wrong: every problem with file, line and field.

    Examples
    --------
    >>> load_template("sle_bcell").name
    'sle_bcell'
    """
    text = str(name)
    if isinstance(name, Path) or names_a_file(text):
        path = Path(name)
        if not path.is_file():
            message = f"There is no template file {text}."
            raise TemplateError(message, [Problem("template-not-found", text, "no such file.")])
        return read_template(path)
    known = dict(_built_in())
    if text not in known:
        hint = nearest(text, sorted(known))
        message = (
            f"There is no built-in template {text!r}. {hint} A file is named with its ending: {text}.yaml"
        )
        raise TemplateError(
            message, [Problem("template-not-found", text, f"not a built-in template. {hint}")]
        )
    return read_template(known[text])


def names_a_file(name: str) -> bool:
    """Return whether a template's name is a path: it has a folder, or ends in .yaml or .yml."""
    return "/" in name or "\\" in name or name.lower().endswith((".yaml", ".yml"))


def list_templates() -> tuple[str, ...]:
    """Return the names of the built-in templates, sorted.

    Examples
    --------
    >>> list_templates()[:4]
    ('bcell_surface', 'hipc_bcell', 'hipc_treg', 'sle_bcell')
    """
    return tuple(sorted(dict(_built_in())))


def built_in_file(name: str) -> Path | None:
    """Return the file of a built-in template; None where there is none of this name."""
    return dict(_built_in()).get(name)


def _built_in() -> Iterator[tuple[str, Path]]:
    """Yield name and file: in the installed package, or in the checkout that the package lies in."""
    package = Path(__file__).parents[2]
    for folder in (package / "_templates", package.parent / "gating_templates"):
        files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
        if files:
            yield from ((file.stem, file) for file in files)
            return
