"""SVG axes of density pictures: decade ticks as superscripts, minor ticks, linear axes in K."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.plots.words import in_lines
from cytogate.transforms.base import transform_from_dict
from cytogate.transforms.ticks import linear_ticks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL_ROOM_X, LABEL_ROOM_Y = 19.0, 11.0  # pixels that one label needs along its axis
TITLE_LETTERS, TITLE_LINE = 31, 9.5  # longer titles take two lines, so many pixels apart
TICK_ROOM = 2.0  # pixels between minor ticks; around 0 a logicle axis has them closer


@dataclass(frozen=True, slots=True)
class Box:
    """The drawn area in SVG units; y runs downward."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis of a plot dictionary: scale units to a share of its length, with its ticks.

    Attributes
    ----------
    low, high : float
        Limits in scale units.
    title : str
        As the panel names the channel.
    major : tuple of (share, label)
        Labelled ticks, 0 to 1 along the axis.
    minor : tuple of float
        Ticks without label.
    """

    low: float
    high: float
    title: str
    major: tuple[tuple[float, str], ...]
    minor: tuple[float, ...]

    @classmethod
    def from_dict(cls, axis: Mapping[str, Any]) -> Scale:
        """Read the ``x`` or ``y`` of a plot of ``plots.json``."""
        title = str(axis.get("title") or axis.get("channel") or "")
        transform = json.dumps(axis.get("transform"), sort_keys=True)
        return _scale(float(axis["low"]), float(axis["high"]), title, transform)

    def share(self, value: float) -> float:
        """Return where a value in scale units lies; infinite values lie just outside the axis."""
        if math.isinf(value):
            return -0.02 if value < 0 else 1.02
        return min(max((value - self.low) / ((self.high - self.low) or 1.0), -5.0), 6.0)


@lru_cache(maxsize=1024)  # the samples of a study share their axes
def _scale(low: float, high: float, title: str, transform_json: str) -> Scale:
    transform = json.loads(transform_json)
    if transform is None:
        ticks = linear_ticks(low, high)
    else:
        scale = transform_from_dict(transform)
        ticks = scale.ticks(scale.inverse(low), scale.inverse(high))

    def shares(values: Sequence[float]) -> list[float]:
        places = np.asarray(values, dtype=np.float64)
        on_scale = places if transform is None else scale.forward(places)
        found: list[float] = ((on_scale - low) / ((high - low) or 1.0)).tolist()
        return found

    major = zip(shares([value for value, _ in ticks.major]), (label for _, label in ticks.major), strict=True)
    return Scale(
        low=low,
        high=high,
        title=title,
        major=tuple(tick for tick in major if -1e-9 <= tick[0] <= 1 + 1e-9),
        minor=tuple(place for place in shares(ticks.minor) if 0 <= place <= 1),
    )


def tick_label(label: str) -> str:
    """Return SVG text of a label: ``"10^3"`` with a superscript, hyphens as minus signs.

    Examples
    --------
    >>> tick_label("-10^3")
    '−10<tspan dy="-3.5" font-size="75%">3</tspan>'
    """
    base, caret, power = label.replace("-", "−").partition("^")
    if not caret:
        return escape(base)
    return f'{escape(base)}<tspan dy="-3.5" font-size="75%">{escape(power)}</tspan>'


def x_axis(scale: Scale, box: Box) -> str:
    """Draw the axis below `box`."""
    minor = _thinned(scale.minor, box.width)
    parts = [_ticks_path([box.left + share * box.width for share in minor], box.bottom, 2.5, along="x")]
    parts.append(
        _ticks_path([box.left + share * box.width for share, _ in scale.major], box.bottom, 5, along="x")
    )
    for share, label in _apart(scale.major, box.width, LABEL_ROOM_X):
        x = box.left + share * box.width
        parts.append(f'<text class="tick" x="{x:.1f}" y="{box.bottom + 14:.1f}">{tick_label(label)}</text>')
    middle, lines = box.left + box.width / 2, in_lines(scale.title, TITLE_LETTERS)
    for y, line in zip(_title_places(box.bottom + 28, -2.5, len(lines)), lines, strict=True):
        parts.append(f'<text class="{_kind(lines)}" x="{middle:.1f}" y="{y:.1f}">{escape(line)}</text>')
    return "".join(parts)


def y_axis(scale: Scale, box: Box) -> str:
    """Draw the axis left of `box`."""
    minor = _thinned(scale.minor, box.height)
    parts = [_ticks_path([box.bottom - share * box.height for share in minor], box.left, 2.5, along="y")]
    parts.append(
        _ticks_path([box.bottom - share * box.height for share, _ in scale.major], box.left, 5, along="y")
    )
    for share, label in _apart(scale.major, box.height, LABEL_ROOM_Y):
        y = box.bottom - share * box.height + 3
        parts.append(f'<text class="tick end" x="{box.left - 7:.1f}" y="{y:.1f}">{tick_label(label)}</text>')
    y, lines = box.top + box.height / 2, in_lines(scale.title, TITLE_LETTERS)
    for x, line in zip(_title_places(box.left - 36, -8.0, len(lines)), lines, strict=True):
        place = f'transform="translate({x:.1f} {y:.1f}) rotate(-90)"'
        parts.append(f'<text class="{_kind(lines)}" {place}>{escape(line)}</text>')
    return "".join(parts)


def _title_places(base: float, first: float, n_lines: int) -> tuple[float, ...]:
    """Return the base line of one line; of two, the first `first` off it and the second a line below that."""
    return (base,) if n_lines == 1 else (base + first, base + first + TITLE_LINE)


def _kind(lines: Sequence[str]) -> str:
    return "title" if len(lines) == 1 else "title small"


def _apart(ticks: Sequence[tuple[float, str]], length: float, room: float) -> list[tuple[float, str]]:
    """Leave out labels that would touch: 0 stays, then the outermost have precedence."""
    kept: list[tuple[float, str]] = []
    for tick in sorted(ticks, key=lambda tick: (tick[1] != "0", -abs(tick[0] - 0.5))):
        if all(abs(tick[0] - other[0]) * length >= room for other in kept):
            kept.append(tick)
    return sorted(kept)


def _thinned(shares: Sequence[float], length: float) -> list[float]:
    kept: list[float] = []
    for share in sorted(shares):
        if not kept or (share - kept[-1]) * length >= TICK_ROOM:
            kept.append(share)
    return kept


def _ticks_path(places: Sequence[float], edge: float, length: float, *, along: str) -> str:
    if along == "x":
        steps = "".join(f"M{place:.1f} {edge:.1f}v{length:g}" for place in places)
    else:
        steps = "".join(f"M{edge:.1f} {place:.1f}h-{length:g}" for place in places)
    return f'<path class="ticks" d="{steps}"/>' if steps else ""
