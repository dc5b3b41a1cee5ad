"""Verifying a run folder: the hashes first, then the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError, StoreError, nearest
from cytogate.study.run_folder.run import open_run
from cytogate.study.verify.again import plan_without_files, samples_again, whole_again
from cytogate.study.verify.comparing import Comparison
from cytogate.study.verify.differences import Difference, Verification
from cytogate.study.verify.links import check_documents, check_files, check_inputs, check_log
from cytogate.versions import machine, other_versions, source_sha256, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cytogate.study.run_folder.run import Run

    Progress = Callable[[int, int, str, bool], None]


def verify_run(
    folder: str | Path,
    *,
    study: str | Path | None = None,
    samples: Collection[str] = (),
    hash_only: bool = False,
    executor: str = "process",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Hash everything that a run read and wrote, gate again, and compare.

    Parameters
    ----------
    folder : str or Path
        The run folder; nothing is written to it.
    study : str or Path, optional
        Where the study file lies now; where the run found it, if not given. Its data root is looked up from
        there.
    samples : collection of str
        Gate these only, with the fits that the run kept; by default the whole study, fits and statistics
        too.
    hash_only : bool
        Gate nothing.
    executor, workers, progress
        As for `run_study`.

    Returns
    -------
    Verification
        Samples whose file has changed are not gated again; where study, sheet or a template has changed none
        is.

    Raises
    ------
    StoreError
        There is no finished run in the folder, or it has no such sample.
    """
    run = open_run(folder)
    manifest = run.manifest
    for sample in samples:
        if sample not in manifest["samples"]:
            message = f"{run.path}: no sample {sample!r}. {nearest(sample, list(manifest['samples']))}"
            raise StoreError(message)
    concluded = manifest.get("conclusions") or {}  # statistics may have been written by another file
    place = Path(study or str(concluded.get("study") or manifest["arguments"]["study"]))
    root = (place.parent / str((manifest.get("study") or {}).get("data_root") or ".")).resolve()
    log, found, notes = check_log(run.path, manifest)
    documents = list(check_documents(manifest, place))
    inputs = check_inputs(manifest, root)
    found += [*documents, *inputs.values(), *check_files(run.path, manifest, log)]
    if "files" not in manifest:
        notes.append("The run is of a version that kept no hashes of its tables: only gating proves them.")
    notes += _other_versions(manifest)
    gated: tuple[str, ...] = ()
    comparison = None
    if hash_only:
        notes.append("Nothing was gated again, as asked: whether the figures come out again is not shown.")
    elif documents:
        notes.append("Nothing was gated again: the study is not that of the run (see above).")
    else:
        comparison = Comparison(equal_bits=_same_kind(manifest), because=_because(manifest))
        crew: Any = {"executor": executor, "workers": workers, "progress": progress}
        try:
            if inputs or samples:
                chosen = set(samples or manifest["samples"]) - set(inputs)
                gated = samples_again(run, plan_without_files(place), chosen, comparison, **crew)
                notes.append(_partly(run, gated))
            else:
                gated = whole_again(run, place, comparison, **crew)
        except CytogateError as error:
            found.append(_not_run(place, error))
        found += comparison.differences
    return Verification(
        folder=run.path,
        differences=tuple(found),
        notes=tuple(notes),
        checked={
            "log_lines": len(log.lines),
            "inputs": len(manifest.get("inputs") or {}) + len(manifest.get("controls") or {}),
            "documents": 1 + len(manifest.get("documents") or {}),
            "templates": len(manifest.get("templates") or {}),
            "files": len(manifest.get("files") or {}),
        },
        gated=gated,
        compared=None if comparison is None or not gated else comparison.compared,
    )


def _other_versions(manifest: Mapping[str, Any]) -> list[str]:
    now, then = versions(), manifest.get("versions") or {}
    other = other_versions(then, now)
    notes = [f"Other versions than the run's: {'; '.join(other)}."] if other else []
    source = manifest.get("source_sha256")
    if source is not None and source != source_sha256() and then.get("cytogate") == now["cytogate"]:
        notes.append("The source of cytogate is not that of the run, though the version is the same.")
    if manifest.get("machine") not in (None, machine()):
        notes.append("This is another kind of machine than the run's: numbers may differ by 1e-12.")
    return notes


def _same_kind(manifest: Mapping[str, Any]) -> bool:
    return manifest.get("machine") == machine() and manifest.get("versions") == versions()


def _because(manifest: Mapping[str, Any]) -> str:
    if manifest.get("versions") != versions():
        return f"Verify with the version of the run: cytogate {manifest.get('cytogate')}, and see the notes."
    if manifest.get("source_sha256") not in (None, source_sha256()):
        return "The source of cytogate is another than the run's: verify with that."
    return "The tables were changed, or gating is not repeatable here; keep the folder and report it."


def _partly(run: Run, gated: tuple[str, ...]) -> str:
    return (
        f"{len(gated)} of {len(run.manifest['samples'])} samples were gated again, with the fits of the run: "
        "fits, statistics and what compares samples were not made anew."
    )


def _not_run(study: Path, error: CytogateError) -> Difference:
    return Difference(
        "figures",
        str(study),
        "a study that can be run, as it was",
        str(error),
        "No figure could be compared.",
        "Mend what it says; where versions differ, verify with those of the run.",
    )
