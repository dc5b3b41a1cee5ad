"""Rows of ``comparisons`` as sections read them: the right one of each question, and its numbers in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.plots.numbers import p_text, percent_text, shared_decimals, signed_text
from cytogate.report import facts, labels
from cytogate.report.plain import plain, text
from cytogate.report.remembered import remembered
from cytogate.stats.comparison import FACTORS
from cytogate.stats.trends.change_correlation import SPEARMAN
from cytogate.stats.trends.group_difference import MANN_WHITNEY
from cytogate.stats.trends.paired_change import SIGN, WILCOXON
from cytogate.stats.trends.rm_correlation import ADJUSTED, RM
from cytogate.study.concluding.conclusions import ALL_TREATED, BETWEEN, NON_RESPONDERS, RESPONDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.report.section import RunLike

__all__ = [
    "ADJUSTED",
    "ALL_TREATED",
    "BETWEEN",
    "MANN_WHITNEY",
    "NON_RESPONDERS",
    "RESPONDERS",
    "RM",
    "SIGN",
    "SPEARMAN",
    "WILCOXON",
    "Finding",
    "findings",
    "number",
    "one",
    "p_text",
]
USUAL = 0.05  # what the field calls significant
NAMES = {"sledai_total": "SLEDAI", "response": "Response"}
_COVERS = re.compile(r"covers ([0-9.]+) %")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of ``comparisons``; None where the table has no number."""

    subset: str
    measure: str
    contrast: str
    group: str
    test: str
    estimate: float | None
    low: float | None
    high: float | None
    unit: str
    n: int
    p: float | None
    p_floor: float | None
    q: float | None
    family: str
    note: str

    @property
    def post_hoc(self) -> bool:
        """Tell whether its group was chosen after the fact."""
        return self.group in (RESPONDERS, NON_RESPONDERS)

    @property
    def at_floor(self) -> bool:
        """Tell whether p is as small as so few subjects allow."""
        return self.p is not None and self.p_floor is not None and self.p <= self.p_floor * (1 + 1e-9)

    @property
    def coverage(self) -> str:
        """Return what the interval covers, in percent."""
        found = _COVERS.search(self.note)
        return f"{float(found[1]):.3g}" if found else "95"

    @property
    def ends(self) -> str:
        """Return the ends of the interval; empty without one, and of a single patient."""
        if self.low is None or self.high is None or self.n < 2:
            return ""
        return f"{self._written(self.low)} to {self._written(self.high)}"

    @property
    def interval(self) -> str:
        """Return the ends with what they cover where that is not 95 %."""
        return self.ends if self.coverage == "95" or not self.ends else f"{self.ends} ({self.coverage} %)"

    @property
    def in_brackets(self) -> str:
        """Return the interval as sentences have it; empty without one."""
        return f" ({self.coverage} % CI {self.ends})" if self.ends else ""

    @property
    def value(self) -> str:
        """Return the estimate as a table shows it: differences with their sign, factors without."""
        return self._written(self.estimate)

    def _written(self, value: float | None) -> str:
        """Write the estimate or an end: all three of a difference or a percent with the same decimals."""
        if self.unit in _RATIOS:
            return number(value)
        places = None if self.estimate is None else shared_decimals(self.estimate, self.low, self.high)
        return percent_text(value, places) if self.unit == "%" else signed_text(value, places)

    @property
    def certainty(self) -> str:
        """Say how far chance explains it, in words that promise no more than p and q do."""
        if self.n == 1:
            return "one patient: nothing can be tested"
        if self.p is None:
            return f"not tested: {self.note}"
        judged = self.p if self.q is None else self.q
        if judged <= USUAL:
            return "chance is an unlikely explanation"
        if self.q is not None and self.p <= USUAL:
            return "not clear after correction for the number of questions"
        if self.at_floor:
            return f"as clear as {patients(self.n)} can be; no proof"
        return "chance is not ruled out"


_RATIOS = (*FACTORS, "rho", "r")  # written alike whatever their size


def patients(n: int) -> str:
    """Return a number of patients in words.

    Examples
    --------
    >>> patients(1), patients(6)
    ('1 patient', '6 patients')
    """
    return f"{n} patient{'' if n == 1 else 's'}"


def number(value: float | None) -> str:
    """Write a factor or a correlation to two or three figures.

    Examples
    --------
    >>> number(0.5052), number(-0.3), number(12.345), number(float("inf"))
    ('0.51', '−0.30', '12.3', '∞')
    """
    if value is None:
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    return percent_text(value) if abs(value) >= 10 else f"{value:.2f}".replace("-", "−")


@remembered("comparisons")
def findings(run: RunLike) -> tuple[Finding, ...]:
    """Return all rows of the table, in its order."""
    table = run.comparisons
    return tuple(
        Finding(
            subset=text(row["subset"]),
            measure=text(row["measure"]),
            contrast=text(row["contrast"]),
            group=text(row["group"]),
            test=text(row["test"]),
            estimate=_number(row.get("estimate")),
            low=_end(row.get("ci_low")),
            high=_end(row.get("ci_high")),
            unit=text(row.get("unit")),
            n=int(plain(row.get("n")) or 0),
            p=_number(row.get("p")),
            p_floor=_number(row.get("p_floor")),
            q=_number(row.get("q")),
            family=text(row.get("family")),
            note=text(row.get("note")),
        )
        for row in (table.to_dict("records") if len(table) else ())
    )


def _number(value: object) -> float | None:
    found = plain(value)
    return None if found is None or isinstance(found, str) else float(found)


def _end(value: object) -> float | None:
    """Return the end of an interval, which may be infinite."""
    return float(value) if isinstance(value, float) and value == value else _number(value)


def one(
    found: Iterable[Finding],
    test: str,
    group: str,
    subset: str = "",
    measure: str = "percent",
    about: str = "",
) -> Finding | None:
    """Return the row of a test; None where the study did not ask it.

    Parameters
    ----------
    found : iterable of Finding
    test : str
        Its name, which the table may follow by ``, exact`` or ``, permutation``.
    group, subset, measure : str
        As in the table.
    about : str
        The end of its contrast, such as ``with SLEDAI``.
    """
    names = (test, f"{test}, exact", f"{test}, permutation")
    for row in found:
        is_of = row.group == group and row.subset == subset and row.measure == measure
        if is_of and row.test in names and row.contrast.endswith(about):
            return row
    return None


_RELATIVE = {"ratio": ", ratio", "composition": ", against the other parts"}


def title_of(run: RunLike, finding: Finding, *, short: bool = False) -> str:
    """Return a measure as readers know it, with what a percentage is of unless `short`."""
    known = {subset.name: subset for subset in facts.subsets(run)}
    if finding.measure == "percent" and finding.subset in known:
        subset = known[finding.subset]
        return subset.title if short else f"{subset.title}, % of {subset.denominator}"
    if finding.measure == "absolute" and finding.subset in known:
        return f"{known[finding.subset].title}, cells per µL"
    if finding.measure == "intensity":
        return labels.intensity(run, finding.subset)
    return name_of(run, finding.subset) + _RELATIVE.get(finding.measure, "")


def name_of(run: RunLike, measure: str) -> str:
    """Return the name of what the column ``subset`` of comparisons holds: a subset, SLEDAI, an analyte."""
    known = {subset.name: subset.title for subset in facts.subsets(run)}
    if measure in known:
        return known[measure]
    if measure in labels.methods_of(run):
        return labels.analyte(run, measure)
    return NAMES.get(measure) or measure.replace("_", " ")


def contrast_of(run: RunLike, contrast: str) -> str:
    """Return a contrast in words: "W24 - W0, with GARP" as "W0 to W24, with Soluble GARP"."""
    rule, at, visit = contrast.partition(" at ")
    if at and (rule.startswith("sri") or rule.upper() in ("LLDAS", "DORIS", "BICLA")):
        return f"{facts.rule_name(rule)} at {visit}"
    first, comma, rest = contrast.partition(", ")
    after, minus, before = first.partition(" - ")
    named = {visit.name for visit in facts.visits(run)}
    words = f"{before} to {after}" if minus and {before, after} <= named else first
    if rest.startswith("with "):
        name = rest.removeprefix("with ")
        partner = name_of(run, name)
        rest = f"with {labels.without_method(partner)}" if partner != name.replace("_", " ") else rest
    return f"{words}{comma}{rest}"
