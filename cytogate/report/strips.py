"""Which samples have pictures of their gates, and in which order a reader follows the plots of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.report.plain import plain, text
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class Strip:
    """Plots in a row, each gated from the one before; `origin` is the population that the first one shows."""

    origin: str
    plots: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample to choose."""

    sample: str
    subject: str
    visit: str
    week: float
    panel: str

    @property
    def title(self) -> str:
        """Return what the list shows."""
        place = " · ".join(part for part in (self.subject, self.visit, self.panel) if part)
        return f"{place} ({self.sample})" if place else self.sample


def entries(run: RunLike) -> list[Entry]:
    """Return the samples that were gated, in the order of patient and week."""
    found = []
    gated = run.manifest.get("samples") or {}
    for row in run.samples.to_dict("records"):
        if row["sample"] not in gated:
            continue
        found.append(
            Entry(
                sample=str(row["sample"]),
                subject=text(row.get("subject")),
                visit=text(row.get("visit")),
                week=float(plain(row.get("week")) or 0.0),
                panel=text(row.get("panel")),
            )
        )
    return sorted(found, key=lambda e: (natural(e.subject), e.panel, e.week, e.sample))


def strips(plots: Sequence[Mapping[str, Any]]) -> list[Strip]:
    """Order plots as a reader follows them: a strip goes on with the plot of a population just gated.

    A plot that cannot continue a strip begins one; of several that could, the one with most plots below it
    goes on and the others begin strips after it.
    """
    children: dict[int, list[int]] = {i: [] for i in range(len(plots))}
    roots = []
    shown_by: dict[str, int] = {}
    for i, plot in enumerate(plots):
        parent = str(plot.get("parent") or "")
        if parent in shown_by:
            children[shown_by[parent]].append(i)
        else:
            roots.append(i)
        for gate in plot.get("gates", ()):
            shown_by.setdefault(str(gate["population"]), i)
    weight = dict.fromkeys(children, 1)
    for i in reversed(range(len(plots))):
        weight[i] += sum(weight[child] for child in children[i])
    found: list[Strip] = []
    waiting = list(reversed(roots))
    while waiting:
        line, branches = [waiting.pop()], []
        while children[line[-1]]:
            below = sorted(children[line[-1]], key=lambda i: (-weight[i], i))
            branches.extend(sorted(below[1:]))
            line.append(below[0])
        found.append(Strip(str(plots[line[0]].get("parent") or ""), tuple(plots[i] for i in line)))
        waiting.extend(reversed(branches))
    return found
