"""Asking: one sample's populations summarised for the methods, and what a method answers."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.gating.template.fitted import CutSpec
from cytogate.methods.base import FEW_EVENTS, NO_CONTROL, NOT_CONVERGED, Found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.gating.fitting.placement import Group
    from cytogate.gating.fitting.tubes import ControlTubes, Positions, Tube
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.summary import Summary


class Sample:
    """One sample while a template is fitted to it: its tube, its control tubes, and what was found so far.

    Parameters
    ----------
    tube : Tube
        Its file.
    controls : ControlTubes
        Those of all samples.
    """

    def __init__(self, group: Group, tube: Tube, controls: ControlTubes) -> None:
        self.group = group
        self.positions: Positions = {}
        self._tube = tube
        self._controls = controls

    def look(self, parts: Sequence[Fitted], level: int) -> tuple[Meeting, dict[str, Summary | None]]:
        """Return the file's meeting with the template, and a summary for each of `parts`.

        The summary of what looks at a control tube is None where there is no such tube that can be read.

        Raises
        ------
        CytogateError, OSError
            The file itself cannot be used.
        """
        own = [part for part in parts if part.method.looks_at == "sample"]
        meeting, found = self._tube.look(own, self.positions, level)
        by_control: dict[str, list[Fitted]] = {}
        for part in parts:
            if part.method.looks_at != "sample":
                by_control.setdefault(self.group.controls.get(part.markers[0], ""), []).append(part)
        for path, asked in by_control.items():
            if path:
                found |= self._controls.look(path, asked, self.positions, level)
            else:
                found |= dict.fromkeys(part.name for part in asked)
        return meeting, found


def ask(
    part: Fitted,
    summary: Summary | None,
    meeting: Meeting,
    *,
    reference: Summary | None = None,
    landmarks: Sequence[float] = (),
) -> Found:
    """Return where a method puts a cut or gate; the fallback, with the reason, where it cannot say.

    Parameters
    ----------
    summary : Summary or None
        What it looks at; None where there is no control tube.
    meeting : Meeting
        Gives the scales, on which the fallback lies.
    reference, landmarks
        The summary of all samples together and its peaks, where the method aligns to them.
    """
    start = meeting.start(part.name)
    if summary is None:
        return Found.fell_back(start, NO_CONTROL, 0)
    if summary.n < max(part.min_events, 1):
        return Found.fell_back(start, FEW_EVENTS, summary.n)
    axes = partial(meeting.axis, in_scale_units=part.in_scale_units)
    try:
        if isinstance(part, CutSpec):
            method = part.method.with_landmarks(landmarks) if landmarks else part.method
            found: Found = method.find(summary, part.bounds(axes(part.marker)))
        else:
            found = part.method.find(summary, part.outline(axes), reference)
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


def landmarks_of(part: Fitted, reference: Summary) -> tuple[float, ...]:
    """Return the landmarks of all samples together, for a cut that aligns to them."""
    if not isinstance(part, CutSpec):
        return ()
    return tuple(map(float, part.method.landmarks_of(reference)))


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


def place_beside(companion: str, positions: Positions) -> float:
    """Return where the companion stands in a sample, scale units; NaN without one."""
    return positions[companion][0] if companion in positions else math.nan
