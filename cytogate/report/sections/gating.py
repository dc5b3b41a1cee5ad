"""Section: the gating strategy of a chosen sample, drawn from the run folder's previews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.gating import plot_svg, population_name
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.strips import Entry, entries, strips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BYTES_FOR_ALL = 60 * 12 * 5_000  # pictures of about sixty samples
REPRESENTATIVE = 24


def build(run: RunLike) -> Section | None:
    """Show the strategy of each sample that has pictures, or of a representative few; None without any."""
    found = {entry.sample: (entry, run.previews(entry.sample)) for entry in entries(run)}
    with_plots = {sample: pair for sample, pair in found.items() if pair[1]}
    if not with_plots:
        return None
    chosen = choose(
        [entry for entry, _ in with_plots.values()], sum(_size(p) for _, p in with_plots.values())
    )
    packed, options = {}, []
    first = Markup("")
    for i, entry in enumerate(chosen):
        html = sample_html(entry, with_plots[entry.sample][1], f"s{i}")
        if i == 0:
            first = html
        else:
            packed[f"sample-{i}"] = html.encode("utf-8")
        options.append((i, entry))
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for i, entry in options:
        groups.setdefault(entry.subject or "Samples", []).append((i, entry))
    body = render("gating.html", groups=groups, first=first, n_shown=len(chosen), n_all=len(with_plots))
    return Section("Gating", body, packed=packed)


def choose(all_entries: Sequence[Entry], n_bytes: int) -> list[Entry]:
    """Return all samples when their pictures are small, else first and last of patients spread evenly."""
    if n_bytes <= BYTES_FOR_ALL or len(all_entries) <= REPRESENTATIVE:
        return list(all_entries)
    courses: dict[tuple[str, str], list[Entry]] = {}
    for entry in all_entries:
        courses.setdefault((entry.subject, entry.panel), []).append(entry)
    lines = list(courses.values())
    n_lines = min(REPRESENTATIVE // 2, len(lines))
    picked = {end for i in range(n_lines) for end in _ends(lines[i * len(lines) // n_lines])}
    return [entry for entry in all_entries if entry in picked]


def _ends(course: Sequence[Entry]) -> tuple[Entry, Entry]:
    return course[0], course[-1]


def sample_html(entry: Entry, plots: Sequence[Mapping[str, Any]], identifier: str) -> Markup:
    """Return the strips of one sample."""
    ordered = strips(plots)
    drawn = []
    number = 0
    for strip in ordered:
        panels = []
        for plot in strip.plots:
            panels.append(Markup(plot_svg(plot, identifier=f"{identifier}-{number}")))
            number += 1
        drawn.append((population_name(strip.origin), panels))
    return render("gating_sample.html", entry=entry, strips=drawn)


def _size(plots: Sequence[Mapping[str, Any]]) -> int:
    paths = (Path(str(plot.get("file") or "")) for plot in plots)
    return sum(path.stat().st_size for path in paths if path.is_file())


section_kinds.register("gating")(SectionKind(order=40, build=build))
