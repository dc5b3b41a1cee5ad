"""The truth beside a trial: endpoints per sample, what every event really is, what was done to each tube."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.simulate.composition import ENDPOINTS
from cytogate.simulate.names import batch_of
from cytogate.simulate.schedule import omitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cytogate.simulate.spec import TrialSpec
    from cytogate.simulate.tube import Tube

Row = dict[str, "str | float | int | bool"]

_ENDPOINTS = {
    "sample": "string",
    "subset": "string",
    "denominator": "string",
    "percent_true": "double",
    "percent_realised": "double",
    "count": "int64",
    "denominator_count": "int64",
}
_TUBES = {
    **dict.fromkeys(("sample", "subject", "visit", "panel", "batch", "role", "control_for"), "string"),
    "lacks": "string",
    "replicate": "int64",
    "instrument": "string",
    "n_events": "int64",
    "glow": "double",
    "tandem_leak": "double",
    "drift_laser": "string",
    "drift": "double",
    **dict.fromkeys(("clogs", "clog_events", "bubbles", "bubble_events"), "int64"),
    **dict.fromkeys(("carried_events", "margin_events"), "int64"),
    "few_b_cells": "bool",
}
_SHIFTS = {
    **dict.fromkeys(("sample", "kind", "name"), "string"),
    "factor": "double",
    "offset": "double",
}


def endpoint_rows(tube: Tube) -> list[Row]:
    """Return the rows of truth/subsets.parquet that one tube gives; controls give none.

    `percent_true` is the percentage as the trial means it, before chance; `percent_realised` counts the
    labels of live single cells, and so is what a perfect analysis of the file finds.
    """
    if tube.name.role != "sample":
        return []
    return [
        {
            "sample": tube.name.sample,
            "subset": subset,
            "denominator": ENDPOINTS[subset][1],
            "percent_true": true,
            "percent_realised": realised,
            "count": count,
            "denominator_count": whole,
        }
        for subset, (true, realised, count, whole) in tube.endpoints().items()
    ]


def tube_row(tube: Tube, spec: TrialSpec) -> Row:
    """Return the row of truth/tubes.parquet: what the tube is, and what happened to it."""
    name = tube.name
    return {
        "sample": name.sample,
        "subject": name.subject,
        "visit": name.visit,
        "panel": name.panel,
        "batch": batch_of(name, spec),
        "role": name.role,
        "control_for": name.control_for,
        "lacks": omitted(name, spec),
        "replicate": name.replicate,
        "instrument": tube.optics.instrument,
        "n_events": len(tube.values),
        "glow": tube.staining.glow,
        "tandem_leak": tube.staining.leak,
        "drift_laser": tube.drift_laser,
        "drift": tube.drift,
        "clogs": len(tube.disturbances.clogs) + int(name.sample in spec.clogged),
        "clog_events": int(tube.clog.sum()),
        "bubbles": len(tube.disturbances.bubbles),
        "bubble_events": int(tube.bubble.sum()),
        "carried_events": int(tube.carried.sum()),
        "margin_events": int(tube.margin.sum()),
        "few_b_cells": name.sample in spec.few_b_cells,
    }


def shift_rows(tube: Tube) -> list[Row]:
    """Return the rows of truth/shifts.parquet: every factor of a stain or detector of the tube."""
    staining, sample = tube.staining, tube.name.sample
    rows: list[Row] = [
        {"sample": sample, "kind": kind, "name": marker, "factor": float(value), "offset": 0.0}
        for kind, values in (("lot", staining.lot), ("drift", staining.drift), ("sample", staining.sample))
        for marker, value in zip(tube.panel.markers, values, strict=True)
    ]
    rows += [
        {"sample": sample, "kind": "gain", "name": detector, "factor": float(gain), "offset": float(offset)}
        for detector, gain, offset in zip(tube.optics.detectors, staining.gain, staining.offset, strict=True)
    ]
    return rows


def write_endpoints(path: Path, rows: Sequence[Row]) -> None:
    """Write truth/subsets.parquet."""
    _write(path, rows, _ENDPOINTS)


def write_tubes(path: Path, rows: Sequence[Row]) -> None:
    """Write truth/tubes.parquet."""
    _write(path, rows, _TUBES)


def write_shifts(path: Path, rows: Sequence[Row]) -> None:
    """Write truth/shifts.parquet."""
    _write(path, rows, _SHIFTS)


def _write(path: Path, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"string": pa.string(), "double": pa.float64(), "int64": pa.int64(), "bool": pa.bool_()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path, compression="zstd")


def write_events(path: Path, tube: Tube) -> None:
    """Write truth/<sample>.parquet: population, partner and flags of every event, in file order.

    The flags `bubble` and `carried` are there only where a tube has such events.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = pa.array(tube.populations)
    population = pa.DictionaryArray.from_arrays(pa.array(tube.labels), names)
    partner = pa.DictionaryArray.from_arrays(pa.array(tube.partner, mask=tube.partner < 0), names)
    rare = {"bubble": tube.bubble, "carried": tube.carried}
    table = pa.table(
        {
            "population": population,
            "partner": partner,
            "dead": tube.dead,
            "doublet": tube.doublet,
            "debris": tube.debris,
            "margin": tube.margin,
            "clog": tube.clog,
            **{name: flags for name, flags in rare.items() if np.any(flags)},
        }
    )
    pq.write_table(table, path, compression="zstd")
