"""What the parent of a run holds of each tube: little while it gates, hardly more when tables are made."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import pytest
from study.conftest import small_trial

from cytogate.study.conclude import conclude
from cytogate.study.files.hashing import Hashed
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder import growing
from cytogate.study.run_folder.folder import RUN_FORMAT
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.running.gating import SAMPLE, Gating
from cytogate.study.running.jobs import Jobs
from cytogate.study.running.kept import Kept
from cytogate.study.running.keys import keys_of
from cytogate.study.running.result_text import plain_result
from cytogate.study.sample.sample_job import run_sample
from cytogate.study.writing.manifest import make_manifest
from cytogate.study.writing.write_tables import write_tables

FEW, MANY = 100, 500
PARTS = 20  # rows that wait, so that even few tubes fill what is written at once
MOST_HELD = 3_000  # bytes a tube, with its kept piece
MOST_IN_TABLES = 1_000  # bytes a tube beyond what is held, of looks at three gates
MOST_IN_MANIFEST = 1_500  # bytes a tube, with the manifest


@contextmanager
def traced():
    """Lend what returns the bytes of Python that are used beyond those of the beginning: now, and at most."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    def used():
        gc.collect()
        return tuple(found - before for found in tracemalloc.get_traced_memory())

    try:
        yield used
    finally:
        tracemalloc.stop()


@dataclass
class Many:
    """A study of so many tubes that are all alike, with their kept results."""

    plan: object
    gating: Gating
    held: int


def many(trial, n: int) -> Many:
    """Take kept results for a study of so many tubes; `held` is what they add to memory."""
    plan = plan_study(trial.study)
    row = plan.rows[0]
    alone = replace(Jobs(plan, {}, threads=1)[0], previews=False)
    result = replace(run_sample(alone), warnings=())
    rows = tuple(
        replace(row, sample=f"S{at}", subject=f"P{at}", file=f"fcs/{at}.fcs", path=f"/fcs/{at}.fcs")
        for at in range(n)
    )
    plan = replace(plan, rows=rows)
    found = {row.file: Hashed((1, 2, 3), result.sha256) for row in rows}
    keys = keys_of(rows, found)
    jobs = Jobs(plan, {}, threads=1, known=found)
    (trial.folder / f"run-{n}").mkdir()
    with closing(Kept(trial.folder / f"run-{n}")) as kept:
        kept.write()
        for job in jobs:
            piece = plain_result(replace(result, sample=job.sample))
            kept.put(SAMPLE, job.sample, keys.of_sample(job, result.sha256), piece)
    with traced() as used:
        gating = Gating(jobs, Kept(trial.folder / f"run-{n}"), keys, lambda _: None)
        gating.reuse()
        held = used()[0]
    assert gating.reused == n
    return Many(plan, gating, held)


def tables_of(study: Many, folder) -> int:
    """Return the most bytes that are used while tables are written."""
    with RunWriter(folder) as writer, traced() as used:
        tables = write_tables(writer, study.plan, {}, study.gating, [], [])
        conclude(writer, study.plan, tables)
        return used()[1]


def manifest_of(study: Many, folder) -> int:
    """Return the most bytes that are used while the manifest is written and all is moved into place."""
    with RunWriter(folder) as writer:
        tables = write_tables(writer, study.plan, {}, study.gating, [], [])
        concluded = conclude(writer, study.plan, tables)
        with traced() as used:
            manifest = make_manifest(study.plan, {}, study.gating.results, {}, 1.0, concluded)
            assert manifest["format"] == RUN_FORMAT
            writer.commit(manifest)
            return used()[1]


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(growing, "_PART", PARTS)
    monkeypatch.setattr(growing, "MOST_ROWS", 5 * PARTS)


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    trial = small_trial(tmp_path_factory.mktemp("many"))
    return {n: many(trial, n) for n in (FEW, MANY)}


def a_tube(bytes_of) -> float:
    few, more = (bytes_of(n) for n in (FEW, MANY))
    return (more - few) / (MANY - FEW)


def test_little_is_held_of_a_tube_that_was_gated(studies):
    assert a_tube(lambda n: studies[n].held) < MOST_HELD


def test_the_memory_of_tables_hardly_grows_with_the_tubes(studies, small_parts, tmp_path):
    tables_of(studies[FEW], tmp_path / "warm")
    assert a_tube(lambda n: tables_of(studies[n], tmp_path / str(n))) < MOST_IN_TABLES


def test_the_memory_of_the_manifest_is_that_of_its_entries(studies, small_parts, tmp_path):
    assert a_tube(lambda n: manifest_of(studies[n], tmp_path / str(n))) < MOST_IN_MANIFEST
