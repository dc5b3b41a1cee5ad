"""Asking: one sample's populations summarised for the methods, and what a method answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.gating.fitting.fits import UNREAD, left_out
from cytogate.gating.template.fitted import CutSpec
from cytogate.methods.base import FEW_EVENTS, NO_CONTROL, NOT_CONVERGED, Found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.errors import Problem
    from cytogate.gating.fitting.tubes import Tube
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """What all samples say together, for a method that compares each with them.

    Attributes
    ----------
    reference : Summary or None
        Histograms of all their events, without a reservoir; of gates on two axes.
    landmarks : tuple of float
        Peaks of all their events, scale units; of cuts.
    """

    reference: Summary | None = None
    landmarks: tuple[float, ...] = ()


def look_for(
    tube: Tube,
    parts: Sequence[Fitted],
    controls: Mapping[str, Tube | None],
    positions: Mapping[str, tuple[float, ...]],
    level: int,
) -> tuple[Meeting, dict[str, Summary | None], tuple[Problem, ...]]:
    """Return a tube's meeting with its template, a summary for each of `parts`, and controls that are unread.

    Parameters
    ----------
    controls : Mapping
        Part to the control tube that is looked at in place of the tube, through the gates at `positions`, or
        to None: its summary is None then, and where the control cannot be used.

    Raises
    ------
    CytogateError, OSError
        The tube itself cannot be used.
    """
    meeting, found = tube.look([part for part in parts if part.name not in controls], positions, level)
    by_control: dict[str, list[Fitted]] = {}
    for part in parts:
        if part.name in controls:
            control = controls[part.name]
            by_control.setdefault("" if control is None else control.name, []).append(part)
    unread = []
    for asked in by_control.values():
        found |= dict.fromkeys(part.name for part in asked)
        control = controls[asked[0].name]
        if control is not None:
            try:
                found |= control.look(asked, positions, level)[1]
            except (CytogateError, OSError) as error:
                unread += [problem for problem in [left_out(control.name, error)] if problem.code == UNREAD]
    return meeting, found, tuple(unread)


def ask(
    part: Fitted,
    summary: Summary | None,
    meeting: Meeting,
    alike: Aligned | None = None,
) -> Found:
    """Return where a method puts a cut or gate; the fallback, with the reason, where it cannot say.

    Parameters
    ----------
    summary : Summary or None
        What it looks at; None where there is no control tube.
    meeting : Meeting
        Gives the scales, on which the fallback lies.
    alike : Aligned, optional
        What all samples say together, where the method aligns to them.
    """
    start = meeting.start(part.name)
    if summary is None:
        return Found.fell_back(start, NO_CONTROL, 0)
    if summary.n < max(part.min_events, 1):
        return Found.fell_back(start, FEW_EVENTS, summary.n)
    alike = alike or Aligned()
    axes = partial(meeting.axis, in_scale_units=part.in_scale_units)
    try:
        if isinstance(part, CutSpec):
            method = part.method.with_landmarks(alike.landmarks) if alike.landmarks else part.method
            found: Found = method.find(summary, part.bounds(axes(part.marker)))
        else:
            found = part.method.find(summary, part.outline(axes), alike.reference)
    except (CytogateError, ValueError, ArithmeticError) as error:  # of methods that others wrote, too
        return Found.fell_back(start, NOT_CONVERGED, summary.n, str(error))
    if not all(map(math.isfinite, found.position)):
        return Found.fell_back(start, NOT_CONVERGED, summary.n)
    return found


def aligns(part: Fitted) -> bool:
    """Return whether a method compares a sample with all samples together."""
    if isinstance(part, CutSpec):
        return hasattr(part.method, "with_landmarks") and not getattr(part.method, "landmarks", ())
    return bool(getattr(part.method, "uses_reference", True))


def aligned_to(part: Fitted, whole: Summary | None) -> Aligned:
    """Return what a method needs of all samples together; nothing for one that does not align to them."""
    if whole is None or not aligns(part):
        return Aligned()
    if isinstance(part, CutSpec):
        return Aligned(landmarks=tuple(map(float, part.method.landmarks_of(whole))))
    return Aligned(reference=whole.without_events())


def companion_of(part: Fitted, fitted: Mapping[str, Fitted]) -> str:
    """Return the name of the cut of the same marker that was found last before a cut; empty without one.

    Only what each sample was asked for can say how samples differ.
    """
    if not isinstance(part, CutSpec) or part.scope != "sample":
        return ""
    earlier = [
        (other.level, other.name)
        for other in fitted.values()
        if isinstance(other, CutSpec) and other.scope == "sample"
        if other.marker == part.marker and other.level < part.level
    ]
    return max(earlier, default=(0, ""))[1]


def place_beside(companion: str, positions: Mapping[str, tuple[float, ...]]) -> float:
    """Return where the companion stands in a sample, scale units; NaN without one."""
    return positions[companion][0] if companion in positions else math.nan
