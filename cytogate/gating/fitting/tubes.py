"""Tubes: files while a template is fitted to them, opened and met once; their events are never kept."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.fcs.file import FcsFile
from cytogate.gating.fitting.fits import UNREAD, left_out
from cytogate.gating.looking import Wanted, look
from cytogate.gating.template.meeting import Meeting, meet
from cytogate.methods.span import span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.errors import Problem
    from cytogate.fcs.source import EventSource
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.methods.summary import Summary

Positions = dict[str, tuple[float, ...]]


class Opened:
    """A file that is opened when it is first asked for.

    What was read of its header is kept; a file that has its events in memory (one that was packed, say) is
    let go and opened anew each time.
    """

    def __init__(self, read: Callable[[str], EventSource], path: str) -> None:
        self._read = read
        self._path = path
        self._kept: EventSource | None = None

    def __call__(self) -> EventSource:
        """Return the file; no handle on it is held.

        Raises
        ------
        CytogateError, OSError
            It cannot be read.
        """
        if self._kept is not None:
            return self._kept
        source = self._read(self._path)
        if isinstance(source, FcsFile) and not source.is_in_memory:
            self._kept = source
        return source


class Tube:
    """A file and its meeting with a template.

    Parameters
    ----------
    opened : callable
        Returns the events.
    name : str
        Decides which events the reservoirs hold: see `look`.
    scales, tops : Mapping
        Marker to its scale as `Fits.scales` has it, and to the highest data value of an axis without one.
    """

    def __init__(
        self,
        template: GatingTemplate,
        opened: Callable[[], EventSource],
        name: str,
        scales: Mapping[str, Mapping[str, Any]],
        tops: Mapping[str, float],
    ) -> None:
        self._template = template
        self._opened = opened
        self._name = name
        self._scales = scales
        self._tops = tops
        self._meeting: Meeting | None = None

    def look(
        self, parts: Sequence[Fitted], positions: Positions, level: int
    ) -> tuple[Meeting, dict[str, Summary | None]]:
        """Return the meeting with the template, and the summary for each part by its name.

        Raises
        ------
        CytogateError, OSError
            The file cannot be used.
        """
        source = self._opened()
        if self._meeting is None:
            self._meeting = meet(self._template, source, self._scales)
        meeting = self._meeting
        if not parts:
            return meeting, {}
        markers = [marker for part in parts for marker in part.markers]
        strategy = meeting.strategy(positions, level=level, markers=markers)
        wanted = []
        for part in parts:
            axes = [meeting.axis(marker) for marker in part.markers]
            spans = tuple(
                span_of(axis.transform, float(self._tops.get(marker, meeting.channels[marker].range)))
                for marker, axis in zip(part.markers, axes, strict=True)
            )
            wanted.append(Wanted(part.of, tuple(axis.dim for axis in axes), spans))
        # the file's name without its folder: a study that is moved chooses the same events
        summaries = look(source, strategy, wanted, PurePath(self._name).name)
        return meeting, {part.name: summary for part, summary in zip(parts, summaries, strict=True)}


class ControlTubes:
    """The control tubes of a study, each a `Tube` for all samples that it stands for.

    Where nothing above the population is found in the data, it is looked at once for all of them. `unread`
    are those whose disk failed, not they.
    """

    def __init__(
        self,
        template: GatingTemplate,
        read: Callable[[str], EventSource],
        scales: Mapping[str, Mapping[str, Any]],
        tops: Mapping[str, float],
    ) -> None:
        self._template = template
        self._read = read
        self._scales = scales
        self._tops = tops
        self.unread: list[Problem] = []
        self._tubes: dict[str, Tube] = {}
        self._shared: dict[str, dict[str, Summary | None]] = {}

    def look(
        self, path: str, parts: Sequence[Fitted], positions: Positions, level: int
    ) -> dict[str, Summary | None]:
        """Return a summary for each part, by a sample's gates; None where the tube cannot be used."""
        if level > 0:  # gates above differ from sample to sample
            self._shared.clear()
            return self._look(path, parts, positions, level)
        shared = self._shared.setdefault(path, {})
        shared |= self._look(path, [part for part in parts if part.name not in shared], positions, level)
        return {part.name: shared[part.name] for part in parts}

    def _look(
        self, path: str, parts: Sequence[Fitted], positions: Positions, level: int
    ) -> dict[str, Summary | None]:
        none: dict[str, Summary | None] = dict.fromkeys(part.name for part in parts)
        if not parts:
            return none
        if path not in self._tubes:
            opened = Opened(self._read, path)
            self._tubes[path] = Tube(self._template, opened, path, self._scales, self._tops)
        try:
            return none | self._tubes[path].look(parts, positions, level)[1]
        except (CytogateError, OSError) as error:
            problem = left_out(path, error)
            if problem.code == UNREAD and problem not in self.unread:
                self.unread.append(problem)
            return none
