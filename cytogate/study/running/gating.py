"""Gating the samples of a plan: those of which nothing has changed are taken as they are kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cytogate.study.hooks import fault_point
from cytogate.study.run_folder.growing import arrow_table
from cytogate.study.run_folder.store import json_text
from cytogate.study.running.events import SampleDone, SampleFailed
from cytogate.study.running.outcomes import Lost, lost_failure
from cytogate.study.running.result_text import plain_result, read_result
from cytogate.study.sample.failure import describe_failure, may_pass
from cytogate.study.sample.looks import pack
from cytogate.study.sample.sample_job import run_sample
from cytogate.study.sample.values import SampleResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cytogate.study.running.events import Event
    from cytogate.study.running.executors import Executor
    from cytogate.study.running.jobs import Jobs
    from cytogate.study.running.kept import Kept
    from cytogate.study.running.keys import Keys
    from cytogate.study.sample.failure import Failure
    from cytogate.study.sample.values import Job

log = logging.getLogger(__name__)

SAMPLE = "sample"  # kind of a kept piece
_NOTHING: dict[str, Any] = {}  # one for all samples


class Gating:
    """The results of the samples of one run.

    What is needed of every sample at once is in memory; the rest of a result (its rows of populations,
    intensities and checks, its strategy, its pictures, its plot over time) lies in the run folder until
    `whole` asks for it.

    Parameters
    ----------
    jobs : Jobs
    kept : Kept
        Open for writing.
    keys : Keys
    tell : callable
        Is told of each sample.

    Attributes
    ----------
    results : dict
        Sample to its result without the large parts.
    reused : int
        How many were taken from an earlier run.
    outdated : list of str
        Samples with a kept result that rests on something else than what is there now.
    """

    def __init__(self, jobs: Jobs, kept: Kept, keys: Keys, tell: Callable[[Event], None]) -> None:
        self.results: dict[str, SampleResult] = {}
        self.reused = 0
        self.outdated: list[str] = []
        self._jobs = jobs
        self._kept = kept
        self._keys = keys
        self._tell = tell
        self._under: dict[str, str] = {}  # sample to the key of its kept result
        self._same: dict[str, Any] = {}

    def fail(self, failures: Mapping[str, Failure]) -> None:
        """Take samples that were lost before they could be gated."""
        for job in self._jobs.of(failures):
            self._done(job, _failed(job, failures[job.sample]), reused=False)

    def reuse(self) -> None:
        """Take the results of an earlier run that rest on what is there now."""
        for job in self._jobs:
            if job.known is None or job.sample in self.results:
                continue
            key = self._keys.of_sample(job, job.known.sha256)
            result = self._read(job.sample, key)
            if result is not None:
                self._under[job.sample] = key
                self.reused += 1
                self._done(job, result, reused=True)
            elif self._kept.is_outdated(SAMPLE, job.sample, key):
                self.outdated.append(job.sample)

    def gate(self, crew: Executor) -> None:
        """Gate the samples that are left, and keep each as it comes.

        Raises
        ------
        StoreError
            The run folder cannot be written.
        """
        left = self._jobs.of(sample for sample in self._jobs.samples if sample not in self.results)
        log.info("gating %d samples, %d are reused", len(left), self.reused)
        for answer in crew.run(run_sample, left) if left else ():
            job = left[answer.index]
            if isinstance(answer.outcome, Lost):
                lost = lost_failure(answer.outcome, sample=job.sample, file=job.file)
                self._done(job, _failed(job, lost), reused=False)
            else:
                self._done(job, self._keep(job, answer.outcome), reused=False)

    def whole(self, sample: str) -> SampleResult:
        """Return the result of a sample that is gated, with its large parts.

        Raises
        ------
        StoreError
            A result that was kept is damaged by now.
        """
        from cytogate.errors import StoreError

        if self.results[sample].failure is not None:
            return self.results[sample]
        result = self._read(sample, self._under[sample])
        if result is None:
            message = f"{self._kept.folder}: the result of sample {sample} is damaged. Run again."
            raise StoreError(message)
        return result

    def pieces(self) -> Iterable[tuple[str, str]]:
        """Return the kept pieces that belong to the run."""
        return ((SAMPLE, sample) for sample in self._under)

    def _read(self, sample: str, key: str) -> SampleResult | None:
        entry = self._kept.get(SAMPLE, sample, key)
        return None if entry is None else read_result(entry, self._jobs.index_of(sample))

    def _keep(self, job: Job, result: SampleResult) -> SampleResult:
        """Keep a result; what no file of the run can hold fails the sample, not the run."""
        fault_point("keep", job.index)
        if result.sha256 is None or (result.failure is not None and may_pass(result.failure)):
            return result
        key = self._keys.of_sample(job, result.sha256)
        try:
            arrow_table("populations", result.populations)
            arrow_table("intensities", result.intensities)
            json_text(result.strategy)
            "\n".join(result.warnings).encode()
            self._kept.put(SAMPLE, job.sample, key, plain_result(result), number=job.index)
        except (ValueError, TypeError) as error:
            log.info("sample %s cannot be stored: %s", job.sample, error)
            failure = describe_failure(error, sample=job.sample, file=job.file, stage="store", path=job.path)
            failed = SampleResult(job.index, job.sample, failure, sha256=result.sha256, size=result.size)
            return replace(failed, seconds=result.seconds)
        self._under[job.sample] = key
        return result

    def _done(self, job: Job, result: SampleResult, *, reused: bool) -> None:
        self.results[job.sample] = self._small(result)
        failed = result.failure
        self._tell(
            SampleDone(
                sample=job.sample,
                file=job.file,
                done=len(self.results),
                total=len(self._jobs),
                n_events=result.n_events,
                n_gates=len(result.populations),
                seconds=0.0 if reused else result.seconds,
                reused=reused,
                failure=None if failed is None else SampleFailed(failed.stage, failed.code, failed.message),
                peak_memory=None if reused else result.peak_memory,
                stages={} if reused else result.stages,
            )
        )

    def _small(self, result: SampleResult) -> SampleResult:
        """Return what is needed of all samples at once; what many of them have alike is there once."""
        instrument = result.instrument
        if instrument is not None and "setup" in instrument:
            instrument = {**instrument, "setup": self._once(instrument["setup"])}
        return SampleResult(
            result.index,
            result.sample,
            result.failure,
            n_events=result.n_events,
            sha256=result.sha256,
            size=result.size,
            warnings=result.warnings,
            counts=result.counts,
            template_counts=_NOTHING,
            shifts=_NOTHING,
            gates=pack(result.gates, self._once([look.gate for look in result.gates])),
            instrument=instrument,
            volumes=_NOTHING,
            matrices=tuple(self._once(matrix) for matrix in result.matrices),
            seconds=result.seconds,
            stages=_NOTHING,
        )

    def _once(self, value: Any) -> Any:
        return self._same.setdefault(json_text(value), value)


def _failed(job: Job, failure: Failure) -> SampleResult:
    known = job.known
    return SampleResult(
        index=job.index,
        sample=job.sample,
        failure=failure,
        sha256=None if known is None else known.sha256,
        size=None if known is None else known.state[0],
    )
