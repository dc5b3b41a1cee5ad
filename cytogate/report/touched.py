"""What a gate or cut touches: the populations that it makes, and the reported subsets that rest on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.report import facts, labels
from cytogate.report.ways import ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class Touched:
    """What one cut or gate decides.

    Attributes
    ----------
    name : str
        The cut or gate in words.
    populations : tuple of str
        Those with a border there, in words, with the names of their gates.
    subsets : tuple of Subset
        Reported subsets that change with it: they, their denominators or what they are made of.
    """

    name: str
    populations: tuple[str, ...]
    subsets: tuple[facts.Subset, ...]


def touched(run: RunLike, panel: str, gate: str, cut: str = "") -> Touched:
    """Return what a cut decides; without its name, or in runs that do not know it, what the gate does.

    Parameters
    ----------
    run : RunLike
    panel : str
    gate : str
        Path as the table of triage has it.
    cut : str
        Name of a cut, which several gates may share.
    """
    template: Mapping[str, Any] = (run.manifest.get("templates") or {}).get(panel) or {}
    divides: Mapping[str, Any] = template.get("divides") or {}
    paths = [path for entry in divides.values() for path in (entry.get("cuts") or {}).get(cut) or ()]
    name = labels.cut(run, panel, cut) if paths else ""
    if not paths:
        paths = list((divides.get(gate) or {}).get("populations") or [gate])
        name = f"Gate {labels.last_name(gate)}"
    needs: Mapping[str, Iterable[str]] = template.get("needs") or {}
    subsets = facts.subsets(run)
    if "divides" in template:
        decided = [one for one in subsets if _rests_on(run, one.name, panel, paths, needs)]
    else:  # a run of an earlier version: by path, and by what its pictures trace
        through = ways(run).through(paths)
        decided = [one for one in subsets if one.name in through]
    made = dict.fromkeys(labels.gate_and_name(run, path, panel) for path in paths)
    return Touched(name, tuple(made), tuple(decided))


def _rests_on(
    run: RunLike, subset: str, panel: str, paths: Iterable[str], needs: Mapping[str, Iterable[str]]
) -> bool:
    """Tell whether a population or its denominator is one of `paths`, lies below one, or is made of one."""
    first = facts.rows_of(run, subset).iloc[0]
    if str(first.get("panel")) != panel:
        return False
    waiting = [str(first["population"]), str(first["denominator"])]
    seen: set[str] = set()
    wanted = set(paths)
    while waiting:
        path = waiting.pop()
        if not path.strip("/") or path in seen:
            continue
        if path in wanted:
            return True
        seen.add(path)
        waiting += [labels.parent(path), *needs.get(path, ())]
    return False
