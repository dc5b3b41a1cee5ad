"""Section: gates that were changed by hand, with the template's figures beside the adjusted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.report import facts, labels
from cytogate.report.plain import plain
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(run: RunLike) -> Section | None:
    """List every adjustment with what it changed; None where no gate was adjusted."""
    made: list[Mapping[str, Any]] = list(run.manifest.get("adjustments") or [])
    if not made:
        return None
    effects = _effects(run)
    entries = [
        {
            "sample": str(entry.get("sample") or ""),
            "gate": str(entry.get("gate") or ""),
            "change": change_text(entry.get("change") or {}),
            "reason": str(entry.get("reason") or ""),
            "author": str(entry.get("author") or ""),
            "time": str(entry.get("time") or ""),
        }
        for entry in made
    ]
    samples = {entry["sample"] for entry in entries}
    body = render("adjustments.html", entries=entries, effects=effects, n_samples=len(samples))
    return Section("Adjustments", body)


def _effects(run: RunLike) -> list[dict[str, Any]]:
    """Return the rows of subsets that an adjustment has a part in."""
    table = run.subsets
    if not len(table) or "adjusted" not in table.columns:
        return []
    titles = {subset.name: subset.title for subset in facts.subsets(run)}
    found = []
    for _, row in table[table["adjusted"].fillna(value=False).astype(bool)].iterrows():
        before, after = plain(row["template_percent"]), plain(row["percent"])
        found.append(
            {
                "sample": str(row["sample"]),
                "name": str(row["subset"]),
                "subset": titles.get(str(row["subset"]), str(row["subset"])),
                "of": labels.population(run, str(row["denominator"]), str(row.get("panel") or "")),
                "template_count": plain(row["template_count"]),
                "count": plain(row["count"]),
                "template_percent": before,
                "percent": after,
                "change": None if before is None or after is None else after - before,
            }
        )
    return found


def change_text(change: Mapping[str, Any]) -> str:
    """Return a change in words.

    Examples
    --------
    >>> change_text({"move": {"x": 0.02}, "units": "scale"})
    'moved by x 0.02 (scale units)'
    >>> change_text({"below": 1500}), change_text({"vertices": [[0, 0], [0, 1], [1, 1]]})
    ('below 1500', '3 new vertices')
    """
    said = []
    for key, value in change.items():
        if key == "move" and isinstance(value, dict):
            said.append("moved by " + ", ".join(f"{axis} {by:g}" for axis, by in value.items()))
        elif key == "vertices" and isinstance(value, list):
            said.append(f"{len(value)} new vertices")
        elif key != "units":
            said.append(f"{key} {value}")
    units = " (scale units)" if change.get("units") == "scale" else ""
    return "; ".join(said) + units


section_kinds.register("adjustments")(SectionKind(order=45, build=build))
