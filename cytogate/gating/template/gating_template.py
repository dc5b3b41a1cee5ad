"""Gating template: what an analyst writes, by marker and in data values, before it meets a sample."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.errors import TemplateError
from cytogate.gating.template.fitted import FittedShape
from cytogate.gating.template.parts import DEFAULT_SCALE, SCATTER_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.source import EventSource
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.fitting.jobs import Clean
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template.fitted import CutSpec, Fitted
    from cytogate.gating.template.parts import Definition, GateSpec, ScaleSpec


@dataclass(frozen=True, slots=True, eq=False)
class GatingTemplate:
    """Gates by marker, with scales, compensation and definitions; `resolve` fits it to a sample.

    Made by `load_template` or `template_from_dict`, which check it; the constructor trusts its arguments.

    Attributes
    ----------
    panel : Mapping
        Marker to the other names that it goes by.
    compensation : str
        ``"file"`` (each file's own spillover), ``"none"``, or the id of `matrix`.
    matrix : CompensationMatrix or None
        The matrix that a CSV beside the template holds.
    scales : Mapping
        Marker to scale; ``"default"`` and ``"scatter"`` stand for the others.
    populations : tuple of str
        Paths of all populations, parents first.
    adjustable : tuple of str
        Names of the gates that may be moved for single samples.
    definitions : Mapping
        Definition id to Definition.
    path, file_sha256 : str
        File it was read from, and the hash of its bytes; or empty.
    cuts : Mapping
        Name to cut-off that is found in the data, with those that are written where they are used.
    """

    name: str
    title: str
    source: str
    panel: Mapping[str, tuple[str, ...]]
    compensation: str
    matrix: CompensationMatrix | None
    scales: Mapping[str, ScaleSpec]
    gates: tuple[GateSpec, ...]
    populations: tuple[str, ...]
    adjustable: tuple[str, ...]
    definitions: Mapping[str, Definition]
    document: Mapping[str, Any] = field(repr=False)
    path: str = ""
    cuts: Mapping[str, CutSpec] = field(default_factory=dict)
    file_sha256: str = ""

    @property
    def markers(self) -> tuple[str, ...]:
        """Markers that gates use, in the order of their first use."""
        return tuple(dict.fromkeys(marker for gate in self.gates for marker in gate.shape.markers))

    @property
    def fitted(self) -> dict[str, Fitted]:
        """All that is found in the data, by name: cuts, and gates on two axes."""
        shapes = (gate.shape for gate in self.gates)
        return {**self.cuts, **{shape.name: shape for shape in shapes if isinstance(shape, FittedShape)}}

    @property
    def sha256(self) -> str:
        """Hash of the content: comments, spacing and the order of keys do not count, the matrix does."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(text.encode())
        if self.matrix is not None:
            digest.update(self.matrix.sha256.encode())
        return digest.hexdigest()

    @property
    def asc(self) -> str | None:
        """Path of the antibody-secreting cells that `exclude_asc_first` takes out of quadrants, or None."""
        from cytogate.gating.tree import find

        named = self.document.get("asc")
        return None if named is None else find(str(named), self.populations)

    def scale(self, marker: str, *, is_scatter: bool = False) -> ScaleSpec | None:
        """Return the scale of a marker; None leaves its values as they are."""
        general = SCATTER_SCALE if is_scatter else DEFAULT_SCALE
        return self.scales.get(marker) or self.scales.get(general)

    def gate_of(self, population: str) -> GateSpec:
        """Return the gate that makes a population, given by full path or unique ending."""
        from cytogate.gating.tree import find, matches, split

        *above, name = split(find(population, self.populations))[0]
        for gate in self.gates:
            if name in (gate.shape.parts or (gate.name,)):
                reference, absolute = split(gate.parent) if gate.parent else ((), True)
                if matches(tuple(above), reference, absolute=absolute):
                    return gate
        message = f"No gate of template {self.name} makes {population!r}."
        raise TemplateError(message)

    def definition_of(self, population: str) -> Definition | None:
        """Return the definition of a population, by full path or unique ending; None where it has none."""
        from cytogate.gating.tree import find

        path = find(population, self.populations)
        return next((entry for entry in self.definitions.values() if entry.population == path), None)

    def resolve(
        self,
        f: EventSource,
        fits: Fits | None = None,
        *,
        read: Callable[[str], EventSource] | None = None,
        clean: Clean | None = None,
    ) -> GatingStrategy:
        """Return the strategy for one file; see `cytogate.gating.template.resolve.resolve`."""
        from cytogate.gating.template.resolve import resolve

        return resolve(self, f, fits, read=read, clean=clean)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values for JSON or YAML, infinities as text."""
        plain: dict[str, Any] = json.loads(json.dumps(self.document))
        return plain
