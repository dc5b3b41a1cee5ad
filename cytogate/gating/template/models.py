"""What a template file may contain, as pydantic models; the JSON Schema for editors comes from here."""

# ruff: noqa: TC001 - pydantic reads the types of fields at run time
from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cytogate.gating.template.fields import (
    Bound,
    Cut,
    Finite,
    FinitePair,
    Name,
    Pair,
    Positive,
    Ref,
    Synonyms,
    Width,
)
from cytogate.gating.template.shapes import BooleanShape, Ellipse, Polygon, Quadrants, Rectangle, Shape

FORMAT = "cytogate.template"
VERSION = 1


class Section(BaseModel):
    """A part of a template file: unknown keys are refused, numbers must be numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class ScaleModel(Section):
    """A scale of Gating-ML 2.0 (T, W, M, A) or FlowJo's biex (maximum, positive, negative, width, channels).

    W `auto` of a logicle is estimated over the files at hand, once for all of them.
    """

    kind: Literal["linear", "log", "asinh", "logicle", "hyperlog", "biex"]
    T: Positive | None = None
    W: Width | None = None
    M: Positive | None = None
    A: Finite | None = None
    maximum: Positive | None = None
    positive: Positive | None = None
    negative: Finite | None = None
    width: Finite | None = None
    channels: Positive | None = None


class ThresholdModel(Section):
    """Events at or above a value, or below it, on one axis."""

    x: Name
    above: Finite | None = None
    below: Finite | None = None

    @model_validator(mode="after")
    def _one_side(self) -> ThresholdModel:
        if (self.above is None) == (self.below is None):
            message = "expected exactly one of `above` and `below`"
            raise ValueError(message)
        return self

    def shape(self) -> Shape:
        """Return the half-line."""
        low = -math.inf if self.above is None else self.above
        high = math.inf if self.below is None else self.below
        return Rectangle((self.x,), (low,), (high,))


class RectangleModel(Section):
    """A range on one axis, or a box on several: low border in, high border out; a missing one is open."""

    x: Name | None = None
    y: Name | None = None
    x_min: Bound = -math.inf
    x_max: Bound = math.inf
    y_min: Bound = -math.inf
    y_max: Bound = math.inf
    dims: list[Name] | None = Field(default=None, description="Instead of x and y, any number of axes.")
    min: list[Bound] | None = None
    max: list[Bound] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> RectangleModel:
        if (self.x is None) == (self.dims is None):
            message = "expected either x (and y) with x_min, x_max, ..., or dims with min and max"
            raise ValueError(message)
        by_axis = {"y", "x_min", "x_max", "y_min", "y_max"} & self.model_fields_set
        if self.dims is not None and by_axis:
            message = f"{', '.join(sorted(by_axis))} cannot stand beside dims"
            raise ValueError(message)
        if self.dims is None and {"min", "max"} & self.model_fields_set:
            message = "min and max belong to dims; with x and y write x_min, x_max, y_min, y_max"
            raise ValueError(message)
        if self.y is None and {"y_min", "y_max"} & by_axis:
            message = "y_min or y_max without y"
            raise ValueError(message)
        shape = self.shape()
        for axis, low, high in zip(shape.markers, shape.minimum, shape.maximum, strict=True):
            if not low < high:
                message = f"the range of {axis} is empty: from {low:g} to {high:g}"
                raise ValueError(message)
        if all(map(math.isinf, (*shape.minimum, *shape.maximum))):
            message = "a rectangle without any border"
            raise ValueError(message)
        return self

    def shape(self) -> Rectangle:
        """Return the box."""
        if self.dims is not None:
            low = self.min or [-math.inf] * len(self.dims)
            high = self.max or [math.inf] * len(self.dims)
            if not len(self.dims) == len(low) == len(high):
                message = f"dims has {len(self.dims)} entries, min {len(low)} and max {len(high)}"
                raise ValueError(message)
            return Rectangle(tuple(self.dims), tuple(low), tuple(high))
        axes = [(self.x, self.x_min, self.x_max)]
        if self.y is not None:
            axes.append((self.y, self.y_min, self.y_max))
        return Rectangle(
            tuple(str(name) for name, _, _ in axes),
            tuple(low for _, low, _ in axes),
            tuple(high for _, _, high in axes),
        )


class PolygonModel(Section):
    """A closed outline; its edges are straight on the scale. A vertex may be infinite."""

    x: Name
    y: Name
    vertices: list[Pair] = Field(min_length=3)

    def shape(self) -> Shape:
        """Return the outline."""
        return Polygon(self.x, self.y, tuple((x, y) for x, y in self.vertices))


class EllipseModel(Section):
    """Points within a Mahalanobis distance of a centre; the covariance is in scale units."""

    x: Name
    y: Name
    center: FinitePair
    covariance: list[FinitePair] = Field(min_length=2, max_length=2)
    distance_square: Positive = 1.0

    def shape(self) -> Shape:
        """Return the ellipse."""
        (a, b), (c, d) = self.covariance
        x, y = self.center
        return Ellipse(self.x, self.y, (x, y), ((a, b), (c, d)), self.distance_square)


class PartsModel(Section):
    """Names of the four populations; one left out is not made."""

    upper_left: Name | None = None
    upper_right: Name | None = None
    lower_right: Name | None = None
    lower_left: Name | None = None


class QuadrantsModel(Section):
    """Four populations on two axes, children of the gate's parent; the cut of one axis may differ by side."""

    x: Name
    y: Name
    x_cut: Cut = Field(description="A value of x, or {low: ..., high: ...} below and above y_cut.")
    y_cut: Cut = Field(description="A value of y, or {left: ..., right: ...} of x_cut.")
    parts: PartsModel

    @model_validator(mode="after")
    def _fits(self) -> QuadrantsModel:
        names = [name for name in self.parts.model_dump().values() if name is not None]
        if not names or len(set(names)) < len(names):
            message = "parts needs one to four different names"
            raise ValueError(message)
        if isinstance(self.x_cut, dict) and isinstance(self.y_cut, dict):
            message = "only one of x_cut and y_cut may differ by side"
            raise ValueError(message)
        for axis, cut, sides in (("x", self.x_cut, {"low", "high"}), ("y", self.y_cut, {"left", "right"})):
            if isinstance(cut, dict) and set(cut) != sides:
                found = ", ".join(cut)
                message = f"{axis}_cut differs by {' and '.join(sorted(sides, reverse=True))}, not by {found}"
                raise ValueError(message)
        return self

    def shape(self) -> Shape:
        """Return the quadrants."""
        return Quadrants(self.x, self.y, self.x_cut, self.y_cut, self.parts.model_dump(exclude_none=True))


class BooleanModel(Section):
    """Events of all the populations (and), of any (or), or of none (not)."""

    and_: list[Ref] | None = Field(default=None, alias="and", min_length=2)
    or_: list[Ref] | None = Field(default=None, alias="or", min_length=2)
    not_: Name | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one_operation(self) -> BooleanModel:
        if [self.and_, self.or_, self.not_].count(None) != 2:
            message = "expected exactly one of `and`, `or`, `not`"
            raise ValueError(message)
        return self

    def shape(self) -> Shape:
        """Return the operation."""
        if self.not_ is not None:
            return BooleanShape("not", ((self.not_, False),))
        references = self.and_ or self.or_ or []
        pairs = tuple(
            (ref["not"], True) if isinstance(ref, dict) else (str(ref), False) for ref in references
        )
        return BooleanShape("and" if self.and_ else "or", pairs)


class GateModel(Section):
    """One gate: a name, a parent, and exactly one geometry."""

    name: Name
    parent: Name = Field(default="root", description="`root`, a full path, or any unique ending of one.")
    threshold: ThresholdModel | None = None
    rectangle: RectangleModel | None = None
    polygon: PolygonModel | None = None
    ellipse: EllipseModel | None = None
    quadrants: QuadrantsModel | None = None
    boolean: BooleanModel | None = None
    coordinates: Literal["data", "scale"] = Field(
        default="data", description="data: compensated channel values; scale: units of the scale."
    )
    display: Name | None = Field(default=None, description="Second axis to draw a one-dimensional gate on.")
    note: str | None = None

    @model_validator(mode="after")
    def _one_geometry(self) -> GateModel:
        if len(self._geometries()) != 1:
            found = ", ".join(name for name, _ in self._geometries()) or "none"
            message = f"gate {self.name!r}: expected exactly one of {', '.join(GEOMETRIES)}; found {found}"
            raise ValueError(message)
        if self.display is not None and len(self.shape().markers) != 1:
            message = f"gate {self.name!r}: display is for gates on one axis"
            raise ValueError(message)
        return self

    def _geometries(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in GEOMETRIES if getattr(self, name) is not None]

    def shape(self) -> Shape:
        """Return the geometry in the units of the file."""
        geometry = self._geometries()[0][1]
        shape: Shape = geometry.shape()
        return shape


GEOMETRIES = ("threshold", "rectangle", "polygon", "ellipse", "quadrants", "boolean")


class DefinitionModel(Section):
    """What a population means and who says so."""

    id: Name
    text: str
    citation: str


class TemplateModel(Section):
    """A gating template: what is gated, on which scales, where, and by whose definition."""

    format: Literal["cytogate.template"]
    version: Literal[1]
    name: Name
    title: str = ""
    source: str = ""
    panel: dict[Name, Synonyms] = Field(min_length=1, description="Marker: other names it goes by.")
    compensation: str = Field(default="file", description="file, none, or a matrix CSV beside the template.")
    scales: dict[Name, ScaleModel] = Field(
        default_factory=dict, description="By marker; `default` and `scatter` stand for the others."
    )
    gates: list[GateModel] = Field(min_length=1)
    adjustable: list[Name] = Field(default_factory=list, description="Gates that may be moved by sample.")
    definitions: dict[Name, DefinitionModel] = Field(
        default_factory=dict, description="By population: full path or unique ending."
    )
