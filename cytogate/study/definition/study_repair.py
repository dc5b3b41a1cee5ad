"""A study file with slips, mended for further checks only: keys respelled, wrong values left out."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cytogate.edge.yaml_document import Place, YamlDocument


def respelled(
    document: YamlDocument, places: Iterable[Place], known_keys: Callable[[Place], Sequence[str]]
) -> YamlDocument:
    """Return the document with unknown keys under the name that they are a slip of; others stay.

    So ``limts: {lod_events: -5}`` is checked as limits, and ``basline: W0`` does not look like no baseline.
    """
    data = deepcopy(document.data)
    lines = dict(document.lines)
    for place in places:
        parent, key = _value(data, place[:-1]), place[-1] if place else None
        if not isinstance(parent, dict) or key not in parent:
            continue
        known = known_keys(place)
        close = get_close_matches(str(key), known, n=1, cutoff=0.6)
        if key in known or not close or close[0] in parent:
            continue
        parent[close[0]] = parent.pop(key)
        for old in [old for old in lines if old[: len(place)] == place]:
            lines[(*place[:-1], close[0], *old[len(place) :])] = lines.pop(old)
    return replace(document, data=data, lines=lines)


def without(document: YamlDocument, places: Iterable[Place]) -> YamlDocument:
    """Return the document without the values at these places; where one is missing, without its parent."""
    data = deepcopy(document.data)
    for place in sorted({_plain(place) for place in places}, reverse=True):  # from the end of each list
        target = place
        while len(target) > 1 and not _has(data, target):
            target = target[:-1]
        if target and _has(data, target):
            del _value(data, target[:-1])[target[-1]]
    return replace(document, data=data)


def _plain(place: Place) -> Place:
    return tuple(part for part in place if part != "[key]")


def _value(data: Any, place: Place) -> Any:
    for part in place:
        if not _holds(data, part):
            return None
        data = data[part]
    return data


def _has(data: Any, place: Place) -> bool:
    return bool(place) and _holds(_value(data, place[:-1]), place[-1])


def _holds(container: Any, part: str | int) -> bool:
    if isinstance(container, dict):
        return part in container
    return isinstance(container, list) and isinstance(part, int) and 0 <= part < len(container)
