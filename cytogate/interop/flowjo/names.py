"""How FlowJo 10 spells a workspace: elements and attributes by their local names, counts and file names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cytogate.interop.elements import (
    DATATYPES,
    GATING,
    TRANSFORMS,
    Fault,
    elements,
    line_of,
    local_name,
    number,
    place,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "Fault",
    "Unread",
    "children",
    "count_of",
    "elements",
    "finite",
    "line_of",
    "local_name",
    "numeric",
    "only",
    "place",
    "required",
    "truth",
    "uri_parts",
    "value_of",
]

_NAMESPACES = ("", f"{{{GATING}}}", f"{{{TRANSFORMS}}}", f"{{{DATATYPES}}}")
_COUNT = re.compile(r"-?\d{1,18}", re.ASCII)
_DRIVE = re.compile(r"^/*[A-Za-z]:")


class Unread(Fault):
    """Nothing is wrong with the element, but it is of a kind that this version does not read."""


def value_of(element: _Element, name: str) -> str | None:
    """Return an attribute by its local name; FlowJo puts some into a namespace and some into none."""
    for namespace in _NAMESPACES:
        text = element.get(namespace + name)
        if text is not None:
            return str(text)
    return None


def required(element: _Element, name: str) -> str:
    """Return an attribute that must be there and not blank; blanks at its ends belong to it."""
    text = value_of(element, name)
    if text is not None and text.strip():
        return text
    state = "is missing" if text is None else "is empty"
    message = f"<{local_name(element)}>: attribute {name!r} {state}."
    raise Fault(element, "attribute-missing", message)


def finite(element: _Element, name: str) -> float:
    """Return a required attribute as a finite number with a decimal point."""
    return number(element, required(element, name), f"attribute {name!r}")


def numeric(element: _Element, name: str, otherwise: float) -> float:
    """Return an attribute as a finite number, `otherwise` where it is missing."""
    text = value_of(element, name)
    return otherwise if text is None else number(element, text, f"attribute {name!r}")


def truth(element: _Element, name: str, *, otherwise: bool) -> bool:
    """Return an attribute as a truth value, `otherwise` where it is missing."""
    text = value_of(element, name)
    if text is None:
        return otherwise
    if text.strip() in ("0", "1"):
        return text.strip() == "1"
    raise Fault(element, "truth-value", f"attribute {name!r}: found {text[:60]!r}; expected '0' or '1'.")


def children(element: _Element, *names: str) -> list[_Element]:
    """Return the direct children of these local names, in order."""
    return list(element.iterchildren(*[f"{{*}}{name}" for name in names]))


def only(element: _Element, name: str) -> _Element:
    """Return the one direct child of that local name."""
    found = children(element, name)
    if len(found) != 1:
        code = "element-missing" if not found else "element-twice"
        message = f"<{local_name(element)}> has {len(found)} <{name}> elements; expected one."
        raise Fault(element, code, message)
    return found[0]


def count_of(element: _Element) -> int | None:
    """Return the stored count of a population; None where FlowJo has not calculated it (-1, or nothing).

    Raises
    ------
    Fault
        The attribute is no whole number.
    """
    text = (value_of(element, "count") or "").strip()
    if not text:
        return None
    if not _COUNT.fullmatch(text):
        raise Fault(element, "count", f"attribute 'count': found {text[:60]!r}; expected a whole number.")
    count = int(text)
    return count if count >= 0 else None


def uri_parts(uri: str) -> tuple[str, ...]:
    r"""Return the folders and the file name of a file's URI or path, of Windows, macOS or Linux.

    Examples
    --------
    >>> uri_parts("file:/D:/Study%201/tube.fcs"), uri_parts("D:\\Study 1\\tube.fcs")
    (('Study 1', 'tube.fcs'), ('Study 1', 'tube.fcs'))
    """
    text = uri
    if text.lower().startswith("file:"):
        text = unquote(text[5:])
    text = _DRIVE.sub("", text.replace("\\", "/"))
    return tuple(part for part in text.split("/") if part and part != ".")
