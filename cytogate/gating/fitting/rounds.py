"""Rounds: cuts and gates of all samples, level by level: look, add up, find, anchor.

The looks are jobs, one a tube, that others may do; this side adds up what they saw, which is small.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError, Problem
from cytogate.gating.fitting.asking import Aligned, aligned_to, ask, companion_of, place_beside
from cytogate.gating.fitting.fits import SKIPPED
from cytogate.gating.fitting.jobs import LevelJob, LevelLook, look_at_level
from cytogate.gating.fitting.placement import Group, Placement, Together, of_scope
from cytogate.gating.fitting.placing import anchored_placement, could_say, scope_placement
from cytogate.methods.anchoring import Own, anchor_samples
from cytogate.methods.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cytogate.gating.fitting.jobs import Workers
    from cytogate.gating.fitting.tubes import Positions, Tube
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.meeting import Meeting
    from cytogate.methods.base import Found

log = logging.getLogger(__name__)

WHOLE = "\0study"  # the study among the groups of a scope; no subject or batch can be called so


@dataclass(slots=True)
class Sample:
    """One sample while a template is fitted to it: its tube, and where was found what was found so far."""

    group: Group
    tube: Tube
    positions: Positions = field(default_factory=dict)


@dataclass(slots=True)
class _Answers:
    """What is known of one cut or gate while its level is fitted; of each sample its answer, no events."""

    part: Fitted
    found: dict[str, Found] = field(default_factory=dict)  # by sample
    silent: dict[str, Summary] = field(default_factory=dict)  # histograms of samples that fell back
    waiting: dict[str, None] = field(default_factory=dict)  # asked when all samples are seen together
    totals: dict[str, Summary] = field(default_factory=dict)  # by group of the scope; WHOLE: the study

    def take(self, sample: Sample, look: LevelLook) -> None:
        """Keep what a sample says, or add up what it looks like."""
        name, key = self.part.name, sample.group.key
        if name in look.found:
            self.found[key] = look.found[name]
        if name in look.silent:
            self.silent[key] = look.silent[name]
        if name not in look.totals:
            return
        if self.part.scope == "sample":
            self.waiting[key] = None
        elif self.part.scope != "study":
            self._add(sample.group.of(self.part.scope), look.totals[name])
        self._add(WHOLE, look.totals[name])

    def _add(self, name: str, summary: Summary) -> None:
        before = self.totals.get(name)
        self.totals[name] = summary if before is None else Summary.total([before, summary])


def fit_rounds(
    template: GatingTemplate,
    samples: Mapping[str, Sample],
    controls: Mapping[str, Tube],
    workers: Workers,
) -> tuple[dict[str, dict[str, Placement]], dict[str, Together], list[Problem]]:
    """Return where the cuts and gates of a template stand in every sample, level by level.

    Parameters
    ----------
    samples : Mapping
        Key to sample. One that cannot be used is left out from there on.
    controls : Mapping
        Path to control tube; those that cannot be used are not in it.
    workers : Workers
        Who looks at the tubes.

    Returns
    -------
    (placements, together, skipped)
        Placements by sample and name; what the study says of each name; samples that were left out, and why,
        with control tubes whose disk failed.
    """
    placements: dict[str, dict[str, Placement]] = {key: {} for key in sorted(samples)}
    together: dict[str, Together] = {}
    skipped: list[Problem] = []
    meeting: Meeting | None = None
    for level in sorted({part.level for part in template.fitted.values()}):
        answers = {name: _Answers(part) for name, part in template.fitted.items() if part.level == level}
        log.info("level %d: %s in %d samples", level, ", ".join(answers), len(placements))
        looking = _Looking(level, {key: samples[key] for key in placements}, controls, answers, workers)
        looking.look({name: list(placements) for name in answers}, {})
        whole = {name: aligned_to(one.part, one.totals.get(WHOLE)) for name, one in answers.items()}
        looking.look({name: list(one.waiting) for name, one in answers.items() if one.waiting}, whole)
        skipped += [problem for problem in looking.problems if problem not in skipped]
        for problem in looking.problems:
            placements.pop(problem.location, None)
        meeting = meeting or _meeting(samples[key].tube for key in placements)
        if meeting is None:
            break
        for name, answer in answers.items():
            companion = companion_of(answer.part, template.fitted)
            left = {key: samples[key] for key in placements}
            placed, together[name] = _place(answer, meeting, left, companion, whole[name])
            for key, placement in placed.items():
                placements[key][name] = placement
                samples[key].positions[name] = placement.position
    return placements, together, skipped


class _Looking:
    """The looks of one level; `problems` are of samples that are lost, and of controls that were not read."""

    def __init__(
        self,
        level: int,
        samples: Mapping[str, Sample],
        controls: Mapping[str, Tube],
        answers: Mapping[str, _Answers],
        workers: Workers,
    ) -> None:
        self.problems: list[Problem] = []
        self._level = level
        self._samples = samples
        self._controls = controls
        self._answers = answers
        self._workers = workers

    def look(self, wanted: Mapping[str, Iterable[str]], aligned: Mapping[str, Aligned]) -> None:
        """Look at samples for the parts that are wanted of each, and take what is seen."""
        orders = list(self._orders(wanted, aligned))
        for number, look in self._workers(look_at_level, [job for job, _ in orders]) if orders else ():
            job, keys = orders[number]
            if isinstance(look, LevelLook):
                self._note(look.unread)
                for name in job.parts:
                    for key in keys:
                        self._answers[name].take(self._samples[key], look)
            elif job.tube.name in self._samples or look.code != SKIPPED:  # such a control is as good as none
                self._note([look])

    def _note(self, problems: Iterable[Problem]) -> None:
        self.problems += [problem for problem in problems if problem not in self.problems]

    def _orders(
        self, wanted: Mapping[str, Iterable[str]], aligned: Mapping[str, Aligned]
    ) -> Iterator[tuple[LevelJob, list[str]]]:
        """Yield jobs, each with the samples that it is for.

        Where no gate above is found in the data, a control tube is looked at once for all its samples.
        """
        own: dict[str, list[str]] = {} if aligned else {key: [] for key in self._samples}
        instead: dict[str, dict[str, Tube | None]] = {}
        shared: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, keys in wanted.items():
            part = self._answers[name].part
            for key in keys:
                control = self._controls.get(self._samples[key].group.controls.get(part.markers[0], ""))
                if part.method.looks_at == "sample":
                    own.setdefault(key, []).append(name)
                elif control is not None and self._level == 0:
                    asked = shared.setdefault(control.name, {})
                    asked[name] = (*asked.get(name, ()), key)
                else:
                    own.setdefault(key, []).append(name)
                    instead.setdefault(key, {})[name] = control
        for key, parts in own.items():
            sample = self._samples[key]
            more = (dict(sample.positions), instead.get(key, {}), _some(aligned, parts))
            yield LevelJob(sample.tube, self._level, tuple(parts), *more), [key]
        for path, asked in shared.items():
            for keys in dict.fromkeys(asked.values()):
                names = tuple(name for name in asked if asked[name] == keys)
                job = LevelJob(self._controls[path], self._level, names, aligned=_some(aligned, names))
                yield job, list(keys)


def _some(aligned: Mapping[str, Aligned], names: Iterable[str]) -> dict[str, Aligned]:
    return {name: aligned[name] for name in names if name in aligned}


def _meeting(tubes: Iterable[Tube]) -> Meeting | None:
    """Return a meeting; as scales are those of the study, any could place a fallback."""
    for tube in tubes:
        try:
            return tube.meeting()
        except (CytogateError, OSError):  # it was there a moment ago
            continue
    return None


def _place(
    answer: _Answers, meeting: Meeting, samples: Mapping[str, Sample], companion: str, whole: Aligned
) -> tuple[dict[str, Placement], Together]:
    """Return the placement of one cut or gate in every sample, and what the study says of it."""
    part = answer.part
    groups = {key: sample.group for key, sample in samples.items()}
    missing = ask(part, None, meeting)
    if part.scope == "sample":
        # no answer: its control tube could not be used
        found = {key: answer.found.get(key, missing) for key in sorted(groups)}
        owns = {
            key: Own(
                one.position, one.variance, groups[key].subject, groups[key].batch, could_say(one),
                place_beside(companion, samples[key].positions), groups[key].visit,
            )
            for key, one in found.items()
        }  # fmt: skip
        anchor: Any = part.anchor
        placed, common = anchor_samples(owns, anchor)
        return {
            key: anchored_placement(part, one, placed[key], meeting, answer.silent.get(key))
            for key, one in found.items()
        }, Together(common, whole.landmarks, whole.reference)
    of_group = {name: ask(part, total, meeting, whole) for name, total in sorted(answer.totals.items())}
    positions = {name: (one.position, one.variance) for name, one in of_group.items()}
    positions.setdefault(WHOLE, (missing.position, missing.variance))
    common = of_scope(part.scope, positions, WHOLE)
    return {
        key: scope_placement(
            part, of_group.get(WHOLE if part.scope == "study" else group.of(part.scope), missing)
        )
        for key, group in groups.items()
    }, Together(common, whole.landmarks, whole.reference)
