"""Fits: what a template left to be found, as it was found over all files of a study; kept as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cytogate.errors import FcsError, Problem, TemplateError, nearest
from cytogate.gating.fitting.placement import Group, Placement, Together
from cytogate.gating.template.parts import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = "cytogate.fits"
VERSION = 2
READ = (1, 2)  # version 1 had scales and axes only
SKIPPED = "fit-skipped"
UNREAD = "fit-unread"  # skipped for what may be otherwise at the next attempt: the disk, not the file
LOST = "fit-lost"  # skipped with the worker that looked at it, or for want of memory


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Scales, axis ranges, and where cuts and gates stand, for all files of a study.

    Attributes
    ----------
    template, template_sha256 : str
        The template they were estimated for.
    scales : Mapping
        Marker to ``{"kind", "T", "W", "M", "A"}`` as far as the kind has them.
    axes : Mapping
        Marker to (low, high) in data values, for drawing.
    files : tuple of str
        Files that were looked at, sorted.
    skipped : tuple of Problem
        Files that could not be, and why.
    placements : Mapping
        File, as it was given, to name of a cut or gate to `Placement`.
    common : Mapping
        Name of a cut or gate to what all samples say `Together`.
    groups : Mapping
        File to its `Group`, as `fit_template` was told; those of files that were not looked at, too.
    """

    template: str
    template_sha256: str
    scales: Mapping[str, Mapping[str, Any]]
    axes: Mapping[str, tuple[float, float]]
    files: tuple[str, ...] = ()
    skipped: tuple[Problem, ...] = field(default=())
    placements: Mapping[str, Mapping[str, Placement]] = field(default_factory=dict)
    common: Mapping[str, Together] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what it is for in one line; all numbers of a study would fill pages."""
        parts = f"{len(self.files)} files, {len(self.common)} cuts and gates, {len(self.skipped)} skipped"
        return f"Fits({self.template!r}: {parts})"

    def placements_of(self, key: str) -> Mapping[str, Placement] | None:
        """Return where all that was found stands in a file; None for a file that was not looked at.

        A file that is named with more folders than it was given with (as after a study was moved) is found
        where no other ends alike.
        """
        if key in self.placements:
            return self.placements[key]
        path = key.replace("\\", "/")
        alike = [known for known in self.placements if known and path.endswith(f"/{known}")]
        return self.placements[alike[0]] if len(alike) == 1 else None

    def only(self, key: str) -> Fits:
        """Return fits with the placements of one file, to go with the work on it; all else stays."""
        known = self.placements_of(key)
        group = self.groups.get(key)
        return replace(
            self,
            placements=read_only({} if known is None else {key: known}),
            groups=read_only({} if group is None else {key: group}),
        )

    def moved(self, key: str, positions: Mapping[str, float | Sequence[float]]) -> Fits:
        """Return fits with cuts or gates of one file elsewhere; all else stays.

        Parameters
        ----------
        key : str
            The file, as it was given to `fit_template`.
        positions : Mapping
            Name to position in scale units: a number for a cut, numbers for a gate on two axes.

        Raises
        ------
        TemplateError
            The file or a name is not known, or a position has the wrong length or is not finite.
        """
        known = self.placements_of(key)
        if known is None:
            message = f"No cut was found in {key!r}. {nearest(key, list(self.placements))}"
            raise TemplateError(message)
        changed = dict(known)
        for name, given in positions.items():
            if name not in known:
                message = f"{key}: no cut or gate {name!r} was found. {nearest(name, list(known))}"
                raise TemplateError(message)
            position = (float(given),) if isinstance(given, int | float) else tuple(map(float, given))
            expected = known[name].position
            if len(position) != len(expected) or not all(map(math.isfinite, position)):
                message = f"{key}, {name}: expected {len(expected)} finite numbers, found {list(position)}."
                raise TemplateError(message)
            changed[name] = replace(known[name], position=position)
        at = key if key in self.placements else next(k for k, v in self.placements.items() if v is known)
        return replace(self, placements=read_only({**self.placements, at: read_only(changed)}))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `from_dict` reads them back."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "template": self.template,
            "template_sha256": self.template_sha256,
            "scales": {marker: dict(scale) for marker, scale in self.scales.items()},
            "axes": {marker: list(ends) for marker, ends in self.axes.items()},
            "files": list(self.files),
            "skipped": [
                {"code": p.code, "location": p.location, "message": p.message, "fix": p.fix}
                for p in self.skipped
            ],
            "placements": {
                key: {name: placement.to_dict() for name, placement in placements.items()}
                for key, placements in self.placements.items()
            },
            "common": {name: together.to_dict() for name, together in self.common.items()},
            "groups": {key: group.to_dict() for key, group in self.groups.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fits:
        """Return the fits that `to_dict` described, of this version or version 1.

        Raises
        ------
        TemplateError
            When the data are of another format or a newer version.
        """
        if data.get("format") != FORMAT or data.get("version") not in READ:
            message = (
                f"Not fits that this version reads: format {data.get('format')!r}, version "
                f"{data.get('version')!r}; expected {FORMAT!r}, version {READ[0]} to {READ[-1]}."
            )
            raise TemplateError(message)
        placements = {
            key: read_only({name: Placement.from_dict(entry) for name, entry in entries.items()})
            for key, entries in data.get("placements", {}).items()
        }
        common = {name: Together.from_dict(entry) for name, entry in data.get("common", {}).items()}
        return cls(
            template=data["template"],
            template_sha256=data["template_sha256"],
            scales=read_only({marker: read_only(scale) for marker, scale in data["scales"].items()}),
            axes=read_only(
                {marker: (float(ends[0]), float(ends[1])) for marker, ends in data["axes"].items()}
            ),
            files=tuple(data["files"]),
            skipped=tuple(Problem(**entry) for entry in data["skipped"]),
            placements=read_only(placements),
            common=read_only(common),
            groups=read_only(
                {key: Group.from_dict(key, entry) for key, entry in data.get("groups", {}).items()}
            ),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (Fits.from_dict, (self.to_dict(),))


def left_out(name: str, error: Exception) -> Problem:
    """Return why a file is not fitted to.

    Examples
    --------
    >>> left_out("a.fcs", OSError("the disk is away")).code
    'fit-unread'
    """
    is_of_disk = isinstance(error, OSError) or (
        isinstance(error, FcsError) and error.code in ("file-unreadable", "changed-while-reading")
    )
    return Problem(UNREAD if is_of_disk else SKIPPED, name, " ".join(str(error).split()))
