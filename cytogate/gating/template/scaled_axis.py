"""Scaled axis: a marker of one panel with its scale, and where cuts were found on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.errors import TemplateError
from cytogate.gating.template.fitted import CutRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.gates.dimension import Dimension
    from cytogate.transforms.base import Transform


@dataclass(frozen=True, slots=True)
class ScaledAxis:
    """A marker of one panel: its dimension and its transform (None leaves values as they are).

    With `in_scale_units` coordinates are positions on the scale already. `positions` are those of fitted cuts
    and gates by name, always in scale units.
    """

    dim: Dimension
    transform: Transform | None = None
    in_scale_units: bool = False
    positions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def place(self, value: float | CutRef) -> float:
        """Return the position on the scale of a coordinate of the template; infinities stay.

        Raises
        ------
        TemplateError
            When the scale has no place for the value, as a log scale for a negative one.
        """
        if isinstance(value, CutRef):
            return self.positions[value.name][0]
        if self.in_scale_units or self.transform is None or math.isinf(value):
            return value
        position = float(self.transform.forward(value))
        if math.isnan(position):
            message = f"{value:g} has no place on the {self.transform.kind} scale of {self.dim.channel}."
            raise TemplateError(message)
        return position
