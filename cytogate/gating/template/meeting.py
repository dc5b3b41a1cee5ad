"""Meeting: a template and one file put together: channels, matrix, scales, and strategies of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError, Problem, TemplateError
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.template.matching import channels_of, compensation_of
from cytogate.gating.template.scaled_axis import ScaledAxis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gates.base import Gate
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import GateSpec
    from cytogate.transforms.base import Transform

TEMPLATE_MATRIX = "template_matrix"  # id of a template's own matrix; no file name can clash with "FCS"


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """A template on one file; made by `meet`.

    Attributes
    ----------
    place : str
        The file, for messages.
    channels : Mapping
        Marker to channel.
    matrix : CompensationMatrix or None
        What the file is compensated with.
    transforms : Mapping
        Marker to transform; a marker without one has its values as they are.
    """

    template: GatingTemplate
    place: str
    channels: Mapping[str, Channel]
    matrix: CompensationMatrix | None
    transforms: Mapping[str, Transform]
    scale_ids: Mapping[str, str]

    def axis(
        self,
        marker: str,
        *,
        in_scale_units: bool = False,
        positions: Mapping[str, tuple[float, ...]] | None = None,
    ) -> ScaledAxis:
        """Return a marker's axis: dimension, scale, and where cuts were found."""
        channel = self.channels[marker]
        detectors = () if self.matrix is None else self.matrix.targets
        compensation = self._matrix_id if channel.name in detectors else UNCOMPENSATED
        dim = Dimension(channel.name, compensation, self.scale_ids.get(marker))
        return ScaledAxis(dim, self.transforms.get(marker), in_scale_units, positions or {})

    def strategy(
        self,
        positions: Mapping[str, tuple[float, ...]],
        *,
        level: int | None = None,
        markers: Iterable[str] = (),
        warnings: Iterable[Problem] = (),
    ) -> GatingStrategy:
        """Return the strategy with cuts and gates where they were found.

        Parameters
        ----------
        positions : Mapping
            Name of what was found in the data to its position, scale units.
        level : int, optional
            Only gates that can be built after so many rounds of fitting; by default all.
        markers : iterable of str
            Whose scales the strategy holds in addition, for axes that no gate has.

        Raises
        ------
        TemplateError
            A gate of the template does not fit the scales of the file. A gate that was found in the data is
            put where the template has it instead, with a warning.
        """
        told = [*warnings]
        nodes = []
        named = set(markers)
        for gate in self.template.gates:
            if level is not None and gate.level > level:
                continue
            shown = gate.display if gate.display in self.channels else None
            display = None if shown is None else self.axis(shown).dim
            nodes.append(GateNode(gate.name, self._build(gate, positions, told), gate.parent, display))
            named.update(gate.shape.markers, () if shown is None else (shown,))
        ids = {marker: self.scale_ids[marker] for marker in sorted(named) if marker in self.scale_ids}
        template = self.template
        definitions = {entry.population: entry.id for entry in template.definitions.values()}
        return GatingStrategy.build(
            nodes,
            compensations={} if template.matrix is None else {self._matrix_id: template.matrix},
            compensation=None if self.matrix is None else self._matrix_id,
            transforms={identity: self.transforms[marker] for marker, identity in ids.items()},
            definitions=definitions if level is None else {},
            source=f"template {template.name}",
            warnings=told,
        )

    @property
    def _matrix_id(self) -> str:
        return _matrix_id(self.template)

    def _build(self, gate: GateSpec, positions: Mapping[str, tuple[float, ...]], told: list[Problem]) -> Gate:
        axes = partial(self.axis, in_scale_units=gate.in_scale_units, positions=positions)
        try:
            return gate.shape.build(axes)
        except CytogateError as error:
            if gate.shape.fitted:
                fallbacks = {name: self.start(name) for name in gate.shape.fitted}
                text = f"stands where the template has it: what was found makes no gate ({error})"
                told.append(Problem("gate-fallback", f"gate {gate.name}", text))
                return gate.shape.build(
                    partial(self.axis, in_scale_units=gate.in_scale_units, positions=fallbacks)
                )
            where = f"template {self.template.name}, gate {gate.name!r}"
            title = f"Template {self.template.name} does not fit the scales of {self.place}:"
            raise TemplateError(title, [Problem("wrong-geometry", where, str(error))]) from error

    def start(self, name: str) -> tuple[float, ...]:
        """Return the position of the fallback of a cut or gate that is found in the data."""
        part = self.template.fitted[name]
        return part.start(partial(self.axis, in_scale_units=part.in_scale_units))


def meet(
    template: GatingTemplate,
    f: EventSource,
    fitted_scales: Mapping[str, Mapping[str, Any]],
    channels: Mapping[str, Channel] | None = None,
) -> Meeting:
    """Return a template on one file.

    Parameters
    ----------
    fitted_scales : Mapping
        Marker to parameters, as `Fits.scales` has them, for scales that are estimated over files.
    channels : Mapping, optional
        Marker to channel, where that is known already.

    Raises
    ------
    PanelError
        Lists every marker that the file lacks or has twice.
    CompensationError
        The file has no spillover though the template takes the file's, the matrix does not fit the file, or
        the events are compensated already.
    TemplateError
        The fits lack a scale that the template leaves to be estimated.
    """
    channels = channels_of(template, f) if channels is None else channels
    matrix = compensation_of(template, f)
    problems = []
    transforms = {}
    for marker, channel in channels.items():
        spec = template.scale(marker, is_scatter=channel.kind != "fluorescence")
        if spec is None:
            continue
        width = None
        if spec.is_estimated:
            fitted = fitted_scales.get(marker, {})
            if any(fitted.get(name) != spec.parameters.get(name, 0.0) for name in ("T", "M", "A")):
                text = f"expected a fitted scale like {spec.to_dict()}, found {dict(fitted) or 'none'}."
                problems.append(
                    Problem("fits-do-not-fit", f"marker {marker}", text, "Fit the template again.")
                )
                continue
            width = float(fitted["W"])
        transforms[marker] = spec.transform(width=width)
    if problems:
        title = f"The fits do not belong to template {template.name}:"
        raise TemplateError(title, problems)
    place = f.path or "the events"
    return Meeting(template, place, channels, matrix, transforms, scale_ids(transforms))


def compensating(template: GatingTemplate, f: EventSource) -> GatingStrategy:
    """Return a strategy without gates that compensates a file as the template does; no scales are needed.

    Raises
    ------
    CompensationError
        As `meet`.
    """
    matrix, identity = compensation_of(template, f), _matrix_id(template)
    return GatingStrategy.build(
        (),
        compensations={} if template.matrix is None else {identity: template.matrix},
        compensation=None if matrix is None else identity,
    )


def _matrix_id(template: GatingTemplate) -> str:
    return FROM_FILE if template.matrix is None else TEMPLATE_MATRIX


def scale_ids(markers: Iterable[str]) -> dict[str, str]:
    """Return an id for the transform of each marker, safe as an XML name; no two are alike.

    Examples
    --------
    >>> scale_ids(["CD3/CD14", "CD3_CD14"])
    {'CD3/CD14': 'scale_CD3_CD14', 'CD3_CD14': 'scale_CD3_CD14_2'}
    """
    ids: dict[str, str] = {}
    for marker in markers:
        plain = "scale_" + re.sub(r"[^A-Za-z0-9.-]", "_", marker)
        name, number = plain, 1
        while name in ids.values():
            number += 1
            name = f"{plain}_{number}"
        ids[marker] = name
    return ids
