"""Markers to channels: ``CD27``, ``CD27 BV605`` and ``BV605-A`` find one channel of a panel, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cytogate.errors import PanelError, Problem, nearest
from cytogate.fcs.channels.labels import leading, names_a_marker, normal, trailing, without_pulse
from cytogate.fcs.channels.panel import area_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.fcs.channels.panel import Channel

MANY = 3  # missing markers that are told together


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
    >>> from cytogate.fcs.channels.panel import Channel
    >>> panel = [Channel("FSC-A"), Channel("V610-A", "CD27 BV605"), Channel("B530-A", "CD279 FITC")]
    >>> find_channel(panel, "CD27").name
    'V610-A'
    """
    sure: dict[str, Channel] = {}
    likely: dict[str, Channel] = {}
    other: dict[str, Channel] = {}  # the right detector, but labelled with another marker
    channels = tuple(panel)
    spelled = [_Spelled.of(channel) for channel in channels]
    for name in (marker, *synonyms):
        found, by_label = _look_up(spelled, name)
        for channel in area_first(found):
            if by_label or name == marker:
                sure[channel.name] = channel
            elif names_a_marker(channel.label):
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


def find_named_channel(panel: Iterable[Channel], marker: str, synonyms: Sequence[str] = ()) -> Channel:
    """Return the channel that a panel itself calls by a marker's name or by a synonym in its label.

    Unlike `find_channel`, a synonym that is a detector or a dye counts for nothing: these differ between
    instruments, and a file of an unknown one is looked at.

    Raises
    ------
    PanelError
        No channel is found, or several are.
    """
    channels = tuple(panel)
    spelled = [_Spelled.of(channel) for channel in channels]
    return find_channel(channels, marker, [name for name in synonyms if _look_up(spelled, name)[1]])


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
        problems = _gathered(problems, channels, len(wanted))
        title = f"{source or 'The panel'} does not fit the template:"
        lines = [title, *(f"  {problem.message} {problem.fix}".rstrip() for problem in problems)]
        raise PanelError("\n".join(lines), problems=problems)
    return matched


def _gathered(problems: list[Problem], channels: tuple[Channel, ...], n_wanted: int) -> list[Problem]:
    """Return the problems with many missing markers as one: then it is the file that is wrong, not a name."""
    missing = [problem.location for problem in problems if problem.code == "marker-missing"]
    if len(missing) < MANY:
        return problems
    text = (
        f"{len(missing)} of {n_wanted} markers are not in the panel: {', '.join(missing)}. "
        f"The file has: {', '.join(map(_title, channels))}."
    )
    others = [problem for problem in problems if problem.code != "marker-missing"]
    return [Problem("marker-missing", "panel", text, "Is this the right template for the file?"), *others]


class _Spelled(NamedTuple):
    """A channel, and all that its name and label spell."""

    channel: Channel
    name: str
    label: str | None
    plain_label: str
    plain_name: str
    leading: frozenset[str]
    trailing: frozenset[str]

    @classmethod
    def of(cls, channel: Channel) -> _Spelled:
        name, label = channel.name, channel.label
        text = label or ""
        return cls(channel, name, label, normal(text), normal(name), leading(text), trailing(text))


def _look_up(panel: Sequence[_Spelled], name: str) -> tuple[list[Channel], bool]:
    """Return the channels of the first kind of likeness that finds any, and whether it is the label's."""
    if found := [one.channel for one in panel if one.name == name]:
        return found, False
    if found := [one.channel for one in panel if one.label == name]:
        return found, True
    plain, stem = normal(name), without_pulse(name)
    if plain and (found := [one.channel for one in panel if one.plain_label == plain]):
        return found, True
    if plain and (found := [one.channel for one in panel if one.plain_name == plain]):
        return found, False
    if found := [one.channel for one in panel if plain in one.leading]:
        return found, True
    found = [one.channel for one in panel if stem in one.trailing] if stem else []
    return found, False


def _title(channel: Channel) -> str:
    return f"{channel.label} [{channel.name}]" if channel.label else channel.name


def _first_word(channel: Channel) -> str:
    tokens = (channel.label or "").split()
    return tokens[0] if tokens else channel.name
