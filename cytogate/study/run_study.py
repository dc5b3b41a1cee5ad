"""Run a study: plan, fit, gate every sample that is not gated yet, write the run folder."""

from __future__ import annotations

import logging
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.platform import usable_cpus
from cytogate.study.conclude import conclude
from cytogate.study.files.hashing import hash_files
from cytogate.study.planning.plan import Plan, plan_study
from cytogate.study.planning.shards import only_shard
from cytogate.study.run_folder.folder import check_folder, read_manifest_or_none, tidy
from cytogate.study.run_folder.replacing import check_shard, check_study
from cytogate.study.run_folder.run import Run, open_run
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.running.events import GatedAgain, RunDone, RunStarted, SampleDone, StageBegan
from cytogate.study.running.executors import make_executor
from cytogate.study.running.fit_crew import FitCrew
from cytogate.study.running.fitting import FITS, kept_fits, unread_tubes
from cytogate.study.running.gating import Gating
from cytogate.study.running.jobs import Jobs
from cytogate.study.running.kept import Kept
from cytogate.study.running.keys import keys_of
from cytogate.study.running.split_job import split_pieces, split_rows
from cytogate.study.running.spread_job import spread_pieces, spread_rows
from cytogate.study.running.tally import Tally
from cytogate.study.writing.manifest import finished_run, hash_documents, make_manifest, used_files
from cytogate.study.writing.unchanged import unchanged_run
from cytogate.study.writing.why_again import why_again
from cytogate.study.writing.write_tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cytogate.study.files.hashing import Hashed
    from cytogate.study.running.events import Event, Observer
    from cytogate.study.running.executors import Executor

log = logging.getLogger(__name__)


def run_study(
    study_path: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    executor: str = "process",
    progress: Callable[[int, int, str, bool], None] | None = None,
    observe: Observer | None = None,
    force: bool = False,
    trust_mtime: bool = False,
    shard: tuple[int, int] | None = None,
    dask_address: str | None = None,
    deadline: float | None = None,
    memory: int | None = None,
) -> Run:
    """Gate all samples of a study and write the run folder.

    Parameters
    ----------
    study_path : str or Path
        The study file.
    out : str or Path
        The run folder: missing or empty, or one that an earlier run wrote or began. What is there is used
        again as far as nothing has changed that it rests on (contents of files, template, settings,
        versions); only the rest is gated. Files that no run wrote stay.
    workers : int, optional
        Samples gated at a time; by default one for each processor. The figures do not depend on it.
    executor : str
        ``"process"``, ``"thread"``, ``"serial"`` or ``"dask"``.
    progress : callable, optional
        Called after each sample that is gated with (done, total, sample, whether it succeeded).
    observe : callable, optional
        Told of every event of `cytogate.study.running.events`.
    force : bool
        Gate all samples again, and let a shard take the place of another. A folder that holds something
        else is refused all the same.
    trust_mtime : bool
        Take a file for unchanged where size, time of change and node are as they were; by default its
        content is hashed.
    shard : (int, int), optional
        (i, n): gate the i-th of n parts of the study only, i counted from 1; fits are those of the whole
        study. `cytogate.study.merge.merge` puts the parts together.
    dask_address : str, optional
        Scheduler of a running Dask cluster.
    deadline : float, optional
        Seconds that one file may take (executor ``process``).
    memory : int, optional
        Bytes of address space that one file may take beyond what a worker has after start (executor
        ``process``, Linux).

    Returns
    -------
    Run
        A sample that failed is a row of ``run.failures``, and stops no other.

    Raises
    ------
    StudyError
        The study, a sheet or a template is wrong; lists every problem. Nothing is written.
    StoreError
        The folder holds something else, the run of another study or another part of this one, or cannot be
        written, or another run writes to it. What was gated until then is kept, and the next run goes on from
        it.
    """
    folder = Path(out).absolute()
    crew = make_executor(executor, workers=workers, deadline=deadline, memory=memory, address=dask_address)
    tell = Tally(_both(observe, progress))
    tell(StageBegan("check"))
    kept = Kept(folder)
    seen: dict[str, Hashed | None] = {}
    how: Any = {"trust": trust_mtime, "threads": workers or usable_cpus()}
    if not force:
        same = unchanged_run(folder, Path(study_path), kept.inputs(), seen, shard=shard, **how)
        if same is not None:
            tidy(folder)
            tell(RunDone(tell.of_finished(same)))
            return same
    whole = plan_study(study_path)
    plan = only_shard(whole, shard)
    check_folder(folder)
    if not force:
        check_study(folder, plan.study.name, str(plan.study.path))
        check_shard(folder, shard)
    documents = hash_documents(plan)
    arguments = {"executor": executor, "workers": workers, "deadline": deadline, "memory": memory}
    paths = {row.file: row.path for row in used_files(whole) if row.file not in seen}
    found = {**seen, **hash_files(paths, kept.inputs(), **how)}
    finished = None if force else finished_run(folder, plan, documents, found, shard)
    if finished is None:
        with RunWriter(folder) as writer:
            kept = Kept(folder)  # another may have written, until the folder was ours
            finished = None if force else finished_run(folder, plan, documents, found, shard)
            if finished is None:
                with closing(kept):
                    run = _Running(plan, whole, kept, found, crew, tell, shard)
                    study = str(plan.study.path)
                    tell(RunStarted(study, str(folder), executor, workers, len(plan.gated)))
                    kept.write(anew=force)
                    run.write(writer, documents, arguments)
                tell(RunDone(tell.summary()))
                return open_run(folder)
    tidy(folder)
    tell(RunDone(tell.of_finished(finished)))
    return finished


class _Running:
    """One run, from its plan to the tables."""

    def __init__(
        self,
        plan: Plan,
        whole: Plan,
        kept: Kept,
        found: Mapping[str, Hashed | None],
        crew: Executor,
        tell: Tally,
        shard: tuple[int, int] | None,
    ) -> None:
        self.began = time.perf_counter()
        self.plan = plan
        self.whole = whole
        self.kept = kept
        self.found = found
        self.crew = crew
        self.tell = tell
        self.shard = shard

    def write(
        self,
        writer: RunWriter,
        documents: Mapping[str, str],
        arguments: Mapping[str, object],
    ) -> None:
        """Find what is not kept, and write the run folder."""
        plan, kept = self.plan, self.kept
        kept.put_inputs({file: hashed for file, hashed in self.found.items() if hashed is not None})
        keys = keys_of(self.whole.rows, self.found)
        if arguments["executor"] != "dask":  # the workers of a cluster may be other machines
            from cytogate.gating.warm_up import compile_ahead

            self.tell(StageBegan("compile"))
            compile_ahead()
        self.tell(StageBegan("fit"))
        threads = None if arguments["executor"] == "serial" else 1
        with self.crew.held() as crew:
            fitting = FitCrew(crew, self.whole.rows)
            fits = kept_fits(self.whole, kept, keys, fitting, threads=threads)
            jobs = Jobs(plan, fits, threads=threads, known=self.found)
            self.tell(StageBegan("gate"))
            gating = Gating(jobs, kept, keys, self.tell)
            gating.fail(fitting.failures)
            gating.reuse()
            self._tell_why(gating.outdated, writer.folder, documents)
            gating.gate(crew)
            self.tell(StageBegan("compare"))
            splits = split_rows(crew, plan, fits, gating.results, kept, keys)
            spreading = spread_rows(crew, plan, kept, keys)
        self.tell(StageBegan("conclude"))
        tables = write_tables(writer, plan, fits, gating, splits, spreading)
        concluded = conclude(writer, plan, tables)
        seconds = time.perf_counter() - self.began
        manifest = make_manifest(plan, documents, gating.results, arguments, seconds, concluded)
        resumed = {"reused": gating.reused, "gated": len(jobs) - gating.reused, "notes": list(kept.notes)}
        manifest |= {"shard": None if self.shard is None else list(self.shard), "resumed": resumed}
        known = {row.sample for row in self.whole.rows if self.found.get(row.file) is not None}
        unread = [sample for sample in unread_tubes(self.whole, fits) if sample in known]
        manifest["lost"] = list(dict.fromkeys([*manifest["lost"], *unread]))
        self.tell(StageBegan("write"))
        writer.commit(manifest)
        fitted = ((FITS, panel) for panel in plan.templates)
        kept.prune([*fitted, *gating.pieces(), *split_pieces(plan), *spread_pieces(plan)])

    def _tell_why(self, outdated: list[str], folder: Path, documents: Mapping[str, str]) -> None:
        """Tell how many tubes of each panel are gated again, and what changed."""
        samples = set(outdated)
        counts = Counter(row.panel for row in self.plan.gated if row.sample in samples)
        manifest = read_manifest_or_none(folder) if counts else None
        for panel, n in counts.items():
            self.tell(GatedAgain(panel, n, why_again(manifest, self.plan, documents, self.found, panel)))


def _both(
    observe: Observer | None, progress: Callable[[int, int, str, bool], None] | None
) -> Observer | None:
    """Return one observer for both ways to be told."""
    if progress is None:
        return observe

    def told(event: Event) -> None:
        if observe is not None:
            observe(event)
        if isinstance(event, SampleDone) and not event.reused:
            progress(event.done, event.total, event.sample, event.failure is None)

    return told
