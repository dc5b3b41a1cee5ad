"""Which tubes a trial has: samples, replicates and controls, and which of them meet with an accident."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem, StudyError
from cytogate.simulate.names import TubeName, batch_of
from cytogate.simulate.panels import panels
from cytogate.simulate.patients import number_of
from cytogate.simulate.sections import Accidents
from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.simulate.spec import TrialSpec

_NAMING = ("missing", "clogged", "few_b_cells", "mislabelled")
_MOST = 0.25  # of all tubes that can be missing by accident


def tube_names(spec: TrialSpec, visits: Sequence[int], seed: int) -> list[TubeName]:
    """Return the tubes of a trial in the order of its sheet, without the missing ones: see `schedule`."""
    return schedule(spec, visits, seed)[1]


def schedule(spec: TrialSpec, visits: Sequence[int], seed: int) -> tuple[TrialSpec, list[TubeName]]:
    """Return the specification with its accidents placed, and the tubes of the trial.

    A tube's content depends on the specification returned and on its name, not on the other tubes.

    Parameters
    ----------
    spec : TrialSpec
        As the user gave it.
    visits : sequence of int
        Weeks.
    seed : int
        Decides which tubes meet with the accidents.

    Returns
    -------
    (TrialSpec, list of TubeName)
        Samples by patient, visit, panel and replicate; then the controls of each batch.

    Raises
    ------
    StudyError
        When a visit is negative or given twice, the seed is negative, or a sample that the specification
        names is none of the trial's.
    """
    problems = []
    if seed < 0:
        problems.append(Problem("seed", "seed", f"found {seed}, expected 0 or more."))
    if not visits or min(visits) < 0 or len(set(visits)) != len(visits):
        found = ", ".join(map(str, visits)) or "none"
        problems.append(Problem("visits", "visits", f"found {found}, expected weeks from 0, each once."))
    samples = [
        TubeName(subject, week, panel, replicate)
        for subject in spec.subjects
        for week in sorted(visits)
        for panel in panels()
        for replicate in range(1, spec.replicates + 1)
    ]
    names = [*samples, *_controls(spec, samples)]
    known = {name.sample for name in names}
    problems += [
        Problem(
            "unknown-sample", field, f"{sample} is no sample of this trial.", "Samples look like P1_W0_B."
        )
        for field in _NAMING
        for sample in getattr(spec, field)
        if sample not in known
    ]
    placed = spec if problems else _placed(spec, names, seed)
    kept = [name for name in names if name.sample not in placed.missing]
    if not problems and not kept:
        problems.append(Problem("no-samples", "missing", "every sample of the trial is missing."))
    if problems:
        title = "The trial cannot be simulated:"
        raise StudyError(title, problems)
    return placed, kept


def partner_of(name: TubeName, spec: TrialSpec) -> str:
    """Return the marker of the FMO that this one could change labels with: they are paired as listed."""
    listed = [marker for marker in spec.controls.fmo if marker in panels()[name.panel].markers]
    other = listed.index(name.control_for) ^ 1
    return listed[other] if other < len(listed) else name.control_for


def omitted(name: TubeName, spec: TrialSpec) -> str:
    """Return the marker that an FMO tube really lacks: its label's, unless it is mislabelled."""
    if name.role != "fmo":
        return ""
    return partner_of(name, spec) if name.sample in spec.mislabelled else name.control_for


def _controls(spec: TrialSpec, samples: Sequence[TubeName]) -> list[TubeName]:
    """Return the control tubes of each batch and panel, from the first patient's first visit in it."""
    first: dict[tuple[str, str], TubeName] = {}
    for name in sorted(samples, key=lambda name: (number_of(name.subject), name.week)):
        if name.replicate == 1:
            first.setdefault((batch_of(name, spec), name.panel), name)
    wanted = spec.controls
    controls = []
    for name in first.values():
        markers = panels()[name.panel].markers
        controls += [
            replace(name, role="fmo", control_for=marker) for marker in wanted.fmo if marker in markers
        ]
        if wanted.single_stain:
            controls += [replace(name, role="single_stain", control_for=marker) for marker in markers]
        if wanted.unstained:
            controls.append(replace(name, role="unstained"))
    return controls


def _placed(spec: TrialSpec, names: Sequence[TubeName], seed: int) -> TrialSpec:
    """Put the accidents on tubes: the seed ranks them, and each accident takes the first that fit."""
    wanted = spec.accidents
    if wanted == Accidents():
        return spec
    samples = [name for name in names if name.role == "sample" and name.replicate == 1]

    def ranked(what: str, among: Sequence[TubeName]) -> list[TubeName]:
        return sorted(among, key=lambda name: float(stream(seed, "accident", what, name.sample).random()))

    spare = int(_MOST * len(samples))
    visits = {(name.subject, name.week): None for name in ranked("visit", samples)}
    gone = [visit for visit in visits if visit[1] != min(name.week for name in samples)]
    gone = gone[: min(wanted.missing_visits, spare // 2)]
    missing = [name.sample for name in samples if (name.subject, name.week) in gone]
    left = [name for name in samples if name.sample not in missing]
    missing += [
        name.sample for name in ranked("missing", left)[: min(wanted.missing_tubes, spare - len(missing))]
    ]
    left = [name for name in left if name.sample not in missing]
    clogged = [name.sample for name in ranked("clogged", left)[: wanted.clogged_tubes]]
    tubes = [name for name in left if name.panel == "bcell" and name.sample not in clogged]
    scarce = [name.sample for name in ranked("few", tubes)[: wanted.few_b_cells]]
    fmos = [name for name in names if name.role == "fmo" and partner_of(name, spec) != name.control_for]
    swapped: list[str] = []
    for name in ranked("swapped", fmos):
        pair = [name.sample, replace(name, control_for=partner_of(name, spec)).sample]
        if len(swapped) < 2 * wanted.swapped_fmos and pair[0] not in swapped:
            swapped += pair
    gone_too = [
        replace(name, replicate=number).sample
        for name in samples
        if name.sample in missing
        for number in range(2, spec.replicates + 1)
    ]
    return replace(
        spec,
        missing=_added(spec.missing, [*missing, *gone_too]),
        clogged=_added(spec.clogged, clogged),
        few_b_cells=_added(spec.few_b_cells, scarce),
        mislabelled=_added(spec.mislabelled, swapped),
        accidents=Accidents(),
    )


def _added(listed: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*listed, *sorted(more)]))
