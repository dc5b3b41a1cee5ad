"""What becomes of a job: it is done, or lost with the worker that had it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from cytogate.study.sample.failure import Failure

R = TypeVar("R")


_FIXES = {
    "worker-died": "Memory may have run out: use fewer workers.",
    "worker-hung": "If it can, give it longer with --deadline, or look at the disk.",
}


@dataclass(frozen=True, slots=True)
class Lost:
    """A job whose worker died or hung, after its retry.

    `code` is ``"worker-died"`` or ``"worker-hung"``.
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The outcome of the job at position `index`."""

    index: int
    outcome: R | Lost


def lost_failure(lost: Lost, *, sample: str, file: str) -> Failure:
    """Return the row of ``failures.json`` of a sample that was lost with its worker."""
    message = f"{file}: {lost.detail}."
    fix = "Gate the file alone: cytogate inspect shows whether it can be read. " + _FIXES[lost.code]
    return Failure(sample, file, "worker", lost.code, "", None, "", "", message, fix)
