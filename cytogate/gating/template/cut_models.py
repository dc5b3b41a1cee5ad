"""What a template file may say of gates that are found in the data: cuts, and methods of gates."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from cytogate.gating.template.fields import Bound, Count, Finite, Name, Pair
from cytogate.gating.template.fitted import MIN_EVENTS, CutRef
from cytogate.gating.template.section import Section

Place: TypeAlias = tuple[str | int, ...]


class MethodModel(Section):
    """A method with arguments: those that the method of this kind has."""

    model_config = ConfigDict(extra="allow")

    kind: Name


def _method_tag(value: object) -> str:
    return "[kind]" if isinstance(value, dict | MethodModel) else "[name]"


Method: TypeAlias = Annotated[
    Annotated[Name, Tag("[name]")] | Annotated[MethodModel, Tag("[kind]")], Discriminator(_method_tag)
]


class FittedModel(Section):
    """Where a method looks, and what it falls back on."""

    of: Name | None = Field(default=None, description="Population looked at; by default the gate's parent.")
    scope: Literal["sample", "subject", "batch", "study"] = Field(
        default="sample", description="Whose events the method looks at together."
    )
    anchor: Literal["none", "subject", "batch", "study"] = Field(
        default="batch", description="Towards whom a sample's own answer is shrunk; for scope: sample."
    )
    min_events: Count = Field(
        default=MIN_EVENTS, description="Of the population looked at; with fewer the method is not asked."
    )

    @model_validator(mode="after")
    def _anchored_samples(self) -> FittedModel:
        if self.scope != "sample" and "anchor" in self.model_fields_set and self.anchor != "none":
            message = (
                f"anchor: {self.anchor} is for scope: sample; of scope: {self.scope} there is one answer"
            )
            raise ValueError(message)
        return self


class CutHereModel(FittedModel):
    """A cut written where it is used."""

    method: Method
    fallback: Finite = Field(description="Where the cut is when the events do not say.")
    within: Pair | None = Field(default=None, description="Bounds of the cut: [low, high].")

    @model_validator(mode="after")
    def _in_order(self) -> CutHereModel:
        check_bounds(self.fallback, self.within)
        return self


class CutModel(CutHereModel):
    """A cut with a name, that several gates may use."""

    marker: Name
    coordinates: Literal["data", "scale"] = Field(
        default="data", description="Units of fallback and within: compensated values, or the scale's."
    )


class CutUseModel(Section):
    """A cut of the section `cuts`, by its name."""

    cut: Name


class OutlineModel(Section):
    """The template's own outline: where the gate is when the events do not say, and where a method begins."""

    vertices: list[Pair] = Field(min_length=3)


# Each of these tells the form of a value that is read, and of one that is written out again.


def _border_tag(value: object) -> str:
    if isinstance(value, CutUseModel) or (isinstance(value, dict) and "cut" in value):
        return "[cut]"
    return "[found]" if isinstance(value, CutHereModel | dict) else "[number]"


def _cut_tag(value: object) -> str:
    is_pair = isinstance(value, dict) and bool({"low", "high", "left", "right"}.intersection(value))
    return "[sides]" if is_pair or isinstance(value, SidesModel) else _border_tag(value)


def _fallback_tag(value: object) -> str:
    return "[outline]" if isinstance(value, dict | OutlineModel) else "[number]"


_Use: TypeAlias = Annotated[CutUseModel, Tag("[cut]")]
_Here: TypeAlias = Annotated[CutHereModel, Tag("[found]")]
FiniteBorder: TypeAlias = Annotated[
    Annotated[Finite, Tag("[number]")] | _Use | _Here, Discriminator(_border_tag)
]
Border: TypeAlias = Annotated[Annotated[Bound, Tag("[number]")] | _Use | _Here, Discriminator(_border_tag)]


class SidesModel(Section):
    """The cut of one axis where it differs by the side of the other."""

    low: FiniteBorder | None = None
    high: FiniteBorder | None = None
    left: FiniteBorder | None = None
    right: FiniteBorder | None = None


Cut: TypeAlias = Annotated[
    Annotated[Finite, Tag("[number]")] | _Use | _Here | Annotated[SidesModel, Tag("[sides]")],
    Discriminator(_cut_tag),
]


class GateMethodModel(FittedModel):
    """A gate that a method finds: on two axes, or (with `keep`) above or below a cut on one.

    Arguments of the method stand beside the keys that every method has.
    """

    model_config = ConfigDict(extra="allow")

    kind: Name
    x: Name
    y: Name | None = None
    keep: Literal["above", "below"] | None = None
    fallback: Annotated[
        Annotated[Finite, Tag("[number]")] | Annotated[OutlineModel, Tag("[outline]")],
        Discriminator(_fallback_tag),
    ]
    within: Pair | None = None

    @model_validator(mode="after")
    def _one_way(self) -> GateMethodModel:
        if self.y is None:
            if self.keep is None or isinstance(self.fallback, OutlineModel):
                message = "a method on one axis needs `keep: above` or `below` and a number as fallback"
                raise ValueError(message)
            check_bounds(self.fallback, self.within)
        elif self.keep is not None or self.within is not None or not isinstance(self.fallback, OutlineModel):
            message = "a method on x and y needs `fallback: {vertices: ...}`, and has no keep or within"
            raise ValueError(message)
        return self


# What pydantic puts into the place of a problem where a value may have several forms.
FORMS: dict[str, type[Section] | None] = {
    "[number]": None,
    "[name]": None,
    "[cut]": CutUseModel,
    "[found]": CutHereModel,
    "[sides]": SidesModel,
    "[kind]": MethodModel,
    "[outline]": OutlineModel,
}


def check_bounds(fallback: float, within: list[float] | None) -> None:
    """Refuse bounds that hold nothing, or not the fallback.

    Raises
    ------
    ValueError
    """
    if within is None:
        return
    low, high = within
    if not low < high:
        message = f"within is empty: from {low:g} to {high:g}"
        raise ValueError(message)
    if not low <= fallback <= high:
        message = f"the fallback {fallback:g} is not within {low:g} to {high:g}"
        raise ValueError(message)


def border_value(border: float | CutUseModel | CutHereModel, label: str, place: Place) -> float | CutRef:
    """Return a number, or the cut that decides it; one written here is named after its gate and border."""
    if isinstance(border, CutUseModel):
        return CutRef(border.cut)
    if isinstance(border, CutHereModel):
        return CutRef(cut_name(label, place))
    return border


def cut_name(label: str, place: Place) -> str:
    """Return the name of a cut that is written where it is used.

    Examples
    --------
    >>> cut_name("IgD x CD27", ("y_cut", "left"))
    'IgD x CD27.y_cut.left'
    """
    return ".".join([label, *map(str, place)])


def method_of(method: str | MethodModel | GateMethodModel) -> tuple[str, dict[str, Any]]:
    """Return kind and arguments of a method."""
    if isinstance(method, str):
        return method, {}
    return method.kind, dict(method.model_extra or {})
