"""Section: the gating strategy of a chosen sample, with back-gating, drawn from the run folder's previews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.gating import plot_svg, population_name, traces
from cytogate.report import facts, labels
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.sections.triage import flagged
from cytogate.report.strips import Entry, entries, strips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PICTURE_BYTES = 310_000  # of the pictures of all samples shown, in a study of up to SMALL tubes
SMALL = 96  # tubes; the pictures of larger studies may take more, in proportion
FEWEST = 2  # samples shown however large their pictures are


def build(run: RunLike) -> Section | None:
    """Show the strategy of each sample that has pictures, or of a representative few; None without any."""
    found = {entry.sample: (entry, run.previews(entry.sample)) for entry in entries(run)}
    with_plots = {sample: pair for sample, pair in found.items() if pair[1]}
    if not with_plots:
        return None
    odd = flagged(run)
    chosen = choose(
        [entry for entry, _ in with_plots.values()],
        sum(_size(p) for _, p in with_plots.values()),
        tuple(odd),
    )
    held = {
        entry.sample: {
            str(trace["subset"]) for plot in with_plots[entry.sample][1] for trace in plot.get("back") or ()
        }
        for entry in chosen
    }
    finals = [subset for subset in facts.subsets(run) if any(subset.name in of for of in held.values())]
    numbered = {subset.name: (number, subset.title) for number, subset in enumerate(finals)}
    packed, options = {}, []
    first = Markup("")
    for i, entry in enumerate(chosen):
        html = sample_html(entry, with_plots[entry.sample][1], f"s{i}", numbered)
        if i == 0:
            first = html
        else:
            packed[f"sample-{i}"] = html.encode("utf-8")
        options.append((i, entry))
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for i, entry in options:
        groups.setdefault(entry.subject or "Samples", []).append((i, entry))
    body = render(
        "gating.html",
        groups=groups,
        first=first,
        n_shown=len(chosen),
        n_all=len(with_plots),
        n_odd=sum(entry.sample in odd for entry in chosen),
        n_odd_all=sum(sample in odd for sample in with_plots),
        finals=finals,
        gated={sample: "\n".join(sorted(names)) for sample, names in held.items()},
        names=names(run),
    )
    return Section("Gating", body, packed=packed)


def names(run: RunLike) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return panel by panel what the names on the plots mean: gate, population, definition.

    Those that say it themselves are left out.
    """
    defined: Mapping[str, Mapping[str, str]] = run.manifest.get("population_definitions") or {}
    found = []
    for panel, named in defined.items():
        rows = []
        for path, identity in named.items():
            gate, words = labels.last_name(path), labels.population(run, path, panel)
            if gate != words:
                plain = words.removesuffix(f" (gate {gate})")
                words = words if plain == words else f"{plain} (another definition)"
                rows.append((gate, words, labels.definition_text(identity)))
        if rows:
            found.append((panel, rows))
    return found


def choose(all_entries: Sequence[Entry], n_bytes: int, flagged: Sequence[str] = ()) -> list[Entry]:
    """Return all samples when their pictures are small, else flagged ones and some that are representative.

    Representative are first and last of patients spread evenly; they get the room that flagged samples leave.

    Parameters
    ----------
    all_entries : sequence of Entry
        By patient and week.
    n_bytes : int
        Of the pictures of all of them.
    flagged : sequence of str
        Samples that are most worth a look, the oddest first.

    Returns
    -------
    list of Entry
        In the order of `all_entries`.
    """
    room = PICTURE_BYTES * max(1.0, len(all_entries) / SMALL)
    most = max(FEWEST, int(room / max(1.0, n_bytes / max(1, len(all_entries)))))
    if len(all_entries) <= most:
        return list(all_entries)
    by_sample = {entry.sample: entry for entry in all_entries}
    picked = set([by_sample[sample] for sample in flagged if sample in by_sample][:most])
    picked |= _representative(all_entries, most - len(picked))
    return [entry for entry in all_entries if entry in picked]


def _representative(all_entries: Sequence[Entry], most: int) -> set[Entry]:
    """Return first and last sample of as many patients as there is room for, then those between."""
    courses: dict[tuple[str, str], list[Entry]] = {}
    for entry in all_entries:
        courses.setdefault((entry.subject, entry.panel), []).append(entry)
    lines = list(courses.values())
    n_lines = min(most // 2, len(lines))
    picked = {end for i in range(n_lines) for end in _ends(lines[i * len(lines) // n_lines])}
    if n_lines == len(lines):  # visits between, as far as there is room
        between = [entry for entry in all_entries if entry not in picked]
        picked |= set(between[: most - len(picked)])
    return picked


def _ends(course: Sequence[Entry]) -> tuple[Entry, Entry]:
    return course[0], course[-1]


def sample_html(
    entry: Entry,
    plots: Sequence[Mapping[str, Any]],
    identifier: str,
    subsets: Mapping[str, tuple[int, str]] | None = None,
) -> Markup:
    """Return the strips of one sample; `subsets` as in `plot_svg`."""
    ordered = strips(plots)
    drawn = []
    number = 0
    for strip in ordered:
        panels = []
        for plot in strip.plots:
            svg = plot_svg(plot, identifier=f"{identifier}-{number}", subsets=subsets)
            panels.append((_on_way(plot, subsets or {}), Markup(svg)))
            number += 1
        drawn.append((population_name(strip.origin), panels))
    return render("gating_sample.html", entry=entry, strips=drawn)


def _on_way(plot: Mapping[str, Any], subsets: Mapping[str, tuple[int, str]]) -> list[int]:
    """Return the numbers of the final populations on whose way from the root a plot lies."""
    return [subsets[trace["subset"]][0] for trace in traces(plot, subsets)]


def _size(plots: Sequence[Mapping[str, Any]]) -> int:
    paths = (Path(str(plot.get("file") or "")) for plot in plots)
    traced = sum(len(trace.get("png") or "") for plot in plots for trace in plot.get("back") or ())
    return traced + sum(path.stat().st_size for path in paths if path.is_file())


section_kinds.register("gating")(SectionKind(order=40, build=build))
