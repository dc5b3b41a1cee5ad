"""What a run would not have to gate: the kept results that still hold, by their keys alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.gating.fitting.fits import Fits
from cytogate.platform import usable_cpus
from cytogate.study.files.hashing import hash_files
from cytogate.study.planning.shards import only_shard
from cytogate.study.running.fitting import FITS, fits_key
from cytogate.study.running.gating import SAMPLE
from cytogate.study.running.jobs import Jobs
from cytogate.study.running.kept import Kept
from cytogate.study.running.keys import keys_of
from cytogate.study.writing.manifest import used_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cytogate.study.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of the tubes of a run before it begins.

    Attributes
    ----------
    kept : tuple of str
        Samples whose kept results would be used again.
    unsettled : mapping of panel to int
        Tubes with a kept result, and the file as it was, whose scales and cuts are to be looked for again:
        whether the result serves is known when these are there.
    """

    kept: tuple[str, ...]
    unsettled: Mapping[str, int]


def foresee(
    whole: Plan, folder: Path, *, shard: tuple[int, int] | None = None, trust_mtime: bool = False
) -> Foreseen:
    """Return which kept results in a run folder would be used again.

    Files are hashed, no event is read, nothing is written. That a kept file is whole is seen only when it is
    read.

    Parameters
    ----------
    whole : Plan
        Of all samples.
    folder : Path
        The run folder.
    shard : (int, int), optional
        Of which part.
    trust_mtime : bool
        As of `run_study`.
    """
    kept = Kept(folder)
    paths = {row.file: row.path for row in used_files(whole)}
    found = hash_files(paths, kept.inputs(), trust=trust_mtime, threads=usable_cpus())
    keys = keys_of(whole.rows, found)
    pieces = {panel: kept.get(FITS, panel, fits_key(whole, panel, keys)) for panel in whole.templates}
    fits = {panel: Fits.from_dict(piece) for panel, piece in pieces.items() if piece is not None}
    plan = only_shard(whole, shard)
    jobs = Jobs(plan, fits, threads=None, known=found)
    samples: list[str] = []
    unsettled: Counter[str] = Counter()
    for job, row in zip(jobs, plan.gated, strict=True):
        if job.known is None:
            continue
        key = keys.of_sample(job, job.known.sha256)
        before = kept.inputs().get(row.file)
        if row.panel not in fits:
            is_same = before is not None and before.sha256 == job.known.sha256
            unsettled[row.panel] += is_same and kept.is_outdated(SAMPLE, job.sample, key)
        elif kept.has(SAMPLE, job.sample, key):
            samples.append(job.sample)
    return Foreseen(tuple(samples), +unsettled)
