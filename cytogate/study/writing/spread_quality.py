"""What the spreading of single stains says of quality: rows of the table ``qc``.

How far a bright dye widens another detector is settled by dyes, detectors and voltages; the tube is not at
fault. Said is how many times wider the cells that carry the stain are than those that do not: a stain that
lies so many widths above the negative ones cannot be told from none on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.qc.check import verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
CHECK = "spreading"
LIMITS = (5.0, 10.0, 30.0)  # times: dim stains lie 5 to 10 widths above negative cells
MOST_NAMED = 3


def spread_quality(spreading: Iterable[Row]) -> Iterator[Row]:
    """Yield the largest widening of each single stain, and the detectors that are worth a note by name.

    `spreading` are the rows of `cytogate.study.running.spread_job.spread_rows`.
    """
    for row in spreading:
        wider = {
            detector: factor
            for detector, factor in zip(row.get("detectors", ()), row.get("wider", ()), strict=True)
            if factor is not None
        }
        if not wider:
            yield _row(row["sample"], "largest_times_wider", None, "not checked")
            continue
        named = sorted(wider.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_NAMED]
        yield _row(row["sample"], "largest_times_wider", named[0][1], verdict_of(named[0][1], LIMITS))
        for detector, factor in named:
            if factor >= LIMITS[0]:
                metric = f"times_wider {row['marker']} in {detector}"
                yield _row(row["sample"], metric, factor, verdict_of(factor, LIMITS))


def _row(sample: str, metric: str, value: float | None, verdict: str) -> Row:
    return {
        "sample": sample,
        "check": CHECK,
        "metric": metric,
        "value": value,
        "verdict": verdict,
        "removed_percent": None,
    }
