"""Placing: from what a sample says, and what all say, to its placement with what speaks against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.gating.fitting.placement import FEW_VOICES, THROUGH_PEAK, Placement
from cytogate.gating.template.fitted import CutSpec
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_CONTROL
from cytogate.methods.crossing import foot_distance

if TYPE_CHECKING:
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.anchoring import Anchored
    from cytogate.methods.base import Found
    from cytogate.methods.summary import Summary

UNASKED = {FEW_EVENTS, NO_CONTROL, DEAD_MARKER}  # such a sample could not have found any cut


def could_say(found: Found) -> bool:
    """Return whether the sample was asked: a fallback for want of events is no silence."""
    return found.fallback not in UNASKED


def anchored_placement(
    part: Fitted, found: Found, anchored: Anchored, meeting: Meeting, summary: Summary | None = None
) -> Placement:
    """Return the placement of a sample's own answer after it was anchored, within the template's bounds.

    Parameters
    ----------
    summary : Summary, optional
        What a sample that says nothing looks like: a cut that runs through a peak of it is doubted, with the
        square of the way out of the peak added to its variance.
    """
    position, variance = anchored.position, anchored.variance
    doubts, notes = [], [found.note]
    if anchored.few is not None:
        doubts.append(FEW_VOICES)
        notes.append(anchored.few.told())
    if isinstance(part, CutSpec):
        axis = meeting.axis(part.marker, in_scale_units=part.in_scale_units)
        position = (part.bounds(axis).hold(position[0]),)
        is_silent = bool(found.fallback) and part.method.looks_at == "sample"
        way_out = foot_distance(summary, position[0]) if is_silent and summary is not None else None
        if way_out is not None:
            variance = (variance[0] + way_out**2,)
            doubts.append(THROUGH_PEAK)
            notes.append("It runs through a peak of the sample's own events.")
    return Placement(
        part.name, position, variance, found.position, found.variance, found.confidence, found.n_events,
        found.fallback, " ".join(filter(None, notes)), part.scope, anchored.weight, anchored.z,
        anchored.jumped, tuple(doubts),
    )  # fmt: skip


def scope_placement(part: Fitted, found: Found) -> Placement:
    """Return the placement of what several samples said together."""
    return Placement(
        part.name, found.position, found.variance, found.position, found.variance, found.confidence,
        found.n_events, found.fallback, found.note, part.scope, (1.0,) * len(found.position),
    )  # fmt: skip
