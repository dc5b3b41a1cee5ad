"""Change of a subset from baseline to the visit that is compared, patient by patient, with its tests."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from cytogate.plots.changes import Before
from cytogate.report import facts
from cytogate.report.findings import ALL_TREATED, RESPONDERS, SIGN, WILCOXON, Finding, findings, one
from cytogate.report.plain import plain, text
from cytogate.report.remembered import remembered
from cytogate.study.measuring.measures import subset_measures

if TYPE_CHECKING:
    from cytogate.report.section import RunLike
    from cytogate.stats.series import Series

SLEDAI = "sledai_total"


@dataclass(frozen=True, slots=True)
class Change:
    """One subset at two visits.

    Attributes
    ----------
    subset : Subset
    start, end : str
        The visits.
    pairs : tuple of Before
        Patients with a usable value at both, percents.
    missing : tuple of str
        Patients of the study who lack one.
    responders : mapping of patient to yes, no or None
    points, fold : mapping of group to Finding
        The exact Wilcoxon test in percentage points, and the median of the patients' factors.
    """

    subset: facts.Subset
    start: str
    end: str
    pairs: tuple[Before, ...]
    missing: tuple[str, ...]
    responders: dict[str, bool | None]
    points: dict[str, Finding]
    fold: dict[str, Finding]

    def of(self, group: str = ALL_TREATED) -> tuple[Before, ...]:
        """Return the patients of a group."""
        if group == ALL_TREATED:
            return self.pairs
        wanted = group == RESPONDERS
        return tuple(pair for pair in self.pairs if self.responders.get(pair.subject) is wanted)

    def medians(self) -> tuple[float, float, float]:
        """Return the medians of all treated at both visits, and of their changes; of one patient at least."""
        return (
            median(pair.before for pair in self.pairs),
            median(pair.after for pair in self.pairs),
            median(pair.after - pair.before for pair in self.pairs),
        )

    def falls(self) -> bool:
        """Tell whether more of the patients fell than rose; the median change decides where as many did."""
        down = sum(pair.after < pair.before for pair in self.pairs)
        up = sum(pair.after > pair.before for pair in self.pairs)
        return down > up or (down == up and self.medians()[2] < 0)

    def with_it(self, group: str = ALL_TREATED) -> int:
        """Return how many patients of a group went the way that `falls` says."""
        sign = -1 if self.falls() else 1
        return sum(sign * (pair.after - pair.before) > 0 for pair in self.of(group))

    def others(self) -> list[str]:
        """Return the patients who did not go that way."""
        sign = -1 if self.falls() else 1
        return [pair.subject for pair in self.pairs if sign * (pair.after - pair.before) <= 0]

    @property
    def n_flagged(self) -> int:
        """Return how many of the values are not quantitative."""
        return sum(not sure for pair in self.pairs for sure in pair.quantitative)


def series_of(run: RunLike, subset: str) -> Series:
    """Return the percentages of a subset as the tests see them: repeats together, unusable tubes left out."""
    rows = [
        {str(key): plain(value) for key, value in row.items()} | {"subject": text(row["subject"])}
        for row in facts.rows_of(run, subset).to_dict("records")
    ]
    asked = (run.manifest.get("study") or {}).get("percent_scale")
    return subset_measures(rows, subset, scale="log" if asked == "log" else "logit")[0].series()


def compared_visits(run: RunLike, series: Series) -> tuple[str, str] | None:
    """Return baseline and the visit of the response, or the last; None where there are not two visits."""
    if not series.visits:
        return None
    named = facts.baseline(run)
    start = named.name if named is not None else series.visits[0]
    if start not in series.visits:
        return None
    wanted = (run.manifest.get("response") or {}).get("at")
    end = wanted if wanted in series.visits else series.visits[-1]
    return (start, str(end)) if series.visits.index(start) < series.visits.index(str(end)) else None


@remembered("samples", "subsets", "comparisons", "manifest")
def changes(run: RunLike) -> tuple[Change, ...]:
    """Return the change of every subset that has two visits, in the study's order."""
    found = findings(run)
    answers = facts.responders(run)
    out = []
    for subset in facts.subsets(run):
        series = series_of(run, subset.name)
        visits = compared_visits(run, series)
        if visits is None:
            continue
        flags, apart = _flags(run, subset.name), facts.apart(run, subset.name)
        columns = [series.visits.index(visit) for visit in visits]
        pairs, missing = [], []
        for row, subject in enumerate(series.subjects):
            before, after = (float(series.values[row, column]) for column in columns)
            if before != before or after != after or subject in apart:
                missing.append(subject)
                continue
            sure = tuple(flags.get((subject, visit), "ok") == "ok" for visit in visits)
            pairs.append(Before(subject, before, after, (sure[0], sure[1])))
        groups = dict.fromkeys(row.group for row in found)
        out.append(
            Change(
                subset,
                *visits,
                pairs=tuple(pairs),
                missing=tuple(missing),
                responders=answers,
                points=_by_group(found, WILCOXON, groups, subset.name),
                fold=_by_group(found, SIGN, groups, subset.name),
            )
        )
    return tuple(out)


def _flags(run: RunLike, subset: str) -> dict[tuple[str, str], str]:
    table = facts.rows_of(run, subset)
    return {
        (text(row["subject"]), text(row["visit"])): text(row["flag"]) or "ok"
        for row in table.to_dict("records")
    }


def _by_group(
    found: tuple[Finding, ...], test: str, groups: dict[str, None], subset: str
) -> dict[str, Finding]:
    rows = {group: one(found, test, group, subset) for group in groups}
    return {group: row for group, row in rows.items() if row is not None}


def clinical_values(run: RunLike, variable: str) -> dict[tuple[str, str], float]:
    """Return a number of the clinical table by patient and visit."""
    table = run.clinical
    if not len(table):
        return {}
    rows = table[table["variable"] == variable].to_dict("records")
    return {
        (text(row["subject"]), text(row["visit"])): float(plain(row["value"]))
        for row in rows
        if plain(row["value"]) is not None
    }
