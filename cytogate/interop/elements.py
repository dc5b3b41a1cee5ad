"""Elements of XML files that hold gates: names, lines, numbers, and what is wrong with one of them.

Gating-ML and FlowJo's workspaces share the namespaces of the standard and its way to spell numbers.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from cytogate.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_BASE = "http://www.isac-net.org/std/Gating-ML/v2.0/"
GATING = f"{_BASE}gating"
TRANSFORMS = f"{_BASE}transformations"
DATATYPES = f"{_BASE}datatypes"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INFINITIES = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf}


class Fault(Exception):
    """Something wrong with one element; the reader gathers them into one InteropError."""

    def __init__(self, element: _Element, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.element = element
        self.message = message
        self.fix = fix

    def problem(self, path: str, owner: str = "") -> Problem:
        """Return the problem, placed: file, line and the gate, transform or matrix that has it."""
        return Problem(self.code, place(path, self.element, owner), self.message, self.fix)


def place(path: str, element: _Element, owner: str = "") -> str:
    """Return where an element stands: ``"gates.xml:12, gate 'CD4'"``."""
    where = f"{path}:{line_of(element)}"
    return f"{where}, {owner}" if owner else where


def line_of(element: _Element) -> int:
    """Return the line on which an element begins."""
    line: Any = element.sourceline  # the stubs know no number here
    return int(line) if line else 1


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def elements(element: _Element) -> Iterator[_Element]:
    """Yield the direct children that are elements, not comments or instructions."""
    return (child for child in element if isinstance(child.tag, str))


def number(element: _Element, text: str, what: str, *, finite: bool = True) -> float:
    """Return a number as the standard spells it: a decimal point, ``INF`` and ``-INF``; NaN is refused."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        value = float(stripped)
        if math.isfinite(value):
            return value
        raise Fault(element, "number", f"{what}: {stripped[:60]!r} is beyond the range of a float64.")
    infinity = _INFINITIES.get(stripped.upper())
    if infinity is not None and not finite:
        return infinity
    kind = "a finite number" if finite else "a number"
    raise Fault(element, "number", f"{what}: found {stripped[:60]!r}; expected {kind} with a decimal point.")
