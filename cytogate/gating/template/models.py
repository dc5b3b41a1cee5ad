"""What a template file may contain, as pydantic models; the JSON Schema for editors comes from here."""

# ruff: noqa: TC001 - pydantic reads the types of fields at run time
from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from cytogate.errors import TemplateError
from cytogate.gating.definitions import definitions
from cytogate.gating.template.cut_models import CutModel, GateMethodModel, OutlineModel, cut_name
from cytogate.gating.template.fields import Finite, Name, Positive, Synonyms, Width
from cytogate.gating.template.fitted import CutRef, FittedShape
from cytogate.gating.template.geometry_models import (
    BooleanModel,
    EllipseModel,
    PolygonModel,
    QuadrantsModel,
    RectangleModel,
    ThresholdModel,
)
from cytogate.gating.template.section import Section
from cytogate.gating.template.shape import Shape
from cytogate.gating.template.shapes import Rectangle

FORMAT = "cytogate.template"
VERSION = 1


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


class GateModel(Section):
    """One gate: a name, a parent, and exactly one geometry, or a method that finds it."""

    name: Name
    parent: Name = Field(default="root", description="`root`, a full path, or any unique ending of one.")
    threshold: ThresholdModel | None = None
    rectangle: RectangleModel | None = None
    polygon: PolygonModel | None = None
    ellipse: EllipseModel | None = None
    quadrants: QuadrantsModel | None = None
    boolean: BooleanModel | None = None
    method: GateMethodModel | None = Field(default=None, description="A gate that is found in the data.")
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

    def shape(self, label: str = "") -> Shape:
        """Return the geometry in the units of the file; `label` names what is found for this gate."""
        if self.method is not None:
            return _method_shape(self, self.method, label or self.name)
        geometry = self._geometries()[0][1]
        shape: Shape = geometry.shape(label or self.name)
        return shape


def _method_shape(gate: GateModel, model: GateMethodModel, label: str) -> Shape:
    """Return the geometry of a method; the method itself is put in when its arguments are checked."""
    if model.y is None or not isinstance(model.fallback, OutlineModel):
        cut = CutRef(cut_name(label, (str(model.keep),)))
        low, high = (cut, math.inf) if model.keep == "above" else (-math.inf, cut)
        return Rectangle((model.x,), (low,), (high,))
    return FittedShape(
        name=label,
        x=model.x,
        y=model.y,
        kind=model.kind,
        method=None,
        of=model.of,
        vertices=tuple((x, y) for x, y in model.fallback.vertices),
        in_scale_units=gate.coordinates == "scale",
        scope=model.scope,
        anchor=model.anchor,
        min_events=model.min_events,
    )


GEOMETRIES = ("threshold", "rectangle", "polygon", "ellipse", "quadrants", "boolean", "method")


def _or_an_id(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a definition accept an id of the registry alone."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, whole]


class DefinitionModel(Section):
    """What a population means and who says so.

    An id of the subset registry may stand alone: text and citation come from there.
    """

    model_config = ConfigDict(json_schema_extra=_or_an_id)

    id: Name
    text: str
    citation: str

    @model_validator(mode="before")
    @classmethod
    def _from_registry(cls, data: Any) -> Any:
        entry = {"id": data} if isinstance(data, str) else data
        if not isinstance(entry, dict) or set(entry) != {"id"} or not isinstance(entry["id"], str):
            return entry
        try:
            known = definitions().definition(entry["id"])
        except TemplateError as error:
            message = f"{error.title} A definition not found there needs id, text and citation"
            raise ValueError(message) from error
        return {"id": known.id, "text": known.text, "citation": known.citation}


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
    cuts: dict[Name, CutModel] = Field(
        default_factory=dict, description="Cut-offs that are found in the data; gates use them by name."
    )
    gates: list[GateModel] = Field(min_length=1)
    adjustable: list[Name] = Field(default_factory=list, description="Gates that may be moved by sample.")
    asc: Name | None = Field(
        default=None,
        description="Antibody-secreting cells, which `exclude_asc_first` takes out of quadrants beside.",
    )
    definitions: dict[Name, DefinitionModel] = Field(
        default_factory=dict,
        description="By population: an id of the registry, or id, text and citation.",
    )
