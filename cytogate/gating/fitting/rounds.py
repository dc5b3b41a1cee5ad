"""Rounds: cuts and gates of all samples, level by level: look, add up, find, anchor."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.gating.fitting.asking import (
    Sample,
    aligns,
    ask,
    companion_of,
    landmarks_of,
    place_beside,
)
from cytogate.gating.fitting.fits import left_out
from cytogate.gating.fitting.placement import Placement, Together, of_scope
from cytogate.gating.fitting.placing import anchored_placement, could_say, scope_placement
from cytogate.gating.template.fitted import CutSpec
from cytogate.methods.anchoring import Own, anchor_samples
from cytogate.methods.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.errors import Problem
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.base import Found

log = logging.getLogger(__name__)

WHOLE = "\0study"  # the study among the groups of a scope; no subject or batch can be called so


@dataclass(slots=True)
class _Answers:
    """What is known of one cut or gate while its level is fitted; summaries, never events of files."""

    part: Fitted
    found: dict[str, Found] = field(default_factory=dict)  # by sample, or by group of the scope
    silent: dict[str, Summary] = field(default_factory=dict)  # what samples look like that fell back
    waiting: dict[str, Summary | None] = field(default_factory=dict)  # until all samples are seen together
    totals: dict[str, Summary] = field(default_factory=dict)  # by group of the scope; WHOLE: the study
    together: Together | None = None

    def add_found(self, key: str, found: Found, summary: Summary | None) -> None:
        """Keep what a sample says; if it does not, also what its events look like on the axis, not they."""
        self.found[key] = found
        if found.fallback and summary is not None and isinstance(self.part, CutSpec):
            self.silent[key] = summary.without_events()

    def add(self, name: str, summary: Summary) -> None:
        """Add up the events of a group."""
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
            companion = companion_of(answer.part, template.fitted)
            placed = _place(answer, meeting, {key: samples[key] for key in placements}, companion)
            for key, placement in placed.items():
                placements[key][name] = placement
                samples[key].positions[name] = placement.position
            if answer.together is not None:
                together[name] = answer.together
    return placements, together, skipped


def _look_at_all(
    samples: Mapping[str, Sample], answers: Mapping[str, _Answers], level: int
) -> tuple[Meeting | None, list[Problem]]:
    """Look at all samples; return a meeting, and who was lost.

    The meeting is that of the first sample; as scales are those of the study, any could place a fallback.
    Threads share each file, and not the files: methods are Python, which one thread at a time can run.
    """
    first: Meeting | None = None
    lost = []
    for key, sample in samples.items():
        try:
            meeting = _look(sample, answers, level)
        except (CytogateError, OSError) as error:
            lost.append(left_out(key, error))
            continue
        first = first or meeting
    return first, lost


def _look(sample: Sample, answers: Mapping[str, _Answers], level: int) -> Meeting:
    """Look at a sample; ask the methods that need no other, and keep or add up what the others need."""
    meeting, summaries = sample.look([answer.part for answer in answers.values()], level)
    key = sample.group.key
    for name, summary in summaries.items():
        answer = answers[name]
        if answer.part.scope == "sample" and not aligns(answer.part):
            answer.add_found(key, ask(answer.part, summary, meeting), summary)
            continue
        if answer.part.scope == "sample":
            answer.waiting[key] = summary
        if summary is not None:
            if answer.part.scope not in ("sample", "study"):
                answer.add(sample.group.of(answer.part.scope), summary)
            answer.add(WHOLE, summary)
    return meeting


def _place(
    answer: _Answers, meeting: Meeting, samples: Mapping[str, Sample], companion: str
) -> dict[str, Placement]:
    """Return the placement of one cut or gate in every sample, and set what the study says of it."""
    part = answer.part
    groups = {key: sample.group for key, sample in samples.items()}
    whole = answer.totals.get(WHOLE)
    reference = whole if whole is not None and aligns(part) and not isinstance(part, CutSpec) else None
    landmarks = landmarks_of(part, whole) if whole is not None and aligns(part) else ()
    if part.scope == "sample":
        for key, summary in answer.waiting.items():
            found_here = ask(part, summary, meeting, reference=reference, landmarks=landmarks)
            answer.add_found(key, found_here, summary)
        answer.waiting.clear()
        found = {key: answer.found[key] for key in sorted(groups)}
        owns = {
            key: Own(
                one.position, one.variance, groups[key].subject, groups[key].batch, could_say(one),
                place_beside(companion, samples[key].positions),
            )
            for key, one in found.items()
        }  # fmt: skip
        anchor: Any = part.anchor
        placed, common = anchor_samples(owns, anchor)
        answer.together = Together(common, landmarks, reference)
        return {
            key: anchored_placement(part, one, placed[key], meeting, answer.silent.get(key))
            for key, one in found.items()
        }
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
