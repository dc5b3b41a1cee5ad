"""Section: what was found, in a few sentences and one table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import percent_text
from cytogate.plots.series import courses
from cytogate.report import facts
from cytogate.report.labels import inline
from cytogate.report.plain import joined
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.sections.triage import in_a_line
from cytogate.report.summary import summary
from cytogate.stats.intervals import clopper_pearson
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.plots.series import Course, Point


@dataclass(frozen=True, slots=True)
class Change:
    """Baseline to last visit of one subset over a group of patients; percents of its denominator."""

    subset: facts.Subset
    n: int
    first: float | None
    last: float | None
    change: float | None
    n_up: int
    n_down: int
    n_flagged: int = 0

    @property
    def limited(self) -> str:
        """Return how many of the values at the two visits are not quantitative; empty when all are."""
        return f"{self.n_flagged} of {2 * self.n} values below the limits" if self.n_flagged else ""

    @property
    def arrow(self) -> str:
        """Return the direction of the median change."""
        if not self.change:
            return "→" if self.change == 0 else ""
        return "↑" if self.change > 0 else "↓"


def build(run: RunLike) -> Section:
    """Say what was gated and found; never which direction would be good."""
    seen = facts.visits(run)
    start = facts.baseline(run) or (seen[0] if seen else None)
    end = seen[-1] if seen and seen[-1] != start else None
    response = _response(run)
    failed = {str(sample) for sample in run.failures["sample"]} if len(run.failures) else set()
    names = _gated(run)
    group, followed = _group(run)
    told = summary(run)
    changes = (
        [change_of(run, subset, group, start, end) for subset in facts.subsets(run)]
        if start and end and told is None
        else []
    )
    body = render(
        "overview.html",
        n_samples=len(names | failed),
        n_failed=len(failed),
        n_subjects=len(facts.subjects(run)),
        visits=seen,
        start=start,
        end=end,
        response=response,
        group=group,
        changes=changes,
        followed=followed,
        sentence=sentence(changes, group),
        told=told,
        gates=in_a_line(run),
        open_words=facts.open_words(run),
        rule=_rule(run),
        without_asc=_without_asc(run),
    )
    return Section("Overview", body)


def change_of(
    run: RunLike, subset: facts.Subset, group: str, start: facts.Visit | None, end: facts.Visit | None
) -> Change:
    """Return the median change of the patients who have a value at both visits."""
    responded, apart = facts.responders(run), facts.apart(run, subset.name)
    pairs, n_flagged = [], 0
    for course in courses(facts.rows_of(run, subset.name)):
        if course.subject in apart or (group == "responders" and responded.get(course.subject) is not True):
            continue
        first, last = _at(course, start), _at(course, end)
        if first is not None and last is not None:
            pairs.append((first.percent or 0.0, last.percent or 0.0))
            n_flagged += (not first.quantitative) + (not last.quantitative)
    return Change(
        subset=subset,
        n=len(pairs),
        first=median(first for first, _ in pairs) if pairs else None,
        last=median(last for _, last in pairs) if pairs else None,
        change=median(last - first for first, last in pairs) if pairs else None,
        n_up=sum(last > first for first, last in pairs),
        n_down=sum(last < first for first, last in pairs),
        n_flagged=n_flagged,
    )


def sentence(changes: Sequence[Change], group: str) -> str:
    """Return which subsets rose or fell in every patient of the group; empty when none did.

    Below three patients nothing is said. A subset with a value that is not quantitative at either visit is
    named as left out, with no direction.
    """
    judged = [change for change in changes if change.n >= 3]
    sure = [change for change in judged if not change.limited]
    up = [inline(change.subset.title) for change in sure if change.n_up == change.n]
    down = [inline(change.subset.title) for change in sure if change.n_down == change.n]
    limited = [
        f"{change.subset.title} ({change.n_flagged} of {2 * change.n})" for change in judged if change.limited
    ]
    parts = []
    if down:
        parts.append(f"{joined(down)} fell")
    if up:
        parts.append(f"{joined(up)} rose")
    said = []
    if parts:
        said.append(f"From baseline to the last visit, in all {group} with both values: {'; '.join(parts)}.")
    if limited:
        said.append(f"No direction is stated where values are below the limits: {joined(limited)}.")
    return " ".join(said)


def _at(course: Course, visit: facts.Visit | None) -> Point | None:
    return next((point for point in course.measured if visit and point.visit == visit.name), None)


def _gated(run: RunLike) -> set[str]:
    """Return the samples that were to be gated; controls are only read by the gates that use them."""
    table = run.samples
    if "status" in table.columns:
        table = table[table["status"] != "not_gated"]
    return {str(sample) for sample in table["sample"]} if len(table) else set()


def _group(run: RunLike) -> tuple[str, int]:
    n_responders = sum(answer is True for answer in facts.responders(run).values())
    return ("responders", n_responders) if n_responders else ("patients", len(facts.subjects(run)))


def _response(run: RunLike) -> dict[str, Any] | None:
    answers = facts.responders(run)
    judged = {subject: answer for subject, answer in answers.items() if answer is not None}
    if not judged:
        return None
    yes = sum(judged.values())
    low, high = clopper_pearson(yes, len(judged))
    return {
        "yes": yes,
        "n": len(judged),
        "percent": f"{100 * yes / len(judged):.0f}",
        "low": percent_text(100 * low),
        "high": percent_text(100 * high),
        "not_judged": sorted((s for s, answer in answers.items() if answer is None), key=natural),
    }


def _without_asc(run: RunLike) -> list[str]:
    """Return the panels whose quadrants were gated without antibody-secreting cells."""
    templates: Mapping[str, Any] = run.manifest.get("templates") or {}
    return [str(panel) for panel, entry in templates.items() if (entry or {}).get("exclude_asc_first")]


def _rule(run: RunLike) -> str:
    response = run.manifest.get("response") or {}
    rule, profile, at = (str(response.get(key) or "") for key in ("rule", "profile", "at"))
    if not rule:
        return ""
    return (
        facts.rule_name(rule)
        + (f" (profile {profile})" if profile else "")
        + (f", judged at {at}" if at else "")
    )


section_kinds.register("overview")(SectionKind(order=10, build=build))
