"""The text of a template with parts left out: comments survive, and say what is gone and why."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.edge.yaml_document import Place, YamlDocument, parse_yaml
from cytogate.errors import GatingError
from cytogate.gating.tree import find, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.fcs.channels.panel import Channel
    from cytogate.gating.template.gating_template import GatingTemplate


def trimmed_text(
    template: GatingTemplate,
    channels: Mapping[str, Channel],
    skipped: Mapping[str, str],
    lost: Mapping[str, str],
    notes: Iterable[str],
) -> str:
    """Return the YAML of a built-in template, cut down to what a file's channels allow.

    Parameters
    ----------
    template : GatingTemplate
        Read from a file, whose text is taken.
    channels : Mapping
        Channel of each marker that there is; the panel section holds their names.
    skipped, lost : mapping of population to reason
        Gates that are left out; what lay below a skipped one hangs on the next above.
    notes : iterable of str
        Sentences that begin the text, as comments. One that says `compensation: none` sets it.
    """
    text = Path(template.path).read_text(encoding="utf-8")
    sheet = Sheet(parse_yaml(text, name=template.name), text)
    notes = tuple(notes)
    data: dict[str, Any] = sheet.document.data
    sheet.set(("name",), f"name: {template.name}_own")
    if any("compensation: none" in note for note in notes):
        sheet.set(("compensation",), "compensation: none")
    for marker in data["panel"]:
        channel = channels.get(marker)
        names = [] if channel is None else [name for name in (channel.name, channel.label) if name]
        shown = f"  {_word(marker)}: [{', '.join(map(_word, names))}]"
        sheet.set(("panel", marker), shown if names else None)
    gone = {**skipped, **lost}
    for at, gate in enumerate(data["gates"]):
        spec = template.gates[at]
        made = [path for path in template.populations if template.gate_of(path) is spec]
        reason = next((gone[path] for path in made if path in gone), None)
        if reason is not None:
            sheet.set(("gates", at), f"  # {gate['name']} is left out: {reason}.")
            continue
        if gate.get("parent", "root") != "root":
            parent = find(gate["parent"], template.populations)
            if parent in skipped:
                sheet.set(("gates", at, "parent"), f"    parent: {_word(_above(parent, skipped))}")
        if gate.get("display") is not None and gate["display"] not in channels:
            sheet.set(("gates", at, "display"), None)
        method = gate.get("method")
        if isinstance(method, dict) and (above := _look_above(template, method, skipped)):
            sheet.set(("gates", at, "method", "of"), f"      of: {above}")
    _trim_cuts(sheet, template, channels, gone)
    for name, cut in (data.get("cuts") or {}).items():
        if cut["marker"] in channels and (above := _look_above(template, cut, skipped)):
            sheet.swap(("cuts", name, "of"), above)
    _trim_names(sheet, template, gone)
    lines = [line for note in notes for line in textwrap.wrap(note, 106)]
    return "\n".join([*(f"# {line}" for line in lines), "", *sheet.result()]) + "\n"


def _trim_cuts(
    sheet: Sheet, template: GatingTemplate, channels: Mapping[str, Channel], gone: Mapping[str, str]
) -> None:
    """Leave out the cuts that no gate that stays uses."""
    cuts: Mapping[str, Any] = sheet.document.data.get("cuts") or {}
    used: set[str] = set()
    for path in template.populations:
        if path not in gone:
            used.update(getattr(template.gate_of(path).shape, "fitted", ()))
    kept = [name for name, cut in cuts.items() if name in used and cut["marker"] in channels]
    for name in cuts:
        if name not in kept:
            sheet.set(("cuts", name), None)
    if cuts and not kept:
        sheet.set_line(("cuts",), "cuts: {}")


def _look_above(template: GatingTemplate, section: Mapping[str, Any], skipped: Mapping[str, str]) -> str:
    """Return where to look instead of a population that is skipped; empty where nothing changes."""
    of = section.get("of", "root")
    path = "" if of == "root" else find(of, template.populations)
    return _word(_above(path, skipped)) if path in skipped else ""


def _trim_names(sheet: Sheet, template: GatingTemplate, gone: Mapping[str, str]) -> None:
    """Leave out of `adjustable`, `asc` and `definitions` what names gates that are left out."""
    data = sheet.document.data
    stay = {template.gate_of(path).name for path in template.populations if path not in gone}
    adjustable = [_word(name) for name in data.get("adjustable", []) if name in stay]
    sheet.set(("adjustable",), f"adjustable: [{', '.join(adjustable)}]")
    if template.asc is not None and not _has_quadrants_beside(template, template.asc, gone):
        sheet.set(("asc",), None)
    for reference in data.get("definitions", {}):
        try:
            path = find(reference, template.populations)
        except GatingError:  # a template that was checked has none
            continue
        if path in gone:
            sheet.set(("definitions", reference), None)


def _has_quadrants_beside(template: GatingTemplate, path: str, gone: Mapping[str, str]) -> bool:
    parent = path.rpartition("/")[0]
    return path not in gone and any(
        other.rpartition("/")[0] == parent and template.gate_of(other).kind == "quadrants"
        for other in template.populations
        if other not in gone
    )


def _above(path: str, skipped: Mapping[str, str]) -> str:
    """Return the name of the next population above that is not skipped, or `root`."""
    names = split(path)[0]
    parent = path
    while parent in skipped:
        parent, _, _ = parent.rpartition("/")
        names = names[:-1]
    return names[-1] if names else "root"


def _word(name: str) -> str:
    """Return a name as YAML reads it back as text."""
    plain = name.replace("-", "").replace("+", "").replace(" ", "").replace("_", "").isalnum()
    return (
        name if plain and name[0].isalpha() and name == name.strip() else json.dumps(name, ensure_ascii=False)
    )


class Sheet:
    """The lines of a document, of which entries are replaced or taken out."""

    def __init__(self, document: YamlDocument, text: str) -> None:
        self.document = document
        self._lines: list[str | None] = list(text.splitlines())
        starts = sorted({line for place, line in document.lines.items() if place})
        self._starts = starts

    def set(self, place: Place, text: str | None) -> None:
        """Put one line, or none, in the place of an entry and all its lines."""
        begin, end = self._extent(place)
        self._lines[begin:end] = [text, *[None] * (end - begin - 1)]

    def set_line(self, place: Place, text: str) -> None:
        """Put a line in the place of the key of a section."""
        begin = next(
            at for at, line in enumerate(self._lines) if line is not None and line.startswith(f"{place[0]}:")
        )
        self._lines[begin] = text

    def swap(self, place: Place, text: str) -> None:
        """Put text in the place of the number or word behind a key, however the section is written."""
        at = self.document.lines[place] - 1
        if self._lines[at] is None:
            return  # it is left out
        pattern = re.compile(rf"(?<![\w-])({re.escape(str(place[-1]))}: *)[-+.\w]+")
        self._lines[at] = pattern.sub(lambda found: found[1] + text, self._lines[at] or "", count=1)

    def put_before(self, place: Place, lines: list[str]) -> None:
        """Put lines before the key of a section."""
        at = next(i for i, line in enumerate(self._lines) if line is not None and line == f"{place[0]}:")
        self._lines[at] = "\n".join([*lines, f"{place[0]}:"])

    def lines_of(self, place: Place, *, head: bool = False) -> tuple[str, ...]:
        """Return the lines of an entry, with that of its key if asked for."""
        begin, end = self._extent(place)
        key = f"{place[-1]}:"
        lines = [line for line in self._lines[begin:end] if line is not None]
        is_head = bool(lines) and lines[0].lstrip().startswith(key)
        return tuple(lines if head or not is_head else lines[1:])

    def result(self) -> list[str]:
        """Return the lines that are left, at most one empty one between two."""
        kept: list[str] = []
        for line in self._lines:
            if line is not None and (line.strip() or (kept and kept[-1].strip())):
                kept.append(line)
        return kept

    def _extent(self, place: Place) -> tuple[int, int]:
        """Return the first line of an entry and the one behind it, from 0; comments behind it are not its."""
        lines = self.document.lines
        inside = [line for other, line in lines.items() if other[: len(place)] == place]
        begin, last = min(inside) - 1, max(inside) - 1
        text = self._lines[begin]
        key = str(place[-1])
        if (
            isinstance(place[-1], str)
            and text is not None
            and not text.lstrip(" -").startswith((key, f'"{key}"'))
        ):
            begin -= 1  # a section whose value begins on the next line
        end = last + 1
        while end < len(self._lines) and not self._is_next(end, begin):
            end += 1
        return begin, end

    def _is_next(self, at: int, begin: int) -> bool:
        """Return whether another entry, a comment or a gap begins at a line."""
        line = self._lines[at]
        if line is None or not line.strip() or line.lstrip().startswith("#"):
            return True
        first = self._lines[begin] or ""
        return len(line) - len(line.lstrip()) <= len(first) - len(first.lstrip())
