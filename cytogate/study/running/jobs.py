"""Jobs: the work on each tube of a plan, put together when it is asked for; a study has many."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from cytogate.study.planning.controls import controls_of
from cytogate.study.running.fitting import only_these
from cytogate.study.sample.values import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.files.hashing import Hashed
    from cytogate.study.planning.plan import Plan


class Jobs(Sequence[Job]):
    """One job a tube that is gated, in the order of the sheet.

    Parameters
    ----------
    plan : Plan
    fits : mapping of panel to Fits
    threads : int or None
        That share a file; None for all processors.
    known : mapping of file to Hashed, optional
        What the files of the sheet hold.
    """

    def __init__(
        self,
        plan: Plan,
        fits: Mapping[str, Fits],
        *,
        threads: int | None,
        known: Mapping[str, Hashed | None] | None = None,
    ) -> None:
        self._plan = plan
        self._fits = fits
        self._threads = threads
        self._known = known or {}
        self._controls = {path: found for path, found in controls_of(plan).items() if found}
        self._rows = plan.gated
        self._numbers = {row.sample: number for number, row in enumerate(self._rows)}
        self._chosen: Sequence[int] = range(len(self._rows))

    @property
    def samples(self) -> Sequence[str]:
        """Names of the samples of these jobs."""
        return [self._rows[number].sample for number in self._chosen]

    def of(self, samples: Iterable[str]) -> Jobs:
        """Return the jobs of some samples, in the order of the sheet; others of the names are passed over."""
        found = copy(self)
        own = set(self._chosen)
        found._chosen = sorted(
            number for name in samples if (number := self._numbers.get(name)) is not None and number in own
        )
        return found

    def index_of(self, sample: str) -> int:
        """Return the `index` of the job of a sample."""
        return self._numbers[sample]

    def __len__(self) -> int:
        """Return how many jobs there are."""
        return len(self._chosen)

    def __getitem__(self, at: Any) -> Any:
        """Return a job; it is made now, and again when it is asked for again."""
        return self._job(self._chosen[at])

    def _job(self, index: int) -> Job:
        plan, row = self._plan, self._rows[index]
        fits = self._fits.get(row.panel)
        is_patient = row.role == "sample"
        return Job(
            index=index,
            sample=row.sample,
            file=row.file,
            path=row.path,
            template=plan.templates[row.panel],
            fits=None if fits is None else only_these(fits, [row.path]),
            endpoints=plan.endpoints_of(row.panel) if is_patient else (),
            limits=plan.study.limits,
            dataset=plan.study.dataset,
            lenient=plan.study.lenient,
            refuse=plan.study.refuse,
            threads=self._threads,
            changes=plan.changes_of(row.sample),
            controls=self._controls.get(row.path, ()) if is_patient else (),
            cleaning=plan.study.cleaning,
            known=self._known.get(row.file),
        )
