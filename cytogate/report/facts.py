"""Facts that sections share: patients and their response, visits in order, subsets and definitions."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cytogate.gating.tree import split
from cytogate.plots.palette import SubjectStyle, subject_styles
from cytogate.stats.limits import Limits
from cytogate.study.names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit and the median week of its samples."""

    name: str
    week: float


@dataclass(frozen=True, slots=True)
class Subset:
    """A reported subset, as the study and its definition name it."""

    name: str
    population: str
    denominator: str
    definition: str
    text: str
    citation: str

    @property
    def title(self) -> str:
        """Return the name without underscores."""
        return self.name.replace("_", " ")


def subjects(run: RunLike) -> tuple[str, ...]:
    """Return the patients with samples or results, in natural order."""
    found: set[str] = set()
    samples = run.samples
    if "role" in samples.columns:
        samples = samples[samples["role"] == "sample"]  # controls and bridges are no patients
    for table in (samples, run.subsets):
        if "subject" in table.columns:
            found |= {str(subject) for subject in table["subject"].dropna() if str(subject)}
    return tuple(sorted(found, key=natural))


def responders(run: RunLike) -> dict[str, bool | None]:
    """Return patient -> responded, or None where it could not be judged."""
    judged = (run.manifest.get("response") or {}).get("subjects") or {}
    return {str(subject): (entry or {}).get("responder") for subject, entry in judged.items()}


def styles(run: RunLike) -> dict[str, SubjectStyle]:
    """Return how each patient is drawn, the same in every figure."""
    return subject_styles(subjects(run), responders(run))


def visits(run: RunLike) -> tuple[Visit, ...]:
    """Return the visits by week."""
    import pandas as pd

    table = run.subsets if len(run.subsets) else run.samples
    if not {"visit", "week"} <= set(table.columns) or not len(table):
        return ()
    weeks = pd.to_numeric(table["week"], errors="coerce")
    known = weeks.notna() & table["visit"].notna() & (table["visit"] != "")
    medians = weeks[known].groupby(table.loc[known, "visit"].astype(str)).median()
    found = [Visit(str(name), float(week)) for name, week in medians.items()]
    return tuple(sorted(found, key=lambda visit: (visit.week, visit.name)))


def baseline(run: RunLike) -> Visit | None:
    """Return the study's baseline visit, where it occurs."""
    name = (run.manifest.get("study") or {}).get("baseline")
    return next((visit for visit in visits(run) if visit.name == name), None)


def marks(run: RunLike) -> tuple[tuple[float, str], ...]:
    """Return the upright lines of figures over time: baseline, and the study's own; of one week, one line."""
    start = baseline(run)
    named: dict[float, list[str]] = {} if start is None else {start.week: ["baseline"]}
    own = ((run.manifest.get("study") or {}).get("figures") or {}).get("marks") or {}
    for name, week in own.items():
        named.setdefault(float(week), []).append(str(name))
    return tuple((week, ", ".join(words)) for week, words in sorted(named.items()))


def on_log_axis(run: RunLike, measure: str) -> bool:
    """Tell whether the study asks for a log axis for this measure."""
    return measure in (((run.manifest.get("study") or {}).get("figures") or {}).get("log") or ())


def subsets(run: RunLike) -> tuple[Subset, ...]:
    """Return the subsets that have rows, in the study's order."""
    rows = run.subsets
    if not len(rows):
        return ()
    present = [str(name) for name in rows["subset"].drop_duplicates()]
    ordered = [name for name in (run.manifest.get("study") or {}).get("subsets") or {} if name in present]
    ordered += [name for name in present if name not in ordered]
    known: Mapping[str, Any] = run.manifest.get("definitions") or {}
    named: Mapping[str, Any] = (run.manifest.get("study") or {}).get("subsets") or {}
    found = []
    for name in ordered:
        first = rows[rows["subset"] == name].iloc[0]
        entry = (known.get(name) or {}) | (named.get(name) or {})  # the study's own, shorter references
        found.append(
            Subset(
                name=name,
                population=str(entry.get("population") or first.get("population") or ""),
                denominator=short_population(str(entry.get("of") or first.get("denominator") or "parent")),
                definition=str(entry.get("id") or first.get("definition") or ""),
                text=str(entry.get("text") or "").rstrip(" ."),
                citation=str(entry.get("citation") or ""),
            )
        )
    return tuple(found)


def short_population(reference: str, parts: int = 2) -> str:
    """Return the last names of a population's path, readable as a denominator.

    Examples
    --------
    >>> short_population("/Singlets/Live/B"), short_population("CD4/Treg/FoxP3+/Helios+")
    ('B', 'FoxP3+/Helios+')
    """
    names = [name for name in split(reference)[0] if name]
    if len(names) > 1 and not any(sign in names[-1] for sign in "+-−"):
        parts = 1
    return "/".join(names[-parts:]) or "all events"


def rows_of(run: RunLike, subset: str) -> pd.DataFrame:
    """Return the rows of one subset."""
    table = run.subsets
    return table[table["subset"] == subset]


def limits(run: RunLike) -> dict[str, int]:
    """Return the study's limits by events."""
    given = (run.manifest.get("study") or {}).get("limits") or {}
    return asdict(Limits()) | dict(given)


def flag_words(run: RunLike) -> dict[str, str]:
    """Return what each flag of the subset table says, with the study's own limits."""
    events = limits(run)
    return {
        "ok": "",
        "below_lod": f"fewer than {events['lod_events']} events: not told from noise",
        "below_lloq": f"fewer than {events['lloq_events']} events: present, size uncertain",
        "few_parent": f"fewer than {events['min_parent']} events in the denominator",
        "failed": "failed: no value (see Failures)",
    }


def open_words(run: RunLike) -> str:
    """Return when a symbol is open: every flag but ok, with the study's own limits."""
    events = limits(run)
    few = max(events["lod_events"], events["lloq_events"])
    return f"fewer than {few} events, or fewer than {events['min_parent']} in the denominator"


def rule_name(rule: str) -> str:
    """Return a rule as the field writes it.

    Examples
    --------
    >>> rule_name("sri4"), rule_name("lldas"), rule_name("")
    ('SRI-4', 'LLDAS', 'the rule of the study file')
    """
    index = re.fullmatch(r"sri([0-9]+)", rule)
    return f"SRI-{index[1]}" if index else rule.upper() or "the rule of the study file"
