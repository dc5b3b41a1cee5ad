"""YAML at the edge: plain values with the line of each, read without anchors, tags or surprises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.edge.yaml_words import plain_yaml_error
from cytogate.errors import Problem, TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_NODES = 100_000

Place = tuple[str | int, ...]

# The core schema of YAML 1.2 (section 10.3.2): nothing else is a number, and `no`, `on` or `1:30` are text.
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"([-+]?)(\.inf|\.Inf|\.INF)\Z")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Plain values of one YAML document and where they stand.

    Attributes
    ----------
    data : object
        Dicts, lists, text, numbers, True, False and None.
    lines : Mapping
        Line (from 1) of each value, by its place: ``("gates", 3, "name")``.
    name : str
        File name for messages.
    """

    data: Any
    lines: Mapping[Place, int]
    name: str

    def locate(self, place: Place) -> str:
        """Return ``"file.yaml line 42, gates[3].name"``; of the nearest enclosing value if it is absent."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known)
        where = f"{self.name} line {line}" if line is not None else self.name
        field = field_name(place)
        return f"{where}, {field}" if field else where


def field_name(place: Place) -> str:
    """Return a place as text.

    Examples
    --------
    >>> field_name(("gates", 3, "polygon", "vertices"))
    'gates[3].polygon.vertices'
    """
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_yaml(path: str | Path) -> YamlDocument:
    """Read one YAML file.

    Raises
    ------
    TemplateError
        When the file is larger than 1 MB, is not UTF-8 or not YAML 1.2, repeats a key, or uses anchors,
        aliases, tags or several documents.
    """
    path = Path(path)
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    return parse_yaml_bytes(content, name=path.name)


def parse_yaml_bytes(content: bytes, *, name: str) -> YamlDocument:
    """Return the values of a YAML file that was read already, refused as `read_yaml` refuses it."""
    if len(content) > MAX_BYTES:
        raise _refused(name, None, "yaml-too-large", f"larger than {MAX_BYTES} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(name, line, "yaml-not-utf8", f"not UTF-8 text: {error.reason}.") from error
    return parse_yaml(text, name=name)


def parse_yaml(text: str, *, name: str = "<text>") -> YamlDocument:
    """Return the values of YAML `text`; `name` stands for the file in messages."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    builder = _Builder(name)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except YAMLError as error:
        line, message, fix = plain_yaml_error(error, text)
        raise _refused(name, line, "yaml-syntax", message, fix) from error
    if builder.problems:
        title = f"{name} is not a file that can be read safely."
        raise TemplateError(title, builder.problems)
    return YamlDocument(builder.data, builder.lines, name)


class _Builder:
    """Values from parser events, with an explicit stack: nesting cannot exhaust Python's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data: Any = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._open: list[tuple[Place, Any]] = []
        self._keys: list[Any] = []
        self._nodes = 0
        self._documents = 0
        self._last = 1

    def take(self, event: Any) -> None:
        """Use one event of the parser."""
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "ScalarEvent" and self._is_left_out(event):
            line = self._last  # the parser sees that a value is absent where the next key begins
        self._last = line
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _refused(self.name, line, "yaml-documents", "a second document begins; expected one.")
            return
        if kind == "AliasEvent":
            raise _refused(
                self.name, line, "yaml-alias", f"alias *{event.anchor}: write the value out instead."
            )
        if kind in {"ScalarEvent", "SequenceStartEvent", "MappingStartEvent"}:
            self._check_node(event, line)
        if kind == "ScalarEvent":
            self._put(_scalar(event), line, is_scalar=True)
        elif kind in {"SequenceStartEvent", "MappingStartEvent"}:
            place = self._put([] if kind == "SequenceStartEvent" else {}, line, is_scalar=False)
            if len(self._open) >= MAX_DEPTH:
                raise _refused(self.name, line, "yaml-depth", f"nested deeper than {MAX_DEPTH} levels.")
            self._open.append(place)
            self._keys.append(_NO_KEY)
        elif kind in {"SequenceEndEvent", "MappingEndEvent"}:
            self._open.pop()
            self._keys.pop()

    def _is_left_out(self, event: Any) -> bool:
        is_value = bool(self._keys) and self._keys[-1] is not _NO_KEY
        return is_value and event.start_mark.index == event.end_mark.index

    def _check_node(self, event: Any, line: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _refused(self.name, line, "yaml-too-large", f"more than {MAX_NODES} values.")
        if getattr(event, "anchor", None):
            raise _refused(self.name, line, "yaml-anchor", f"anchor &{event.anchor}: not allowed.")
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) not in {"None", "!"}:
            raise _refused(self.name, line, "yaml-tag", f"tag {tag}: not allowed.")

    def _put(self, value: Any, line: int, *, is_scalar: bool) -> tuple[Place, Any]:
        if not self._open:
            self.data = value
            self.lines[()] = line
            return ((), value)
        place, container = self._open[-1]
        if isinstance(container, list):
            here: Place = (*place, len(container))
            container.append(value)
        elif self._keys[-1] is _NO_KEY:
            if not is_scalar:
                raise _refused(self.name, line, "yaml-key", "a key must be text, found a list or mapping.")
            name = "" if value is None else str(value)
            self._keys[-1] = name
            return ((*place, name), value)
        else:
            key = self._keys[-1]
            self._keys[-1] = _NO_KEY
            here = (*place, key)
            if key in container:
                where = f"{self.name} line {line}, {field_name(here)}"
                first = self.lines[here]
                self.problems.append(
                    Problem("yaml-duplicate-key", where, f"{key!r} stands here a second time.",
                            f"It stands in line {first} already; keep one.")
                )  # fmt: skip
            container[key] = value
        self.lines[here] = line
        return (here, value)


_NO_KEY = object()


def _scalar(event: Any) -> Any:
    """Return the value of a scalar: plain text that the core schema knows, else text."""
    text = str(event.value)
    if not event.implicit[0] or event.style not in {None, ""}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text) if len(text) <= 18 else float(text)
    if _FLOAT.match(text):
        return float(text)
    infinite = _INFINITE.match(text)
    if infinite:
        return float("-inf") if infinite.group(1) == "-" else float("inf")
    return text


def _refused(name: str, line: int | None, code: str, message: str, fix: str = "") -> TemplateError:
    where = f"{name} line {line}" if line is not None else name
    return TemplateError(f"{name} cannot be read.", [Problem(code, where, message, fix)])
