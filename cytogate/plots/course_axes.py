"""Axes of courses: from 0 or not, logarithmic or not, weeks to scale, and names at line ends kept apart."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import week_text
from cytogate.plots.quantity import log_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.plots.quantity import Quantity
    from cytogate.plots.series import Course, Point

MOST_LABELS = 14  # beyond this, names at line ends cover each other
FAR_FROM_ZERO = 40.0  # percent: below it the axis begins at 0
LEAST_SPAN = 20.0  # percentage points of an axis that does not, so that noise does not fill it
WHISKER_ROOM = 0.25  # of the highest value: as far above it an axis goes to show a whisker whole
WORDS_ROOM = 0.045  # of the axis: the height of small words
BORDER = 0.02  # of the axis: a level line nearer to its ends would not be told from them
SIDE_STEP = 0.005  # of all weeks: between the courses of two patients; one or two pixels
TOP = 102.0  # room for a symbol at 100 %


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """The axis of values: its ends in the unit of the values, and whether it is logarithmic."""

    low: float
    high: float
    log: bool = False

    def on_scale(self, value: float) -> float:
        """Return a value as the axis counts: its logarithm to base 10 on a log axis."""
        return math.log10(value) if self.log else value

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the lower end and 1 at the upper."""
        low, high = self.on_scale(self.low), self.on_scale(self.high)
        return (self.on_scale(value) - low) / (high - low)

    def shows(self, value: float) -> bool:
        """Tell whether a level line at this value stands apart from the border."""
        return (value > 0 or not self.log) and BORDER <= self.share(value) <= 1 - BORDER

    def room_below(self, value: float) -> bool:
        """Tell whether words fit between a level line and the lower border."""
        return self.share(value) >= WORDS_ROOM

    def ticks(self, most: int = 7) -> list[float]:
        """Return round values on the axis; those of a log axis are 1, 2, 5 and powers of 10."""
        return log_ticks(self.low, self.high) if self.log else round_values(self.low, self.high, most)

    def for_plotly(self) -> dict[str, Any]:
        """Return the properties of plotly's axis."""
        made: dict[str, Any] = {"range": [self.on_scale(self.low), self.on_scale(self.high)]}
        if self.log:
            ticks = self.ticks()
            made |= {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
        return made


def value_axis(drawn: Sequence[Course], quantity: Quantity) -> ValueAxis:
    """Return the axis of the values of some courses."""
    values = [point.value for course in drawn for point in course.measured if point.value is not None]
    if values and quantity.on_log(values):
        return ValueAxis(min(values) / 1.25, max(values) * 1.25, log=True)
    low, high = y_range(drawn, ceiling=TOP if quantity.share else math.inf)
    return ValueAxis(low, high)


def y_range(drawn: Sequence[Course], ceiling: float = TOP) -> tuple[float, float]:
    """Return the axis: from 0, or over a span of at least 20 points where every value lies far from 0.

    Whiskers have room too, unless they reach far beyond all values.

    Examples
    --------
    >>> y_range(())
    (0.0, 1.0)
    """
    values = [point.value for course in drawn for point in course.measured if point.value is not None]
    if not values or max(values) <= 0:
        return 0.0, 1.0
    low, high = min(values), max(values)
    bottom, top = low, high
    if len(drawn) <= MOST_LABELS:
        ends = [end for course in drawn for point in course.measured if (end := whisker(point))]
        reach = max(high - low, WHISKER_ROOM * high)
        bottom = max(min([low, *(end[0] for end in ends)]), low - reach)
        top = min(max([high, *(end[1] for end in ends)]), high + reach)
    if low <= FAR_FROM_ZERO or low <= 0.5 * high:
        return min(0.0, 1.06 * low), min(top * 1.06, max(ceiling, high))
    span = max(1.24 * (top - bottom), LEAST_SPAN)
    upper = min((bottom + top + span) / 2, ceiling)
    return max(0.0, upper - span), upper


def whisker(point: Point) -> tuple[float, float] | None:
    """Return the ends of the interval that is drawn, of a value that has one; it holds the value."""
    if point.value is None or point.interval is None:
        return None
    low, high = point.interval
    return min(low, point.value), max(high, point.value)


def week_axis(weeks: Sequence[float]) -> dict[str, Any]:
    """Return range and ticks: the weeks themselves when they are few and apart, else plotly's choice."""
    if not weeks:
        return {"range": [-1, 25]}
    low, high = min(weeks), max(weeks)
    span = (high - low) or 1.0
    axis: dict[str, Any] = {"range": [low - 0.05 * span, high + 0.04 * span]}
    shown: list[float] = []
    for week in sorted({float(round(week)) for week in weeks}):
        if not shown or week - shown[-1] >= 0.035 * span:
            shown.append(week)
    if len(shown) <= 16:
        axis |= {"tickmode": "array", "tickvals": shown, "ticktext": [week_text(week) for week in shown]}
    return axis


def side_by_side(drawn: Sequence[Course]) -> list[float]:
    """Return how many weeks each course stands off the true week, so that whiskers do not lie on each other.

    At most a quarter of the shortest time between two visits to either side; nothing where there are no
    whiskers, or only one course.
    """
    n = len(drawn)
    points = [point for course in drawn for point in course.points]
    known = sorted({point.week for point in points})
    if not 1 < n <= MOST_LABELS or len(known) < 2 or not any(map(whisker, points)):
        return [0.0] * n
    gap = min(b - a for a, b in itertools.pairwise(known))
    step = min(SIDE_STEP * (known[-1] - known[0]), 0.5 * gap / (n - 1))
    return [(i - (n - 1) / 2) * step for i in range(n)]


def round_values(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers of an axis, at most so many.

    Examples
    --------
    >>> round_values(0.0, 26.5), round_values(53.2, 78.9)
    ([0.0, 5.0, 10.0, 15.0, 20.0, 25.0], [55.0, 60.0, 65.0, 70.0, 75.0])
    """
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [round(i * step, 12) + 0.0 for i in range(math.ceil(low / step - 1e-9), int(high // step) + 1)]


def spread(values: Sequence[float], gap: float, ceiling: float) -> list[float]:
    """Move sorted values apart to at least `gap`, upward first, then down again from `ceiling`.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], 0.5, 10.0)
    [1.0, 1.5, 5.0]
    >>> spread([9.9, 10.0], 0.5, 10.0)
    [9.5, 10.0]
    """
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + gap) if places else value)
    limit = ceiling
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places
