"""The truth beside a trial: endpoints per sample, and what every event really is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.simulate.composition import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cytogate.simulate.tube import Tube

EndpointRow = dict[str, str | float | int]


def endpoint_rows(tube: Tube) -> list[EndpointRow]:
    """Return the rows of truth/subsets.parquet that one tube gives.

    `percent_true` is the percentage as the trial means it, before chance; `percent_realised` counts the
    labels of live single cells, and so is what a perfect analysis of the file finds.
    """
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


def write_endpoints(path: Path, rows: Sequence[EndpointRow]) -> None:
    """Write truth/subsets.parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, real, whole = pa.string(), pa.float64(), pa.int64()
    schema = pa.schema(
        [
            ("sample", text),
            ("subset", text),
            ("denominator", text),
            ("percent_true", real),
            ("percent_realised", real),
            ("count", whole),
            ("denominator_count", whole),
        ]
    )
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path, compression="zstd")


def write_events(path: Path, tube: Tube) -> None:
    """Write truth/<sample>.parquet: population, partner and flags of every event, in file order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = pa.array(tube.populations)
    population = pa.DictionaryArray.from_arrays(pa.array(tube.labels), names)
    partner = pa.DictionaryArray.from_arrays(pa.array(tube.partner, mask=tube.partner < 0), names)
    table = pa.table(
        {
            "population": population,
            "partner": partner,
            "dead": tube.dead,
            "doublet": tube.doublet,
            "debris": tube.debris,
            "margin": tube.margin,
            "clog": tube.clog,
        }
    )
    pq.write_table(table, path, compression="zstd")
