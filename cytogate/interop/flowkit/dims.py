"""Dimensions, matrices and scales of a strategy as FlowKit has them, made as gates ask for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.interop.counterpart import NoCounterpart
from cytogate.interop.flowkit.scales import changes, matrix_to, transform_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy


class Dims:
    """Makes FlowKit's dimensions and puts the matrices and scales that they name into FlowKit's strategy.

    Parameters
    ----------
    strategy : GatingStrategy
        Whose dimensions they are.
    made : flowkit.GatingStrategy
        What is being made.
    """

    def __init__(self, strategy: GatingStrategy, made: Any) -> None:
        self.strategy = strategy
        self.made = made
        self._reaches: dict[str, float] = {}

    def check(self, dims: Sequence[Dimension]) -> None:
        """Refuse what FlowKit's engine would gate otherwise, or not at all."""
        for channel, times in Counter(dim.channel for dim in dims).items():
            if times > 1:
                message = f"{times} of its dimensions are of {channel}, and FlowKit cannot tell them apart."
                raise NoCounterpart(message, "Make a gate of each, one below the other.")
        ratios = [dim for dim in dims if dim.ratio is not None]
        if len(ratios) > 1:
            message = "it has two ratios of channels, and FlowKit can have one in a gate."
            raise NoCounterpart(message, "Make a gate of each, one below the other.")
        for dim in ratios:
            if dim.compensation != UNCOMPENSATED:
                message = f"FlowKit takes ratios of values that are not compensated, and {dim.channel} is."
                raise NoCounterpart(message)
        named = {dim.compensation for dim in dims} - {UNCOMPENSATED}
        if len(named) > 1:
            message = (
                f"its dimensions name the matrices {', '.join(sorted(named))}, and FlowKit can have one."
            )
            raise NoCounterpart(message, "Make a gate of each, one below the other.")
        plain = [dim for dim in dims if dim.ratio is None and dim.compensation == UNCOMPENSATED]
        for matrix in named:
            for dim in plain:
                if self._changes(matrix, dim.channel):
                    message = (
                        f"{dim.channel} is not compensated and another dimension is; "
                        "FlowKit compensates both or none."
                    )
                    raise NoCounterpart(message, "Make a gate of each, one below the other.")

    def _changes(self, matrix: str, channel: str) -> bool:
        return changes(None if matrix == FROM_FILE else self.strategy.compensations[matrix], channel)

    def make(self, dim: Dimension) -> Any:
        """Return FlowKit's Dimension or RatioDimension, without bounds."""
        import flowkit

        if dim.ratio is not None:
            return flowkit.RatioDimension(self._ratio(dim), dim.compensation, self.transform(dim))
        return flowkit.Dimension(self.channel(dim), dim.compensation, self.transform(dim))

    def channel(self, dim: Dimension) -> str:
        """Return the channel, by the detector where a matrix of the strategy names it; put that in place."""
        if dim.compensation in (UNCOMPENSATED, FROM_FILE):
            return dim.channel
        matrix = self.strategy.compensations[dim.compensation]
        if dim.compensation not in self.made.comp_matrices:
            if dim.compensation.lower() == "fcs":
                message = f"FlowKit takes the matrix {dim.compensation!r} for the file's own."
                raise NoCounterpart(message, "Rename it.")
            self.made.add_comp_matrix(dim.compensation, matrix_to(matrix))
        if dim.channel in matrix.fluorochromes:
            return matrix.targets[matrix.fluorochromes.index(dim.channel)]
        return dim.channel

    def transform(self, dim: Dimension) -> str | None:
        """Return the id of a dimension's transform and put that in place."""
        if dim.transform is not None and dim.transform not in self.made.transformations:
            theirs, self._reaches[dim.transform] = transform_to(self.strategy.transforms[dim.transform])
            self.made.add_transform(dim.transform, theirs)
        return dim.transform

    def reach(self, dim: Dimension) -> float:
        """Return how many units of the dimension's scale are one unit of the scale in FlowKit."""
        return 1.0 if self.transform(dim) is None else self._reaches[str(dim.transform)]

    def _ratio(self, dim: Dimension) -> str:
        import flowkit

        ratio = dim.ratio
        if ratio is None:  # the caller has looked
            return dim.channel
        theirs = flowkit.transforms.RatioTransform(
            [ratio.numerator, ratio.denominator], ratio.A, ratio.B, ratio.C
        )
        name = dim.channel
        while name in self.strategy.transforms or self.made.transformations.get(name, theirs) != theirs:
            name += " ratio"
        self.made.transformations.setdefault(name, theirs)
        return name
