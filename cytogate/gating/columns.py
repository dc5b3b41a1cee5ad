"""Columns: which channels, compensated or not, and which transforms a set of dimensions needs of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.keyword import spillover_refusal, unusable
from cytogate.errors import CompensationError, PanelError, Problem
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension, Ratio
from cytogate.kernels.columns import CHANNEL, RATIO, SUM, Columns
from cytogate.transforms.base import N_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Hashable

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy


class ColumnTable:
    """Gives every dimension a slot and a transform number, each slot and transform once.

    Parameters
    ----------
    source : EventSource
        Whose panel, spillover and record layout count.
    strategy : GatingStrategy
        Whose matrices and transforms the dimensions name.
    """

    def __init__(self, source: EventSource, strategy: GatingStrategy) -> None:
        self._source = source
        self._strategy = strategy
        self._slots: list[tuple[int, int, int, int]] = []
        self._contents: list[Hashable] = []
        self._terms: list[int] = []
        self._coefficients: list[float] = []
        self._ratios: list[tuple[float, float, float]] = []
        self._slot_of: dict[Hashable, int] = {}
        self._transforms: dict[str, int] = {}

    def axis(self, dim: Dimension) -> tuple[int, int]:
        """Return slot and transform number (-1 for none) of a dimension."""
        return self.slot(dim), self.transform(dim)

    def transform(self, dim: Dimension) -> int:
        """Return the number of the dimension's transform, -1 for none."""
        if dim.transform is None:
            return -1
        return self._transforms.setdefault(dim.transform, len(self._transforms))

    def slot(self, dim: Dimension) -> int:
        """Return the slot that holds the dimension's compensated values, or their ratio."""
        if dim.ratio is not None:
            return self._ratio(dim, dim.ratio)
        panel = self._source.channels
        compensated = compensated_channel(dim, self._source, self._strategy)
        if compensated is not None:
            return self._channel(panel.index(compensated))
        matrix = self._matrix(dim)
        if matrix is not None:
            column = fluorochrome_of(matrix, dim.channel, self._source)
            if column is not None:
                return self._compensated(dim.compensation, matrix, column)
            _refuse_unmixed_detector(matrix, dim, self._source)
        return self._channel(panel.index(dim.channel))

    def content(self, dim: Dimension) -> Hashable:
        """Return what the slot of a dimension holds."""
        slot = self.slot(dim)
        return self._contents[slot]

    @property
    def contents(self) -> tuple[Hashable, ...]:
        """What each slot holds: equal contents are equal values, in whatever table they stand."""
        return tuple(self._contents)

    def _matrix(self, dim: Dimension) -> CompensationMatrix | None:
        return matrix_of(dim, self._source, self._strategy)

    def _channel(self, index: int) -> int:
        key = (UNCOMPENSATED, index)
        if key not in self._slot_of:
            self._terms.append(len(self._slots))
            self._coefficients.append(1.0)
        return self._enter(key, (CHANNEL, len(self._terms) - 1, len(self._terms), index), ("channel", index))

    def _compensated(self, name: str, matrix: CompensationMatrix, column: int) -> int:
        if (name, column) in self._slot_of:
            return self._slot_of[name, column]
        weights = matrix.inverse[:, column].tolist()
        channels = detector_channels(matrix, name, self._source)
        parts = [
            (channel, weight) for channel, weight in zip(channels, weights, strict=True) if weight != 0.0
        ]
        sources = [self._channel(channel) for channel, _ in parts]
        first = len(self._terms)
        self._terms += sources
        self._coefficients += [weight for _, weight in parts]
        return self._enter((name, column), (SUM, first, len(self._terms), 0), ("sum", *parts))

    def _ratio(self, dim: Dimension, ratio: Ratio) -> int:
        above, below = (self.slot(Dimension(channel, dim.compensation)) for channel in dim.channels)
        numbers = (ratio.A, ratio.B, ratio.C)
        content = ("ratio", self._contents[above], self._contents[below], numbers)
        if content not in self._slot_of:
            self._ratios.append(numbers)
        return self._enter(content, (RATIO, above, below, len(self._ratios) - 1), content)

    def _enter(self, key: Hashable, slot: tuple[int, int, int, int], content: Hashable) -> int:
        if key not in self._slot_of:
            self._slot_of[key] = len(self._slots)
            self._slots.append(slot)
            self._contents.append(content)
        return self._slot_of[key]

    def freeze(self) -> Columns:
        """Return the arrays for the driver."""
        layout = self._source.layout
        parameters = np.zeros((max(1, len(self._transforms)), N_PARAMETERS))
        codes = np.zeros(max(1, len(self._transforms)), dtype=np.int64)
        for name, number in self._transforms.items():
            transform = self._strategy.transforms[name]
            codes[number] = transform.kernel_code
            parameters[number, : len(transform.parameters)] = transform.parameters
        return Columns(
            record=np.array([layout.row_bytes, int(layout.big_endian)], dtype=np.int64),
            ints=np.column_stack([layout.offsets, layout.widths, layout.kinds, layout.scale_kinds]).astype(
                np.int64
            ),
            floats=np.column_stack([layout.scale_a, layout.scale_b]).astype(np.float64),
            masks=np.array(layout.masks, dtype=np.uint64),
            slots=np.array(self._slots, dtype=np.int64).reshape(-1, 4),
            terms=np.array(self._terms, dtype=np.int64),
            coefficients=np.array(self._coefficients, dtype=np.float64),
            ratios=np.array(self._ratios, dtype=np.float64).reshape(-1, 3),
            codes=codes,
            parameters=parameters,
        )


def matrix_of(dim: Dimension, source: EventSource, strategy: GatingStrategy) -> CompensationMatrix | None:
    """Return the matrix that a dimension names; None for uncompensated, or a file without spillover.

    None, too, where the source has a channel of values that are compensated already.

    Raises
    ------
    CompensationError
        The dimension asks for the file's own matrix, which is there but cannot be used.
    """
    if dim.compensation == UNCOMPENSATED:
        return None
    if dim.compensation == FROM_FILE:
        if source.spillover is None:
            _refuse_unusable_spillover(dim, source)
        return source.spillover
    if compensated_channel(dim, source, strategy) is not None:
        return None
    return strategy.compensations[dim.compensation]


def compensated_channel(dim: Dimension, source: EventSource, strategy: GatingStrategy) -> str | None:
    """Return the source's channel of what a dimension asks for, compensated already, if there is one."""
    names = strategy.compensated_channels.get(dim.compensation, {}).get(dim.channel, ())
    if not names or (dim.compensation == UNCOMPENSATED and dim.channel in source.channels.names):
        return None
    return next((name for name in names if name in source.channels.names), None)


def _refuse_unusable_spillover(dim: Dimension, source: EventSource) -> None:
    panel = source.channels
    if dim.channel in panel.names and panel[dim.channel].kind in {"scatter", "time"}:
        return  # no matrix changes them
    broken = spillover_refusal(source.keywords, panel.names, location=source.path or "the events")
    if broken is None:
        return
    message = (
        f"{unusable(broken)}, and the gates on {dim.channel} ask for the file's own matrix. "
        f"Give the strategy a matrix that fits, or let the gates take compensation {UNCOMPENSATED!r}."
    )
    raise CompensationError(message, problems=[broken])


def fluorochrome_of(matrix: CompensationMatrix, channel: str, source: EventSource) -> int | None:
    """Return the row of `matrix` for a channel named by fluorochrome, detector or label; None if absent."""
    if channel in matrix.fluorochromes:
        return matrix.fluorochromes.index(channel)
    place = _place(channel, source)
    if place is None and channel not in matrix.targets:
        source.channels.index(channel)  # says what the panel has instead
    if not matrix.square:
        return None  # no detector stands for one fluorochrome
    for row, target in enumerate(matrix.targets):
        if target == channel or (place is not None and _place(target, source) == place):
            return row
    return None


def _refuse_unmixed_detector(matrix: CompensationMatrix, dim: Dimension, source: EventSource) -> None:
    places = {_place(detector, source) for detector in matrix.detectors}
    if matrix.square or _place(dim.channel, source) not in places:
        return
    message = (
        f"{dim.channel} is a detector of the matrix {dim.compensation!r}, which unmixes "
        f"{len(matrix.detectors)} detectors into {len(matrix.fluorochromes)} fluorochromes: only these have "
        f"compensated values. Name one ({', '.join(matrix.fluorochromes[:8])}), or say {UNCOMPENSATED!r}."
    )
    raise CompensationError(message)


def _place(channel: str, source: EventSource) -> int | None:
    try:
        return source.channels.index(channel)
    except PanelError:
        return None


def detector_channels(matrix: CompensationMatrix, name: str, source: EventSource) -> list[int]:
    """Return the channel of every detector of `matrix`; all that the panel lacks are named at once."""
    found: list[int] = []
    missing: list[str] = []
    for detector in matrix.detectors:
        try:
            found.append(source.channels.index(detector))
        except PanelError:
            missing.append(detector)
    if missing:
        where = source.path or "the events"
        message = (
            f"{where}: compensation {name!r} needs detectors that the panel lacks: {', '.join(missing)}. "
            f"The panel has {', '.join(channel.name for channel in source.channels)}. "
            "Choose the matrix that belongs to this file, or rename its detectors."
        )
        raise CompensationError(message)
    return found


def channels_lacking(strategy: GatingStrategy, source: EventSource, first: PanelError) -> PanelError:
    """Return an error that names every population with a channel that the panel lacks; `first` is one."""
    table = ColumnTable(source, strategy)
    problems = []
    for population in strategy.populations:
        for dim in population.gate.dims:
            try:
                table.slot(dim)
            except PanelError as error:
                problems.append(Problem("channel-unknown", population.path, str(error)))
    if not problems:
        return first
    title = f"{source.path or 'the events'}: gates name channels that the panel has not, or has twice:"
    return PanelError("\n  ".join([title, *map(str, problems)]), problems=problems)
