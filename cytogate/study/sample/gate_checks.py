"""What is known of the gates of one sample: how sure they are, and what may be odd about them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.study.sample.looks import FittedGate, GateLook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.fitting.placement import Placement
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.study.sample.values import Job


def gate_shifts(job: Job, source: FcsFile, strategy: GatingStrategy) -> dict[str, tuple[float, ...]]:
    """Return how the logit of each endpoint changes when the fitted gates of the sample are drawn anew.

    `strategy` is that of the sample with its cleaning, which stays.
    """
    placements = _placements(job)
    if job.fits is None or not placements or not job.endpoints:
        return {}
    from cytogate.gating.adjusting import adjust
    from cytogate.gating.cleaning import with_cleaning
    from cytogate.gating.template.meeting import meet
    from cytogate.gating.uncertainty import share_shifts

    meeting = meet(job.template, source, job.fits.scales)
    positions = {name: placement.position for name, placement in placements.items()}

    def place(moved: Mapping[str, tuple[float, ...]]) -> GatingStrategy:
        if not moved:
            return strategy
        drawn = meeting.strategy({**positions, **moved})
        adjusted = adjust(drawn, job.changes) if job.changes else drawn  # a gate set by hand stays
        return with_cleaning(adjusted, strategy.cleaning)

    pairs = {endpoint.name: (endpoint.population, endpoint.of) for endpoint in job.endpoints}
    shifts = share_shifts(
        source,
        place,
        placements,
        pairs,
        name=job.sample,
        blurred=True,
        held=[change.gate for change in job.changes],
        threads=job.threads,
    )
    return {name: tuple(values.tolist()) for name, values in shifts.items()}


def gate_looks(
    job: Job, source: FcsFile, strategy: GatingStrategy, result: GatingResult
) -> tuple[GateLook, ...]:
    """Return what is known of each gate of the sample that has a border."""
    from cytogate.gating.border import borders

    placements = _placements(job)
    looks = []
    for border in borders(source, strategy, job.sample):
        names = job.template.gate_of(border.populations[0]).shape.fitted
        looks.append(
            GateLook(
                gate=f"{border.parent or ''}/{border.gate}",
                parent_count=result.parent_count(border.populations[0]),
                counts=tuple(result.count(path) for path in border.populations),
                border=border.density,
                place=border.place,
                fitted=tuple(_fitted(placements[name]) for name in names if name in placements),
            )
        )
    return tuple(looks)


def _placements(job: Job) -> Mapping[str, Placement]:
    """Return where the fitted gates stand; none for a tube that is not of the study, such as a bridge."""
    return {} if job.fits is None else job.fits.placements_of(job.path) or {}


def _fitted(placement: Placement) -> FittedGate:
    """Return what the fits say of a cut, of the number of its position that is oddest."""
    zs = [z for z in placement.z if math.isfinite(z)]
    steps = []
    for own, used, variance in zip(placement.own, placement.position, placement.variance, strict=True):
        if math.isfinite(variance) and variance > 0:
            steps.append((abs(own - used) / math.sqrt(variance), own - used, math.sqrt(variance)))
    _, apart, deviation = max(steps, default=(0.0, 0.0, None))
    is_own = not placement.fallback  # a fallback is no answer of the sample's that could differ
    return FittedGate(
        placement.name,
        z=max(zs, key=abs) if zs else None,
        jumped=placement.jumped,
        apart=apart if is_own else 0.0,
        deviation=deviation,
        fallback=placement.fallback,
        doubts=placement.doubts,
    )
