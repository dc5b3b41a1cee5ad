"""From a parameter of a FlowJo gate to a dimension: channel, compensation, transform, and its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.gates.dimension import UNCOMPENSATED, Dimension
from cytogate.interop.flowjo.axis import Axis, top_of
from cytogate.interop.flowjo.matrices import compensated_names, matrix_from_keywords
from cytogate.interop.flowjo.scales import Scale
from cytogate.interop.flowjo.units import is_time, rescaled, rescaled_matrix, unit_of
from cytogate.transforms.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.source import EventSource
    from cytogate.interop.flowjo.matrices import SampleMatrix
    from cytogate.interop.flowjo.samples import FlowJoSample
    from cytogate.transforms.base import Transform

SAME_UNIT = 1e-6  # FlowJo writes a gain of 0.01 as 0.0099999998


class Refusal(Exception):
    """A gate cannot be read because of one of its parameters; `unsupported`: nothing is wrong with it."""

    def __init__(self, message: str, *, code: str, fix: str = "", unsupported: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.unsupported = unsupported

    def problem(self, location: str) -> Problem:
        """Return the problem, placed."""
        return Problem(self.code, location, self.message, self.fix)


class Axes:
    """Finds the axis of each parameter of a sample's gates, and keeps what their strategy needs.

    Parameters
    ----------
    sample : FlowJoSample
    file : EventSource or None
        The events that are to be gated; without them the keywords of the workspace tell the channels.

    Attributes
    ----------
    transforms, compensations : dict
        Those that dimensions of the axes name, by id.
    compensated : dict
        What a file that was compensated before calls the channels of the matrices; see `GatingStrategy`.
    warnings : list of Problem
    """

    def __init__(self, sample: FlowJoSample, file: EventSource | None) -> None:
        self.sample = sample
        self._file = file
        self.channels: tuple[str, ...] = sample.channels if file is None else tuple(file.channels.names)
        self.keywords: Mapping[str, str] = sample.keywords if file is None else file.keywords
        self.transforms: dict[str, Transform] = {}
        self.compensations: dict[str, CompensationMatrix] = {}
        self.compensated: dict[str, dict[str, tuple[str, ...]]] = {}
        self._matrices = sample.matrices or matrix_from_keywords(self.keywords, self.channels, sample.place)
        self.warnings: list[Problem] = []
        self._found: dict[str, Axis] = {}

    def find(self, parameter: str) -> Axis:
        """Return the axis of a parameter as gates name it.

        Raises
        ------
        Refusal
            The channel is unknown, or its scale or matrix is not read.
        """
        if parameter not in self._found:
            self._found[parameter] = self._find(parameter)
        return self._found[parameter]

    def _find(self, parameter: str) -> Axis:
        channel, compensation = self._channel(parameter)
        scale = self.sample.scales.get(parameter)
        if scale is None and compensation != UNCOMPENSATED:
            scale = self.sample.scales.get(channel)  # the scale of the detector serves both
        if scale is None:
            scale = Scale("linear")
            message = f"the workspace has no scale of {parameter!r}; its gates are taken as linear ones."
            self._warn("scale-missing", message)
        if scale.unsupported:
            message = f"parameter {parameter!r} has {scale.unsupported} ({scale.place})."
            raise Refusal(message, code="scale-unsupported", unsupported=True)
        factor = self._factor(channel, scale)
        if scale.transform is None:
            dim = Dimension(channel, compensation)
            return Axis(dim, dim, scale, None, factor)
        transform = rescaled(scale.transform, factor)
        dim, plot_dim = (
            Dimension(channel, compensation, name) for name in (parameter, f"{parameter} (plot)")
        )
        self.transforms[parameter] = transform
        self.transforms[f"{parameter} (plot)"] = Bounded(transform, 0.0, top_of(scale))
        return Axis(dim, plot_dim, scale, transform, factor)

    def _channel(self, parameter: str) -> tuple[str, str]:
        """Return channel and compensation of a parameter."""
        owner = self._owner(parameter)
        spelled = (parameter,) if owner is None else compensated_names(parameter, owner.parameters[parameter])
        literal = next((own for name in spelled if (own := self._own_channel(name)) is not None), None)
        if literal is not None:
            if owner is not None and not owner.identity:
                message = (
                    f"the events have a channel {literal!r}, so they were compensated already: gates on it "
                    f"take it as it is, not compensated again by the matrix {owner.name!r}."
                )
                self._warn("compensated-already", message)
            return literal, UNCOMPENSATED
        if owner is not None:
            return self._compensated(parameter, owner)
        if parameter in self.sample.derived:
            message = f"parameter {parameter!r} is one that FlowJo calculates from others; it is not read."
            raise Refusal(message, code="parameter-derived", unsupported=True)
        if not self.channels:
            return parameter, UNCOMPENSATED  # nothing tells the channels; gating will
        names = ", ".join(one.name for one in self.sample.matrices) or "no matrix"
        message = f"parameter {parameter!r} is no channel of the sample. {nearest(parameter, self.channels)}"
        raise Refusal(message, code="channel-unknown", fix=f"The sample has {names} to compensate with.")

    def _compensated(self, parameter: str, owner: SampleMatrix) -> tuple[str, str]:
        row = owner.parameters[parameter]
        if owner.identity:
            channel = self._own_channel(row) or row
            self._note_names(UNCOMPENSATED, channel, parameter, row)
            return channel, UNCOMPENSATED
        if owner not in self.sample.matrices:
            message = (
                f"the workspace has no matrix for {parameter!r}; the one in the keywords of the FCS file is "
                "taken, as FlowJo does unless told otherwise."
            )
            self._warn("matrix-from-keywords", message)
        if owner.matrix is None:
            message = f"parameter {parameter!r} needs {owner.place}: {owner.unsupported}."
            raise Refusal(message, code="matrix-unsupported", unsupported=True)
        if self.channels:
            lacking = [name for name in owner.matrix.detectors if self._own_channel(name) is None]
            if lacking:
                message = (
                    f"parameter {parameter!r} needs the matrix {owner.name!r}, whose detectors "
                    f"{', '.join(lacking[:5])} the sample lacks. {nearest(lacking[0], self.channels)}"
                )
                raise Refusal(message, code="detector-unknown", fix="Is this the file of the sample?")
        own_names = {
            name: own
            for name in (*owner.matrix.detectors, *owner.matrix.fluorochromes)
            if (own := self._own_channel(name)) is not None
        }
        self.compensations[owner.name] = rescaled_matrix(owner.matrix.renamed(own_names), self._unit)
        channel = own_names.get(row, row)
        self._note_names(owner.name, channel, parameter, row)
        return channel, owner.name

    def _note_names(self, matrix: str, channel: str, parameter: str, row: str) -> None:
        """Note what exports of compensated events call a channel; where it has a unit, theirs is unknown."""
        noted = self.compensated.setdefault(matrix, {})
        if self._unit(channel) == 1.0:
            noted[channel] = compensated_names(parameter, row)

    def _owner(self, parameter: str) -> SampleMatrix | None:
        owners = [one for one in self._matrices if parameter in one.parameters]
        if len(owners) > 1:
            names = " and ".join(repr(one.name) for one in owners)
            message = f"parameter {parameter!r} belongs to the matrices {names}; which one is not said."
            raise Refusal(message, code="matrix-ambiguous")
        return owners[0] if owners else None

    def _own_channel(self, name: str) -> str | None:
        """Return the channel of that name; FlowJo writes a slash in it as an underscore."""
        if name in self.channels:
            return name
        alike = [own for own in self.channels if own.strip().replace("/", "_") == name.strip()]
        return alike[0] if len(alike) == 1 else None

    def _unit(self, channel: str) -> float:
        return unit_of(channel, self.channels, self.keywords, self._file)

    def _factor(self, channel: str, scale: Scale) -> float:
        """Return our data value for one of FlowJo's.

        FlowJo leaves gains (``$PnG``) alone and counts time by a step of its own, often by the clock from
        ``$BTIM`` to ``$ETIM``; we divide by gains and count time by ``$TIMESTEP``.
        """
        unit = self._unit(channel)
        gain = scale.gain if scale.kind == "linear" and scale.gain > 0 else 1.0
        factor = unit / gain
        if abs(factor - 1.0) <= SAME_UNIT:
            return 1.0
        if is_time(channel):
            return factor if gain != 1.0 else 1.0  # a gain of 1 states no step: FlowJo took $TIMESTEP
        message = (
            f"gates on {channel!r} were multiplied by {factor:g}: FlowJo leaves the gain of a channel alone."
        )
        self._warn("channel-gain", message)
        return factor

    def _warn(self, code: str, message: str) -> None:
        problem = Problem(code, self.sample.place, message)
        if problem not in self.warnings:
            self.warnings.append(problem)
