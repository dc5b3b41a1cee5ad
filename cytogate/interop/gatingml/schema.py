"""Names of Gating-ML 2.0, and how its elements and attributes are read and spelled."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from cytogate.errors import Problem
from cytogate.interop.elements import DATATYPES, Fault, local_name, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

CYTOGATE = "urn:cytogate:gating-ml:1"  # original names and other things that Gating-ML has no place for

CUSTOM_INFO = "custom_info"

# Parameters of each transform element, in the order in which the constructors take them.
TRANSFORM_PARAMETERS = {
    "linear": ("flin", ("T", "A")),
    "log": ("flog", ("T", "M")),
    "asinh": ("fasinh", ("T", "M", "A")),
    "logicle": ("logicle", ("T", "W", "M", "A")),
    "hyperlog": ("hyperlog", ("T", "W", "M", "A")),
}
RATIO = "fratio"  # makes a channel of two, and is no scale

# More of either are mistakes or attacks.
MAX_CHILDREN = 10_000  # elements of one name inside another: vertices of a polygon, references of a boolean
MAX_PROBLEMS = 100


def children(element: _Element, namespace: str, name: str) -> list[_Element]:
    """Return the direct children of that name; more than 10,000 are a fault."""
    found = list(islice(element.iterchildren(f"{{{namespace}}}{name}"), MAX_CHILDREN + 1))
    if len(found) > MAX_CHILDREN:
        count: Any = element.xpath(f"count(found:{name})", namespaces={"found": namespace})
        message = f"<{local_name(element)}> has {count:,.0f} <{name}> elements; at most {MAX_CHILDREN:,}."
        raise Fault(element, "too-many-elements", message)
    return found


def only_child(element: _Element, namespace: str, name: str) -> _Element:
    """Return the one direct child of that name."""
    found = children(element, namespace, name)
    if len(found) != 1:
        code = "element-missing" if not found else "element-twice"
        message = f"<{local_name(element)}> has {len(found)} <{name}> elements; expected one."
        raise Fault(element, code, message)
    return found[0]


def attribute(element: _Element, namespace: str, name: str) -> str | None:
    """Return a qualified attribute without surrounding white space, or None."""
    text = element.get(f"{{{namespace}}}{name}")
    return None if text is None else str(text).strip()


def required(element: _Element, namespace: str, name: str) -> str:
    """Return a qualified attribute that must be there and not empty."""
    text = attribute(element, namespace, name)
    if text:
        return text
    prefix = namespace.rpartition("/")[2]
    state = "is missing" if text is None else "is empty"
    message = f"<{local_name(element)}>: attribute {name!r} of the namespace {prefix!r} {state}."
    raise Fault(element, "attribute-missing", message)


def channel_name(element: _Element) -> str:
    """Return the name of a channel or fluorochrome, as it stands: blanks at its ends belong to it."""
    required(element, DATATYPES, "name")
    return str(element.get(f"{{{DATATYPES}}}name"))


def number_attribute(element: _Element, namespace: str, name: str, *, finite: bool = True) -> float:
    """Return a required attribute as a number."""
    return number(element, required(element, namespace, name), f"attribute {name!r}", finite=finite)


def truth(element: _Element, namespace: str, name: str) -> bool:
    """Return an optional attribute as a truth value; absent is false."""
    text = attribute(element, namespace, name)
    if text in (None, "false", "0"):
        return False
    if text in ("true", "1"):
        return True
    raise Fault(element, "truth-value", f"attribute {name!r}: found {text!r}; expected 'true' or 'false'.")


def spell(value: float) -> str:
    """Return the shortest text that reads back as the same float64.

    Examples
    --------
    >>> spell(0.1), spell(float("-inf")), spell(2.0)
    ('0.1', '-INF', '2.0')
    """
    value = float(value)
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return repr(value)


def known_ids(known: Iterable[str]) -> str:
    """Return ids to choose from, as a phrase: the first twelve, and how many more."""
    ids = list(known)
    more = f" and {len(ids) - 12} more" if len(ids) > 12 else ""
    return f"{', '.join(ids[:12]) or 'none'}{more}"


def enough(problems: list[Problem], path: str) -> bool:
    """Return whether so many problems are found that the rest is not worth looking for, and say so once."""
    if len(problems) < MAX_PROBLEMS:
        return False
    if problems[-1].code != "more-problems":
        message = f"{MAX_PROBLEMS} problems are listed; there may be more."
        problems.append(Problem("more-problems", path, message))
    return True


def note(element: _Element, name: str) -> list[_Element]:
    """Return cytogate's own elements of that name in the ``custom_info`` of an element."""
    return [
        own for info in children(element, DATATYPES, CUSTOM_INFO) for own in children(info, CYTOGATE, name)
    ]


def noted_name(element: _Element, otherwise: str) -> str:
    """Return the name kept in ``custom_info`` where an id could not hold it, else the id."""
    for own in note(element, "name"):
        kept = own.get(f"{{{CYTOGATE}}}value")
        if kept is not None:
            return str(kept)
    return otherwise
