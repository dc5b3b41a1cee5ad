"""Jobs: the looks at tubes that fitting needs, one tube each: small in, small out, wherever they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from cytogate.errors import CytogateError, Problem
from cytogate.gating.fitting.asking import Aligned, aligns, ask, look_for
from cytogate.gating.fitting.fits import left_out
from cytogate.gating.fitting.scales import Values, values_of
from cytogate.gating.template.fitted import CutSpec
from cytogate.gating.template.meeting import compensating

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.gating.cleaning import CleaningGate
    from cytogate.gating.fitting.tubes import Tube
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.methods.base import Found
    from cytogate.methods.summary import Summary

J = TypeVar("J", bound="FirstJob | LevelJob")
R = TypeVar("R")

# The gates that take events of a tube out, for a strategy that says how it is compensated.
Clean: TypeAlias = Callable[["EventSource", "GatingStrategy"], "tuple[CleaningGate, ...]"]


class Workers(Protocol):
    """Who does the jobs: this process, or others."""

    def __call__(
        self, task: Callable[[J], R | Problem], jobs: Sequence[J]
    ) -> Iterable[tuple[int, R | Problem]]:
        """Yield the number of each job and what came of it, in any order.

        A job that does not come back is a `Problem` with the code `cytogate.gating.fitting.fits.LOST`.
        """


def here(task: Callable[[J], R | Problem], jobs: Sequence[J]) -> Iterator[tuple[int, R | Problem]]:
    """Do the jobs in this process, one after the other."""
    for number, job in enumerate(jobs):
        yield number, task(job)


@dataclass(frozen=True, slots=True, eq=False)
class FirstJob:
    """The first look at a tube: its values, for scales and axes, and what cleaning takes out of it.

    Attributes
    ----------
    tube : Tube
        Nothing is known of its scales and cleaning yet.
    clean : callable or None
        See `Clean`.
    is_pooled : bool
        Whether its values are wanted; those of control tubes are not.
    """

    tube: Tube
    clean: Clean | None = None
    is_pooled: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """What the first look saw: values by marker, and the cleaning gates."""

    values: dict[str, Values]
    cleaning: tuple[CleaningGate, ...]


def look_first(job: FirstJob) -> FirstLook | Problem:
    """Return what the first look at a tube sees, or why it cannot be used."""
    template = job.tube.template
    try:
        source = job.tube.opened()
        cleaning = cleaning_of(template, source, job.clean)
        return FirstLook(values_of(template, source, cleaning) if job.is_pooled else {}, cleaning)
    except (CytogateError, OSError) as error:
        return left_out(job.tube.name, error)


def cleaning_of(
    template: GatingTemplate, source: EventSource, clean: Clean | None
) -> tuple[CleaningGate, ...]:
    """Return the gates that take events of a tube out; none where nothing is cleaned.

    Raises
    ------
    CytogateError, OSError
        The file cannot be used.
    """
    return () if clean is None else clean(source, compensating(template, source))


@dataclass(frozen=True, slots=True, eq=False)
class LevelJob:
    """A look at a tube for cuts and gates of one level.

    Attributes
    ----------
    tube : Tube
    level : int
    parts : tuple of str
        Names of the cuts and gates.
    positions : mapping of name to position
        What was found in the levels before, scale units.
    controls : mapping of name to Tube or None
        The control tube that is looked at in place of the tube, for parts that ask for one; None where there
        is none that can be used.
    aligned : mapping of name to Aligned
        What all samples say together, for parts that are asked only then.
    """

    tube: Tube
    level: int
    parts: tuple[str, ...]
    positions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    controls: Mapping[str, Tube | None] = field(default_factory=dict)
    aligned: Mapping[str, Aligned] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class LevelLook:
    """What was seen of a tube at one level; no events of files, but those of reservoirs that are added up.

    Attributes
    ----------
    found : dict of name to Found
        What methods say of the tube alone.
    silent : dict of name to Summary
        What the tube looks like where it says nothing: histograms only.
    totals : dict of name to Summary
        What is to be added up before the method is asked.
    unread : tuple of Problem
        Control tubes whose disk failed.
    """

    found: dict[str, Found]
    silent: dict[str, Summary]
    totals: dict[str, Summary]
    unread: tuple[Problem, ...] = ()


def look_at_level(job: LevelJob) -> LevelLook | Problem:
    """Return what a look at a tube sees, or why the tube cannot be used."""
    fitted = job.tube.template.fitted
    parts = [fitted[name] for name in job.parts]
    try:
        meeting, summaries, unread = look_for(job.tube, parts, job.controls, job.positions, job.level)
    except (CytogateError, OSError) as error:
        return left_out(job.tube.name, error)
    seen = LevelLook({}, {}, {}, unread)
    for part in parts:
        name, summary, alike = part.name, summaries[part.name], job.aligned.get(part.name)
        if summary is not None and (part.scope != "sample" or (aligns(part) and alike is None)):
            seen.totals[name] = summary
        elif part.scope == "sample":
            found = ask(part, summary, meeting, alike)
            seen.found[name] = found
            if found.fallback and summary is not None and isinstance(part, CutSpec):
                seen.silent[name] = summary.without_events()
    return seen
