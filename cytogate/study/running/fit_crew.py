"""The looks at tubes that fits need, done by the run's executor; who is lost there is a failed sample."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cytogate.errors import Problem
from cytogate.gating.fitting.fits import LOST
from cytogate.study.hooks import fault_point
from cytogate.study.running.outcomes import Lost, lost_failure
from cytogate.study.sample.failure import Failure, describe_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cytogate.study.running.executors import Executor
    from cytogate.study.sheets.sheet import SheetRow

log = logging.getLogger(__name__)

R = TypeVar("R")
STAGE = "fit"


class FitCrew:
    """An executor as `cytogate.gating.fitting.fit.fit_template` asks for one.

    Parameters
    ----------
    crew : Executor
        Does the work.
    rows : iterable of SheetRow
        All tubes of the study.

    Attributes
    ----------
    failures : dict
        Sample to why it is lost: its worker died or hung twice, memory ran out, or a fault of the program.
        Others go on without it.
    """

    def __init__(self, crew: Executor, rows: Iterable[SheetRow]) -> None:
        self.failures: dict[str, Failure] = {}
        self._crew = crew
        self._rows = {row.path: (number, row) for number, row in enumerate(rows)}

    def __call__(
        self, task: Callable[[Any], R | Problem], jobs: Sequence[Any]
    ) -> Iterator[tuple[int, R | Problem]]:
        """Yield the number of each job and what came of it, as they come."""
        numbered = []
        for job in jobs:
            number, row = self._rows[job.tube.name]
            numbered.append((number, row.sample, row.file, job))
        for done in self._crew.run(partial(_guarded, task), numbered):
            _, sample, file, job = numbered[done.index]
            outcome = done.outcome
            if isinstance(outcome, Lost):
                outcome = lost_failure(outcome, sample=sample, file=file)
            if isinstance(outcome, Failure):
                log.info("sample %s is lost while cuts are looked for: %s", sample, outcome.message)
                self.failures.setdefault(sample, outcome)
                yield done.index, Problem(LOST, job.tube.name, outcome.message, outcome.fix)
            else:
                yield done.index, outcome


def _guarded(
    task: Callable[[Any], R | Problem], numbered: tuple[int, str, str, Any]
) -> R | Problem | Failure:
    """Do a job; what is wrong with it beyond its file is a failure of its sample, not of the run."""
    number, sample, file, job = numbered
    try:
        fault_point(STAGE, number)
        return task(job)
    except Exception as error:  # noqa: BLE001 - the one border at which any fault becomes a row
        return describe_failure(error, sample=sample, file=file, stage=STAGE, path=job.tube.name)
