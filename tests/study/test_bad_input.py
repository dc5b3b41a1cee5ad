"""The whole conclusion step on tables that say too little or too much: rows with a reason, or a refusal.

Nothing is gated: percentages are those given, everything after them is the real thing, until the tables lie
in a folder.
"""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from lxml import html
from python_calamine import CalamineWorkbook

from cytogate.errors import StudyError
from cytogate.report.page import write_report
from cytogate.stats.limits import Limits, flag
from cytogate.study.conclude import conclude
from cytogate.study.concluding.conclusions import Tables
from cytogate.study.definition.statistics import asked
from cytogate.study.export.tables import export_csv
from cytogate.study.export.workbook import export_xlsx
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_folder.growing import StoredRows
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.run_folder.tables import COMPARISONS, CONCLUDED
from cytogate.study.run_study import run_study

VISITS = {"W0": 0, "W4": 4, "W8": 8}
SIX = ("P1", "P2", "P3", "P4", "P5", "P6")
FALLING = (30.0, 20.0, 10.0)
EACH_VISIT = {subject: list(VISITS) for subject in SIX}


@pytest.fixture
def bent(trial):
    """A tiny study that asks every test, of patients and visits that are given."""
    text = trial.study.read_text().replace("statistics: []", "statistics: all\nanalytes: analytes.csv")

    def make(shares, *, clinical=None, analytes=None, total=1000):
        """Write sheet and tables of {subject: percentages}; return the plan and the rows of its subsets."""
        last = list(VISITS)[max(map(len, shares.values())) - 1]
        trial.write("study.yaml", text.replace("at: W4", f"at: {last}"))
        visits = {subject: list(VISITS)[: len(course)] for subject, course in shares.items()}
        trial.rows = []
        for subject, names in visits.items():
            for visit in names:
                sample = f"{subject}_{visit}"
                trial.tube(f"{sample}.fcs", 20, seed=len(trial.rows))
                trial.rows.append(f"fcs/{sample}.fcs,{sample},{subject},{visit},{VISITS[visit]},b,1,sample,")
        trial.sheet()
        trial.write("clinical.csv", clinical or clinic(visits))
        trial.write("analytes.csv", analytes or levels(visits))
        return plan_study(trial.study), [
            row
            for subject, course in shares.items()
            for visit, share in zip(VISITS, course, strict=False)
            for row in [tube(subject, visit, share, total)]
        ]

    return make


def tube(subject, visit, share, total):
    count = None if share is None else round(total * share / 100)
    return {
        "sample": f"{subject}_{visit}",
        "subject": subject,
        "visit": visit,
        "week": float(VISITS[visit]),
        "subset": "memory",
        "count": count,
        "denominator_count": None if count is None else total,
        "percent": share,
        "absolute_per_ul": None,
        "flag": flag(count, None if count is None else total, Limits(5, 10, 20)),
    }


def clinic(visits, *, score=lambda subject, week: 12 - week):
    rows = ["subject,visit,week,sledai_total,bilag_renal,pga,prednisone_mg_day"]
    rows += [
        f"{subject},{visit},{VISITS[visit]},{score(subject, VISITS[visit])},C,1.0,5"
        for subject, names in visits.items()
        for visit in names
    ]
    return "\n".join(rows) + "\n"


def levels(visits):
    rows = ["subject,visit,analyte,value,unit"]
    rows += [
        f"{subject},{visit},GARP,{1 + VISITS[visit]},ng/mL" for subject in visits for visit in visits[subject]
    ]
    return "\n".join(rows) + "\n"


def concluded(plan, rows):
    """Return the comparisons that follow from the rows of subsets; no table holds a silent NaN."""
    with TemporaryDirectory() as folder, RunWriter(Path(folder)) as writer:
        conclude(writer, plan, Tables(rows))
        tables = {name: list(StoredRows(writer.aside / f"{name}.parquet")) for name in CONCLUDED}
    numbers = [value for table in tables.values() for row in table for value in row.values()]
    assert not any(isinstance(value, float) and math.isnan(value) for value in numbers)
    return pd.DataFrame(tables["comparisons"], columns=list(COMPARISONS))


def sound(found, plan):
    """Each test has rows of each measure and group; each row without p says why; nothing failed inside."""
    assert not found["note"].str.contains("the test failed").any()
    silent = found[found["p"].isna() & (found["note"] == "")]
    assert silent.empty
    known = found[found["p"].notna()]
    assert ((known["p"] > 0) & (known["p"] <= 1) & (known["n"] > 0)).all()
    assert (known["p"] >= known["p_floor"].fillna(0) - 1e-9).all()
    asking = {test.name for test in asked(plan.study.statistics)}
    assert len(asking) > 9
    assert {"memory", "GARP", "sledai_total"} <= set(found["subset"])


def said_of(found, subset, test):
    (row,) = found[
        (found["subset"] == subset)
        & (found["test"] == test)
        & (found["group"].isin(["all treated", "between groups"]))
    ].to_dict("records")
    return row


WILCOXON = "Wilcoxon signed-rank, exact"


@pytest.mark.parametrize(
    ("shares", "n", "words"),
    [
        ({"P1": FALLING}, 1, "interval is the whole range"),
        (dict.fromkeys(SIX, (30.0,)), 0, "baseline and visit are the same"),
        (dict.fromkeys(SIX, (0.3, 0.2, 0.1)), 6, "below the limit of detection, kept as counted"),
        (dict.fromkeys(SIX, (0.0, 0.0, 0.0)), 6, "every change is 0: no test"),
        (dict.fromkeys(SIX, (30.0, 30.0, 30.0)), 6, "every change is 0: no test"),
        (dict.fromkeys(SIX, (100.0, 100.0, 100.0)), 6, "every change is 0: no test"),
        (dict.fromkeys(SIX, (None, 20.0, 10.0)), 0, "could not be gated, left out"),
        (dict.fromkeys(SIX, (None, None, None)), 0, "could not be gated, left out"),
        ({**dict.fromkeys(SIX, FALLING), "P6": (30.0, None, 10.0)}, 6, "could not be gated, left out: P6 W4"),
    ],
    ids=[
        "one patient",
        "one visit",
        "below LOD",
        "none",
        "constant",
        "all",
        "no baseline",
        "nothing",
        "a gap",
    ],
)
def test_too_little_gives_rows_that_say_so(bent, shares, n, words):
    plan, rows = bent(shares)
    found = concluded(plan, rows)
    sound(found, plan)
    row = said_of(found, "memory", WILCOXON)
    assert row["n"] == n
    assert words in row["note"]


def test_few_events_in_the_denominator_are_left_out_and_said(bent):
    plan, rows = bent(dict.fromkeys(SIX, FALLING), total=15)
    found = concluded(plan, rows)
    sound(found, plan)
    assert (
        "with too few events in the denominator, left out: P1 W0"
        in said_of(found, "memory", WILCOXON)["note"]
    )


def test_a_group_of_one_is_named_with_the_least_p(bent):
    only_p6_stays = clinic(EACH_VISIT, score=lambda subject, week: 12 if subject == "P6" else 12 - week)
    falling = {subject: (30.0, 20.0, 10.0 + at) for at, subject in enumerate(SIX)}
    plan, rows = bent(falling | {"P6": (30.0, 31.0, 33.0)}, clinical=only_p6_stays)
    found = concluded(plan, rows)
    sound(found, plan)
    between = said_of(found, "memory", "Mann-Whitney of changes, exact")
    assert between["p"] == between["p_floor"] == pytest.approx(1 / 3)
    assert "a group of one: see the smallest possible p" in between["note"]
    alone = found[(found["group"] == "non-responders") & (found["subset"] == "memory")]
    assert set(alone["n"]) <= {0, 1}
    assert alone["note"].str.contains("post hoc: response is defined by SLEDAI").all()


def test_where_all_respond_there_is_nobody_to_compare_with(bent):
    plan, rows = bent(dict.fromkeys(SIX, FALLING))
    found = concluded(plan, rows)
    sound(found, plan)
    between = found[(found["group"] == "between groups") & (found["subset"] == "memory")]
    assert between["p"].isna().all()
    assert between["note"].str.contains("nobody to compare with").all()


def test_constant_partners_and_constant_analytes_are_said(bent):
    rows = [f"{subject},{visit},GARP,<0.2,ng/mL" for subject in SIX for visit in VISITS]
    plan, tubes = bent(
        dict.fromkeys(SIX, FALLING),
        clinical=clinic(EACH_VISIT, score=lambda *_: 12),
        analytes="\n".join(["subject,visit,analyte,value,unit", *rows]) + "\n",
    )
    found = concluded(plan, tubes)
    sound(found, plan)
    related = found[found["contrast"].str.contains("with SLEDAI") & (found["subset"] == "memory")]
    assert len(related) > 2
    assert related["p"].isna().all()
    assert "below the limit of the assay, half of it taken" in said_of(found, "GARP", WILCOXON)["note"]


def test_clinical_rows_without_a_subject_in_the_sheet_are_warned_of_and_change_no_subset(bent):
    shares = dict.fromkeys(SIX, FALLING)
    more = clinic(EACH_VISIT | {"P77": list(VISITS)})
    before = concluded(*bent(shares))
    with_stranger = bent(shares, clinical=more)
    codes = {warning.code: warning for warning in with_stranger[0].warnings}
    assert "P77" in codes["subject-unknown"].message
    after = concluded(*with_stranger)
    sound(after, with_stranger[0])
    columns = ["test", "group", "n", "p", "estimate"]
    mine = [table[table["subset"] == "memory"][columns].reset_index(drop=True) for table in (before, after)]
    independent = [part[part["group"] == "all treated"].reset_index(drop=True) for part in mine]
    pd.testing.assert_frame_equal(*independent)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "bilag_renal,pga,prednisone_mg_day\nP1,W0,0,12,C",
            "bilag_renal,pga,prednisone_mg_day\nP1,W0,0,106,C",
            r"clinical.csv row 2, column sledai_total: a SLEDAI-2K total is .* 0 to 105, not 106",
        ),
        ("P1,W0,0,12,C", "P1,W0,0,12,F", r"row 2, column bilag_renal: 'F' is not a BILAG grade. Write A"),
        ("P1,W4,4,8", "P1,W0,0,8", r"row 3.*subject 'P1' at visit 'W0' stands in row 2 already"),
        ("P1,W0,0,12,C,1.0", "P1,W0,0,12,C,1.0e", r"row 2, column pga: '1.0e' is not a number"),
        ("P1,W0,0,12,C,1.0", "P1,W0,0,12,C,nan", r"row 2, column pga: 'nan' is not a finite number"),
        ("P1,W0,0,12,C,1.0", ",W0,0,12,C,1.0", r"row 2, column subject: is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_cell(bent, trial, old, new, message):
    plan, _ = bent(dict.fromkeys(SIX, FALLING))
    text = (trial.folder / "clinical.csv").read_text()
    assert old in text
    trial.write("clinical.csv", text.replace(old, new, 1))
    with pytest.raises(StudyError, match=message):
        plan_study(plan.study.path)


def test_a_total_that_contradicts_its_items_is_refused_with_both(bent, trial):
    plan, _ = bent(dict.fromkeys(SIX, FALLING))
    head, *rows = (trial.folder / "clinical.csv").read_text().splitlines()
    rows[0] = rows[0].replace(",12,", ",2,")
    trial.write("clinical.csv", "\n".join([f"{head},sledai_arthritis", *(f"{row},1" for row in rows)]) + "\n")
    with pytest.raises(StudyError, match=r"row 2, column sledai_total: .*2.*4"):
        plan_study(plan.study.path)


def test_two_visits_at_baseline_are_warned_of_and_the_named_one_is_used(bent):
    twice = clinic(EACH_VISIT) + "".join(f"{subject},screening,0,20,C,1.0,5\n" for subject in SIX)
    plan, rows = bent(dict.fromkeys(SIX, FALLING), clinical=twice)
    assert "baseline-twice" in {warning.code for warning in plan.warnings}
    found = concluded(plan, rows)
    sound(found, plan)
    assert said_of(found, "sledai_total", WILCOXON)["estimate"] == -8  # of W0, not of screening


HOSTILE = (
    "=1+1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "@SUM(A1)",
    "-2+3",
    "{{7*7}}",
)


def test_ids_are_inert_in_every_output(trial, tmp_path):
    text = trial.study.read_text().replace("statistics: []", "statistics: [paired_change]")
    trial.write("study.yaml", text + "analytes: analytes.csv\n")
    sheet, clinical, analytes = (io.StringIO() for _ in range(3))
    tables = [csv.writer(table, lineterminator="\n") for table in (sheet, clinical, analytes)]
    tables[0].writerow(["file", "sample", "subject", "visit", "week", "panel", "batch", "role"])
    tables[1].writerow(["subject", "visit", "week", "sledai_total", "bilag_renal", "pga", "=cmd"])
    tables[2].writerow(["subject", "visit", "analyte", "value", "unit", "method"])
    for number, subject in enumerate(HOSTILE):
        for week in (0, 4):
            trial.tube(f"{number}_{week}.fcs", 300 + 20 * number + week, seed=10 * number + week)
            place = f"fcs/{number}_{week}.fcs"
            tables[0].writerow(
                [place, f"{subject} W{week}", subject, f"W{week}", week, "b", subject, "sample"]
            )
            tables[1].writerow([subject, f"W{week}", week, 12 - week, "C", "1.0", subject])
            tables[2].writerow([subject, f"W{week}", "<b>GARP", 1 + number + week, "=ng", "@ELISA"])
    for name, table in zip(("samples", "clinical", "analytes"), (sheet, clinical, analytes), strict=True):
        trial.write(f"{name}.csv", table.getvalue())
    run = run_study(trial.study, trial.out, executor="serial")
    page = html.parse(str(write_report(run, tmp_path / "report.html"))).getroot()
    assert {node.get("src") for node in page.iter("img")} & {"x"} == set()
    assert not [node for node in page.iter("script") if (node.text or "").strip() == "alert(1)"]
    assert not [name for node in page.iter() for name in node.attrib if name.startswith("on")]
    shown = page.text_content()
    assert all(subject in shown for subject in HOSTILE)
    assert json.loads((trial.out / "manifest.json").read_text(encoding="utf-8"))["response"][
        "subjects"
    ].keys() == set(HOSTILE)
    files = [*export_csv(run, tmp_path / "csv"), trial.out / "comparisons.csv"]
    cells = [
        cell
        for file in files
        for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8")))
        for cell in row
    ]
    assert {f"'{subject}" for subject in HOSTILE if subject[0] in "=@-"} <= set(cells)
    assert not [
        cell for cell in cells if cell[:1] in ("=", "@", "+") or (cell[:1] == "-" and not is_number(cell))
    ]
    for file in (export_xlsx(run, tmp_path / "run.xlsx"), trial.out / "comparisons.xlsx"):
        book = CalamineWorkbook.from_path(str(file))
        texts = {
            cell
            for name in book.sheet_names
            for row in book.get_sheet_by_name(name).to_python()
            for cell in row
        }
        assert not formulas(file)
        assert file.name == "comparisons.xlsx" or set(HOSTILE) <= texts


def formulas(file):
    import re
    import zipfile

    with zipfile.ZipFile(file) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return [name for name in sheets if re.search(rb"<f[ >]", archive.read(name))]


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
