"""Tubes: files while a template is fitted to them, opened where they are looked at; events are never kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cytogate.fcs.file import FcsFile
from cytogate.gating.cleaning import with_cleaning
from cytogate.gating.looking import Wanted, look
from cytogate.gating.template.meeting import Meeting, meet
from cytogate.methods.span import span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.gating.cleaning import CleaningGate
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.methods.summary import Summary

Positions = dict[str, tuple[float, ...]]


class Opened:
    """A file that is opened when it is first asked for.

    What was read of its header is kept; a file that has its events in memory (one that was packed, say) is
    let go and opened anew each time, and so is one in another process.
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

    def __reduce__(self) -> tuple[object, ...]:
        return (Opened, (self._read, self._path))


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A file, and what is known of it before the cuts of a template are looked for in it.

    Attributes
    ----------
    template : GatingTemplate
    opened : callable
        Returns the events.
    name : str
        Decides which events the reservoirs hold: see `look`.
    scales, tops : dict
        Marker to its scale as `Fits.scales` has it, and to the highest data value of an axis without one.
    cleaning : tuple of CleaningGate
        Gates in front of the tree: the events that they take out are not looked at.
    threads : int or None
        How many threads share the file; None is one for each processor.
    """

    template: GatingTemplate
    opened: Callable[[], EventSource]
    name: str
    scales: dict[str, dict[str, Any]] = field(default_factory=dict)
    tops: dict[str, float] = field(default_factory=dict)
    cleaning: tuple[CleaningGate, ...] = ()
    threads: int | None = None

    def meeting(self) -> Meeting:
        """Return its meeting with the template.

        Raises
        ------
        CytogateError, OSError
            The file cannot be used.
        """
        return meet(self.template, self.opened(), self.scales)

    def look(
        self, parts: Sequence[Fitted], positions: Mapping[str, tuple[float, ...]], level: int
    ) -> tuple[Meeting, dict[str, Summary | None]]:
        """Return the meeting with the template, and the summary for each part by its name.

        Raises
        ------
        CytogateError, OSError
            The file cannot be used.
        """
        source = self.opened()
        meeting = meet(self.template, source, self.scales)
        if not parts:
            return meeting, {}
        markers = [marker for part in parts for marker in part.markers]
        strategy = with_cleaning(meeting.strategy(positions, level=level, markers=markers), self.cleaning)
        wanted = []
        for part in parts:
            axes = [meeting.axis(marker) for marker in part.markers]
            spans = tuple(
                span_of(axis.transform, float(self.tops.get(marker, meeting.channels[marker].range)))
                for marker, axis in zip(part.markers, axes, strict=True)
            )
            wanted.append(Wanted(part.of, tuple(axis.dim for axis in axes), spans))
        # the file's name without its folder: a study that is moved chooses the same events
        summaries = look(source, strategy, wanted, PurePath(self.name).name, threads=self.threads)
        return meeting, {part.name: summary for part, summary in zip(parts, summaries, strict=True)}
