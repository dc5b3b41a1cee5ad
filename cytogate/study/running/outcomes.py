"""What becomes of a job: it is done, or lost with the worker that had it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

R = TypeVar("R")


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
