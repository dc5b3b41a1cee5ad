"""The table of triage, gate by gate: the rows of all samples and gates are too many to hold as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.study.run_folder.store import arrow_table
from cytogate.study.writing.triage import triage_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from cytogate.study.run_folder.store import RunWriter
    from cytogate.study.sample.looks import SampleLook
    from cytogate.study.writing.triage import Row

NAME = "triage"
_ORDER = [("score", "descending"), ("sample", "ascending"), ("gate", "ascending")]


def write_triage(writer: RunWriter, samples: Iterable[SampleLook], *, min_parent: int) -> None:
    """Write the rows of `cytogate.study.writing.triage.triage_rows`, in columns from each gate on.

    Raises
    ------
    StoreError
        The table cannot be written.
    """
    writer.columns(NAME, _ranked(triage_parts(samples, min_parent=min_parent)))


def _ranked(parts: Iterable[list[Row]]) -> pa.Table:
    """Return the rows of all gates by rank; what it is made of is gone when the table is written."""
    import pyarrow as pa

    *gates, of_all = (arrow_table(NAME, [{"rank": 0, **row} for row in part]) for part in parts)
    ranked = pa.concat_tables(gates).sort_by(_ORDER) if gates else of_all.slice(0, 0)
    gates.clear()
    whole = pa.concat_tables([ranked, of_all])
    del ranked
    field = whole.schema.field("rank")
    ranks = pa.array(range(1, len(whole) + 1), field.type)
    return whole.combine_chunks().set_column(whole.schema.get_field_index("rank"), field, ranks)
