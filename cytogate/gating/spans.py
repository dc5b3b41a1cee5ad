"""Spans: how far the axis of a dimension goes in one sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.methods.span import TOP, span_of

if TYPE_CHECKING:
    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.methods.summary import Span


def span_on(source: EventSource, strategy: GatingStrategy, dim: Dimension) -> Span:
    """Return the span of a dimension: of its scale, or up to the range of its channel."""
    known = dim.ratio is None and dim.channel in source.channels.names
    top = source.channels[dim.channel].range if known else TOP
    return span_of(strategy.transform_of(dim), top if 0 < top < math.inf else TOP)
