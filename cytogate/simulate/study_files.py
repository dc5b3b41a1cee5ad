"""The text files of a simulated trial: study.yaml, the sample sheet, clinical data, analytes and README."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from cytogate.simulate.composition import ENDPOINTS
from cytogate.simulate.names import batch_of
from cytogate.simulate.patients import SUBJECTS
from cytogate.simulate.sections import Flow
from cytogate.simulate.spec import TrialSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.simulate.names import TubeName

_STUDY = """\
format: cytogate.study
version: 1
name: {name}
data_root: .
samples: samples.csv
reading: {{lenient: false, dataset: 0}}
templates: {{{templates}}}
clinical: clinical.csv
analytes: analytes.csv
subsets:
{subsets}
baseline: {baseline}
response: {{rule: sri4, profile: kamen2022, at: {response}}}
statistics: [paired_change, friedman, mixed_model, group_difference, rm_correlation, change_correlation]
families: {{primary: [{primary}]}}
limits: {{lod_events: 20, lloq_events: 50, min_parent: 100}}
exclude_asc_first: false
cleaning: {{report: all, remove: [margins]}}
seed: {seed}
"""

RESPONSE_WEEK = 24

_PLAIN = re.compile(r"[A-Za-z][\w ().-]*\w\)?")  # needs no quotes in YAML

_WORD = re.compile(r"[A-Za-z][\w+.-]*")  # needs none inside brackets either
_ALWAYS = 18  # attributes of the specification, up to `missing`, that the README always shows

_POPULATIONS = {
    "DN": ("B/DN", "B"),
    "switched_memory": ("B/SWM", "B"),
    "activated_naive": ("B/N+T/aNAV", "B"),
    "transitional": ("B/N+T/Transitional", "B"),
    "helios_treg": ("CD4/Treg/FoxP3+/Helios+", "CD4/Treg/FoxP3+"),
}
TEMPLATES = {"bcell": "sle_bcell_fitted", "treg": "treg_helios_fitted"}

_README = """\
# {name}

**Synthetic.** No patient, no sample and no cytometer stands behind these files: cytogate
{version} drew every number. Do not use them for any statement about a disease or a treatment.

Made by

    {call}

with numpy {numpy} and the specification (YAML, as `--spec` takes it)

{spec}

## What is here

| file | holds |
|---|---|
| `study.yaml` | the analysis: templates, endpoints, statistics |
| `samples.csv` | {n_samples} tubes: {n_subjects} patients, visits {visits}, panels {panels}; {controls} |
| `clinical.csv` | SLEDAI-2K items and totals, BILAG grades, global assessment, prednisone and blood counts at every clinic visit |
| `analytes.csv` | soluble GARP in serum (sandwich ELISA, ng/mL); not a flow measurement |
| `fcs/` | FCS 3.1, float32, `$SPILLOVER` is exactly the matrix that was applied; scatter areas and heights, fluorescence areas, Time |
| `truth/subsets.parquet` | sample, subset, denominator, percent_true, percent_realised, count, denominator_count |
| `truth/<sample>.parquet` | population, partner (of a doublet) and the flags dead, doublet, debris, margin, clog{flags} of every event, in the order of the file |
| `truth/tubes.parquet` | one row a tube: instrument, batch, drift, clogs, bubbles, carried events, and the marker that an FMO really lacks |
| `truth/shifts.parquet` | every factor of a stain (lot, drift, sample) and of a detector (gain, offset) of each tube |

{enriched}

## The story

{story}. Starts,
sizes and speeds of these courses, the medians of all markers and the nuisance are engineering estimates in the range
of published figures. {batches} differ in detector gains,
antibody lots, tandem dyes and autofluorescence.

## The truth

`percent_true` is what the trial meant before chance. `percent_realised` counts labels over the events that a correct
analysis keeps: live single cells (`not dead and not doublet and not debris`).

| subset | population labels | of |
|---|---|---|
{definitions}

Plasmablasts and plasma cells (CD27++ CD38++) lie in the IgD- CD27+ quadrant, and `exclude_asc_first` is false; so the
truth of switched memory counts them, as the quadrant does. Transitional is T1/T2 and T3, which run into resting naive
on one continuous arc; resting naive takes what the other subsets leave of the B cells. IgD-dim cells are labelled resting
naive. A doublet is labelled by its first cell.
"""  # noqa: E501  (Markdown tables)

_ENRICHED = """\
**Both tubes are enriched**, so that a small file holds enough of the rare subsets: B cells are about
{b:.0f} % of live cells in the B tube and CD4 T cells about {t:.0f} % in the T tube. Percentages of
lymphocytes therefore mean nothing here."""
_CHANGE = (
    ": in responders double-negative, switched-memory and activated\n"
    "naive B cells fall and transitional B cells rise; P2 and P5 gain Helios+ among their FoxP3+ regulatory "
    "T cells"
)
_NO_CHANGE = (
    "No drug does anything here (`biology.change` is false): cells, the scores of the clinic and serum of\n"
    "every patient stay where they start, and what moves is chance or an artefact"
)
_STORY = "Patients P1, P2, P3, P5 and P6 respond and P4 does not"
_OTHERS = "Of each six patients in a row (P1 to P6, P7 to P12 ...) the fourth does not respond, the others do"
_BY_PATIENT = "All visits of a patient were stained in one of {n} batches, which"
_BY_VISIT = "All tubes of a visit were stained in one batch; batches"
_BLOOD = "The tubes hold blood mononuclear cells, not enriched."


def csv_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows with a header as CSV; all rows have the keys of the first."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def sheet_row(name: TubeName, spec: TrialSpec) -> dict[str, str]:
    """Return the row of samples.csv of a tube; a replicate is a bridge, no point of a trend."""
    return {
        "file": f"fcs/{name.sample}.fcs",
        "sample": name.sample,
        "subject": name.subject,
        "visit": name.visit,
        "week": str(name.week),
        "panel": name.panel,
        "batch": batch_of(name, spec),
        "role": "bridge" if name.replicate > 1 else name.role,
        "control_for": name.control_for,
    }


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def study_text(name: str, *, visits: Sequence[int], seed: int) -> str:
    """Return study.yaml: the response is that at week 24, or at the last visit where there is no week 24."""
    weeks = (
        {*visits} if len(visits) > 1 else {*visits, RESPONSE_WEEK}
    )  # the clinic sees patients without tubes
    subsets = "\n".join(
        f"  {subset + ':':<17} {{population: {population}, of: {whole}}}"
        for subset, (population, whole) in _POPULATIONS.items()
    )
    templates = ", ".join(f"{panel}: {template}" for panel, template in TEMPLATES.items())
    primary = ", ".join(_POPULATIONS)
    return _STUDY.format(
        name=_quoted(name),
        templates=templates,
        subsets=subsets,
        baseline=f"W{min(visits)}",
        response=f"W{RESPONSE_WEEK if RESPONSE_WEEK in weeks else max(weeks)}",
        primary=primary,
        seed=seed,
    )


def _spec_text(spec: TrialSpec) -> str:
    """Return the specification as indented YAML, fit for ``--spec``; what came later only where it is set."""
    usual = TrialSpec()
    lines = []
    for position, field in enumerate(spec.__dataclass_fields__):
        value = getattr(spec, field)
        if position < _ALWAYS or value != getattr(usual, field):
            lines.append(f"    {field}: {_yaml(value)}")
    return "\n".join(lines)


def _yaml(value: object) -> str:
    """Return a value of a specification on one line of YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inner(key)}: {_yaml_inner(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_yaml_inner(entry) for entry in value) + "]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _inner(text: str) -> str:
    """Return text for the inside of brackets, where less is plain."""
    return text if _WORD.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def _yaml_inner(value: object) -> str:
    return _inner(value) if isinstance(value, str) else _yaml(value)


def _batches(names: Sequence[TubeName], spec: TrialSpec) -> str:
    count = len({batch_of(name, spec) for name in names})
    return {1: "one", 2: "two", 3: "three"}.get(count, str(count))


def _controls_text(names: Sequence[TubeName]) -> str:
    counts = Counter(name.role for name in names if name.role != "sample")
    if not counts:
        return (
            "`role` and `control_for` are there for FMO tubes, single stains and unstained cells, of which "
            "this trial has none"
        )
    found = ", ".join(f"{number} {role}" for role, number in counts.items())
    return f"besides, by `role`, the controls: {found}; `control_for` is the marker that is lacking, or alone"


def _story(spec: TrialSpec) -> str:
    if not spec.biology.change:
        return _NO_CHANGE
    return (_STORY if spec.subjects == SUBJECTS else _OTHERS) + _CHANGE


def readme_text(
    spec: TrialSpec,
    names: Sequence[TubeName],
    *,
    call: str,
    numpy_version: str,
    version: str,
    shares: Mapping[str, float],
) -> str:
    """Return README.md, which says that all is synthetic, how it was made, and what the truth counts."""
    definitions = [
        f"| {subset} | {', '.join(counted)} | {whole} |"
        for subset, (_, whole, counted, _) in ENDPOINTS.items()
    ]
    enriched = _ENRICHED.format(b=100 * shares["bcell"], t=100 * shares["treg"]) if spec.enriched else _BLOOD
    return _README.format(
        name=spec.name,
        version=version,
        call=call,
        numpy=numpy_version,
        spec=_spec_text(spec),
        n_samples=sum(name.role == "sample" for name in names),
        controls=_controls_text(names),
        flags=", bubble, carried" if spec.flow != Flow() else "",
        n_subjects=len({name.subject for name in names}),
        visits=", ".join(dict.fromkeys(name.visit for name in names)),
        panels=" and ".join(dict.fromkeys(name.panel for name in names)),
        enriched=enriched,
        story=_story(spec),
        batches=_BY_VISIT if spec.batches.by == "visit" else _BY_PATIENT.format(n=_batches(names, spec)),
        definitions="\n".join(definitions),
    )
