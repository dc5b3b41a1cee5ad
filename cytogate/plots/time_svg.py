"""A tube over time as a small SVG: its rate, the signal that moved most, and bad stretches shaded."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WIDTH, HEIGHT = 300, 126
LEFT, RIGHT = 30, 4
RATE_TOP, RATE_HEIGHT = 12, 40
SIGNAL_TOP, SIGNAL_HEIGHT = 68, 40
RATE = "event rate, as a multiple of its median"  # the same number for events per second or per tick
MOST_RATE = 2.0  # of the median rate: what is higher lies at the edge
LEAST_CHANGE = 20.0  # percent: a signal that moved less is drawn as flat as it is


def time_svg(track: Mapping[str, Any], *, label: str) -> str:
    """Draw a tube of ``cleaning.json`` over time.

    Parameters
    ----------
    track : mapping
        As `cytogate.qc.track.track_of` writes it.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element; all texts in it are escaped.
    """
    spans: Sequence[Mapping[str, Any]] = track["spans"]
    times = [float(one) for one in (*track.get("time", ()), *track.get("signal_time", ()))]
    times += [float(span[end]) for span in spans for end in ("low", "high")]
    first, last = min(times), max(times)
    whole = (last - first) or 1.0

    def across(time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (time - first) / whole

    parts = [
        f'<svg class="tube-time" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    ]
    for span in spans:
        left, right = across(float(span["low"])), across(float(span["high"]))
        top, height = _band(str(span["check"]))
        kind = "out" if span["removed"] else "bad"
        words = f"{span['check']}: {float(span['percent']):.3g} % of events"
        parts.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(right - left, 1.0):.1f}" '
            f'height="{height}"><title>{escape(words)}</title></rect>'
        )
    parts += _curve(RATE, track.get("time", ()), track.get("rate", ()), across, RATE_TOP, (0.0, MOST_RATE))
    values = [float(one) for one in track.get("signal_values", ())]
    reach = max([LEAST_CHANGE, *(abs(one) for one in values)])
    name = f"{track.get('signal', '')}, change in %"
    shown = _curve(name, track.get("signal_time", ()), values, across, SIGNAL_TOP, (-reach, reach))
    parts += shown if values else ()
    parts.append(f'<text class="axis" x="{LEFT}" y="{HEIGHT - 4}">{first:.4g}</text>')
    unit = escape(f"{last:.4g} ({track.get('channel') or 'Time'})")
    parts.append(f'<text class="axis end" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}">{unit}</text>')
    return "".join([*parts, "</svg>"])


def _band(check: str) -> tuple[int, int]:
    """Return top and height of the curve that a check judges."""
    return (RATE_TOP, RATE_HEIGHT) if check == "flow_rate" else (SIGNAL_TOP, SIGNAL_HEIGHT)


def _curve(
    name: str,
    times: Sequence[float],
    values: Sequence[float],
    across: Any,
    top: int,
    ends: tuple[float, float],
) -> Iterator[str]:
    low, high = ends
    height = RATE_HEIGHT
    yield f'<text class="name" x="{LEFT}" y="{top - 3}">{escape(name)}</text>'
    yield f'<rect class="frame" x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{height}"/>'
    for value in (low, (low + high) / 2, high):
        at = top + 2 + (height - 4) * (1 - (value - low) / (high - low))
        words = f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
        yield f'<text class="axis end" x="{LEFT - 3}" y="{at + 3:.1f}">{words}</text>'
    places = []
    for time, value in zip(times, values, strict=True):
        share = (min(max(float(value), low), high) - low) / (high - low)
        places.append(f"{across(float(time)):.1f},{top + height * (1 - share):.1f}")
    yield f'<polyline points="{" ".join(places)}"/>'
