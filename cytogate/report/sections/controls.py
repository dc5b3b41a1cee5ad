"""Section: markers beside their fluorescence-minus-one controls, in every sample that has one."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.overlays import overlay_svg, share_words
from cytogate.report import facts, labels
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.sections.gating import SMALL
from cytogate.report.strips import Entry, entries
from cytogate.report.ways import ways

if TYPE_CHECKING:
    from collections.abc import Sequence

SHEET_BYTES = 110_000  # of all sheets, packed, in a study of up to SMALL tubes; larger studies in proportion

Overlay = dict[str, Any]
Key = tuple[str, str, str, str]  # panel, marker, parent, populations


@dataclass(frozen=True, slots=True)
class Sheet:
    """One marker in one population: its overlay in every sample."""

    key: Key
    overlays: tuple[tuple[Entry, Overlay], ...]
    parent: str  # in words
    made: tuple[str, ...]  # populations that its cuts make, in words

    @property
    def populations(self) -> tuple[str, ...]:
        """Return the populations whose cuts are shown."""
        return tuple(str(gate["population"]) for gate in self.overlays[0][1].get("gates", ()))

    @property
    def title(self) -> str:
        """Return what the list shows."""
        panel, marker, *_ = self.key
        return f"{marker} in {self.parent}: {', '.join(self.made)} ({panel})"


def build(run: RunLike) -> Section | None:
    """Set each marker with a control beside it, sample by sample; None where no sample has one."""
    tubes = entries(run)
    found: dict[Key, list[tuple[Entry, Overlay]]] = {}
    for entry in tubes:
        for overlay in run.overlays(entry.sample):
            gates = "|".join(str(gate["population"]) for gate in overlay.get("gates", ()))
            key = (entry.panel, str(overlay["marker"]), str(overlay["parent"]), gates)
            found.setdefault(key, []).append((entry, overlay))
    if not found:
        return None
    sheets = [
        Sheet(
            key,
            tuple(overlays),
            labels.population(run, key[2], key[0]),
            tuple(
                labels.gate_and_name(run, str(gate["population"]), key[0])
                for gate in overlays[0][1].get("gates", ())
            ),
        )
        for key, overlays in found.items()
    ]
    visits = [visit.name for visit in facts.visits(run)]
    room = SHEET_BYTES * max(1.0, len(tubes) / SMALL)
    shown: list[tuple[Sheet, Markup]] = []
    for sheet in sheets:
        html = _sheet_html(sheet, tubes, visits)
        room -= len(zlib.compress(html.encode("utf-8")))
        if shown and room < 0:
            break
        shown.append((sheet, html))
    decides = ways(run)
    paths = [sheet.populations for sheet, _ in shown]
    listed = [
        {"title": sheet.title, "subsets": decides.through(own), "nearest": nearest}
        for (sheet, _), own, nearest in zip(shown, paths, decides.nearest(paths), strict=True)
    ]
    body = render(
        "controls.html",
        sheets=listed,
        first=shown[0][1],
        n_all=len(sheets),
    )
    packed = {f"control-{i}": html.encode("utf-8") for i, (_, html) in enumerate(shown) if i}
    return Section("Controls (FMO)", body, packed=packed)


def _sheet_html(sheet: Sheet, tubes: Sequence[Entry], visits: Sequence[str]) -> Markup:
    own = [entry for entry in tubes if entry.panel == sheet.key[0]]
    cells: dict[tuple[str, str], list[tuple[str, str, str, Markup]]] = {}
    for entry, overlay in sheet.overlays:
        words = "; ".join(share_words(overlay, float(cut)) for cut in overlay["cuts"])
        cell = (entry.sample, str(overlay["control"]), words, Markup(overlay_svg(overlay)))
        cells.setdefault((entry.subject, entry.visit), []).append(cell)
    columns = [visit for visit in visits if any(entry.visit == visit for entry in own)]
    columns += list(dict.fromkeys(entry.visit for entry in own if entry.visit not in columns))
    subjects = list(dict.fromkeys(entry.subject for entry in own))
    return render(
        "controls_one.html",
        title=sheet.title,
        axis=str(sheet.overlays[0][1]["axis"].get("title") or sheet.key[1]),
        parent=sheet.parent,
        columns=columns,
        rows=[(subject, [cells.get((subject, visit), []) for visit in columns]) for subject in subjects],
        controls=list(dict.fromkeys(str(overlay["control"]) for _, overlay in sheet.overlays)),
    )


section_kinds.register("controls")(SectionKind(order=43, build=build))
