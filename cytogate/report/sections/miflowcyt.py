"""Section: the MIFlowCyt checklist as a table, and the channels as the files describe them."""

from __future__ import annotations

from collections import Counter

from cytogate.report.miflowcyt import CITATION, channel_rows, checklist
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

# Column, heading; shown where a file says it.
COLUMNS = (
    ("name", "Channel"),
    ("label", "Label"),
    ("analyte", "Analyte"),
    ("dye", "Dye"),
    ("detector", "Detector"),
    ("detector_type", "Detector type"),
    ("filter", "Filter"),
    ("excitation_nm", "Excitation, nm"),
    ("power_mw", "Power, mW"),
    ("voltage", "Voltage"),
    ("gain", "Gain"),
    ("range", "Range"),
)


def build(run: RunLike) -> Section | None:
    """List the items with what is missing of each; None for a run without samples."""
    if not len(run.samples):
        return None
    parts = checklist(run)
    items = [item for part in parts for item in part.items]
    channels = channel_rows(run)
    body = render(
        "miflowcyt.html",
        parts=parts,
        n_items=len(items),
        states=Counter(item.state for item in items),
        citation=CITATION,
        columns=[(key, title) for key, title in COLUMNS if any(row.get(key) for row in channels)],
        channels=channels,
    )
    return Section("MIFlowCyt", body)


section_kinds.register("miflowcyt")(SectionKind(order=75, build=build))
