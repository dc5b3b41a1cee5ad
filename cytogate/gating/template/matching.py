"""What of a file a template means: the channel of each marker, and the matrix to compensate with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.compensation.keyword import spillover_refusal, unusable
from cytogate.errors import CompensationError, Problem
from cytogate.fcs.compensated import already_compensated
from cytogate.gating.template.markers import match_markers

if TYPE_CHECKING:
    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.template.gating_template import GatingTemplate


def channels_of(template: GatingTemplate, f: EventSource) -> dict[str, Channel]:
    """Return the channel of every marker that the gates of a template need, and of others that the file has.

    Raises
    ------
    PanelError
        Lists every needed marker that the file lacks or has twice.
    """
    needed = {marker: template.panel.get(marker, ()) for marker in template.markers}
    shown = {gate.display: template.panel.get(gate.display, ()) for gate in template.gates if gate.display}
    place = f.path or "the events"
    return match_markers(f.channels, needed, optional={**template.panel, **shown}, source=place)


def compensation_of(template: GatingTemplate, f: EventSource) -> CompensationMatrix | None:
    """Return the matrix that a template compensates a file with; None where it does not compensate.

    Raises
    ------
    CompensationError
        The file has no spillover that can be used though the template takes the file's, the events are
        compensated already, or the template's matrix names detectors that the file lacks.
    """
    if template.matrix is None and template.compensation == "none":
        return None
    place = f.path or "the events"
    matrix = f.spillover if template.matrix is None else template.matrix
    if matrix is None:
        broken = spillover_refusal(f.keywords, f.channels.names, location=place)
        what, why = f"{place} holds no spillover matrix", "if the events are compensated already"
        if broken is not None:
            what, why = unusable(broken), "to gate the values as they are"
        message = (
            f"{what}, and template {template.name} asks for the file's own. "
            f"Give the template a matrix (compensation: matrix.csv), or compensation: none {why}."
        )
        raise CompensationError(message, problems=[broken or Problem("spillover-missing", place, message)])
    if not matrix.square:
        message = (
            f"the matrix of template {template.name} unmixes {len(matrix.detectors)} detectors into "
            f"{len(matrix.fluorochromes)} fluorochromes; templates compensate with square matrices. "
            "Unmix the events before, or gate by a Gating-ML file that names the matrix."
        )
        raise CompensationError(message, problems=[Problem("matrix-not-square", place, message)])
    done = already_compensated(f)
    if done is not None:
        message = (
            f"{place} looks compensated already: {done.message} Template {template.name} would do it a "
            "second time. Use a template with compensation: none."
        )
        raise CompensationError(message, problems=[done])
    has = f.channels.names
    lacking = [detector for detector in matrix.detectors if detector not in has]
    if lacking:
        whose = "its spillover" if template.matrix is None else f"the matrix of template {template.name}"
        message = (
            f"{whose} names detectors that {place} lacks: {', '.join(lacking)}. The file has: "
            f"{', '.join(has)}. Was the matrix made for another panel?"
        )
        raise CompensationError(message, problems=[Problem("matrix-detectors", place, message)])
    return matrix
