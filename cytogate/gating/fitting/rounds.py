"""Rounds: cuts and gates of all samples, level by level: look, add up, find, anchor."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError, Problem
from cytogate.fcs.data.ranges import share_ranges
from cytogate.gating.fitting.asking import Sample, aligns, ask, landmarks_of
from cytogate.gating.fitting.placement import Group, Placement, Together, of_scope
from cytogate.gating.template.fitted import CutSpec
from cytogate.methods.anchoring import Own, anchor_samples
from cytogate.methods.summary import Summary
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.anchoring import Anchored
    from cytogate.methods.base import Found

log = logging.getLogger(__name__)

WHOLE = "\0study"  # the study among the groups of a scope; no subject or batch can be called so


@dataclass(slots=True)
class _Answers:
    """What is known of one cut or gate while its level is fitted; summaries, never events of files.

    Threads add what they saw in whatever order: sums know none, and all else is sorted before it is used.
    """

    part: Fitted
    found: dict[str, Found] = field(default_factory=dict)  # by sample, or by group of the scope
    waiting: dict[str, Summary | None] = field(default_factory=dict)  # until all samples are seen together
    totals: dict[str, Summary] = field(default_factory=dict)  # by group of the scope; WHOLE: the study
    together: Together | None = None
    lock: Lock = field(default_factory=Lock)

    def add(self, name: str, summary: Summary) -> None:
        """Add up the events of a group."""
        with self.lock:
            before = self.totals.get(name)
            self.totals[name] = summary if before is None else Summary.total([before, summary])


def fit_rounds(
    template: GatingTemplate, samples: Mapping[str, Sample]
) -> tuple[dict[str, dict[str, Placement]], dict[str, Together], list[Problem]]:
    """Return where the cuts and gates of a template stand in every sample, level by level.

    Parameters
    ----------
    samples : Mapping
        Key to sample. One that cannot be used is left out from there on.

    Returns
    -------
    (placements, together, skipped)
        Placements by sample and name; what the study says of each name; samples that were left out, and why.
    """
    placements: dict[str, dict[str, Placement]] = {key: {} for key in sorted(samples)}
    together: dict[str, Together] = {}
    skipped: list[Problem] = []
    for level in sorted({part.level for part in template.fitted.values()}):
        answers = {name: _Answers(part) for name, part in template.fitted.items() if part.level == level}
        log.info("level %d: %s in %d samples", level, ", ".join(answers), len(placements))
        meeting, lost = _look_at_all({key: samples[key] for key in placements}, answers, level)
        skipped += lost
        for problem in lost:
            del placements[problem.location]
        if meeting is None:
            break
        for name, answer in answers.items():
            placed = _place(answer, meeting, {key: samples[key].group for key in placements})
            for key, placement in placed.items():
                placements[key][name] = placement
                samples[key].positions[name] = placement.position
            if answer.together is not None:
                together[name] = answer.together
    return placements, together, skipped


def _look_at_all(
    samples: Mapping[str, Sample], answers: Mapping[str, _Answers], level: int
) -> tuple[Meeting | None, list[Problem]]:
    """Look at all samples, as many at a time as there are processors; return a meeting, and who was lost.

    The meeting is that of the first sample; as scales are those of the study, any could place a fallback.
    """
    keys = list(samples)
    n_threads = max(1, min(usable_cpus(), len(keys)))
    # processors that no sample of its own keeps busy share the files
    threads = None if n_threads == 1 else max(1, usable_cpus() // n_threads)
    earliest: list[tuple[int, Meeting]] = []
    lock = Lock()

    def run(first: int, _: int) -> Problem | None:
        key = keys[first]
        try:
            meeting = _look(samples[key], answers, level, threads)
        except (CytogateError, OSError) as error:
            return Problem("fit-skipped", key, " ".join(str(error).split()))
        with lock:  # that of the first sample, whichever thread is done first
            earliest[:] = [min([*earliest, (first, meeting)], key=lambda entry: entry[0])]
        return None

    problems = share_ranges(len(keys), 1, run, n_threads)
    return (earliest[0][1] if earliest else None), [problem for problem in problems if problem is not None]


def _look(sample: Sample, answers: Mapping[str, _Answers], level: int, threads: int | None) -> Meeting:
    """Look at a sample; ask the methods that need no other, and keep or add up what the others need."""
    meeting, summaries = sample.look([answer.part for answer in answers.values()], level, threads)
    key = sample.group.key
    for name, summary in summaries.items():
        answer = answers[name]
        if answer.part.scope == "sample" and not aligns(answer.part):
            answer.found[key] = ask(answer.part, summary, meeting)
            continue
        if answer.part.scope == "sample":
            answer.waiting[key] = summary
        if summary is not None:
            if answer.part.scope not in ("sample", "study"):
                answer.add(sample.group.of(answer.part.scope), summary)
            answer.add(WHOLE, summary)
    return meeting


def _place(answer: _Answers, meeting: Meeting, groups: Mapping[str, Group]) -> dict[str, Placement]:
    """Return the placement of one cut or gate in every sample, and set what the study says of it."""
    part = answer.part
    whole = answer.totals.get(WHOLE)
    reference = whole if whole is not None and aligns(part) and not isinstance(part, CutSpec) else None
    landmarks = landmarks_of(part, whole) if whole is not None and aligns(part) else ()
    if part.scope == "sample":
        for key, summary in answer.waiting.items():
            answer.found[key] = ask(part, summary, meeting, reference=reference, landmarks=landmarks)
        answer.waiting.clear()
        found = {key: answer.found[key] for key in sorted(groups)}
        owns = {
            key: Own(one.position, one.variance, groups[key].subject, groups[key].batch)
            for key, one in found.items()
        }
        anchor: Any = part.anchor
        placed, common = anchor_samples(owns, anchor)
        answer.together = Together(common, landmarks, reference)
        return {key: anchored_placement(part, one, placed[key], meeting) for key, one in found.items()}
    of_group = {
        name: ask(part, total, meeting, reference=reference, landmarks=landmarks)
        for name, total in sorted(answer.totals.items())
    }
    missing = ask(part, None, meeting)
    positions = {name: (one.position, one.variance) for name, one in of_group.items()}
    positions.setdefault(WHOLE, (missing.position, missing.variance))
    answer.together = Together(of_scope(part.scope, positions, WHOLE), landmarks, reference)
    return {
        key: scope_placement(
            part, of_group.get(WHOLE if part.scope == "study" else group.of(part.scope), missing)
        )
        for key, group in groups.items()
    }


def anchored_placement(part: Fitted, found: Found, anchored: Anchored, meeting: Meeting) -> Placement:
    """Return the placement of a sample's own answer after it was anchored, within the template's bounds."""
    position = anchored.position
    if isinstance(part, CutSpec):
        axis = meeting.axis(part.marker, in_scale_units=part.in_scale_units)
        position = (part.bounds(axis).hold(position[0]),)
    return Placement(
        part.name, position, anchored.variance, found.position, found.variance, found.confidence,
        found.n_events, found.fallback, found.note, part.scope, anchored.weight, anchored.z, anchored.jumped,
    )  # fmt: skip


def scope_placement(part: Fitted, found: Found) -> Placement:
    """Return the placement of what several samples said together."""
    return Placement(
        part.name, found.position, found.variance, found.position, found.variance, found.confidence,
        found.n_events, found.fallback, found.note, part.scope, (1.0,) * len(found.position),
    )  # fmt: skip
