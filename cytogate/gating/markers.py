"""Markers to channels: ``CD27``, ``CD27 BV605`` and ``BV605-A`` find one channel of a panel, or none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cytogate.errors import PanelError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cytogate.fcs.panel import Channel

_TOKENS = re.compile(r"[^\s_:;,|()]+")
_FLUOROCHROME = re.compile(
    r"(?i)(bv|buv|bb|by|yg|v|pb|pe|apc|fitc|percp|af|alexa|cy|cf|ef|efluor|qd|spark|sb|vio|viogreen|vioblue|"
    r"pacific|texas|ecd|pc|kro|rb|ry|nfb|nfr|nfy|live|zombie|aqua|\d{2,3}[a-z]{2}).*"
)
_PULSES = ("A", "H", "W")


def find_channel(panel: Iterable[Channel], marker: str, synonyms: Sequence[str] = ()) -> Channel:
    """Return the one channel that a marker means.

    The marker and each synonym are looked for, in this order, as: a ``$PnN`` exactly; a ``$PnS`` exactly;
    either without regard to case, spaces and punctuation; the first words of a ``$PnS`` (``CD27 BV605`` is
    CD27, ``CD279`` is not); the last words of a ``$PnS``, without the ending -A (``BV605-A``). What a label
    says of the marker goes before what synonyms say of detectors and dyes, since those differ between
    instruments; a detector whose label begins with another marker is not taken at all. Where a detector has
    area, height and width under one label, the area is taken.

    Raises
    ------
    PanelError
        No channel is found, or several are: the message lists them.

    Examples
    --------
    >>> from cytogate.fcs.panel import Channel
    >>> panel = [Channel("FSC-A"), Channel("V610-A", "CD27 BV605"), Channel("B530-A", "CD279 FITC")]
    >>> find_channel(panel, "CD27").name
    'V610-A'
    """
    sure: dict[str, Channel] = {}
    likely: dict[str, Channel] = {}
    other: dict[str, Channel] = {}  # the right detector, but labelled with another marker
    channels = tuple(panel)
    for name in (marker, *synonyms):
        found, by_label = _look_up(channels, name)
        for channel in _area_first(found):
            if by_label or name == marker:
                sure[channel.name] = channel
            elif _names_a_marker(channel):
                other[channel.name] = channel
            else:
                likely[channel.name] = channel
    found_by_name = sure or likely
    if len(found_by_name) == 1:
        return next(iter(found_by_name.values()))
    if found_by_name:
        message = (
            f"marker {marker!r} is ambiguous: it may be {' or '.join(map(_title, found_by_name.values()))}. "
            "Give the template a name that only one of them has."
        )
        raise PanelError(message, problems=[Problem("marker-ambiguous", marker, message)])
    if other:
        message = (
            f"marker {marker!r} is not in the panel: its detector is labelled with another marker, "
            f"{' and '.join(map(_title, other.values()))}. Is this the right template for the file? "
            f"If the label means {marker}, add it to the marker's synonyms."
        )
        raise PanelError(message, problems=[Problem("marker-missing", marker, message)])
    tried = ", ".join(repr(name) for name in synonyms)
    named = [name for channel in channels for name in (_first_word(channel), channel.name)]
    hint = nearest(marker, list(dict.fromkeys(named)))
    message = (
        f"marker {marker!r}{f' (also tried {tried})' if tried else ''} is not in the panel. "
        f"{hint + ' ' if hint.startswith('Did') else ''}The file has: {', '.join(map(_title, channels))}."
    )
    raise PanelError(message, problems=[Problem("marker-missing", marker, message)])


def match_markers(
    panel: Iterable[Channel],
    wanted: Mapping[str, Sequence[str]],
    *,
    optional: Mapping[str, Sequence[str]] | None = None,
    source: str = "",
) -> dict[str, Channel]:
    """Return the channel of each marker.

    Parameters
    ----------
    panel : iterable of Channel
        The channels of a file.
    wanted : Mapping
        Marker to synonyms; all of them must be found.
    optional : Mapping, optional
        Markers that may be missing.
    source : str
        File for the message.

    Raises
    ------
    PanelError
        Lists every marker that is missing or ambiguous, and every channel that two markers claim.
    """
    channels = tuple(panel)
    matched: dict[str, Channel] = {}
    claims: dict[str, str] = {}
    problems: list[Problem] = []
    for marker, synonyms in wanted.items():
        try:
            channel = find_channel(channels, marker, synonyms)
        except PanelError as error:
            problems.extend(error.problems)
            continue
        other = claims.setdefault(channel.name, marker)
        if other == marker:
            matched[marker] = channel
        else:
            text = f"channel {_title(channel)} is claimed by two markers: {other} and {marker}."
            problems.append(Problem("channel-claimed-twice", marker, text, "Correct their synonyms."))
    for marker, synonyms in (optional or {}).items():
        if marker in wanted:
            continue
        try:
            channel = find_channel(channels, marker, synonyms)
        except PanelError:
            continue
        if claims.setdefault(channel.name, marker) == marker:
            matched[marker] = channel
    if problems:
        title = f"{source or 'The panel'} does not fit the template:"
        lines = [title, *(f"  {problem.message} {problem.fix}".rstrip() for problem in problems)]
        raise PanelError("\n".join(lines), problems=problems)
    return matched


def _look_up(channels: Sequence[Channel], name: str) -> tuple[list[Channel], bool]:
    """Return the channels of the first kind of likeness that finds any, and whether it is the label's."""
    plain, stem = _normal(name), _without_pulse(name)
    likenesses: tuple[tuple[Callable[[Channel], bool], bool], ...] = (
        (lambda channel: channel.name == name, False),
        (lambda channel: channel.label == name, True),
        (lambda channel: bool(plain) and plain == _normal(channel.label or ""), True),
        (lambda channel: bool(plain) and plain == _normal(channel.name), False),
        (lambda channel: plain in _leading(channel.label or ""), True),
        (lambda channel: bool(stem) and stem in _trailing(channel.label or ""), False),
    )
    for alike, by_label in likenesses:
        found = [channel for channel in channels if alike(channel)]
        if found:
            return found, by_label
    return [], False


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    """Return text without case, spaces and punctuation; + stays, it tells CD3+ from CD3."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == "+")


@lru_cache(maxsize=4096)
def _without_pulse(name: str) -> str:
    stem, dash, pulse = name.rpartition("-")
    return _normal(stem if dash and pulse.upper() in _PULSES else name)


@lru_cache(maxsize=4096)
def _leading(label: str) -> frozenset[str]:
    """Return what the first words of a label spell: of ``HLA DR BV605``, hla, hladr."""
    tokens = _TOKENS.findall(label)
    spelled = {_normal("".join(tokens[:count])) for count in range(1, len(tokens))}
    # CD27-BV605 is one word: the part after a dash counts as a fluorochrome only if it looks like one.
    if tokens:
        pieces = tokens[0].split("-")
        for count in range(1, len(pieces)):
            if _FLUOROCHROME.fullmatch(pieces[count]):
                spelled.add(_normal("".join(pieces[:count])))
    return frozenset(spelled)


@lru_cache(maxsize=4096)
def _trailing(label: str) -> frozenset[str]:
    """Return what the last words of a label spell: of ``CD95 PE Cy7``, cy7, pecy7."""
    tokens = _TOKENS.findall(label)
    return frozenset(_without_pulse(" ".join(tokens[-count:])) for count in range(1, len(tokens) + 1))


def _area_first(found: list[Channel]) -> list[Channel]:
    """Return the area channel alone where the others are the same detector's height and width."""
    if len(found) < 2:
        return found
    stems = {channel.name.rpartition("-")[0] for channel in found}
    pulses = {channel.name.rpartition("-")[2].upper() for channel in found}
    if len(stems) == 1 and pulses <= set(_PULSES) and "A" in pulses:
        return [channel for channel in found if channel.name.upper().endswith("-A")]
    return found


def _names_a_marker(channel: Channel) -> bool:
    """Return whether a label begins with something else than a dye."""
    tokens = _TOKENS.findall(channel.label or "")
    return bool(tokens) and not _FLUOROCHROME.fullmatch(tokens[0])


def _title(channel: Channel) -> str:
    return f"{channel.label} [{channel.name}]" if channel.label else channel.name


def _first_word(channel: Channel) -> str:
    tokens = _TOKENS.findall(channel.label or "")
    return tokens[0] if tokens else channel.name
