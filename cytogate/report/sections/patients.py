"""Section: small multiples, a row per patient and a column per subset, on common axes."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.plots.panels import course_svg
from cytogate.plots.series import courses
from cytogate.plots.trends import y_range
from cytogate.report import facts
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw every patient's course of every subset; None when there is no value at a known week."""
    styles = facts.styles(run)
    start = facts.baseline(run)
    words = facts.flag_words(run)
    columns = []
    for subset in facts.subsets(run):
        drawn = courses(facts.rows_of(run, subset.name), list(styles))
        if drawn:
            columns.append((subset, {course.subject: course for course in drawn}, y_range(drawn)))
    if not columns:
        return None
    weeks = [p.week for _, by_subject, _ in columns for c in by_subject.values() for p in c.points]
    span = (min(weeks), max(weeks))
    shown = [name for name in styles if any(name in by_subject for _, by_subject, _ in columns)]
    rows = [
        (
            subject,
            styles[subject],
            [
                Markup(
                    course_svg(
                        by_subject.get(subject),
                        styles[subject],
                        weeks=span,
                        values=values,
                        baseline_week=start.week if start else None,
                        label=f"{subject}, {subset.title}",
                        flag_words=words,
                    )
                )
                for subset, by_subject, values in columns
            ],
        )
        for subject in shown
    ]
    body = render(
        "patients.html",
        subsets=[subset for subset, _, _ in columns],
        rows=rows,
        open_words=facts.open_words(run),
    )
    return Section("Patients", body)


section_kinds.register("patients")(SectionKind(order=30, build=build))
