"""The tables of a run folder: their columns, kinds and order, in one place."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

Kind = Literal["text", "whole", "real", "yes_no"]
Columns = dict[str, Kind]

POPULATIONS: Columns = {
    "sample": "text",
    "population": "text",
    "parent": "text",
    "count": "whole",
    "parent_count": "whole",
    "percent_of_parent": "real",
    "ci_low": "real",
    "ci_high": "real",
    "flag": "text",
}
INTENSITIES: Columns = {
    "sample": "text",
    "population": "text",
    "channel": "text",
    "marker": "text",
    "statistic": "text",
    "value": "real",
    "n": "whole",
    "note": "text",
}
SUBSETS: Columns = {
    "sample": "text",
    "subject": "text",
    "visit": "text",
    "week": "real",
    "panel": "text",
    "batch": "text",
    "subset": "text",
    "definition": "text",
    "population": "text",
    "denominator": "text",
    "count": "whole",
    "denominator_count": "whole",
    "percent": "real",
    "ci_low": "real",
    "ci_high": "real",
    "gate_ci_low": "real",
    "gate_ci_high": "real",
    "absolute_per_ul": "real",
    "absolute_ci_low": "real",
    "absolute_ci_high": "real",
    "absolute_note": "text",
    "flag": "text",
    "adjusted": "yes_no",
    "template_count": "whole",
    "template_percent": "real",
    "input_sha256": "text",
    "template_sha256": "text",
}
TRIAGE: Columns = {
    "rank": "whole",
    "score": "real",
    "sample": "text",
    "subject": "text",
    "visit": "text",
    "panel": "text",
    "batch": "text",
    "gate": "text",
    "reasons": "text",
    "parent_count": "whole",
    "border_density": "real",
    "place_z": "real",
    "history_z": "real",
    "own_z": "real",
    "jumped": "real",
    "fallback": "text",
    "cut": "text",
}
SPLITS: Columns = {
    "subject": "text",
    "panel": "text",
    "subset": "text",
    "sample_a": "text",
    "sample_b": "text",
    "visit_a": "text",
    "visit_b": "text",
    "week_a": "real",
    "week_b": "real",
    "change": "real",
    "gate": "real",
    "biology": "real",
    "at_unmoved_gates": "real",
    "parent_count_a": "whole",
    "parent_count_b": "whole",
    "few_parent": "yes_no",
}
QC: Columns = {
    "sample": "text",
    "check": "text",
    "metric": "text",
    "value": "real",
    "verdict": "text",
    "removed_percent": "real",
}
COMPARISONS: Columns = {
    "subset": "text",
    "measure": "text",
    "contrast": "text",
    "group": "text",
    "test": "text",
    "estimate": "real",
    "ci_low": "real",
    "ci_high": "real",
    "unit": "text",
    "effect": "real",
    "effect_name": "text",
    "n": "whole",
    "p": "real",
    "p_floor": "real",
    "q": "real",
    "family": "text",
    "note": "text",
}
RESPONSE: Columns = {
    "subject": "text",
    "visit": "text",
    "rule": "text",
    "profile": "text",
    "missing": "text",  # nri or locf
    "responder": "yes_no",
    "clauses": "text",
    "reasons": "text",
}
CLINICAL: Columns = {
    "subject": "text",
    "visit": "text",
    "week": "real",
    "variable": "text",
    "value": "real",
    "text": "text",
}
ANALYTES: Columns = {
    "subject": "text",
    "visit": "text",
    "week": "real",
    "analyte": "text",
    "value": "real",
    "limit": "real",
    "unit": "text",
    "method": "text",
}
SAMPLES: Columns = {
    "sample": "text",
    "subject": "text",
    "visit": "text",
    "week": "real",
    "panel": "text",
    "batch": "text",
    "role": "text",
    "control_for": "text",
    "file": "text",
    "status": "text",  # ok, failed, or not_gated for controls
    "n_events": "whole",
    "warnings": "text",
    "input_sha256": "text",
    "template_sha256": "text",
    "slug": "text",
}
TABLES: Mapping[str, Columns] = MappingProxyType(
    {
        "samples": SAMPLES,
        "subsets": SUBSETS,
        "populations": POPULATIONS,
        "intensities": INTENSITIES,
        "triage": TRIAGE,
        "splits": SPLITS,
        "qc": QC,
        "comparisons": COMPARISONS,
        "response": RESPONSE,
        "clinical": CLINICAL,
        "analytes": ANALYTES,
    }
)
LATER = ("triage", "splits", "response", "clinical", "analytes")  # that runs of earlier versions lack
# Columns of tables that they have, and lack there.
LATER_COLUMNS = ("unit", "note", "cut", "absolute_ci_low", "absolute_ci_high", "absolute_note")
CONCLUDED = ("comparisons", "response", "clinical", "analytes")  # made from the others, without any event
FAILURE_FIELDS = (
    "sample",
    "file",
    "stage",
    "code",
    "field",
    "offset",
    "found",
    "expected",
    "message",
    "fix",
)


def schema(name: str) -> pa.Schema:
    """Return the Arrow schema of a table, with its format and version as metadata."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "whole": pa.int64(), "real": pa.float64(), "yes_no": pa.bool_()}
    fields = [pa.field(column, kinds[kind]) for column, kind in TABLES[name].items()]
    return pa.schema(fields, metadata={"format": f"cytogate.{name}", "version": "1"})
