"""Writing what a study concludes from its tables: with a run, or again in a finished one without gating."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.stats.clinical.response import over_visits
from cytogate.study.concluding.conclusions import Tables, comparison_rows
from cytogate.study.concluding.rates import rate_rows
from cytogate.study.concluding.responses import histories, response, visit_weeks
from cytogate.study.planning.cell_counts import LYMPHOCYTES
from cytogate.study.run_folder.growing import write_table
from cytogate.study.run_folder.run import Run, open_run
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.run_folder.tables import CONCLUDED
from cytogate.study.writing.manifest import (
    Concluded,
    concluded_part,
    damaged_tables,
    gating_changes,
    hash_documents,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.stats.clinical.response import Missing
    from cytogate.study.planning.plan import Plan

Row = dict[str, Any]
_MET = {True: "met", False: "not met", None: "not recorded"}


def conclude(writer: RunWriter, plan: Plan, tables: Tables) -> Concluded:
    """Write comparisons, response, and the clinical and analyte values that they rest on."""
    judged = response(plan)
    comparisons = chain(
        rate_rows(plan) if plan.study.statistics else (), comparison_rows(plan, tables, judged)
    )
    write_table(writer, "comparisons", comparisons, spreadsheets=True)
    write_table(writer, "response", response_rows(plan))
    write_table(writer, "clinical", clinical_rows(plan))
    write_table(writer, "analytes", analyte_rows(plan))
    names = [f"{name}.parquet" for name in CONCLUDED]
    return Concluded(judged, {name: writer.sha256(name) for name in names})


def response_rows(plan: Plan) -> Iterator[Row]:
    """Yield one row a way with missing values (the study's first), visit and subject; none without a rule."""
    wanted = plan.study.response
    if wanted is None:
        return
    ways: tuple[Missing, ...] = ("nri", "locf")
    for missing in sorted(ways, key=lambda way: way != wanted.missing):
        judged = over_visits(
            wanted.asked,
            histories(plan),
            baseline=plan.study.baseline or "",
            visits=visit_weeks(plan),
            missing=missing,
        )
        for visit, (_, verdicts) in judged.items():
            for subject, verdict in verdicts.items():
                clauses = (f"{name}: {_MET[met]}" for name, met in verdict.clauses.items())
                yield {
                    "subject": subject,
                    "visit": visit,
                    "rule": wanted.rule,
                    "profile": wanted.profile,
                    "missing": missing,
                    "responder": verdict.responder,
                    "clauses": "; ".join(clauses),
                    "reasons": "\n".join(verdict.reasons),
                }


def clinical_rows(plan: Plan) -> Iterator[Row]:
    """Yield one row a subject, visit and column: numbers as `value`, all else as `text`."""
    for visit in plan.clinical:
        state = visit.state
        key = {"subject": visit.subject, "visit": state.visit, "week": state.week}
        for column, value in visit.values.items():
            if column != "week":
                yield key | {"variable": column, "value": value, "text": ""}
        for item, present in state.items.items():
            yield key | {"variable": f"sledai_{item}", "value": float(present), "text": ""}
        for system, grade in state.bilag.items():
            yield key | {"variable": f"bilag_{system}", "value": None, "text": grade}
        if state.meds_violation is not None:
            yield key | {"variable": "meds_violation", "value": float(state.meds_violation), "text": ""}
        for column, text in visit.text.items():
            yield key | {"variable": column, "value": None, "text": text}


def analyte_rows(plan: Plan) -> Iterator[Row]:
    """Yield one row a measurement, in the order of the table."""
    weeks = plan.weeks
    for entry in plan.analytes:
        yield {
            "subject": entry.subject,
            "visit": entry.visit,
            "week": weeks.get(entry.visit),
            "analyte": entry.analyte,
            "value": entry.value,
            "limit": entry.limit,
            "unit": entry.unit,
            "method": entry.method,
        }


def conclude_again(folder: str | Path, study: str | Path | None = None) -> Run:
    """Write the statistics of a finished run again, from its tables and the study as it is now.

    Nothing is gated. The clinical table, that of analytes, and all keys of the study file that no gate rests
    on (statistics, families, response, baseline, partners, intensities) may have changed since.

    Parameters
    ----------
    folder : str or Path
        The run folder.
    study : str or Path, optional
        The study file; the one that the run was made from, if not given.

    Returns
    -------
    Run

    Raises
    ------
    StudyError
        The study or a table is wrong; lists every problem. Nothing is written.
    StoreError
        There is no finished run, it is a shard, what its gates rest on has changed, or the folder cannot be
        written.
    """
    from cytogate.study.planning.plan import plan_study

    place = Path(folder).absolute()
    found = open_run(place)
    if found.manifest.get("shard") is not None:
        message = (
            f"{place}: is a shard, and statistics are of the whole study. Put all together: cytogate merge"
        )
        raise StoreError(message)
    path = Path(study) if study is not None else Path(found.manifest["arguments"]["study"])
    if not path.is_file():
        message = f"{path}: there is no such study file. Name it: cytogate stats {folder} --study STUDY.yaml"
        raise StoreError(message)
    plan = plan_study(path)
    documents = hash_documents(plan)
    with RunWriter(place) as writer:
        found = open_run(place)  # another may have written it, until the folder was ours
        changes = gating_changes(found.manifest, plan, documents) + _lymphocytes_changed(plan, found)
        if changes:
            message = (
                f"{place}: gates or subsets of the run rest on what has changed: {'; '.join(changes[:5])}. "
                f"Gate again: cytogate run {path} --out {folder}"
            )
            raise StoreError(message)
        names = ("subsets", "samples", "intensities", "populations")
        tables_read = {f"{name}.parquet" for name in names}
        damaged = sorted(tables_read.intersection(damaged_tables(place, found.manifest)))
        if damaged:
            message = (
                f"{place}: {', '.join(damaged)}: not as the run wrote it, or not there. "
                f"Write it again: cytogate run {path} --out {folder}"
            )
            raise StoreError(message)
        tables = Tables(*(found.rows(name) for name in names))
        concluded = conclude(writer, plan, tables)
        writer.amend({**found.manifest, **concluded_part(plan, documents, concluded)})
    return open_run(place)


def _lymphocytes_changed(plan: Plan, run: Run) -> list[str]:
    """Return whether counts of lymphocytes differ that absolute counts in the run's subsets rest on."""
    if plan.study.absolute is None or plan.study.absolute.method != "dual":
        return []
    before, now = (
        {(row["subject"], row["visit"]): row["value"] for row in rows if row["variable"] == LYMPHOCYTES}
        for rows in (run.rows("clinical"), clinical_rows(plan))
    )
    return [] if before == now else [f"{LYMPHOCYTES} of the clinical table"]
