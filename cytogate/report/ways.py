"""Which reported subsets hang on a gate: by its path, and by the plots that trace its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.report.plain import text
from cytogate.report.strips import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class Ways:
    """Of each reported subset its population; of each gate on a plot, the subsets traced there.

    A subset may be put together from gates that its path does not name (an "or" of two): the plots know.
    """

    populations: tuple[tuple[str, str], ...]
    traced: Mapping[str, frozenset[str]]

    def through(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the subsets that any of these gates decides on."""
        given = tuple(paths)
        below = tuple(f"{path}/" for path in given)
        traced = frozenset[str]().union(*(self.traced.get(path, frozenset()) for path in given))
        return tuple(
            dict.fromkeys(
                name
                for name, own in self.populations
                if name in traced or own in given or own.startswith(below)
            )
        )

    def nearest(self, plots: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return for each plot, given by the paths of its gates, the subsets that it shows best.

        A subset is shown best where its own gate is, else by the plot farthest down on its way.
        """
        shown: list[list[str]] = [[] for _ in plots]
        through = [self.through(paths) for paths in plots]
        own = {
            name: {path for other, path in self.populations if other == name} for name, _ in self.populations
        }
        for name, paths in own.items():
            ranks = [
                (bool(paths & set(gates)), max(path.count("/") for path in gates), -i)
                for i, gates in enumerate(plots)
                if gates and name in through[i]
            ]
            if ranks:
                shown[-max(ranks)[2]].append(name)
        return shown


def ways(run: RunLike) -> Ways:
    """Return the ways to the subsets of a run, as the first sample of each panel with pictures shows them."""
    rows = run.subsets
    pairs: tuple[tuple[str, str], ...] = ()
    if len(rows):
        known = rows[["subset", "population"]].drop_duplicates().dropna()
        pairs = tuple((str(name), str(path)) for name, path in known.itertuples(index=False))
    traced: dict[str, frozenset[str]] = {}
    seen: set[str] = set()
    for entry in entries(run):
        plots = [] if entry.panel in seen else run.previews(entry.sample)
        for plot in plots:
            seen.add(entry.panel)
            names = frozenset(text(trace.get("subset")) for trace in plot.get("back") or ())
            parent = text(plot.get("parent"))
            gates = [text(gate.get("population")) for gate in plot.get("gates", ())]
            gates += [f"{parent}/{name}" for name in text(plot.get("gate")).split(", ")]
            for path in gates:
                traced[path] = traced.get(path, frozenset()) | names
    return Ways(pairs, traced)
