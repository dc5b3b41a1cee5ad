"""Codes of study files, sample sheets, clinical tables, adjustments and runs."""

from __future__ import annotations

_KEY = "Correct the spelling; the message names the nearest."
_CELL = "Correct the cell that is named."
_SAVE = "Save it again as CSV UTF-8 with commas, or as .xlsx."

# Names of kinds of errors, which stand for those that have no code of their own.
_KINDS: dict[str, tuple[str, str]] = {
    kind: (f"a file was not gated: {what}", "See its message.")
    for kind, what in {
        "cytogate": "an error without a code of its own",
        "gating": "a gate does not fit its events",
        "interop": "a gating file cannot be understood",
        "store": "something cannot be written or read",
        "study": "its study is wrong",
        "template": "the template does not fit it",
        "transform": "parameters of a scale are outside their domain",
    }.items()
}

STUDIES: dict[str, tuple[str, str]] = {
    # study file
    "study-missing": ("there is no study file there", "Name it: folder/study.yaml."),
    "study-format": ("the file is no study file", "Begin it with `format: cytogate.study`."),
    "study-version": ("the study file was written for a newer cytogate", "Update cytogate."),
    "key-unknown": ("a key that study files do not have", _KEY),
    "key-missing": ("a key that is needed is missing", "Add it."),
    "value-wrong": ("a value is not what its key may have", "Correct it as the message says."),
    "limits-order": ("the limit of quantification is below that of detection", "Exchange or correct them."),
    "profile-unknown": ("there is no profile of response of this name", _KEY),
    "statistic-unknown": ("there is no statistic of this name", _KEY),
    "warning-unknown": ("`refuse` names a code that no warning about a file has", _KEY),
    "subset-twice": ("two subsets differ by case alone", "Rename one."),
    "folder-missing": ("a folder that is named is not there", "Correct the name, or make it."),
    "folder-without-files": ("no FCS file lies in the folder, or far too many", "Name another folder."),
    "path-refused": ("a path leaves the data root, or is a URL not allowed", "Write it below the data root."),
    "statistic-refused": (
        "a test is named that would take visits of one patient for patients, or trust a formula for many",
        "Name the one that the message offers.",
    ),
    "measure-unknown": ("a family or partner names what the study does not measure", _KEY),
    "family-unused": (
        "families are declared, and the test that q is taken of is not asked",
        "Ask for it in `statistics`.",
    ),
    "family-twice": ("a measure stands in two families; q is that of the first", "Keep it in one."),
    "clause-wrong": ("a clause of the response rule is none that the rule has", _KEY),
    "denominator": ("the denominator of a subset is no ancestor of it", "Name an ancestor in `of`."),
    "panel-ambiguous": ("several panels have the population of a subset", "Add `panel` to the subset."),
    "subsets-apart": (
        "subsets of a ratio or composition are of several panels, or of several denominators",
        "Only events of one tube can be set against each other, and parts of one whole.",
    ),
    "subsets-overlap": (
        "two subsets of a ratio or composition share events",
        "Name subsets that lie beside each other.",
    ),
    "denominator-doubted": (
        "cells are counted by dual platform with a denominator that the template does not call lymphocytes",
        "Name the lymphocyte gate under `absolute: of`.",
    ),
    "key-idle": ("a key says nothing beside the others", "Leave it out."),
    "panel-unused": ("no sample is of a panel of the study", "Nothing to do, unless samples are missing."),
    # tables
    "table-empty": ("a table has no header", "Name the columns in the first row."),
    "table-encoding": ("a table is no text, or not in UTF-8", _SAVE),
    "table-kind": ("the ending of a table is not that of its content", "Give it the right ending."),
    "table-separator": ("columns are not separated by commas, semicolons or tabs", _SAVE),
    "table-sheets": ("an Excel file has several sheets; one is read", "Look whether it is the right one."),
    "table-syntax": ("a table is no text of separated columns", _SAVE),
    "table-too-large": (
        "a table has more rows or columns than are read",
        "Look whether it is the right one.",
    ),
    "table-unreadable": ("a table cannot be opened or read", "Look at its name, permissions and kind."),
    "row-length": ("a row has more or fewer cells than the header", "Quote cells that hold a comma."),
    "column-missing": ("a column that is needed is missing", "Add it, or correct its name."),
    "column-twice": ("a column stands twice", "Keep one."),
    "column-unknown": ("a column is none of the table's", _KEY),
    "id-wrong": ("an id is empty or has characters that ids may not have", _CELL),
    "number-wrong": ("a cell holds no number", _CELL),
    "yes-no-wrong": ("a cell holds neither yes nor no", _CELL),
    # sample sheet
    "sheet-empty": ("the sheet has no rows", "List the samples in it."),
    "sample-twice": ("two rows have one sample id", "Give each its own."),
    "sample-unknown": ("no sample has this name", _KEY),
    "sample-unclear": ("neither name nor keywords tell subject and visit", "Complete the sheet."),
    "file-twice": ("two rows name the same file", "Keep one."),
    "content-twice": ("two files have the same content", "Give the tube its own file, or take the row out."),
    "role-unknown": ("there is no role of this name", _KEY),
    "panel-unknown": ("a panel that the study has no template for", "Panels are the keys of `templates`."),
    "control-unknown": ("a control stands for a sample, batch or marker that is not there", _KEY),
    "visit-twice": (
        "a subject has two samples of one visit and panel",
        "Keep one, correct the visit, or give a repeat its own batch.",
    ),
    "visit-repeated": (
        "a subject's visit was measured in two batches; both are drawn",
        "Give a bridge tube the role bridge.",
    ),
    "visit-unknown": ("no sample or clinical row is of the visit that is named", _KEY),
    "weeks-of-visit": ("one visit has different weeks in different rows", "Correct the week, or the visit."),
    "week-differs": ("the sheet and the clinical table give different weeks for a visit", "Correct one."),
    "subject-missing": ("subjects of the sheet are not in another table", "Complete that table."),
    "subject-unknown": ("a table has subjects that have no samples", "Look whether an id is misspelt."),
    "no-events": ("a file holds no events", "Look whether the tube was acquired."),
    "panel": ("a file does not fit the template of its panel", "Look whether the panel is the right one."),
    # clinical table
    "grade-contradicts": (
        "a system of BILAG is E (never involved) after it was involved",
        "Write D, or correct the earlier grade.",
    ),
    "bilag-mixed": (
        "columns of BILAG-2004 and of classic BILAG stand in one table",
        "Keep those of one version.",
    ),
    "baseline-twice": (
        "a subject has two visits at the week of the baseline",
        "Correct the week, or take one out.",
    ),
    "dose-wrong": ("a daily dose is below 0", _CELL),
    "limit-wrong": ("a value below the assay's limit does not name the limit", "Write `<0.1`."),
    "grade-wrong": ("a grade of BILAG is none of A to E", _CELL),
    "pga-scale": ("the physician's global assessment is not on its scale of 0 to 3", _CELL),
    "sledai-total": ("the SLEDAI total and its descriptors do not agree, or too few are given", _CELL),
    "unit-changes": ("an analyte has two units", "Give all its values in one unit."),
    "check-unknown": ("no quality check has this name, or it cannot take events out", _KEY),
    # adjustments
    "adjustments-missing": ("the file of adjustments cannot be read", "Correct its name in the study file."),
    "adjustments-format": ("the file holds no list of adjustments", "Save it from the program again."),
    "adjusted-twice": ("a gate of a sample is changed twice", "Keep one."),
    "template-changed": ("an adjustment was made with another content of the template", "Look at it anew."),
    "gate-unknown": ("there is no gate of this name or kind", _KEY),
    "gate-not-adjustable": ("the template does not let this gate be moved", "List it in `adjustable`."),
    "change-empty": ("an adjustment changes nothing", "Say what is new, or take it out."),
    "change-unfit": ("an adjustment has a part that its kind of gate does not have", "Correct it."),
    # runs
    "out-of-memory": (
        "gating a file took more memory than the machine or `--memory` gives",
        "Raise `--memory` where it was given; else use fewer workers.",
    ),
    "worker-died": (
        "the process that gated a file was ended, twice",
        "Most often memory: use fewer workers.",
    ),
    "worker-hung": (
        "the process that gated a file gave no answer in the time of `--deadline`, twice",
        "Give it longer with `--deadline`, or look at the disk.",
    ),
    "unexpected": ("an error that nobody thought of", "This is a fault of cytogate; please report it."),
    **_KINDS,
    # flags of a value
    "few_parent": ("the parent has fewer events than `min_parent`", "Do not trust the percentage."),
    "below_lod": (
        "fewer events, or a smaller share, than the limit of detection, `lod_events`",
        "Take it for not detected.",
    ),
    "below_lloq": (
        "fewer events than the limit of quantification, `lloq_events`",
        "Take it for seen, not for measured.",
    ),
    "failed": ("the file was not gated, so there is no value", "See failures.csv of the run."),
}
