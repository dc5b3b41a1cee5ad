"""What is in one FCS file, as plain values: the entry of a file in ``cytogate inspect --json``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.cli._exits import describe
from cytogate.cli._output import problem_entry
from cytogate.compensation.keyword import SPILLOVER_KEYWORDS
from cytogate.errors import FcsError
from cytogate.fcs.data.layout import FLOAT32, FLOAT64
from cytogate.fcs.repairs.codes import is_lenient
from cytogate.fcs.text.standing import keyword_standing
from cytogate.fcs.versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.acquisition import Acquisition
    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.structure.header import Segment

LARGEST = 5  # spillover coefficients that are shown
_TIMES = ("$BEGINDATETIME", "$ENDDATETIME", "$DATE", "$BTIM", "$ETIM", "$VOL")


def facts(file: FcsFile, *, look: bool, checksum: bool) -> dict[str, Any]:
    """Return all that is known of a file.

    Parameters
    ----------
    file : FcsFile
    look : bool
        Look through the events once, for what their values reach.
    checksum : bool
        Compute the checksum, which reads the whole data set.
    """
    standing = keyword_standing(file.keywords, VERSIONS[file.version])
    report: dict[str, Any] = {
        "file": file.path,
        "bytes": file.n_bytes,
        "version": file.version,
        "dataset": file.dataset,
        "n_datasets": file.n_datasets,
        "n_events": file.n_events,
        "n_channels": len(file.channels),
        "segments": _segments(file),
        "data_type": file.keywords.get("$DATATYPE", ""),
        "byte_order": file.keywords.get("$BYTEORD", ""),
        "event_bytes": file.layout.row_bytes,
        "acquisition": _acquisition(file.acquisition, file.keywords),
        "channels": _channels(file, look=look),
        "spillover": _spillover(file),
        "standing": {
            "missing": list(standing.missing),
            "deprecated": list(standing.deprecated),
            "forbidden": list(standing.forbidden),
            "unknown": list(standing.unknown),
        },
        "keywords": dict(file.keywords),
        "analysis": dict(file.analysis),
        "looked_through": look,
    }
    if checksum:
        found = file.checksum()
        report["checksum"] = {"stated": found.stated, "computed": found.computed, "agrees": found.agrees}
    report["warnings"] = [
        problem_entry(entry) | {"lenient": is_lenient(entry.code)}
        for entry in (file.warnings if look else file.opening)
    ]
    return report


def refusal(path: str, error: FcsError | OSError) -> dict[str, Any]:
    """Return the entry of a file that is not read."""
    if not isinstance(error, FcsError):
        return {"file": path, "error": {"code": "file-unreadable", "message": describe(error)}}
    names = ("code", "field", "offset", "found", "expected", "fix")
    entry = {name: getattr(error, name) for name in names}
    return {"file": path, "error": entry | {"message": describe(error)}}


def _segments(file: FcsFile) -> dict[str, Any]:
    places = file.segments
    named = {
        "text": places.text,
        "supplemental": places.supplemental,
        "data": places.data,
        "analysis": places.analysis,
    }
    return {name: _place(place) for name, place in named.items()} | {
        "others": [_place(place) for place in places.others]
    }


def _place(place: Segment | None) -> dict[str, int] | None:
    return None if place is None else {"begin": place.begin, "end": place.end}


def _acquisition(found: Acquisition, keywords: Mapping[str, str]) -> dict[str, Any]:
    """Return when, where and by whom the events were measured; `stated` is as the file has it."""
    return {
        "begin": None if found.begin is None else found.begin.isoformat(),
        "end": None if found.end is None else found.end.isoformat(),
        "seconds": found.duration,
        "microlitres": found.volume,
        "cytometer": found.cytometer,
        "serial_number": found.serial_number,
        "operator": found.operator,
        "date": None if found.date is None else found.date.isoformat(),
        "stated": {key: keywords[key] for key in _TIMES if keywords.get(key)},
        "problems": [problem_entry(entry) for entry in found.problems],
    }


def _channels(file: FcsFile, *, look: bool) -> list[dict[str, Any]]:
    entries = []
    for n, channel in enumerate(file.channels):
        entries.append(
            {
                "number": n + 1,
                "name": channel.name,
                "label": channel.label,
                "original_name": channel.original_name,
                "kind": channel.kind,
                "type": _type(file, n),
                "bits": channel.bits,
                "range": channel.range,
                "gain": channel.gain,
                "log": None if channel.log is None else list(channel.log),
            }
        )
    if look:
        summary = file.value_summary()
        for n, entry in enumerate(entries):
            for name in ("minimum", "maximum", "n_nan", "n_infinite", "n_lost_bits"):
                entry[name] = getattr(summary, name)[n].item()
    return entries


def _type(file: FcsFile, channel: int) -> str:
    kind = int(file.layout.kinds[channel])
    return {FLOAT32: "float", FLOAT64: "double"}.get(kind, "integer")


def _spillover(file: FcsFile) -> dict[str, Any] | None:
    matrix = file.spillover
    if matrix is None:
        return None
    return {
        "keyword": next((key for key in SPILLOVER_KEYWORDS if file.keywords.get(key, "").strip()), ""),
        "detectors": list(matrix.detectors),
        "fluorochromes": list(matrix.fluorochromes),
        "condition_number": matrix.condition_number,
        "largest": _largest(matrix),
        "values": matrix.values.tolist(),
    }


def _largest(matrix: CompensationMatrix) -> list[dict[str, Any]]:
    """Return the largest coefficients off the diagonal: from which fluorochrome into which detector."""
    values = np.abs(matrix.values)
    if matrix.square:
        values = values - np.diag(np.diag(values))
    rows, columns = np.unravel_index(np.argsort(values, axis=None)[::-1][:LARGEST], values.shape)
    return [
        {"from": matrix.fluorochromes[i], "into": matrix.detectors[j], "value": float(matrix.values[i, j])}
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if values[i, j] > 0 and math.isfinite(values[i, j])
    ]
