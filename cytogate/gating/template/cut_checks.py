"""Checks of what a template leaves to be found in the data: cuts and methods with their names and markers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem, closest, nearest
from cytogate.gating.template.cut_models import (
    CutHereModel,
    CutModel,
    CutUseModel,
    GateMethodModel,
    OutlineModel,
    cut_name,
    method_of,
)
from cytogate.gating.template.fitted import CutSpec, Fitted, FittedShape
from cytogate.gating.template.method_arguments import read_method
from cytogate.gating.template.models import GEOMETRIES, GateModel
from cytogate.gating.template.unread import faults_of_methods, uses_of_cuts

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.gating.template.cut_models import Place
    from cytogate.gating.template.geometry_models import AnyBorder

ROOT = "root"


@dataclass(frozen=True, slots=True)
class LabelledGate:
    """A gate of a template file that is right by itself.

    Attributes
    ----------
    at : int
        Its position in the file.
    label : str
        Its name, below its parent where other gates have it too: what is found for the gate is named so.
    """

    at: int
    label: str
    model: GateModel

    @property
    def kind(self) -> str:
        """Its geometry, as the file names it."""
        return next(name for name in GEOMETRIES if getattr(self.model, name) is not None)

    @property
    def parent(self) -> str | None:
        """Its parent; None is the root."""
        return None if self.model.parent == ROOT else self.model.parent

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield place in the file, marker and value of every border."""
        if self.model.method is None:
            for place, marker, border in getattr(self.model, self.kind).borders():
                yield ("gates", self.at, self.kind, *place), marker, border


def labelled(gates: list[tuple[int, GateModel]]) -> list[LabelledGate]:
    """Return gates with labels; no two gates that are found in the data may share one."""
    names = Counter(gate.name for _, gate in gates)
    return [
        LabelledGate(at, gate.name if names[gate.name] == 1 else f"{gate.parent}/{gate.name}", gate)
        for at, gate in gates
    ]


@dataclass(slots=True)
class FittedParts:
    """What is found in the data, by name, where it stands in the file, and what is wrong with it.

    `of` of each is still as the file writes it: a full path, or a unique ending.
    """

    specs: dict[str, Fitted] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def enter(self, document: YamlDocument, place: Place, spec: Fitted | None, name: str) -> None:
        """Take one in; a name that is taken is a problem."""
        if name in self.places:
            text = f"a second cut or gate {name!r} is to be found in the data."
            fix = "Give the gate another name, or the cut a name of its own in `cuts`."
            self.problems.append(Problem("fitted-name-twice", document.locate(place), text, fix))
            return
        self.places[name] = place
        if spec is not None:
            self.specs[name] = spec


def read_fitted(
    document: YamlDocument, cuts: Mapping[str, CutModel], gates: list[LabelledGate]
) -> FittedParts:
    """Return what a template leaves to be found in the data.

    Parameters
    ----------
    cuts : Mapping
        The entries of `cuts` that are right by themselves, by name.
    gates : list of LabelledGate
        The gates that are.
    """
    parts = FittedParts()
    uses = [
        (gate, place, marker, border.cut)
        for gate in gates
        for place, marker, border in gate.borders()
        if isinstance(border, CutUseModel)
    ]
    parents: dict[str, str | None] = {}
    for gate, _, _, name in uses:
        parents.setdefault(name, gate.parent)
    for name, model in cuts.items():
        place: Place = ("cuts", name)
        of = _population(model.of, parents.get(name))
        spec = _cut(document, (*place, "method"), name, model.marker, model, parts)
        if spec is not None:
            spec = _looking(spec, of, in_scale_units=model.coordinates == "scale")
        parts.enter(document, place, spec, name)
    right = {gate.at for gate in gates}
    parts.problems += faults_of_methods(document, cuts, right)
    parts.problems += _check_uses(document, cuts, uses, right)
    for gate in gates:
        _enter_gate(document, gate, parts)
    return parts


def _enter_gate(document: YamlDocument, gate: LabelledGate, parts: FittedParts) -> None:
    """Take in what is found for one gate alone: cuts written where they are used, and its method."""
    in_scale_units = gate.model.coordinates == "scale"
    for place, marker, border in gate.borders():
        if isinstance(border, CutHereModel):
            name = cut_name(gate.label, place[3:])
            spec = _cut(document, (*place, "method"), name, marker, border, parts)
            if spec is not None:
                spec = _looking(spec, _population(border.of, gate.parent), in_scale_units=in_scale_units)
            parts.enter(document, place, spec, name)
    model = gate.model.method
    if model is None:
        return
    place = ("gates", gate.at, "method")
    of = _population(model.of, gate.parent)
    kind, arguments = method_of(model)
    axes = 1 if model.y is None else 2
    method, problems = read_method(
        document, place, kind, arguments, axes=axes, beside=GateMethodModel.model_fields
    )
    parts.problems += problems
    shape = gate.model.shape(gate.label)
    found: Fitted | None = None
    if isinstance(shape, FittedShape):
        name = gate.label
        if method is not None:
            found = replace(shape, method=method, of=of)
    else:
        name = shape.fitted[0]
        if method is not None and not isinstance(model.fallback, OutlineModel):
            found = CutSpec(
                name, model.x, kind, method, of, model.fallback, _bounds(model.within), in_scale_units,
                model.scope, model.anchor, model.min_events,
            )  # fmt: skip
    parts.enter(document, place, found, name)


def _cut(
    document: YamlDocument, place: Place, name: str, marker: str, model: CutHereModel, parts: FittedParts
) -> CutSpec | None:
    kind, arguments = method_of(model.method)
    method, problems = read_method(document, place, kind, arguments, axes=1)
    parts.problems += problems
    if method is None:
        return None
    return CutSpec(
        name, marker, kind, method, None, model.fallback, _bounds(model.within),
        scope=model.scope, anchor=model.anchor, min_events=model.min_events,
    )  # fmt: skip


def _looking(spec: CutSpec, of: str | None, *, in_scale_units: bool) -> CutSpec:
    return replace(spec, of=of, in_scale_units=in_scale_units)


def _population(of: str | None, parent: str | None) -> str | None:
    """Return the population looked at: the one named, or the parent; None is the root."""
    return parent if of is None else None if of == ROOT else of


def _bounds(within: list[float] | None) -> tuple[float, float]:
    return (-math.inf, math.inf) if within is None else (within[0], within[1])


def _check_uses(
    document: YamlDocument,
    cuts: Mapping[str, CutModel],
    uses: list[tuple[LabelledGate, Place, str, str]],
    right: Container[int],
) -> list[Problem]:
    """Return uses of cuts that are not there or lie on another axis, and cuts that nobody uses.

    A use that is misspelt is said once: the cut that it means is not called unused.
    """
    section = document.data.get("cuts")
    known = list(section) if isinstance(section, dict) else []
    problems = []
    named = [(gate.model.name, place, name) for gate, place, _, name in uses]
    unknown = [use for use in (*named, *uses_of_cuts(document, right)) if use[2] not in known]
    for gate_name, place, name in unknown:
        text = f"gate {gate_name!r}: there is no cut {name!r}. {nearest(name, known)}"
        problems.append(Problem("unknown-cut", document.locate((*place, "cut")), text))
    for gate, place, marker, name in uses:
        if name in cuts and cuts[name].marker != marker:
            text = (
                f"gate {gate.model.name!r}: cut {name!r} lies on {cuts[name].marker}, the axis is {marker}."
            )
            problems.append(Problem("cut-of-another-marker", document.locate((*place, "cut")), text))
    unused = [name for name in known if not _mentioned(document.data.get("gates"), name)]
    meant = {cut for _, _, name in unknown for cut in closest(name, unused, most=1)}
    for name in unused:
        if name not in meant:
            text = f"no gate uses the cut {name!r}."
            problems.append(Problem("unused-cut", document.locate(("cuts", name)), text, _UNUSED))
    return problems


_UNUSED = "Write {cut: NAME} where a gate has a number, or leave the cut out."


def _mentioned(data: object, name: str) -> bool:
    """Return whether unchecked gates use a cut: a gate that is wrong elsewhere counts."""
    if isinstance(data, dict):
        return data.get("cut") == name or any(_mentioned(entry, name) for entry in data.values())
    return isinstance(data, list) and any(_mentioned(entry, name) for entry in data)
