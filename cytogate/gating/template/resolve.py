"""Resolve: a template and one file become a strategy of concrete channels, scales and geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import Problem, TemplateError
from cytogate.gating.fitting.alone import place_alone
from cytogate.gating.fitting.fit import fit_template, read_plainly
from cytogate.gating.template.matching import channels_of
from cytogate.gating.template.meeting import Meeting, meet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.fitting.fits import Fits
    from cytogate.gating.fitting.jobs import Clean
    from cytogate.gating.fitting.placement import Placement
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.template.gating_template import GatingTemplate


def resolve(
    template: GatingTemplate,
    f: EventSource,
    fits: Fits | None = None,
    *,
    read: Callable[[str], EventSource] | None = None,
    clean: Clean | None = None,
) -> GatingStrategy:
    """Return the strategy of a template for one file.

    Parameters
    ----------
    template : GatingTemplate
        What to gate.
    f : EventSource
        The file, or events from elsewhere.
    fits : Fits, optional
        What was estimated over all files of a study (see `fit_template`): scales, and where cuts and gates
        stand in each. Without them all that the template leaves to be estimated comes from `f` alone, with a
        warning in ``strategy.warnings``; with fits that do not know `f`, its cuts are found in it and
        anchored to those of the study. A cut or gate that fell back on the template's own is warned of too.
    read : callable, optional
        Opens control tubes that a method looks at in a file that the fits do not know; by default
        `cytogate.read_fcs`.
    clean : callable, optional
        Returns the gates that take events of a tube out, as in `fit_template`; cuts that are found here are
        found in what they leave. The strategy does not hold them.

    Raises
    ------
    PanelError
        Lists every marker that the file lacks or has twice.
    CompensationError
        The file has no spillover though the template takes the file's, the matrix does not fit the file, or
        the events are compensated already.
    TemplateError
        The fits lack a scale that the template leaves to be estimated, or are of another template.
    """
    channels = channels_of(template, f)
    warnings: list[Problem] = []
    if fits is not None and fits.template_sha256 != template.sha256:
        title = f"The fits do not belong to template {template.name}:"
        text = f"they were made for template {fits.template} as it was with other content."
        raise TemplateError(title, [Problem("fits-do-not-fit", "fits", text, "Fit the template again.")])
    is_alone = fits is None
    if fits is None and (template.fitted or _open_widths(template, channels)):
        fits = fit_template(template, [f], clean=clean)
    meeting = meet(template, f, {} if fits is None else fits.scales, channels)
    if is_alone:
        warnings += _alone(template, f, channels)
    placements: Mapping[str, Placement] = {}
    if fits is not None and template.fitted:
        found = fits.placements_of(f.path)
        if found is None:
            found = place_alone(template, f, fits, read=read or read_plainly, clean=clean)
        placements = found
    warnings += [*_not_in_matrix(meeting), *_fallbacks(template, placements)]
    positions = {name: placement.position for name, placement in placements.items()}
    return meeting.strategy(positions, warnings=warnings)


def _open_widths(template: GatingTemplate, channels: Mapping[str, Channel]) -> list[str]:
    """Return the markers whose scales are to be estimated."""
    return [
        marker
        for marker, channel in channels.items()
        if (spec := template.scale(marker, is_scatter=channel.kind != "fluorescence")) is not None
        and spec.is_estimated
    ]


def _alone(template: GatingTemplate, f: EventSource, channels: Mapping[str, Channel]) -> Iterator[Problem]:
    """Yield what is known from one file alone where no fits were given."""
    fix = "Use fit_template over all files of the study."
    widths = _open_widths(template, channels)
    if widths:
        text = (
            f"the width W of {len(widths)} scales comes from this file alone; "
            "cut-offs stay where they are, pictures and polygons may differ between files."
        )
        yield Problem("scales-from-one-file", f.path, text, fix)
    if template.fitted:
        text = (
            f"{len(template.fitted)} cuts or gates are found in this file alone, and anchored to no others."
        )
        yield Problem("gate-fitted-alone", f.path, text, fix)


def _not_in_matrix(meeting: Meeting) -> list[Problem]:
    """Return a warning for each gated marker whose fluorescence the matrix leaves as it is."""
    if meeting.matrix is None:
        return []
    channels, detectors = meeting.channels, meeting.matrix.targets
    return [
        Problem(
            "marker-not-compensated",
            f"{meeting.place}, marker {marker}",
            f"channel {channels[marker].title} is not in the matrix and is gated without compensation.",
            "Is the right pulse (area) labelled?",
        )
        for marker in meeting.template.markers
        if channels[marker].kind == "fluorescence" and channels[marker].name not in detectors
    ]


def _fallbacks(template: GatingTemplate, placements: Mapping[str, Placement]) -> list[Problem]:
    """Return a warning for each cut or gate of which the events did not say where it belongs.

    A cut that several gates share is told once, with all of them.
    """
    warnings = []
    for name in dict.fromkeys(name for gate in template.gates for name in gate.shape.fitted):
        placement = placements.get(name)
        if placement is not None and placement.fallback:
            gates = [gate.name for gate in template.gates if name in gate.shape.fitted]
            named = f"gate {gates[0]}" if len(gates) == 1 else f"gates {', '.join(gates)}"
            where = named if gates == [name] else f"{named}, cut {name}"
            warnings.append(Problem("gate-fallback", where, placement.told()))
    return warnings
