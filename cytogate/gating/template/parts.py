"""Parts of a gating template: a scale, a gate and a definition, as the analyst writes them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.gating.template.shape import Shape
    from cytogate.transforms.base import Transform

DEFAULT_SCALE = "default"
SCATTER_SCALE = "scatter"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ScaleSpec:
    """A scale of Gating-ML 2.0, or FlowJo's biex, as the template gives it.

    Attributes
    ----------
    kind : str
        ``"linear"``, ``"log"``, ``"asinh"``, ``"logicle"``, ``"hyperlog"`` or ``"biex"``.
    parameters : Mapping
        Those of T, W, M, A that the kind has; W of a logicle may be ``"auto"``: estimated from the files at
        hand. Those of a biex have the names they have in `cytogate.transforms.Biex`.
    """

    kind: str
    parameters: Mapping[str, float | str]

    @property
    def is_estimated(self) -> bool:
        """Whether the width is to be estimated."""
        return self.parameters.get("W") == AUTO

    @property
    def top(self) -> float:
        """Return the top of scale, as a data value."""
        if self.kind != "biex":
            return float(self.parameters["T"])
        from cytogate.transforms.biex import Biex

        return float(self.parameters.get("maximum", Biex().maximum))

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"kind": ..., "T": ..., ...}``."""
        return {"kind": self.kind, **self.parameters}

    def transform(self, *, width: float | None = None) -> Transform:
        """Return the transform; `width` stands in for W ``"auto"``."""
        from cytogate.transforms.base import transform_from_dict

        entries = self.to_dict()
        if self.is_estimated:
            entries["W"] = width
        if self.kind not in ("log", "biex"):
            entries.setdefault("A", 0.0)
        return transform_from_dict(entries)


@dataclass(frozen=True, slots=True)
class GateSpec:
    """A gate of a template.

    Attributes
    ----------
    name : str
        Name of the gate, and of its population when it has no parts.
    parent : str or None
        Full path or unique ending; None is the root.
    kind : str
        As the file names it: ``"threshold"``, ``"polygon"``, ...
    shape : Shape
        Geometry by marker, in data values unless `in_scale_units`.
    in_scale_units : bool
        Coordinates are positions on the scale.
    display : str or None
        Marker of a second axis to draw a one-dimensional gate on.
    level : int
        How many rounds of fitting go before the gate can be built; 0 where nothing of it, or above it, is
        found in the data.
    """

    name: str
    parent: str | None
    kind: str
    shape: Shape
    in_scale_units: bool = False
    display: str | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Definition:
    """What a population means: an id for tables, a sentence, and who says so."""

    id: str
    population: str
    text: str
    citation: str

    def to_dict(self) -> dict[str, str]:
        """Return plain values."""
        return {"id": self.id, "population": self.population, "text": self.text, "citation": self.citation}


def read_only(entries: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a read-only copy of a mapping."""
    return MappingProxyType(dict(entries))
