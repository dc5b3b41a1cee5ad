"""Panel: the channels of a file in order, found by name or by label."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, overload

from cytogate.errors import PanelError, nearest
from cytogate.fcs.channels.labels import PULSES, leading, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ChannelKind = Literal["scatter", "fluorescence", "time", "other"]
DEFAULT_RANGE = 262144.0

_SCATTER = re.compile(
    r"(?:[a-z]{1,2}[-_ ]?)?(?:fsc|ssc|bsc|als)(?![a-z])|(?:fs|ss)(?![a-z])|(?:forward|side)[ _-]?scatter",
    re.I,
)
_TIME = re.compile(r"time$|hdr-t$", re.I)
_OTHER = re.compile(
    r"time|event|width|center|offset|residual|index|cell[ _]?id|file|bead|barcode|sample|tlsw|tmsw|hdr-|"
    r"classifier|sort|drop[ -]|pulse|cluster|original",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured parameter of a file.

    Attributes
    ----------
    name : str
        ``$PnN``; unique in its panel.
    label : str or None
        ``$PnS``, usually the marker; None when absent or blank.
    range : float
        ``$PnR``; values run from 0 to about this, but need not stay below it.
    bits : int
        ``$PnB``, bits of one stored value.
    gain : float
        ``$PnG`` that `events` divides by; 1 where none is applied.
    log : (float, float) or None
        Decades and offset of ``$PnE`` that `events` applies; None for linear data.
    original_name : str or None
        ``$PnN`` of the file where it had to be changed to be unique.
    """

    name: str
    label: str | None = None
    range: float = DEFAULT_RANGE
    bits: int = 32
    gain: float = 1.0
    log: tuple[float, float] | None = None
    original_name: str | None = None

    @property
    def kind(self) -> ChannelKind:
        """What is measured, judged by the name: scatter, fluorescence (metals too), time or other."""
        name = self.original_name or self.name
        if re.fullmatch(r"P\d+", name) and self.label:
            name = self.label
        if is_time(name):
            return "time"
        if _SCATTER.match(name):
            return "scatter"
        return "other" if _OTHER.match(name) else "fluorescence"

    @property
    def title(self) -> str:
        """Label and name for an axis: ``"CD27 BV605-A"``."""
        if not self.label or self.label == self.name:
            return self.name
        return f"{self.label} {self.name}"


def is_time(name: str) -> bool:
    """Say whether a name is one of time."""
    return _TIME.match(name) is not None


class Panel(Sequence[Channel]):
    """The channels of a file, in file order.

    A channel is found by its name; else by its label; else by either without regard to case and blanks; else
    by the first words of its label: ``CD27`` finds ``CD27 BV605``, and of one detector's pulses the area. A
    name or label that fits several channels is refused with all of them named.

    Examples
    --------
    >>> panel = Panel([Channel("FSC-A"), Channel("BV605-A", "CD27")])
    >>> panel["cd27"].name, panel.index("BV605-A")
    ('BV605-A', 1)
    """

    __slots__ = ("_channels", "_exact", "_loose")

    def __init__(self, channels: Iterable[Channel | str]) -> None:
        if isinstance(channels, str):
            message = (
                f"panel: found the one text {channels!r}; a list of channels is expected, [{channels!r}]."
            )
            raise PanelError(message)
        self._channels = tuple(Channel(entry) if isinstance(entry, str) else entry for entry in channels)
        names = self.names
        doubled = sorted(name for name, count in Counter(names).items() if count > 1)
        if doubled:
            message = f"panel: channels named more than once: {', '.join(doubled)}. Names must be unique."
            raise PanelError(message)
        if not all(names):
            message = f"panel: channel {names.index('') + 1} has no name. Every channel needs one."
            raise PanelError(message)
        self._exact: tuple[dict[str, list[int]], ...] = ({}, {}, {})
        self._loose: dict[str, list[int]] = {}
        for i, channel in enumerate(self._channels):
            keys = (channel.name, channel.original_name, channel.label)
            for table, key in zip(self._exact, keys, strict=True):
                if key:
                    table.setdefault(key, []).append(i)
            for loose in {_loosen(key) for key in keys if key}:
                self._loose.setdefault(loose, []).append(i)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all channels, in order."""
        return tuple(channel.name for channel in self._channels)

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Labels of all channels, in order; None where there is none."""
        return tuple(channel.label for channel in self._channels)

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a channel, given by name, label or itself.

        Raises
        ------
        PanelError
            When no channel fits (the nearest are named), or more than one.
        """
        if isinstance(value, Channel):
            return self._channels.index(value, start, len(self) if stop is None else stop)
        places = self._places(str(value))
        if not places:
            words = [label.split()[0] for label in self.labels if label and label.split()]
            known = list(dict.fromkeys([*words, *self.names, *(label for label in self.labels if label)]))
            message = f"no channel or label {value!r} in the panel. {nearest(str(value), known)}"
            raise PanelError(message)
        if len(places) > 1:
            candidates = ", ".join(self._channels[i].title for i in places)
            message = f"{value!r} is ambiguous: it fits {candidates}. Use the channel's own name."
            raise PanelError(message)
        return places[0]

    def select(self, keys: Iterable[str | int]) -> Panel:
        """Return the panel of the channels named, in the order named."""
        return Panel([self[key] for key in keys])

    def _places(self, key: str) -> list[int]:
        for table in self._exact:
            if key in table:
                return table[key]
        return self._loose.get(_loosen(key)) or self._by_marker(key)

    def _by_marker(self, key: str) -> list[int]:
        marker = normal(key)
        found = [channel for channel in self._channels if marker and marker in leading(channel.label or "")]
        return [self._channels.index(channel) for channel in area_first(found)]

    @overload
    def __getitem__(self, key: int | str) -> Channel: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Channel, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Channel | tuple[Channel, ...]:
        return self._channels[self.index(key) if isinstance(key, str) else key]

    def __contains__(self, key: object) -> bool:
        if isinstance(key, Channel):
            return key in self._channels
        return isinstance(key, str) and len(self._places(key)) == 1

    def __len__(self) -> int:
        return len(self._channels)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._channels)

    def __eq__(self, other: object) -> bool:
        return self._channels == other._channels if isinstance(other, Panel) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._channels)

    def __repr__(self) -> str:
        return f"Panel({', '.join(channel.title for channel in self._channels)})"

    def __reduce__(self) -> tuple[type[Panel], tuple[tuple[Channel, ...]]]:
        return Panel, (self._channels,)


def area_first(found: Sequence[Channel]) -> list[Channel]:
    """Return the area channel alone where the others are the same detector's height and width."""
    if len(found) < 2:
        return list(found)
    stems = {channel.name.rpartition("-")[0] for channel in found}
    pulses = {channel.name.rpartition("-")[2].upper() for channel in found}
    if len(stems) == 1 and pulses <= set(PULSES) and "A" in pulses:
        return [channel for channel in found if channel.name.upper().endswith("-A")]
    return list(found)


def unique_names(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """Return the channels with doubled names made unique by their parameter number: ``"FL1-H (P3)"``.

    The channels changed keep the file's name as `original_name`, so that a look-up of it is ambiguous.
    """
    counts = Counter(channel.name for channel in channels)
    taken = set(counts)
    out = []
    for number, channel in enumerate(channels, start=1):
        if counts[channel.name] == 1:
            out.append(channel)
            continue
        name = f"{channel.name} (P{number})"
        while name in taken:
            name += "'"
        taken.add(name)
        out.append(replace(channel, name=name, original_name=channel.name))
    return tuple(out)


def _loosen(text: str) -> str:
    if text.isascii():
        return "".join(text.lower().split())
    return "".join(unicodedata.normalize("NFC", text).casefold().split())
