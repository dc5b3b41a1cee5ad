"""What every table and column of a run holds, in a line each: for readers of exported tables."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "samples": "Every tube of the sample sheet: what it is, and whether it was gated.",
        "subsets": "The endpoints of the study: one row a tube and subset.",
        "populations": "Every population of every gated tube.",
        "intensities": "Medians of every fluorescence channel in every population, on compensated values.",
        "triage": "Every gate of every gated tube, the oddest first: what to look at.",
        "splits": "For pairs of visits of a patient: which part of a change is due to gates that moved.",
        "qc": "Quality checks of the tubes.",
        "comparisons": "Tests and estimates; q is given within declared families only.",
        "response": "Who responded by the study's rule, with each way of taking missing values.",
        "clinical": "The clinical table in long form: one row a patient, visit and variable.",
        "analytes": "Soluble analytes: one row a measurement.",
        "failures": "Tubes without a result: where it went wrong, and what to do.",
    }
)
_SHARED = {
    "sample": "Id of the tube, as in the sample sheet.",
    "subject": "Patient.",
    "visit": "Visit.",
    "week": "Time of the visit, in weeks.",
    "panel": "Panel of antibodies; names the template.",
    "batch": "Batch of staining and acquisition.",
    "population": "Full path of the population.",
    "count": "Events in the population; empty where the tube failed.",
    "flag": "ok, below_lod, below_lloq, few_parent (limits by events) or failed.",
    "input_sha256": "SHA-256 of the file's bytes.",
    "template_sha256": "SHA-256 of the template.",
    "file": "File, below the data root.",
}
_OWN: dict[str, dict[str, str]] = {
    "samples": {
        "role": "sample, fmo, single_stain, unstained, bridge or beads.",
        "control_for": "What a control is for.",
        "status": "ok, failed, or not_gated for controls.",
        "n_events": "Events in the file.",
        "warnings": "What was remarked, one a line.",
        "slug": "Folder of the tube's pictures in previews/.",
    },
    "subsets": {
        "subset": "Endpoint, as the study file names it.",
        "definition": "Id of the definition of the population.",
        "denominator": "Full path of the population that the percentage is of.",
        "denominator_count": "Events in the denominator.",
        "percent": "100 x count / denominator_count.",
        "ci_low": "95 % Wilson interval of percent, counting error only: lower end, in %.",
        "ci_high": "The same: upper end, in %.",
        "gate_ci_low": "95 % interval of counting and of the uncertainty of fitted gates: lower end, in %.",
        "gate_ci_high": "The same: upper end, in %.",
        "absolute_per_ul": "Cells in blood, per microlitre.",
        "absolute_ci_low": "95 % interval of absolute_per_ul: lower end.",
        "absolute_ci_high": "The same: upper end.",
        "absolute_note": "Why there is no absolute count, or what stands beside it.",
        "adjusted": "Whether a person moved a gate that has a part in this figure.",
        "template_count": "Events without such adjustments.",
        "template_percent": "Percentage without such adjustments.",
    },
    "populations": {
        "parent": "Path of the parent; empty where that is all events.",
        "parent_count": "Events in the parent.",
        "percent_of_parent": "100 x count / parent_count.",
        "ci_low": "95 % Wilson interval of percent_of_parent: lower end, in %.",
        "ci_high": "The same: upper end, in %.",
    },
    "intensities": {
        "channel": "Name of the channel in the file ($PnN).",
        "marker": "The template's marker, else the channel's label or name.",
        "statistic": "Which statistic: median.",
        "value": "Of compensated values, not transformed, in channel units.",
        "n": "Finite values that it was taken over.",
        "note": "What stands beside it, such as too few events.",
    },
    "triage": {
        "rank": "Place in the list, from 1.",
        "score": "0 (nothing is odd) to 1.",
        "gate": "Path of the parent, and the gate's name.",
        "cut": "Name of the cut that is doubted most, which other gates may share.",
        "reasons": "The doubts that count, the strongest first.",
        "parent_count": "Events in the parent.",
        "border_density": "Events at the gate's border relative to around it: near 0 in a valley.",
        "place_z": "Distance of the gate from the others of its batch, in robust standard deviations.",
        "history_z": "Distance of its share from the patient's other visits, in robust standard deviations.",
        "own_z": "Cut found in this tube alone against what the other tubes say, in standard deviations.",
        "jumped": "Probability that the cut belongs to another valley.",
        "fallback": "Why the events did not say where a cut goes.",
    },
    "splits": {
        "subset": "Endpoint, as the study file names it.",
        "sample_a": "The earlier tube.",
        "sample_b": "The later tube.",
        "visit_a": "Visit of the earlier tube.",
        "visit_b": "Visit of the later tube.",
        "week_a": "Week of the earlier tube.",
        "week_b": "Week of the later tube.",
        "change": "Percentage in b minus that in a, in percentage points.",
        "gate": "Part of the change due to gates that moved, in percentage points.",
        "biology": "Part of the change with gates at the same place of the peaks, in percentage points.",
        "at_unmoved_gates": "The change with gates at the same numbers in both, in percentage points.",
        "parent_count_a": "Events in the denominator of the earlier tube.",
        "parent_count_b": "Events in the denominator of the later tube.",
        "few_parent": "Whether one of the two is too few for the split to be sure.",
    },
    "qc": {
        "check": "What was checked.",
        "metric": "What was measured.",
        "value": "What was found.",
        "verdict": "What follows.",
        "removed_percent": "Events that the check would take out, in %.",
    },
    "comparisons": {
        "subset": "Endpoint, analyte or clinical variable.",
        "measure": "What of it was compared.",
        "contrast": "Which visits or groups were compared.",
        "group": "Of which patients.",
        "test": "Name of the test.",
        "estimate": "What it estimates, in unit.",
        "unit": "Unit of estimate and interval.",
        "ci_low": "Interval of the estimate: lower end.",
        "ci_high": "Interval of the estimate: upper end.",
        "effect": "Standardised effect.",
        "effect_name": "Which one.",
        "n": "Patients (not patient-visits).",
        "p": "Two-sided p value, unless the test says otherwise.",
        "p_floor": "The smallest p that so few patients can give; empty where no exact floor exists.",
        "q": "p corrected for the tests of its family (Benjamini-Hochberg); empty outside a family.",
        "family": "Declared family of tests.",
        "note": "What stands beside it: assumptions, missing visits.",
    },
    "response": {
        "rule": "Response index.",
        "profile": "Which version of its clauses.",
        "missing": "How missing values were taken: nri (as no response) or locf (last value carried on).",
        "responder": "Whether the patient responded; empty where it could not be judged.",
        "clauses": "Each clause of the rule and whether it was met.",
        "reasons": "Why, in words.",
    },
    "clinical": {
        "variable": "Score or value of the clinical table.",
        "value": "As a number, where it is one.",
        "text": "As text, where it is none.",
    },
    "analytes": {
        "analyte": "What was measured.",
        "value": "What was found, in unit.",
        "limit": "Limit that the value is below; empty where it is not below one.",
        "unit": "Unit of value.",
        "method": "How it was measured.",
    },
    "failures": {
        "stage": "read, resolve, adjust, gate, measure, draw, store or worker.",
        "code": "Stable name of the fault.",
        "field": "Segment, keyword or marker at fault.",
        "offset": "Place of the fault in the file, bytes from 0.",
        "found": "What stands there.",
        "expected": "What should stand there.",
        "message": "What is wrong.",
        "fix": "What to do.",
    },
}


def column_words(table: str, column: str) -> str:
    """Return what a column holds; empty for one that is not described.

    Examples
    --------
    >>> column_words("subsets", "subject")
    'Patient.'
    """
    return _OWN.get(table, {}).get(column) or _SHARED.get(column, "")
