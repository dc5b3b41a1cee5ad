"""Where the name and percent of a gate stand: quadrants in corners, others off edges and off events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import percent_text
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.plots.axes import Box

    Points = Sequence[tuple[float, float]]
    Extent = tuple[float, float, float, float]  # left, top, right, bottom

LETTER = 6.8  # pixels of one letter of a gate label
LINE = 12.5
ABOVE, BELOW = 10.0, LINE + 3.0  # what two lines take above and below the first base line
MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Label:
    """Two lines of text at a place: `x`, `y` in SVG units, `anchor` start, middle or end."""

    x: float
    y: float
    anchor: str
    lines: tuple[str, str]

    @property
    def extent(self) -> Extent:
        """Return left, top, right, bottom of the two lines."""
        width = max(len(line) for line in self.lines) * LETTER
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * width
        return left, self.y - ABOVE, left + width, self.y + BELOW


def labels(
    gates: Sequence[Mapping[str, Any]],
    outlines: Sequence[Points],
    box: Box,
    levels: NDArray[np.uint8] | None = None,
) -> list[Label]:
    """Place the label of each gate so that it covers no other label, and few edges and events.

    Parameters
    ----------
    gates : sequence of mapping
        With ``name``, ``kind``, ``percent_of_parent``.
    outlines : sequence of points
        Their corners in SVG units.
    box : Box
        The drawn area; labels stay inside.
    levels : (rows, columns) uint8, optional
        Density of events, row 0 on top.
    """
    quadrants = sum(gate.get("kind") == "quadrant" for gate in gates) > 1
    bounds = [_clipped(points, box) for points in outlines]
    placed: list[Label] = []
    for i, (gate, points) in enumerate(zip(gates, outlines, strict=True)):
        lines = (shortened(str(gate["name"]), 20), f"{percent_text(gate.get('percent_of_parent'))} %")
        if quadrants and gate.get("kind") == "quadrant":
            label = _in_corner(bounds[i], lines, box)
        else:
            others = [bound for j, bound in enumerate(bounds) if j != i]
            label = _best(_candidates(bounds[i], points, lines, box), placed, others, outlines, box, levels)
        placed.append(_free(label, placed, box))
    return placed


def _clipped(points: Points, box: Box) -> Extent:
    xs = [min(max(x, box.left), box.right) for x, _ in points]
    ys = [min(max(y, box.top), box.bottom) for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _in_corner(bound: Extent, lines: tuple[str, str], box: Box) -> Label:
    left, top, right, _ = bound
    touches_left, touches_right = left < box.left + 1, right > box.right - 1
    x, anchor = (left + right) / 2, "middle"
    if touches_left and not touches_right:
        x, anchor = box.left + 5, "start"
    elif touches_right and not touches_left:
        x, anchor = box.right - 5, "end"
    y = box.top + 13 if top < box.top + 1 else box.bottom - LINE - 5
    return Label(x, y, anchor, lines)


def _candidates(
    bound: Extent, points: Points, lines: tuple[str, str], box: Box
) -> list[tuple[float, bool, Label]]:
    """Return (reluctance, whether outside the gate, label), all inside the box."""
    left, top, right, bottom = bound
    width = max(map(len, lines)) * LETTER
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2 - (BELOW - ABOVE) / 2
    upper, lower = top + ABOVE + MARGIN, bottom - BELOW - MARGIN
    tight = 0.12 if right - left < width + 2 * MARGIN or bottom - top < ABOVE + BELOW + 2 * MARGIN else 0.0
    slanted = 0.0 if _is_upright(points, bound) else 0.08
    within = (box.left + width / 2 + MARGIN, box.right - width / 2 - MARGIN)
    beside_x = min(max(middle_x, within[0]), within[1])  # above or below a gate at the edge of the box
    places = [
        (tight + slanted, False, middle_x, upper),
        (tight + slanted + 0.03, False, middle_x, lower),
        (0.06, True, beside_x, top - BELOW - MARGIN),
        (0.08, True, beside_x, bottom + ABOVE + MARGIN),
    ]
    for x in (right + width / 2 + MARGIN + 1, left - width / 2 - MARGIN - 1):
        places += [(0.07 + off, True, x, y) for off, y in ((0.0, middle_y), (0.02, upper), (0.02, lower))]
    if slanted:  # along a diagonal gate there may be room beside it, within its bounds
        steps = (0.0, 0.25, 0.5, 0.75, 1.0)
        xs = [within[0] + step * (within[1] - within[0]) for step in steps]
        ys = [upper + step * (lower - upper) for step in steps]
        far = 0.10 if right - left > width and bottom - top > ABOVE + BELOW else 0.2
        places += [(far, False, x, y) for x in xs for y in ys if left <= x <= right]
    if not tight and not slanted:
        near, far = left + width / 2 + MARGIN + 1, right - width / 2 - MARGIN - 1
        places += [(0.02, False, x, y) for x in (near, far) for y in (upper, lower)]
    found = []
    for reluctance, outside, x, y in places:
        if not outside:  # a gate at the edge: push its label in
            x = min(max(x, within[0]), within[1])
        label = Label(x, y, "middle", lines)
        if _inside(label.extent, box):
            found.append((reluctance, outside, label))
    return found or [
        (0.0, False, Label(middle_x, min(max(upper, box.top + 13), box.bottom - 16), "middle", lines))
    ]


def _best(
    candidates: Sequence[tuple[float, bool, Label]],
    placed: Sequence[Label],
    others: Sequence[Extent],
    outlines: Sequence[Points],
    box: Box,
    levels: NDArray[np.uint8] | None,
) -> Label:
    def cost(entry: tuple[float, bool, Label]) -> float:
        reluctance, outside, label = entry
        extent = label.extent
        cost = reluctance + _events_under(extent, box, levels)
        if outside and any(_touch(extent, other) for other in others):
            cost += 0.3  # it would seem to belong to the other gate
        cost += 0.5 * sum(crosses(points, extent) for points in outlines)
        return cost + sum(10.0 for other in placed if _touch(extent, other.extent))

    return min(candidates, key=cost)[2]


def crosses(outline: Points, extent: Extent) -> bool:
    """Tell whether an edge of a closed outline runs through a place.

    Examples
    --------
    >>> square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]
    >>> crosses(square, (8.0, 2.0, 12.0, 4.0)), crosses(square, (2.0, 2.0, 4.0, 4.0))
    (True, False)
    """
    ends = zip(outline, [*outline[1:], *outline[:1]], strict=True)
    return any(_edge_crosses(start, end, extent) for start, end in ends)


def _edge_crosses(start: tuple[float, float], end: tuple[float, float], extent: Extent) -> bool:
    """Clip the edge at the four sides (Liang and Barsky): something is left when it runs through."""
    left, top, right, bottom = extent
    first, last = 0.0, 1.0
    for at, by, low, high in (
        (start[0], end[0] - start[0], left, right),
        (start[1], end[1] - start[1], top, bottom),
    ):
        if by == 0.0:
            if not low < at < high:
                return False
            continue
        near, far = sorted(((low - at) / by, (high - at) / by))
        first, last = max(first, near), min(last, far)
    return first < last


def _events_under(extent: Extent, box: Box, levels: NDArray[np.uint8] | None) -> float:
    """Return how much of the place is taken by events, 0 to 1, dense bins counting double."""
    if levels is None:
        return 0.0
    n_rows, n_columns = levels.shape
    columns = [round((x - box.left) / box.width * n_columns) for x in (extent[0], extent[2])]
    rows = [round((y - box.top) / box.height * n_rows) for y in (extent[1], extent[3])]
    under = levels[max(rows[0], 0) : max(rows[1], 0), max(columns[0], 0) : max(columns[1], 0)]
    if not under.size:
        return 0.0
    return float((under > 0).mean() + (under / 63.0).mean()) / 2


def _is_upright(points: Points, bound: Extent) -> bool:
    """Tell whether an outline is a rectangle along the axes."""
    left, top, right, bottom = bound
    return len(points) <= 5 and all(
        (x <= left + 0.5 or x >= right - 0.5) and (y <= top + 0.5 or y >= bottom - 0.5) for x, y in points
    )


def _free(label: Label, placed: Sequence[Label], box: Box) -> Label:
    """Move a label down, then up, until it covers no other."""
    for step in (0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5):
        moved = Label(label.x, label.y + step * LINE, label.anchor, label.lines)
        fits = box.top + 8 <= moved.y <= box.bottom - LINE
        if fits and not any(_touch(moved.extent, other.extent) for other in placed):
            return moved
    return label


def _inside(extent: Extent, box: Box) -> bool:
    left, top, right, bottom = extent
    return left >= box.left and top >= box.top and right <= box.right and bottom <= box.bottom


def _touch(a: Extent, b: Extent) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
