"""Keys: a hash of all that a result rests on; it is used again only where nothing of that has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from cytogate.gating.template.gating_template import GatingTemplate
from cytogate.study.running.result_text import RESULT_VERSION
from cytogate.versions import source_sha256, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cytogate.gating.fitting.fits import Fits
    from cytogate.study.files.hashing import Hashed
    from cytogate.study.planning.plan import Plan
    from cytogate.study.running.split_job import SplitJob
    from cytogate.study.running.spread_job import SpreadJob
    from cytogate.study.sample.values import Job
    from cytogate.study.sheets.sheet import SheetRow

# Of a job: told by its content (the file, controls, fits), or without a part in any figure.
_APART = ("index", "path", "threads", "known", "fits", "controls", "tubes")
_DIGITS = 10  # of fitted numbers, which differ by less than that between kinds of machines
_UNREADABLE = "unreadable"


class Keys:
    """Keys of one run.

    Parameters
    ----------
    hashes : mapping of path to str or None
        SHA-256 of the files of the study, controls too; None of those that cannot be read.
    """

    def __init__(self, hashes: Mapping[str, str | None]) -> None:
        self._hashes = hashes
        self._common = {"result": RESULT_VERSION, "versions": versions(), "source": source_sha256()}
        self._templates: dict[int, str] = {}

    def of_sample(self, job: Job, sha256: str) -> str:
        """Return the key of a sample's result, for a file with this content."""
        controls = [(control.marker, control.sample, self._hash(control.path)) for control in job.controls]
        entry = {"input": sha256, "controls": controls, "fits": self._fits(job.fits, [job.path])}
        return self._key(job, entry)

    def of_splits(self, job: SplitJob, sha256: Mapping[str, str | None]) -> str:
        """Return the key of the splits of a subject, for tubes with these contents (by sample)."""
        tubes = [(tube.sample, tube.visit, tube.week, sha256.get(tube.sample)) for tube in job.tubes]
        entry = {"tubes": tubes, "fits": self._fits(job.fits, [tube.path for tube in job.tubes])}
        return self._key(job, entry)

    def of_spread(self, job: SpreadJob) -> str:
        """Return the key of the spreading of a single stain."""
        return self._key(job, {"input": self._hash(job.path)})

    def of_fits(self, plan: Plan, panel: str, used: Sequence[tuple[str, str]], groups: object) -> str:
        """Return the key of the fits of a panel.

        Parameters
        ----------
        used : sequence of (file, path)
            The tubes that are fitted to, and their controls; their order does not count.
        groups : object
            Who belongs together.
        """
        study = plan.study
        entry = {
            "files": sorted((file, self._hash(path)) for file, path in used),
            "root": str(study.data_root.resolve()),
            "groups": groups,
            "reading": [study.dataset, study.lenient, study.refuse],
            "cleaning": study.cleaning.removing(),
        }
        return self._digest({**self._common, "template": self._template(plan.templates[panel]), **entry})

    def _key(self, job: Job | SplitJob | SpreadJob, entry: Mapping[str, Any]) -> str:
        others = {field.name: getattr(job, field.name) for field in fields(job) if field.name not in _APART}
        return self._digest({**self._common, **others, **entry, "kind": type(job).__name__})

    def _digest(self, entry: Mapping[str, Any]) -> str:
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), default=self._plain)
        return hashlib.sha256(text.encode()).hexdigest()

    def _plain(self, value: Any) -> Any:
        if isinstance(value, GatingTemplate):
            return self._template(value)
        if is_dataclass(value):
            return {field.name: getattr(value, field.name) for field in fields(value)}
        if isinstance(value, Mapping):
            return dict(value)
        message = f"A key cannot tell {type(value).__name__} values apart."
        raise TypeError(message)

    def _template(self, template: GatingTemplate) -> str:
        """Return the hash of a template, which is not worked out again for each of its samples."""
        return self._templates.setdefault(id(template), "") or self._remember(template)

    def _remember(self, template: GatingTemplate) -> str:
        self._templates[id(template)] = template.sha256
        return self._templates[id(template)]

    def _hash(self, path: str) -> str:
        return self._hashes.get(path) or _UNREADABLE

    def _fits(self, fits: Fits | None, paths: Sequence[str]) -> Any:
        """Return what of the fits some files are gated by, without the places where these lie."""
        if fits is None:
            return None
        found = [fits.placements_of(path) for path in paths]
        entry: dict[str, Any] = {
            "scales": {marker: dict(scale) for marker, scale in fits.scales.items()},
            "axes": dict(fits.axes),
            "placements": [
                {} if placed is None else {name: placed[name].to_dict() for name in placed}
                for placed in found
            ],
        }
        if None in found and fits.common:  # such a tube is placed by what the others say together
            entry["common"] = {name: together.to_dict() for name, together in fits.common.items()}
            groups = [fits.groups.get(path) for path in paths]
            entry["groups"] = [
                None
                if group is None
                else [group.subject, group.batch, {m: self._hash(p) for m, p in group.controls.items()}]
                for group in groups
            ]
        return _rounded(entry)


def keys_of(rows: Iterable[SheetRow], found: Mapping[str, Hashed | None]) -> Keys:
    """Return the keys of a run of these rows, whose files hold what was found."""
    return Keys({row.path: hashed.sha256 for row in rows if (hashed := found.get(row.file))})


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value
