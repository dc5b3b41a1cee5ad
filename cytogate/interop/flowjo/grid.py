"""FlowJo's display grid: the cells in which it evaluates polygons and ellipses.

The file says only how many cells an axis has (``gateResolution``: 256 or 1024). How events and vertices fall
into them was found from FlowJo's own counts; `GridAxis` and ``lower_on_grid`` of the gates hold the rule.

What two sets of workspaces with their FCS files show (FlowJo 10.5.3 to 10.7.1):

- Linear axes round to the nearest cell, biexponential ones look the value up in FlowJo's table and cut off.
  Of 15 stored counts of mouse splenocytes all 15 come out; with every axis cut off 9, with every axis rounded
  11, the other way about 8, without cells 6.
- Events on the border are inside: a polygon is even-odd on whole numbers, its edges in. A polygon whose upper
  edge runs through 50 of 100 events holds 0, for on its cells the edge slants past them.
- Rectangles, ranges and quadrants are exact, ``[minimum, maximum)``.
- An ellipse in which FlowJo counts 51 of 100 events holds the centres of the cells of 51 of them; with events
  cut off it would hold those of 50. Ellipses state no resolution: theirs is 256, the unit in which they are
  written. One count tells no more.

What those data do not reach is taken from public comparisons with FlowJo:

- GateLab (https://github.com/david-priest/GateLab, head of ``src/engine/flowjoGrid.ts``), with memberships
  that FlowJo 10.9 and 10.10 exported, 56 populations without a difference, and some 600 stored counts of
  FlowRepository: a linear axis begins at its minimum; logarithmic axes round as linear ones do; events
  beyond an axis are in its last cell, 0 or N - 1, and vertices are not moved there; a biexponential axis is
  the table alone, with a last cell N, for events and vertices alike.
- CytoWeave (https://github.com/DavidRach/cytoweave, head of ``validation/flowjo11-cases.mjs``), with all
  stored counts of twelve workbenches of FlowJo 11, some with ellipses: an ellipse holds the cells whose
  centres are in it or on it. FlowJo 11 itself cuts off on all axes; FlowJo 10, whose files are read here,
  does not.

Not established by anyone: axes of asinh and logicle (rounded here, for nothing but the table is known to cut
off) and linear axes with a gain. FlowJo takes the panels of a quadrant gate by another rule still, where they
are stored as polygons, and opens rectangles that reach the upper end of an axis to the events beyond it; they
are taken as they are written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import GatingError
from cytogate.gates.grid import Grid, GridAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.interop.flowjo.axis import Axis

ROUNDED = 0.5
CUT_OFF = 0.0


def grid_of(axes: Sequence[Axis], cells: int | None) -> Grid | None:
    """Return the grid of a gate on two axes of `cells` cells each; None where FlowJo drew none."""
    if cells is None:
        return None
    try:
        x, y = (_axis(axis, cells) for axis in axes)
    except GatingError:  # an axis without length, or a number of cells that is none
        return None
    return Grid(x, y)


def _axis(axis: Axis, cells: int) -> GridAxis:
    low, high = axis.ends
    if axis.scale.kind == "biex":
        return GridAxis(low, high, cells, CUT_OFF, table=True)
    return GridAxis(low, high, cells, ROUNDED)
