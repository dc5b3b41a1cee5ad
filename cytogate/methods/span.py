"""How far a scale goes: the span of its histograms, which the transform alone decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.methods.summary import Span
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log

if TYPE_CHECKING:
    from cytogate.transforms.base import Transform

TOP = 262144.0  # of a digital instrument, where nothing says how far values go
BELOW, ABOVE = 0.25, 0.03  # of the scale's length, beyond its ends: a bin is 1/800 of the scale


def span_of(transform: Transform | None, top: float = TOP) -> Span:
    """Return the span of an axis.

    A linear or logarithmic scale goes from its lowest position to that of T. Scales that hold negative values
    (logicle, hyperlog, inverse hyperbolic sine, biexponential) have a quarter of their length in addition
    below 0, as compensation spreads many events there, and a little above T. A bounded scale ends at its
    bounds.

    Parameters
    ----------
    transform : Transform or None
        The scale of a gate's axis; None leaves data values as they are.
    top : float
        Highest data value: where an axis without a scale ends, or one of a foreign kind.

    Examples
    --------
    >>> from cytogate.transforms.logicle import Logicle
    >>> span_of(Logicle(T=262144, W=0.5, M=4.5))
    Span(low=-0.25, high=1.03)
    >>> span_of(Linear(T=262144)), span_of(None, 1024)
    (Span(low=0.0, high=1.0), Span(low=0.0, high=1024))
    """
    if transform is None:
        return Span(0.0, top)
    if isinstance(transform, Bounded):
        inner = span_of(transform.transform, top)
        low = inner.low if transform.minimum is None else transform.minimum
        high = inner.high if transform.maximum is None else transform.maximum
        return Span(low, high) if low < high else inner
    end = round(_end(transform, top), 9)  # what a scale makes of its top ends in noise
    if isinstance(transform, Linear | Log | FlowJoLog):
        return Span(0.0, end)
    return Span(-BELOW * end, (1.0 + ABOVE) * end)


def _end(transform: Transform, top: float) -> float:
    """Return the position of the scale's highest value."""
    if isinstance(transform, FlowJoLog):
        return transform.length
    return transform.forward(float(getattr(transform, "T", getattr(transform, "maximum", top))))
