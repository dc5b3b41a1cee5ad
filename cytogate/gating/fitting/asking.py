"""Asking: one sample's populations summarised for the methods, and what a method answers."""

from __future__ import annotations

import math
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.gating.looking import Wanted, look
from cytogate.gating.template.fitted import CutSpec
from cytogate.gating.template.meeting import Meeting, meet
from cytogate.methods.base import FEW_EVENTS, NO_CONTROL, NOT_CONVERGED, Found
from cytogate.methods.span import span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.gating.fitting.placement import Group
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.methods.summary import Summary

Positions = dict[str, tuple[float, ...]]


class Sample:
    """One file while a template is fitted to it: opened anew for each look, so that none is held open.

    Parameters
    ----------
    opened : callable
        Returns the events of a file that is named.
    scales, tops : Mapping
        Marker to its scale as `Fits.scales` has it, and to the highest data value of an axis without one.
    """

    def __init__(
        self,
        template: GatingTemplate,
        group: Group,
        source: Callable[[], EventSource],
        opened: Callable[[str], EventSource],
        scales: Mapping[str, Mapping[str, Any]],
        tops: Mapping[str, float],
    ) -> None:
        self.template = template
        self.group = group
        self.positions: Positions = {}
        self._source = source
        self._opened = opened
        self._scales = scales
        self._tops = tops

    def look(
        self, parts: Sequence[Fitted], level: int, threads: int | None = None
    ) -> tuple[Meeting, dict[str, Summary | None]]:
        """Return the file's meeting with the template, and a summary for each of `parts`.

        The summary of what looks at a control tube is None where there is no such tube that can be read.
        `threads` share the file, by default as many as there are processors; no result depends on it.

        Raises
        ------
        CytogateError, OSError
            The file itself cannot be used.
        """
        source = self._source()
        meeting = meet(self.template, source, self._scales)
        own = [part for part in parts if part.method.looks_at == "sample"]
        found: dict[str, Summary | None] = dict(self._look(source, meeting, own, level, threads))
        by_control: dict[str, list[Fitted]] = {}
        for part in parts:
            if part.method.looks_at != "sample":
                by_control.setdefault(self.group.controls.get(part.markers[0], ""), []).append(part)
        for path, asked in by_control.items():
            found |= dict.fromkeys((part.name for part in asked), None)
            if path:
                found |= self._look_at_control(path, asked, level, threads)
        return meeting, found

    def _look_at_control(
        self, path: str, parts: Sequence[Fitted], level: int, threads: int | None
    ) -> Mapping[str, Summary | None]:
        """Look at a control tube through the gates of this sample."""
        try:
            control = self._opened(path)
            meeting = meet(self.template, control, self._scales)
            return self._look(control, meeting, parts, level, threads)
        except (CytogateError, OSError):
            return {}

    def _look(
        self,
        source: EventSource,
        meeting: Meeting,
        parts: Sequence[Fitted],
        level: int,
        threads: int | None,
    ) -> dict[str, Summary | None]:
        if not parts:
            return {}
        markers = [marker for part in parts for marker in part.markers]
        strategy = meeting.strategy(self.positions, level=level, markers=markers)
        wanted = []
        for part in parts:
            axes = [meeting.axis(marker) for marker in part.markers]
            spans = tuple(
                span_of(axis.transform, self._top(meeting, marker))
                for marker, axis in zip(part.markers, axes, strict=True)
            )
            wanted.append(Wanted(part.of, tuple(axis.dim for axis in axes), spans))
        # the file's name without its folder: a study that is moved chooses the same events
        name = PurePath(self.group.key).name
        summaries = look(source, strategy, wanted, name, threads=threads)
        return {part.name: summary for part, summary in zip(parts, summaries, strict=True)}

    def _top(self, meeting: Meeting, marker: str) -> float:
        return float(self._tops.get(marker, meeting.channels[marker].range))


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
