"""Writing the tables of a run from the results of its samples, one sample in memory at a time."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cytogate.study.concluding.conclusions import Tables
from cytogate.study.files.names import unique_slug
from cytogate.study.planning.bridging import BRIDGE
from cytogate.study.run_folder.folder import PREVIEWS, PREVIEWS_FORMAT, blamed
from cytogate.study.run_folder.growing import StoredRows, growing, write_table
from cytogate.study.run_folder.store import json_text
from cytogate.study.sample.matrices import matrices_entry
from cytogate.study.writing.cleaning_document import growing_cleaning
from cytogate.study.writing.rows import sample_looks, sample_row, subset_rows
from cytogate.study.writing.spread_quality import spread_quality
from cytogate.study.writing.triage import triage_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.planning.plan import Plan
    from cytogate.study.run_folder.store import RunWriter
    from cytogate.study.running.gating import Gating
    from cytogate.study.sample.values import SampleResult

Row = dict[str, Any]


def write_tables(
    writer: RunWriter,
    plan: Plan,
    fits: Mapping[str, Fits],
    gating: Gating,
    splits: list[Row],
    spreading: list[Row],
) -> Tables:
    """Write all tables but those of conclusions, and return what conclusions are drawn from."""
    results = gating.results
    ordered = [results[row.sample] for row in plan.gated]
    told = spread_quality(spreading) if "all" in plan.study.cleaning.report else ()
    tested, bridged = _write_tubes(writer, plan, gating, list(told))
    looks = sample_looks(plan, results)
    write_table(writer, "triage", triage_rows(looks, min_parent=plan.study.limits.min_parent))
    write_table(writer, "splits", splits)
    writer.json("failures.json", [asdict(result.failure) for result in ordered if result.failure])
    writer.json("matrices.json", matrices_entry(ordered, spreading))
    root = f"{plan.study.data_root.resolve()}/"
    panels = {panel: _relative(fit.to_dict(), root) for panel, fit in fits.items()}
    writer.json("fits.json", {"format": "cytogate.study_fits", "version": 2, "panels": panels})
    subsets, samples = (StoredRows(writer.aside / f"{name}.parquet") for name in ("subsets", "samples"))
    return Tables(subsets, samples, tested, bridged)


def _write_tubes(
    writer: RunWriter, plan: Plan, gating: Gating, stains: list[Row]
) -> tuple[list[Row], list[Row]]:
    """Write what each tube gave; return intensities that are tested, and populations of bridges."""
    wanted = {(entry.population, entry.marker) for entry in plan.study.intensities}
    tested: list[Row] = []
    bridged: list[Row] = []
    with ExitStack() as stack:
        samples, populations, intensities, quality = (
            stack.enter_context(growing(writer, name))
            for name in ("samples", "populations", "intensities", "qc")
        )
        subsets = stack.enter_context(growing(writer, "subsets", spreadsheets=True))
        place = writer.folder / "gates.jsonl"
        stack.enter_context(blamed(place))
        strategies = stack.enter_context((writer.aside / place.name).open("wb"))
        add_track = stack.enter_context(growing_cleaning(writer, plan.study.cleaning))
        for row in plan.rows:
            result = gating.whole(row.sample) if row.sample in gating.results else None
            samples.add([sample_row(plan, row, result)])
            subsets.add(subset_rows(plan, row, result))
            if result is None or result.failure is not None:
                continue
            populations.add(result.populations)
            bridged += result.populations if row.role == BRIDGE else ()
            intensities.add(result.intensities)
            tested += [one for one in result.intensities if (one["population"], one["marker"]) in wanted]
            quality.add(result.qc)
            if result.strategy:
                strategies.write(f"{json_text(result.strategy)}\n".encode())
            add_track(result.track)
            _write_previews(writer, result)
        quality.add(stains)
    return tested, bridged


def _write_previews(writer: RunWriter, result: SampleResult) -> None:
    if not result.plots:
        return
    folder = f"{PREVIEWS}/{unique_slug(result.sample)}"
    for name, picture in result.pictures:
        writer.bytes(f"{folder}/{name}", picture)
    entry = {
        "format": PREVIEWS_FORMAT,
        "version": 1,
        "sample": result.sample,
        "plots": list(result.plots),
        "overlays": list(result.overlays),
    }
    writer.json(f"{folder}/plots.json", entry)


def _relative(fit: dict[str, Any], root: str) -> dict[str, Any]:
    """Name files as below the data root: a run moved to another machine stays the same text."""
    files = [name.removeprefix(root) for name in fit["files"]]
    skipped = [
        {key: value.replace(root, "") if isinstance(value, str) else value for key, value in entry.items()}
        for entry in fit["skipped"]
    ]
    placements = {name.removeprefix(root): found for name, found in fit["placements"].items()}
    groups = {
        name.removeprefix(root): {
            **group,
            "controls": {key: path.removeprefix(root) for key, path in group["controls"].items()},
        }
        for name, group in fit["groups"].items()
    }
    return {**fit, "files": files, "skipped": skipped, "placements": placements, "groups": groups}
