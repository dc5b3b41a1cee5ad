"""Resolve: a template and one file become a strategy of concrete channels, scales and geometry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem, TemplateError
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.template.fits import fit_template
from cytogate.gating.template.matching import channels_of, compensation_of
from cytogate.gating.template.shapes import ScaledAxis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.template.fits import Fits
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import ScaleSpec
    from cytogate.transforms.base import Transform

TEMPLATE_MATRIX = "template_matrix"  # id of a template's own matrix; no file name can clash with "FCS"


def resolve(template: GatingTemplate, f: EventSource, fits: Fits | None = None) -> GatingStrategy:
    """Return the strategy of a template for one file.

    Parameters
    ----------
    template : GatingTemplate
        What to gate.
    f : EventSource
        The file, or events from elsewhere.
    fits : Fits, optional
        Scales estimated over all files of a study (see `fit_template`). Without them the scales that the
        template leaves to be estimated come from `f` alone, with a warning in ``strategy.warnings``.

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
    place = f.path or "the events"
    channels = channels_of(template, f)
    matrix = compensation_of(template, f)
    identity = FROM_FILE if template.matrix is None else TEMPLATE_MATRIX
    detectors = () if matrix is None else matrix.targets
    warnings: list[Problem] = []
    transforms = _scales(template, f, fits, channels, warnings)
    ids = scale_ids(transforms)
    used: dict[str, Transform] = {}
    if matrix is not None:
        warnings += _not_in_matrix(template, channels, detectors, place)

    def axis(marker: str) -> ScaledAxis:
        channel = channels[marker]
        transform = transforms.get(marker)
        scale = ids.get(marker)
        if transform is not None and scale is not None:
            used[scale] = transform
        compensation = identity if channel.name in detectors else UNCOMPENSATED
        return ScaledAxis(Dimension(channel.name, compensation, scale), transform)

    nodes = []
    for gate in template.gates:

        def place_axis(marker: str, *, in_scale_units: bool = gate.in_scale_units) -> ScaledAxis:
            found = axis(marker)
            return ScaledAxis(found.dim, found.transform, in_scale_units)

        try:
            geometry = gate.shape.build(place_axis)
        except CytogateError as error:
            where = f"template {template.name}, gate {gate.name!r}"
            title = f"Template {template.name} does not fit the scales of {place}:"
            raise TemplateError(title, [Problem("wrong-geometry", where, str(error))]) from error
        display = axis(gate.display).dim if gate.display in channels else None
        nodes.append(GateNode(gate.name, geometry, gate.parent, display))
    return GatingStrategy.build(
        nodes,
        compensations={} if template.matrix is None else {identity: template.matrix},
        compensation=None if matrix is None else identity,
        transforms=used,
        definitions={entry.population: entry.id for entry in template.definitions.values()},
        source=f"template {template.name}",
        warnings=warnings,
    )


def scale_ids(markers: Iterable[str]) -> dict[str, str]:
    """Return an id for the transform of each marker, safe as an XML name; no two are alike.

    Examples
    --------
    >>> scale_ids(["CD3/CD14", "CD3_CD14"])
    {'CD3/CD14': 'scale_CD3_CD14', 'CD3_CD14': 'scale_CD3_CD14_2'}
    """
    ids: dict[str, str] = {}
    for marker in markers:
        plain = "scale_" + re.sub(r"[^A-Za-z0-9.-]", "_", marker)
        name, number = plain, 1
        while name in ids.values():
            number += 1
            name = f"{plain}_{number}"
        ids[marker] = name
    return ids


def _not_in_matrix(
    template: GatingTemplate, channels: Mapping[str, Channel], detectors: Collection[str], place: str
) -> list[Problem]:
    """Return a warning for each gated marker whose fluorescence the matrix leaves as it is."""
    return [
        Problem(
            "marker-not-compensated",
            f"{place}, marker {marker}",
            f"channel {channels[marker].title} is not in the matrix and is gated without compensation.",
            "Is the right pulse (area) labelled?",
        )
        for marker in template.markers
        if channels[marker].kind == "fluorescence" and channels[marker].name not in detectors
    ]


def _scales(
    template: GatingTemplate,
    f: EventSource,
    fits: Fits | None,
    channels: Mapping[str, Channel],
    warnings: list[Problem],
) -> dict[str, Transform]:
    """Return the transform of each marker that has a scale."""
    if fits is not None and fits.template_sha256 != template.sha256:
        title = f"The fits do not belong to template {template.name}:"
        text = f"they were made for template {fits.template} as it was with other content."
        raise TemplateError(title, [Problem("fits-do-not-fit", "fits", text, "Fit the template again.")])
    specs = {
        marker: spec
        for marker, channel in channels.items()
        if (spec := template.scale(marker, is_scatter=channel.kind != "fluorescence")) is not None
    }
    open_widths = [marker for marker, spec in specs.items() if spec.is_estimated]
    if fits is None and open_widths:
        fits = fit_template(template, [f])
        text = (
            f"the width W of {len(open_widths)} scales comes from this file alone; "
            "cut-offs stay where they are, pictures and polygons may differ between files."
        )
        fix = "Use fit_template over all files of the study."
        warnings.append(Problem("scales-from-one-file", f.path, text, fix))
    problems = []
    transforms = {}
    for marker, spec in specs.items():
        width = None
        if spec.is_estimated:
            fitted = {} if fits is None else fits.scales.get(marker, {})
            if any(fitted.get(name) != spec.parameters.get(name, 0.0) for name in ("T", "M", "A")):
                problems.append(_unfitted(marker, spec, fitted))
                continue
            width = float(fitted["W"])
        transforms[marker] = spec.transform(width=width)
    if problems:
        title = f"The fits do not belong to template {template.name}:"
        raise TemplateError(title, problems)
    return transforms


def _unfitted(marker: str, spec: ScaleSpec, fitted: Mapping[str, object]) -> Problem:
    text = f"expected a fitted scale like {spec.to_dict()}, found {dict(fitted) or 'none'}."
    return Problem("fits-do-not-fit", f"marker {marker}", text, "Fit the template again.")
