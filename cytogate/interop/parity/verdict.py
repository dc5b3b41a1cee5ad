"""What stands in a comparison with FlowJo: the numbers of each population, and the verdict on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.errors import Problem
    from cytogate.interop.parity.reach import Reach


class Verdict(StrEnum):
    """What became of a population's stored count."""

    EQUAL = "equal"
    GRID = "explained by the grid"
    INHERITED = "inherited"
    UNEXPLAINED = "unexplained: look here"
    NO_COUNT = "no stored count"
    LEFT_OUT = "not gated"


@dataclass(frozen=True, slots=True)
class PopulationParity:
    """One population of one sample.

    Attributes
    ----------
    population : str
        Full path.
    parent : str or None
        Path of the parent; None is all events.
    gate : str
        ``"polygon"``, ``"rectangle"``, ...; empty where the gate is not read.
    stored : int or None
        FlowJo's count; None where the workspace has none.
    exact : int or None
        Our count by exact geometry; None where the gate is not read.
    on_grid : int or None
        Our count with polygons and ellipses on FlowJo's cells; None where a gate of the sample has no cells.
    near_border : int or None
        Events of the parent within one cell of the gate's own border; None for gates that FlowJo does not
        evaluate in cells.
    low, high : int or None
        The least and most events it can have if events within one cell of a border fall either way.
    verdict : Verdict
    why : str
        The verdict in a sentence; empty where the numbers say all.
    """

    population: str
    parent: str | None
    gate: str
    stored: int | None
    exact: int | None
    on_grid: int | None = None
    near_border: int | None = None
    low: int | None = None
    high: int | None = None
    verdict: Verdict = Verdict.LEFT_OUT
    why: str = ""

    @property
    def difference(self) -> int | None:
        """FlowJo's count less ours by exact geometry."""
        return None if self.stored is None or self.exact is None else self.stored - self.exact

    @property
    def is_explained(self) -> bool:
        """Whether the stored count is ours, or one that FlowJo's cells can make of it."""
        if self.stored is None or self.stored in (self.exact, self.on_grid):
            return True
        return self.low is not None and self.high is not None and self.low <= self.stored <= self.high

    @property
    def name(self) -> str:
        """The last name of the path."""
        above = "" if self.parent is None else self.parent
        return self.population[len(above) + 1 :].replace("\\/", "/")

    @property
    def depth(self) -> int:
        """How many populations are above it."""
        return self.population.replace("\\/", "").count("/") - 1


@dataclass(frozen=True, slots=True)
class SampleParity:
    """All populations of one sample, parents first, with what was noticed on the way."""

    sample: str
    path: str
    matched_by: str
    n_events: int
    rows: tuple[PopulationParity, ...]
    notes: tuple[Problem, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Return how many populations have a verdict."""
        return sum(row.verdict is verdict for row in self.rows)


@dataclass(frozen=True, slots=True)
class Parity:
    """What became of a workspace and the files given with it.

    Attributes
    ----------
    workspace, version : str
        The file, and the FlowJo that saved it.
    samples : tuple of SampleParity
        In the order of the workspace.
    unmatched_samples, unmatched_files : tuple of str
        Samples without a file and files without a sample. Nothing is guessed.
    problems : tuple of Problem
        Why a match is in doubt, a file could not be read, or a sample not be gated.
    """

    workspace: str
    version: str
    samples: tuple[SampleParity, ...]
    unmatched_samples: tuple[str, ...] = ()
    unmatched_files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Return how many populations of all samples have a verdict."""
        return sum(sample.count(verdict) for sample in self.samples)


def judge(
    stored: int | None,
    exact: int,
    on_grid: int | None,
    reach: Reach,
    above: Iterable[PopulationParity],
    *,
    has_cells: bool,
) -> tuple[Verdict, str]:
    """Return the verdict on one population and why.

    The grid explains a count that comes out with it, or that lies between the least and the most events the
    population can have when events within one cell of a border fall either way. A gate that FlowJo evaluates
    exactly can only inherit. What the grid does not explain is inherited where a population above is not
    explained either and differs by as many events; else it needs a look.

    Parameters
    ----------
    stored, exact, on_grid : int or None
        FlowJo's count and ours.
    reach : Reach
        Of the population.
    above : iterable of PopulationParity
        Its parent and what a boolean gate refers to.
    has_cells : bool
        Whether FlowJo evaluates the gate itself in cells.
    """
    if stored is None:
        return Verdict.NO_COUNT, ""
    if stored == exact:
        return Verdict.EQUAL, ""
    differing = [row for row in above if row.difference]
    names = _named(differing) if differing else "the populations above"
    if stored == on_grid:
        if has_cells:
            return Verdict.GRID, "FlowJo's cells give this count"
        if not differing:
            return Verdict.GRID, "at an end of an axis FlowJo takes what lies beyond, and nothing past it"
        return Verdict.INHERITED, f"from {names}"
    if reach.low <= stored <= reach.high:
        span = f"{reach.low} to {reach.high} are possible"
        if has_cells:
            return Verdict.GRID, f"events at the border may fall either way: {span}"
        return Verdict.INHERITED, f"from {names}: {span}"
    doubtful = [row for row in differing if not row.is_explained]
    if abs(stored - exact) <= sum(abs(row.difference or 0) for row in doubtful):
        return Verdict.INHERITED, f"from {_named(doubtful)}, which differs as much"
    if reach.low == reach.high:
        return Verdict.UNEXPLAINED, "no border in cells is near: exact geometry is all there is"
    return Verdict.UNEXPLAINED, f"FlowJo's cells allow {reach.low} to {reach.high} events"


def _named(rows: Iterable[PopulationParity]) -> str:
    return " and ".join(f"“{row.name}”" for row in rows)
