"""Levels: the rounds in which what a template leaves to be found is found, each on those before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Branch:
    """A population of a template and what it is made from.

    Attributes
    ----------
    path : str
    needs : tuple of str
        Paths of its parent and of the populations that a boolean gate refers to.
    fitted : tuple of str
        What must be found before its own gate can be built.
    gate : int
        Position of its gate in the template.
    """

    path: str
    needs: tuple[str, ...]
    fitted: tuple[str, ...]
    gate: int = 0


def circles(branches: Sequence[Branch], looks: Mapping[str, str | None]) -> list[str]:
    """Return what looks at a population that it makes itself, directly or by way of others.

    Parameters
    ----------
    looks : Mapping
        Name of a fitted thing to the path of the population that it looks at; None is the root.
    """
    by_path = {branch.path: branch for branch in branches}
    found = []
    for name, population in looks.items():
        waiting = [population]
        seen: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path is None or path in seen:
                continue
            seen.add(path)
            branch = by_path[path]
            waiting += [*branch.needs, *(looks.get(other) for other in branch.fitted)]
        if any(name in by_path[path].fitted for path in seen):
            found.append(name)
    return found


def levels(
    branches: Sequence[Branch], looks: Mapping[str, str | None]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the level of each fitted thing and of each population; there must be no circles.

    A fitted thing's level is that of the population it looks at: how many rounds go before. A population's is
    0 where nothing above it is fitted, else one more than the highest level of what is.

    Examples
    --------
    >>> tree = [Branch("/A", (), ("a",)), Branch("/A/B", ("/A",), ("b",))]
    >>> levels(tree, {"a": None, "b": "/A"})
    ({'a': 0, 'b': 1}, {'/A': 1, '/A/B': 2})
    """
    populations = {branch.path: 0 for branch in branches}
    fitted = dict.fromkeys(looks, 0)
    changed = True
    while changed:  # levels only rise, and no chain is longer than there are populations
        changed = False
        for branch in branches:
            level = _highest(
                (populations[path] for path in branch.needs),
                (fitted[name] + 1 for name in branch.fitted if name in fitted),
            )
            changed |= level != populations[branch.path]
            populations[branch.path] = level
        for name, path in looks.items():
            fitted[name] = 0 if path is None else populations[path]
    return fitted, populations


def _highest(*numbers: Iterable[int]) -> int:
    return max((number for group in numbers for number in group), default=0)
