"""Facts that sections share: patients and their response, visits in order, subsets and definitions."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cytogate.gating.tree import split
from cytogate.plots.palette import SubjectStyle, subject_styles
from cytogate.report import labels
from cytogate.report.plain import plain
from cytogate.report.remembered import remembered
from cytogate.stats.limits import Limits
from cytogate.study.files.names import natural
from cytogate.study.planning.bridging import cut_subjects

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
    """A reported subset, as the study and its definition name it.

    Attributes
    ----------
    name, population : str
        As tables and the study file have them.
    of : str
        The end of the denominator's path, for names of files.
    denominator : str
        The denominator in words.
    title, label : str
        What readers see: short, and where they meet it first (`cytogate.report.labels`).
    definition, text, citation : str
        Id of the definition, its sentence, and who says so; empty where it has none.
    """

    name: str
    population: str
    of: str
    denominator: str
    title: str
    label: str
    definition: str
    text: str
    citation: str

    @property
    def defined(self) -> str:
        """Return what a caption says of it: the label, gate and denominator, and its definition."""
        gate = labels.last_name(self.population)
        named = "" if gate in (self.label, self.title) else f", gate {gate}"
        what = f"{self.label}{named}, as % of {self.denominator}"
        return f"{what}; definition {self.definition}" if self.definition else what


@remembered("samples", "subsets")
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


@remembered("samples", "subsets")
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


@remembered("subsets", "manifest")
def subsets(run: RunLike) -> tuple[Subset, ...]:
    """Return the subsets that have rows, in the study's order."""
    rows = run.subsets
    if not len(rows):
        return ()
    firsts = rows.drop_duplicates("subset").astype({"subset": str}).set_index("subset").to_dict("index")
    present = list(firsts)
    ordered = [name for name in (run.manifest.get("study") or {}).get("subsets") or {} if name in present]
    ordered += [name for name in present if name not in ordered]
    known: Mapping[str, Any] = run.manifest.get("definitions") or {}
    named: Mapping[str, Any] = (run.manifest.get("study") or {}).get("subsets") or {}
    entries = {name: (known.get(name) or {}) | (named.get(name) or {}) for name in ordered}  # the study's own
    ids = {name: str(entries[name].get("id") or firsts[name].get("definition") or "") for name in ordered}
    titles = labels.subset_labels(run, ids)
    wholes = labels.population_labels(run)
    found = []
    for name in ordered:
        first, entry = firsts[name], entries[name]
        of = short_population(str(entry.get("of") or first.get("denominator") or "parent"))
        found.append(
            Subset(
                name=name,
                population=str(entry.get("population") or first.get("population") or ""),
                of=of,
                denominator=wholes.get((str(first.get("panel")), str(first.get("denominator"))), of),
                title=titles[name].short,
                label=titles[name].long,
                definition=ids[name],
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


def apart(run: RunLike, subset: str) -> frozenset[str]:
    """Return the patients whose values of a subset may not be compared: their panel changed, unbridged."""
    if not (run.manifest.get("study") or {}).get("panel_versions"):
        return frozenset()
    rows, samples = (
        [{str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records")]
        for table in (rows_of(run, subset), run.samples)
    )
    return cut_subjects(rows, samples)


def limits(run: RunLike) -> dict[str, int]:
    """Return the study's limits by events."""
    given = (run.manifest.get("study") or {}).get("limits") or {}
    return asdict(Limits()) | dict(given)


def flag_words(run: RunLike) -> dict[str, str]:
    """Return what each flag of the subset table says, with the study's own limits."""
    events = limits(run)
    return {
        "ok": "",
        "below_lod": (
            f"fewer than {events['lod_events']} events{_or_blank(run)}: cannot be told from background"
        ),
        "below_lloq": f"fewer than {events['lloq_events']} events: present, size uncertain",
        "few_parent": f"fewer than {events['min_parent']} events in the denominator",
        "failed": "failed: no value (see Failures)",
    }


def _or_blank(run: RunLike) -> str:
    given = (run.manifest.get("study") or {}).get("blanks")
    return ", or less than blank tubes tell from nothing" if given else ""


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
