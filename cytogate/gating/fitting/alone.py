"""Alone: a file that was not among those that were fitted, placed by what they say together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.gating.fitting.asking import Aligned, aligns, ask, companion_of, look_for, place_beside
from cytogate.gating.fitting.fit import read_plainly
from cytogate.gating.fitting.jobs import cleaning_of
from cytogate.gating.fitting.placement import Group, Placement
from cytogate.gating.fitting.placing import anchored_placement, scope_placement
from cytogate.gating.fitting.tubes import Opened, Tube
from cytogate.methods.anchoring import anchored
from cytogate.methods.base import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.fcs.source import EventSource
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.fitting.jobs import Clean
    from cytogate.gating.fitting.placement import Together
    from cytogate.gating.fitting.tubes import Positions
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.summary import Summary


def place_alone(
    template: GatingTemplate,
    f: EventSource,
    fits: Fits,
    group: Group | None = None,
    *,
    read: Callable[[str], EventSource] = read_plainly,
    clean: Clean | None = None,
) -> dict[str, Placement]:
    """Return where cuts and gates stand in a file that the fits do not know.

    Its own cuts are found in it and anchored to those of the study, whose estimates stay as they are; where a
    scope of several samples decides, it is that of the file's group, or of the study.

    Parameters
    ----------
    group : Group, optional
        Subject, batch and control tubes of the file; by default what the fits know of it.
    clean : callable, optional
        As in `fit_template`.

    Raises
    ------
    CytogateError, OSError
        The file cannot be used.
    """
    tops = {marker: high for marker, (_, high) in fits.axes.items()}
    group = group or fits.groups.get(f.path) or Group(f.path)
    scales = {marker: dict(scale) for marker, scale in fits.scales.items()}
    tube = Tube(template, lambda: f, group.key, scales, tops, cleaning_of(template, f, clean))
    controls = _controls(tube, group, read, clean)
    positions: Positions = {}
    placements: dict[str, Placement] = {}
    for level in sorted({part.level for part in template.fitted.values()}):
        parts = {name: part for name, part in template.fitted.items() if part.level == level}
        looking = [part for part in parts.values() if part.scope == "sample"]
        instead = {
            part.name: controls.get(group.controls.get(part.markers[0], ""))
            for part in looking
            if part.method.looks_at != "sample"
        }
        meeting, summaries, _ = look_for(tube, looking, instead, positions, level)
        for name, part in parts.items():
            together = fits.common.get(name)
            if part.scope == "sample":
                beside = place_beside(companion_of(part, template.fitted), positions)
                placed = _own(part, summaries[name], meeting, group, together, beside)
            else:
                placed = _of_scope(part, meeting, group, together)
            placements[name] = placed
            positions[name] = placed.position
    return placements


def _controls(
    tube: Tube, group: Group, read: Callable[[str], EventSource], clean: Clean | None
) -> dict[str, Tube]:
    """Return the control tubes of a file that can be used, by path."""
    found = {}
    for path in sorted(set(group.controls.values())):
        opened = Opened(read, path)
        try:
            cleaning = () if clean is None else cleaning_of(tube.template, opened(), clean)
        except (CytogateError, OSError):
            continue
        found[path] = replace(tube, opened=opened, name=path, cleaning=cleaning)
    return found


def _own(
    part: Fitted,
    summary: Summary | None,
    meeting: Meeting,
    group: Group,
    together: Together | None,
    beside: float,
) -> Placement:
    if together is None:  # no file of the study could be used
        return scope_placement(part, ask(part, summary, meeting))
    landmarks = together.landmarks if aligns(part) else ()
    found = ask(part, summary, meeting, Aligned(together.reference, landmarks))
    common = together.common
    placed = anchored(common, found.position, found.variance, group.of(common.anchor), beside, group.visit)
    return anchored_placement(part, found, placed, meeting, summary)


def _of_scope(part: Fitted, meeting: Meeting, group: Group, together: Together | None) -> Placement:
    if together is None:
        return scope_placement(part, ask(part, None, meeting))
    common = together.common
    position, variance = common.groups.get(group.of(part.scope), (common.mean, common.mean_variance))
    note = "" if group.of(part.scope) in common.groups else f"Its {part.scope} is not known: of the study."
    return scope_placement(part, Found(position, variance, 1.0, 0, note=note))
