"""Results of samples as plain values for JSON, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import asdict, fields
from typing import Any

from cytogate.study.sample.failure import Failure
from cytogate.study.sample.looks import FittedGate, GateLook
from cytogate.study.sample.values import SampleResult

RESULT_VERSION = 1  # of what is told of a sample: a result of another one is found anew

_PAIRS = ("counts", "template_counts", "shifts")


def plain_result(result: SampleResult) -> dict[str, Any]:
    """Return all of a result but its place in the sheet; pictures as text."""
    entry = {field.name: getattr(result, field.name) for field in fields(result)}
    del entry["index"]
    entry["failure"] = None if result.failure is None else asdict(result.failure)
    entry["gates"] = [asdict(look) for look in result.gates]
    entry["pictures"] = [(name, b64encode(picture).decode()) for name, picture in result.pictures]
    return entry


def read_result(entry: dict[str, Any], index: int) -> SampleResult:
    """Return the result that `plain_result` described, at a place in the sheet."""
    told = _tuples(entry)
    for key in _PAIRS:
        told[key] = {name: tuple(numbers) for name, numbers in told[key].items()}
    told["failure"] = None if told["failure"] is None else Failure(**told["failure"])
    told["gates"] = tuple(_look(look) for look in told["gates"])
    told["pictures"] = tuple((name, b64decode(picture)) for name, picture in told["pictures"])
    return SampleResult(index=index, **told)


def _look(entry: dict[str, Any]) -> GateLook:
    told = _tuples(entry)
    told["fitted"] = tuple(FittedGate(**_tuples(cut)) for cut in told["fitted"])
    return GateLook(**told)


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a result with tuples where JSON has lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
