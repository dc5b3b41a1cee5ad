"""The methods of a run in sentences, each made from what the run folder holds: only what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text
from cytogate.report import facts
from cytogate.report.manifest_facts import acquired, roles, study, templates, unique
from cytogate.report.methods_conclusions import is_adjusted, response_words, statistics_words
from cytogate.report.methods_gating import compensation_words, gating_words, scale_words, uses_logicle
from cytogate.report.plain import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.report.section import RunLike

PARKS = (
    "Parks DR, Roederer M, Moore WA. A new “Logicle” display method avoids deceptive effects of logarithmic "
    "scaling for low signals and compensated data. Cytometry A 2006;69:541–551."
)
WILSON = (
    "Wilson EB. Probable inference, the law of succession, and statistical inference. "
    "J Am Stat Assoc 1927;22:209–212."
)
CLOPPER = (
    "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the "
    "binomial. Biometrika 1934;26:404–413."
)
BENJAMINI = (
    "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful approach to "
    "multiple testing. J R Stat Soc B 1995;57:289–300."
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading and the sentences below it."""

    title: str
    text: str


def paragraphs(run: RunLike) -> list[Paragraph]:
    """Return the methods text; paragraphs of which the run says nothing are left out."""
    made = (
        ("Samples and acquisition", _acquisition(run)),
        ("Compensation and scales", [*compensation_words(run), *scale_words(run)]),
        ("Gating", gating_words(run)),
        ("Subsets", _subsets(run)),
        ("Intervals and limits", _limits(run)),
        ("Response", response_words(run)),
        ("Statistics", statistics_words(run)),
        ("Software", _software(run)),
    )
    found = ((title, " ".join(sentence for sentence in sentences if sentence)) for title, sentences in made)
    return [Paragraph(title, words) for title, words in found if words]


def references(run: RunLike) -> list[str]:
    """Return what the text rests on: the templates' sources, the definitions', the methods' own papers."""
    sources = [str(entry.get("source") or "") for entry in templates(run).values()]
    cited = [subset.citation for subset in facts.subsets(run)]
    standing = [PARKS] if uses_logicle(run) else []
    if len(run.subsets):
        standing.append(WILSON)
    if run.manifest.get("response"):
        standing.append(CLOPPER)
    if is_adjusted(run):
        standing.append(BENJAMINI)
    return list(unique([" ".join(words.split()) for words in (*sources, *cited)] + standing))


def plural(n: int, word: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> plural(1, "tube"), plural(1200, "tube")
    ('1 tube', '1,200 tubes')
    """
    return f"{count_text(n)} {word}{'' if n == 1 else 's'}"


def _acquisition(run: RunLike) -> Iterator[str]:
    kinds = roles(run)
    if not kinds:
        return
    seen = facts.visits(run)
    when = f" at {plural(len(seen), 'visit')}" if seen else ""
    span = f" (week {seen[0].week:g} to {seen[-1].week:g})" if len(seen) > 1 else ""
    tubes = plural(kinds.get("sample", 0), "tube")
    yield f"{tubes} of {plural(len(facts.subjects(run)), 'patient')}{when}{span} were analysed."
    others = [f"{plural(n, 'tube')} of role {role.replace('_', ' ')}" for role, n in kinds.items()]
    others = [words for words, role in zip(others, kinds, strict=True) if role != "sample"]
    if others:
        yield f"The sample sheet names {joined(others)} besides."
    found = acquired(run)
    machines = unique(
        " ".join(
            [str(setup["cytometer"])]
            + ([f"(serial number {setup['serial_number']})"] if setup.get("serial_number") else [])
        )
        for setup in found.setups
        if setup.get("cytometer")
    )
    if machines or found.first:
        on = f" on {joined(machines)}" if machines else ""
        by = f" with {joined(found.said('software'))}" if found.said("software") else ""
        between = f" between {found.first} and {found.last}"
        dated = f" on {found.first}" if found.first == found.last else between
        yield f"The gated tubes were acquired{on}{by}{dated if found.first else ''}, as their files say."
    if found.lasers:
        yield f"The files name the lasers {joined(found.lasers)}."
    failed = len(run.failures)
    if failed:
        yield f"{plural(failed, 'tube')} could not be gated and {'has' if failed == 1 else 'have'} no value."


def _subsets(run: RunLike) -> Iterator[str]:
    named = facts.subsets(run)
    if named:
        yield "Subsets are reported as a percentage of a parent population:"
    for at, subset in enumerate(named):
        meant = f": {subset.text}" if subset.text else ""
        says = ", ".join(part for part in (subset.definition, subset.citation) if part)
        end = "." if at == len(named) - 1 else ";"
        yield (
            f"{subset.label} (population {subset.population}), of {subset.denominator}{meant}"
            f"{f' [{says}]' if says else ''}{end}"
        )


def _limits(run: RunLike) -> Iterator[str]:
    table = run.subsets
    if not len(table):
        return
    fitted = "gate_ci_low" in table.columns and bool(
        ((table["gate_ci_low"] != table["ci_low"]) & table["gate_ci_low"].notna()).any()
    )
    yield "Percentages have Wilson score intervals of 95 %, which hold the error of counting only."
    if fitted:
        yield (
            "A second interval of 95 % adds the uncertainty of the gates that were found in the data, from "
            "repeated draws of their positions."
        )
    events = facts.limits(run)
    yield (
        f"A population with fewer than {events['lod_events']} events counts as not detected, one with fewer "
        f"than {events['lloq_events']} as detected and not quantified, and no percentage of a parent with "
        f"fewer than {events['min_parent']} events counts as quantitative."
    )
    if blanks := study(run).get("blanks"):
        yield (
            f"For {joined(list(blanks))}, shares below the limit of detection of blank tubes (mean and "
            "1.645 SD, with 1.645 SD of low samples more) count as not detected too."
        )
    if "absolute_per_ul" in table.columns and table["absolute_per_ul"].notna().any():
        yield "Cells per microlitre of blood were calculated from the counts that the study gives."


def _software(run: RunLike) -> Iterator[str]:
    manifest = run.manifest
    versions: Mapping[str, Any] = manifest.get("versions") or {}
    others = [f"{name} {version}" for name, version in versions.items() if name != "cytogate"]
    resting = f" ({', '.join(others)})" if others else ""
    yield f"Files were read, compensated and gated with cytogate {manifest.get('cytogate') or '?'}{resting}."
    reading: Mapping[str, Any] = study(run).get("reading") or {}
    if reading.get("lenient"):
        yield "Damaged files were read as far as they go (lenient reading)."
    if reading.get("dataset"):
        yield f"Of each file, data set {reading['dataset']} (from 0) was read."
    if manifest.get("seed") is not None:
        yield f"Random draws begin with seed {manifest['seed']}."
    inputs = len(manifest.get("inputs") or {})
    if inputs:
        yield (
            f"SHA-256 checksums of {plural(inputs, 'file')}, of the templates and of the study file are kept "
            "with the results."
        )
