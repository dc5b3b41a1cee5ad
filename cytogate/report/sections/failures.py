"""Section: every sample that failed, what to do about it, and what was remarked of the others."""

from __future__ import annotations

import re

from cytogate.report import labels
from cytogate.report.plain import text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.study.files.names import natural
from cytogate.study.run_folder.tables import FAILURE_FIELDS

MOST_NAMED = 6
_CUT = re.compile(r", cut (\S+?):")


def build(run: RunLike) -> Section:
    """List the failures, then warnings; an empty list is said plainly."""
    rows = [
        {column: text(row.get(column)) for column in FAILURE_FIELDS}
        for row in run.failures.to_dict("records")
    ]
    body = render("failures.html", rows=rows, n_samples=len(run.samples), remarks=remarks(run))
    return Section("Failures", body)


def remarks(run: RunLike) -> list[tuple[str, str]]:
    """Return each warning once, with the samples it concerns."""
    found: dict[str, list[str]] = {str(warning): [] for warning in run.manifest.get("warnings") or ()}
    if "warnings" in run.samples.columns:
        for row in run.samples.to_dict("records"):
            for told in dict.fromkeys(text(row["warnings"]).splitlines()):
                line = in_words(run, told, text(row.get("panel")))
                found.setdefault(line, []).append(str(row["sample"]))
    return [(warning, _named(samples)) for warning, samples in found.items()]


def in_words(run: RunLike, line: str, panel: str) -> str:
    """Return a warning in which a cut has the name that it has elsewhere in the report."""
    return _CUT.sub(lambda found: f", {labels.inline(labels.cut(run, panel, found[1]))}:", line, count=1)


def _named(samples: list[str]) -> str:
    if len(samples) <= MOST_NAMED:
        return ", ".join(sorted(samples, key=natural))
    return f"{len(samples)} samples"


section_kinds.register("failures")(SectionKind(order=56, build=build))
