"""Results of samples as plain values for JSON, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from cytogate.study.sample.failure import Failure
from cytogate.study.sample.looks import FittedGate, GateLook
from cytogate.study.sample.values import SampleResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.study.sample.values import Row

RESULT_VERSION = 2  # of what is told of a sample: a result of another one is found anew

_TABLES = ("populations", "intensities")  # many rows of the same columns: their names are told once
_PAIRS = ("counts", "template_counts", "shifts")


def plain_result(result: SampleResult) -> dict[str, Any]:
    """Return all of a result but its place in the sheet; pictures as text."""
    entry = {field.name: getattr(result, field.name) for field in fields(result)}
    del entry["index"]
    entry |= {name: _columns(entry[name]) for name in _TABLES}
    entry["failure"] = None if result.failure is None else asdict(result.failure)
    entry["gates"] = [asdict(look) for look in result.gates]
    entry["pictures"] = [(name, b64encode(picture).decode()) for name, picture in result.pictures]
    return entry


def read_result(entry: dict[str, Any], index: int) -> SampleResult:
    """Return the result that `plain_result` described, at a place in the sheet."""
    told = _tuples(entry)
    told |= {name: tuple(_rows(told[name])) for name in _TABLES}
    for key in _PAIRS:
        told[key] = {name: tuple(numbers) for name, numbers in told[key].items()}
    told["failure"] = None if told["failure"] is None else Failure(**told["failure"])
    told["gates"] = tuple(_look(look) for look in told["gates"])
    told["pictures"] = tuple((name, b64decode(picture)) for name, picture in told["pictures"])
    return SampleResult(index=index, **told)


def _columns(rows: tuple[Row, ...]) -> dict[str, list[Any]]:
    """Return rows that have the same keys as columns."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def _rows(columns: dict[str, list[Any]]) -> Iterator[Row]:
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _look(entry: dict[str, Any]) -> GateLook:
    told = _tuples(entry)
    told["fitted"] = tuple(FittedGate(**_tuples(cut)) for cut in told["fitted"])
    return GateLook(**told)


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a result with tuples where JSON has lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
